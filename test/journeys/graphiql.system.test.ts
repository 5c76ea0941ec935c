import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { findBrowser } from '../../stack/browser.ts';
import { type DemoWorld, startDemoWorld } from '../../stack/demo-world.ts';

const browser = await findBrowser();
const executablePath = 'executable' in browser ? browser.executable : undefined;
const title = 'missing' in browser ? `GraphiQL (skipped: ${browser.missing})` : 'GraphiQL in a browser without network';

/** For what a busy machine does slowly, milliseconds. */
const PATIENCE = 100_000;

/** No name resolves, and Chromium does not call home. */
const ALONE = [
  '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--disable-gpu',
  '--no-first-run',
  '--no-sandbox',
];

describe.skipIf(executablePath === undefined)(title, { timeout: 2 * PATIENCE }, () => {
  let directory: string;
  let world: DemoWorld;
  let context: BrowserContext;
  let page: Page;
  let complaints: () => string[];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'satellite-graphiql-'));
    world = await startDemoWorld(directory);
    context = await chromium.launchPersistentContext(join(directory, 'profile'), {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: ALONE,
      timeout: PATIENCE,
      viewport: { width: 1400, height: 900 },
    });
    context.setDefaultTimeout(PATIENCE);
  });
  afterAll(async () => {
    await context.close();
    await world.stop();
    await rm(directory, { recursive: true });
  });

  /**
   * Everything that a browser holds against a page: its console, its policy (said there too), requests elsewhere, and those
   * that got no answer, unless it gave them up itself as it left the document that had made them.
   */
  beforeEach(async () => {
    const said: string[] = [];
    const failed: { readonly text: string; readonly why: string; readonly document: number }[] = [];
    let document = 0;
    const documentOf = new WeakMap<object, number>();
    complaints = () => [
      ...said,
      ...failed.filter((one) => one.why !== 'net::ERR_ABORTED' || one.document === document).map(({ text }) => text),
    ];
    page = await context.newPage();
    page.on('framenavigated', () => document++);
    page.on('console', (m) => ['error', 'warning'].includes(m.type()) && said.push(`${m.type()}: ${m.text()}`));
    page.on('pageerror', (error) => said.push(`exception: ${error.message}`));
    page.on('requestfailed', (request) => {
      const why = request.failure()?.errorText ?? 'no reason';
      failed.push({ text: `${why}: ${request.url()}`, why, document: documentOf.get(request) ?? document });
    });
    page.on('request', (request) => {
      documentOf.set(request, document);
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith('http') && origin !== world.gateway.url) said.push(`elsewhere: ${request.url()}`);
    });
    await page.goto(`${world.gateway.url}/`);
    return () => page.close();
  });

  const editor = () => page.locator('.graphiql-query-editor');
  const answer = () => page.locator('.graphiql-response .view-lines');
  const run = () => page.getByRole('button', { name: /^Execute/ }).click();

  test('opens with the examples in tabs and the token filled in', async () => {
    await editor().getByText('OwnAndOfficial').waitFor();
    expect(await page.getByRole('tab').allInnerTexts()).toEqual([
      'OwnAndOfficial',
      'OnTheSky',
      'Calibrations',
      'Visits',
      'WhatThereIs',
      'Create',
    ]);
    await page
      .locator('.graphiql-editor-tool')
      .getByText(/"Bearer.eyJ/)
      .waitFor();
    expect(complaints()).toEqual([]);
  });

  test('runs the first example and shows rows of both repositories', async () => {
    await editor().getByText('OwnAndOfficial').waitFor();
    await run();
    await answer().getByText('"u/alice/reprocessing"').first().waitFor();
    const text = (await answer().innerText()).replaceAll('\u00a0', ' ');
    expect(text).toContain('"totalCount": 33');
    expect(text).not.toContain('"errors"');
    expect(complaints()).toEqual([]);
  });

  test('runs every other example without an error, also after the page is loaded again', async () => {
    for (const name of ['OnTheSky', 'Calibrations', 'Visits', 'WhatThereIs']) {
      if (name === 'Visits') await page.reload();
      // A click is lost on an editor that is not there yet.
      await editor().getByText('query', { exact: true }).waitFor();
      await page.getByRole('tab', { name }).click();
      await editor().getByText(name, { exact: true }).waitFor();
      // The schema is asked for at the same address.
      const answered = page.waitForResponse(
        (response) => response.request().postData()?.includes(`query ${name}`) ?? false,
      );
      await run();
      const body = (await (await answered).json()) as { data: Record<string, unknown>; errors?: unknown };
      expect(body.errors, name).toBeUndefined();
      expect(Object.values(body.data), name).not.toContainEqual(null);
    }
    expect(complaints()).toEqual([]);
  });

  test('completes the name of a field, and says what it is', async () => {
    await page.getByRole('button', { name: 'New tab' }).click();
    await editor().click();
    await page.keyboard.type('{ findData');
    const proposal = page.locator('.suggest-widget').getByText('findDataset');
    // Nothing is proposed to who types before the schema and the worker are there, and nothing on the page tells when.
    const proposed = () =>
      proposal.waitFor({ timeout: 3_000 }).then(
        () => true,
        () => false,
      );
    while (!(await proposed())) {
      await page.keyboard.press('Backspace');
      await page.keyboard.type('a');
    }
    await proposal.click();
    await editor().locator('.view-lines').getByText('findDataset').waitFor();
    expect(complaints()).toEqual([]);
  });

  test('explains the schema beside the query', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    const docs = page.locator('.graphiql-doc-explorer');
    await docs.getByText('official Butler repositories and your own').waitFor();
    await docs.getByText('Query', { exact: true }).click();
    await docs.getByText('Datasets by type, collections and a Butler expression').waitFor();
    expect(complaints()).toEqual([]);
  });
});
