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

describe.skipIf(executablePath === undefined)(title, () => {
  let directory: string;
  let world: DemoWorld;
  let context: BrowserContext;
  let page: Page;
  let complaints: string[];

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'satellite-graphiql-'));
    world = await startDemoWorld(directory);
    context = await chromium.launchPersistentContext(join(directory, 'profile'), {
      ...(executablePath === undefined ? {} : { executablePath }),
      args: ALONE,
      viewport: { width: 1400, height: 900 },
    });
  });
  afterAll(async () => {
    await context.close();
    await world.stop();
    await rm(directory, { recursive: true });
  });

  /** Everything that a browser holds against a page: its console, its policy (said there too), and requests elsewhere. */
  beforeEach(async () => {
    complaints = [];
    page = await context.newPage();
    page.on('console', (m) => ['error', 'warning'].includes(m.type()) && complaints.push(`${m.type()}: ${m.text()}`));
    page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
    page.on('requestfailed', (request) => complaints.push(`no answer: ${request.url()}`));
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith('http') && origin !== world.gateway.url) complaints.push(`elsewhere: ${request.url()}`);
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
    expect(complaints).toEqual([]);
  });

  test('runs the first example and shows rows of both repositories', async () => {
    await editor().getByText('OwnAndOfficial').waitFor();
    await run();
    await answer().getByText('"u/alice/reprocessing"').first().waitFor();
    const text = (await answer().innerText()).replaceAll('\u00a0', ' ');
    expect(text).toContain('"totalCount": 33');
    expect(text).not.toContain('"errors"');
    expect(complaints).toEqual([]);
  });

  test('runs every other example without an error, also after the page is loaded again', async () => {
    for (const name of ['OnTheSky', 'Calibrations', 'Visits', 'WhatThereIs']) {
      await page.getByRole('tab', { name }).click();
      await editor().getByText(name, { exact: true }).waitFor();
      if (name === 'Visits') await page.reload();
      const answered = page.waitForResponse((response) => response.url().endsWith('/graphql'));
      await run();
      const body = (await (await answered).json()) as { data: Record<string, unknown>; errors?: unknown };
      expect(body.errors, name).toBeUndefined();
      expect(Object.values(body.data), name).not.toContainEqual(null);
    }
    expect(complaints).toEqual([]);
  });

  test('completes the name of a field, and says what it is', async () => {
    await page.getByRole('button', { name: 'New tab' }).click();
    await editor().click();
    await page.keyboard.type('{ findData');
    const proposal = page.locator('.suggest-widget').getByText('findDataset');
    await proposal.waitFor();
    await proposal.click();
    await editor().getByText('findDataset').waitFor();
    expect(complaints).toEqual([]);
  });

  test('explains the schema beside the query', async () => {
    await page.getByRole('button', { name: 'Show Documentation Explorer' }).click();
    const docs = page.locator('.graphiql-doc-explorer');
    await docs.getByText('official Butler repositories and your own').waitFor();
    await docs.getByText('Query', { exact: true }).click();
    await docs.getByText('Datasets by type, collections and a Butler expression').waitFor();
    expect(complaints).toEqual([]);
  });
});
