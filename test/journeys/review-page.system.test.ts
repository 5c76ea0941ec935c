/** The page for reviewers and owners, in a browser without network: a review from the request to what is published. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { buildSatellite } from '../../stack/satellite.ts';
import { openPublishing, type PublishingWorld } from '../publish/publishing-world.ts';
import { hasBrowser, launched, signedIn, titled } from '../review/signed-in.ts';

const ASKED = { satellite: 'old', collections: ['u/alice/reprocessing', 'u/alice/psf'], title: 'Better PSFs' };

describe.skipIf(!hasBrowser)(titled('the page for reviewers'), { timeout: 300_000 }, () => {
  let browser: Browser;
  let world: PublishingWorld;
  /** A publication that nobody has looked at. */
  let waiting: string;
  /** What browsers hold against the pages. */
  const complaints: string[] = [];

  beforeAll(async () => {
    // Detectors and patches that are somewhere on the sky.
    const path = JSON.stringify(await buildSatellite());
    world = await openPublishing({
      commit: 'real',
      repositories: `  - {name: old, kind: direct, path: ${path}, owner: alice}`,
    });
    const favourites = { satellite: 'old', collections: ['u/alice/favourites'], title: 'Favourites' };
    waiting = (await world.did('alice', 'submitPublication', favourites)).id;
    browser = await launched();
  });
  afterAll(async () => {
    await browser.close();
    await world[Symbol.asyncDispose]();
  });
  afterEach(() => expect(complaints.splice(0)).toEqual([]));

  const pageOf = (user: Parameters<typeof signedIn>[2], address: string, options: BrowserContextOptions = {}) =>
    signedIn(browser, world, user, address, { ...options, complain: (about) => void complaints.push(about) });

  const stateOf = (page: Page, state: string) => page.getByRole('status').getByText(state, { exact: true }).waitFor();
  const decision = (page: Page) => page.getByRole('region', { name: 'What you can do' });

  test('takes a publication from the request over a second version to where its readers read it', async () => {
    const { id } = await world.did('alice', 'submitPublication', ASKED);
    const reviewer = await pageOf('curator', '/publications');
    await reviewer.getByLabel('Show', { exact: true }).selectOption({ label: 'Waiting for my review' });
    await reviewer.getByRole('button', { name: 'Show' }).click();
    await reviewer.getByRole('link', { name: 'Better PSFs' }).click();
    await stateOf(reviewer, 'submitted');
    expect(new URL(reviewer.url()).pathname).toBe(`/publications/${id}`);

    // What is in it.
    const types = reviewer.getByRole('table', { name: 'Dataset types' });
    await types.getByRole('row', { name: /^psf_residuals instrument, detector, visit ArrowAstropy \d+ / }).waitFor();
    await reviewer
      .getByRole('img', { name: /^\d+ regions of .*visit_detector_region/ })
      .first()
      .waitFor();
    const datasets = reviewer.getByRole('table', { name: 'Datasets' });
    const first = await datasets.getByRole('row').nth(1).innerText();
    await reviewer.getByRole('button', { name: 'Next datasets' }).click();
    await reviewer.getByText(/^26 to \d+ of /).waitFor();
    expect(await datasets.getByRole('row').nth(1).innerText()).not.toBe(first);

    // What was said.
    await reviewer.getByLabel('Comment, to its owner and its reviewers').fill('What is it made with?');
    await reviewer.getByRole('button', { name: 'Comment', exact: true }).click();
    const owner = await pageOf('alice', `/publications/${id}`);
    await owner.getByRole('button', { name: 'Reply to curator' }).click();
    await owner.getByLabel('Reply to curator').fill('With Piff.');
    await owner.getByRole('button', { name: 'Send the reply' }).click();
    await reviewer.getByRole('listitem').getByText('With Piff.').waitFor();
    await expect.poll(() => decision(owner).getByRole('radio').count()).toBe(1);
    expect(await owner.getByRole('radio', { name: /Approve/ }).count()).toBe(0);

    // Sent back, for a reason.
    await reviewer.getByRole('button', { name: 'Claim it for review' }).click();
    await stateOf(reviewer, 'in review');
    await reviewer.getByRole('radio', { name: /^Request changes/ }).check();
    await decision(reviewer).getByRole('button', { name: 'Request changes' }).click();
    await decision(reviewer).getByText('Say in "comment" what has to change.').waitFor();
    await decision(reviewer).getByRole('textbox').fill('Name the survey.');
    await decision(reviewer).getByRole('button', { name: 'Request changes' }).click();
    await stateOf(reviewer, 'changes requested');
    await stateOf(owner, 'changes requested');
    await owner.getByText('Name the survey.').first().waitFor();
    await owner.getByText(`--again ${id}`).waitFor();

    // The next version does not take the place of what is on the screen by itself.
    const { digest } = await world.did('alice', 'submitPublication', { ...ASKED, publication: id, title: 'HSC PSFs' });
    await reviewer.getByRole('button', { name: 'Show version 2' }).click();
    await reviewer.getByRole('heading', { level: 1, name: 'HSC PSFs' }).waitFor();
    await reviewer.getByRole('region', { name: 'Changes since version 1' }).getByText('Another title').waitFor();

    // Approved without a mouse.
    await reviewer.getByRole('radio', { name: /^Approve/ }).focus();
    await reviewer.keyboard.press('Space');
    await decision(reviewer).getByText(digest).waitFor();
    await decision(reviewer).getByRole('textbox').focus();
    await reviewer.keyboard.press('Tab');
    await reviewer.keyboard.press('Enter');
    await stateOf(reviewer, 'published');
    await owner.getByRole('button', { name: 'Show version 2' }).click();
    await stateOf(owner, 'published');
    await reviewer.context().close();
    await owner.context().close();
  });

  test('says the same of what is not shared and of what is not there', async () => {
    for (const asked of [waiting, '00000000-0000-4000-8000-000000000000']) {
      const page = await pageOf('carol', `/publications/${asked}`);
      await page.getByText(`The publication ${asked} does not exist, or is not shared with you`).waitFor();
      await page.context().close();
    }
  });

  const axe = () => readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

  test.each([
    ['light', 1280],
    ['dark', 400],
  ] as const)(
    'has nothing that axe finds against it, and nothing wider than its window (%s, %d px)',
    async (colorScheme, width) => {
      const viewport = { width, height: 800 };
      const page = await pageOf('curator', '/publications', { colorScheme, viewport });
      const queue = () => page.getByRole('table').waitFor();
      const one = async () => {
        await page.getByRole('link', { name: 'Favourites' }).click();
        await page.getByRole('table', { name: 'Datasets' }).getByRole('row').nth(1).waitFor();
        await page.getByRole('img').first().waitFor();
      };
      for (const look of [queue, one]) {
        await look();
        await page.evaluate(await axe());
        const found = await page.evaluate(async () => {
          const { axe: loaded } = globalThis as unknown as {
            axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> };
          };
          return (await loaded.run()).violations.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)]);
        });
        expect(found).toEqual([]);
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
      }
      await page.context().close();
    },
  );
});
