/** The page for reviewers, where what it shows is not what is there any more, or does not come. */
import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openPublishing, type PublishingWorld } from '../publish/publishing-world.ts';
import { hasBrowser, launched, signedIn, titled, type SignedInOptions } from './signed-in.ts';

describe.skipIf(!hasBrowser)(titled('the page for reviewers'), { timeout: 300_000 }, () => {
  let browser: Browser;
  let world: PublishingWorld;
  const wanted = { satellite: 'work', collections: ['u/alice/work'], title: 'Notes' };

  beforeAll(async () => {
    world = await openPublishing();
    await world.filled('work', 'u/alice/work', 2);
    await world.filled('other', 'u/alice/other', 2);
    browser = await launched();
  });
  afterAll(async () => {
    await browser.close();
    await world[Symbol.asyncDispose]();
  });
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));

  const open = (user: Parameters<typeof signedIn>[2], id: string, options?: SignedInOptions) =>
    signedIn(browser, world, user, `/publications/${id}`, options);
  const decision = (page: Page) => page.getByRole('region', { name: 'What you can do' });
  const stateOf = (page: Page, state: string) => page.getByRole('status').getByText(state, { exact: true }).waitFor();
  const submit = (more: object = {}) => world.did('alice', 'submitPublication', { ...wanted, ...more });
  const giveUp = (publication: string) => world.did('alice', 'withdrawPublication', { publication });

  /** What the page asks by a query or mutation of this name. */
  const asked =
    (name: string, answer: (route: Route) => Promise<unknown>) =>
    async (page: Page): Promise<void> => {
      await page.route('**/graphql', (route) =>
        route.request().postData()?.includes(name) ? answer(route) : route.continue(),
      );
    };
  const untold = (page: Page) => page.route('**/graphql/stream', (route) => route.abort());

  test('decides nothing about a version that came after the one on the screen', async () => {
    const { id: publication, digest } = await submit();
    const live = await open('curator', publication);
    const untoldOf = await open('curator', publication, { prepare: untold });
    for (const page of [live, untoldOf]) {
      await page.getByRole('radio', { name: /^Reject/ }).check();
      await decision(page).getByRole('textbox').fill('Not this one.');
    }
    await world.did('second', 'requestPublicationChanges', { publication, digest, comment: 'More.' });
    await submit({ publication, title: 'More notes' });

    await live.getByRole('button', { name: 'Show version 2' }).waitFor();
    await stateOf(live, 'changes requested');
    expect(await decision(live).count()).toBe(0);
    // Not told of it, one cannot do it to the other version either.
    await untoldOf.getByRole('button', { name: 'Reject version 1' }).click();
    await untoldOf.getByText('which is not the one that you name').waitFor();
    expect(await world.see('curator', publication)).toMatchObject({ version: 2, state: 'SUBMITTED' });

    // Nothing that was chosen or written comes along.
    await live.getByRole('button', { name: 'Show version 2' }).click();
    await decision(live).getByText('Decide about version 2').waitFor();
    expect(await decision(live).getByRole('textbox').inputValue()).toBe('');
    expect(await decision(live).getByRole('radio', { checked: true }).count()).toBe(0);
    await giveUp(publication);
  });

  test('withdraws the version that it says', async () => {
    const { id: publication, digest } = await submit({ satellite: 'other', collections: ['u/alice/other'] });
    await world.did('curator', 'approvePublication', { publication, digest });
    await world.reached('alice', publication, 'PUBLISHED');
    await submit({ satellite: 'other', collections: ['u/alice/other'], publication, title: 'More notes' });

    const owner = await open('alice', publication);
    await decision(owner)
      .getByRole('radio', { name: /^Give up version 2 before/ })
      .waitFor();
    const reviewer = await open('curator', publication);
    await decision(reviewer).getByText('Decide about versions 2 and 1').waitFor();
    await reviewer.getByRole('radio', { name: /^Withdraw version 1, which is published/ }).check();
    await decision(reviewer).getByRole('textbox').fill('An error in it.');
    await owner.getByRole('button', { name: 'Give up version 2' }).click();
    await stateOf(owner, 'cancelled');
    // The same button would now be about what is published.
    await owner.getByRole('button', { name: 'Withdraw version 1' }).waitFor();

    await reviewer.getByRole('radio', { name: /^Withdraw version 1, which is published/ }).check();
    await decision(reviewer).getByRole('textbox').fill('An error in it.');
    await reviewer.getByRole('button', { name: 'Withdraw version 1' }).click();
    await decision(reviewer).waitFor({ state: 'detached' });
    expect(await world.look('alice', publication, 'versions {version state reason}')).toMatchObject({
      versions: [
        { version: 2, state: 'CANCELLED' },
        { version: 1, state: 'WITHDRAWN', reason: 'An error in it.' },
      ],
    });
  });

  test('posts once what is sent again after an answer that did not come, or pressed twice', async () => {
    const { id } = await submit();
    let lost = 0;
    const prepare = asked('commentPublication', async (route) => {
      const response = await route.fetch();
      return lost++ === 0 ? route.abort() : route.fulfill({ response });
    });
    const page = await open('curator', id, { prepare });
    await page.getByLabel('Comment, to its owner and its reviewers').fill('Which survey?');
    const send = page.getByRole('button', { name: 'Comment', exact: true });
    await send.click();
    await page.getByText('The gateway does not answer').waitFor();
    await send.dblclick();
    await page.getByText('The gateway does not answer').waitFor({ state: 'detached' });
    expect(await page.getByLabel('Comment, to its owner and its reviewers').inputValue()).toBe('');
    expect((await world.see('alice', id)).comments).toEqual([{ author: 'curator', text: 'Which survey?' }]);
    await giveUp(id);
  });

  test('shows what it has where the rest does not come, and asks who one is where nobody knows any more', async () => {
    const { id } = await submit();
    let isSlow = true;
    const prepare = asked('query Summary', (route) => (isSlow ? route.abort() : route.continue()));
    const page = await open('curator', id, { prepare });
    await page.getByText('The gateway does not answer').waitFor();
    await page.getByRole('row', { name: /^note .* … …$/ }).waitFor();
    await page.getByRole('table', { name: 'Datasets' }).getByRole('row').nth(1).waitFor();
    isSlow = false;
    await page.getByRole('button', { name: 'Ask again' }).click();
    await page.getByRole('row', { name: /^note .* 2 \d+ B$/ }).waitFor();

    const ended = await open('curator', id, {
      prepare: (one) => one.route('**/graphql/stream', (route) => route.fulfill({ status: 401 })),
    });
    await ended.getByRole('heading', { name: 'Sign in' }).waitFor();
    await ended.getByText('The gateway answered with status 401.').waitFor();
    await giveUp(id);
  });

  test('gives owners links for referees, which end when they are revoked', async () => {
    const { id } = await submit();
    const page = await open('alice', id);
    const referees = page.getByRole('region', { name: 'Referees' });
    await referees.getByLabel('Note').fill('For the journal');
    await referees.getByRole('button', { name: 'Make a link' }).click();
    const secret = await referees.getByRole('status').locator('code').innerText();
    const read = async () => {
      const query = 'query ($secret: String!) {refereedPublication(secret: $secret) {title}}';
      const { data } = await world.ask('carol', query, { secret });
      return data?.refereedPublication as unknown;
    };
    expect(await read()).toEqual({ title: 'Notes' });
    await referees.getByRole('button', { name: 'Revoke the link For the journal' }).click();
    await referees.getByText(/; ended /).waitFor();
    expect(await read()).toBeFalsy();

    const reviewer = await open('curator', id);
    await decision(reviewer).waitFor();
    expect(await reviewer.getByRole('region', { name: 'Referees' }).count()).toBe(0);
    await giveUp(id);
  });

  test('names what it does not know, and says why it cannot open', async () => {
    const { id } = await submit();
    const prepare = async (one: Page) => {
      await untold(one);
      await asked('query Publication(', async (route) => {
        const response = await route.fetch();
        const text = (await response.text()).replace('"state":"SUBMITTED"', '"state":"IN_QUARANTINE"');
        return route.fulfill({ response, body: text.replace('"code":"FILES"', '"code":"PACK"') });
      })(one);
    };
    const page = await open('alice', id, { prepare });
    await page.getByRole('status').getByText('in quarantine', { exact: true }).waitFor();

    await page.route('**/settings.json', (route) => route.fulfill({ status: 503, body: '<h1>Later</h1>' }));
    await page.reload();
    await page.getByText('The gateway did not say where it is (status 503).').waitFor();
    await page.unroute('**/settings.json');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByRole('heading', { level: 1, name: 'Notes' }).waitFor();
    await world.did('curator', 'requestPublicationChanges', { publication: id, comment: 'Again.' });
    await page.reload();
    // What came as a zip comes again as a zip.
    await page.getByText(/^satellite publish submit alice~work COLLECTION… \\\n\s+--pack ZIP \\\n/).waitFor();
    await giveUp(id);
  });
});
