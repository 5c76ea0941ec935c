/** GraphiQL on an origin of its own, and a page of another site, in a real browser. */
import { createServer } from 'node:http';
import { once } from 'node:events';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findBrowser } from '../../stack/browser.ts';
import { freePort } from '../../stack/free-port.ts';
import { runGateway, type RunningGateway } from '../gateway/running-gateway.ts';
import { FilesRepository, offer, rawContent } from '../gateway/small-repositories.ts';

const found = await findBrowser();
const executablePath = 'executable' in found ? found.executable : undefined;
const title = 'missing' in found ? `GraphiQL apart (skipped: ${found.missing})` : 'GraphiQL on an origin of its own';

/** For what a busy machine does slowly, milliseconds. */
const PATIENCE = 100_000;

describe.skipIf(executablePath === undefined)(title, { timeout: 3 * PATIENCE }, () => {
  let browser: Browser;
  let gateway: RunningGateway;
  /** Of the page: to a browser, `localhost` is another site than 127.0.0.1. */
  let origin: string;
  beforeAll(async () => {
    const port = await freePort();
    origin = `http://localhost:${port}`;
    gateway = await runGateway({
      offered: [offer(new FilesRepository('dp1', rawContent(2, 'official')))],
      http: { port },
      yaml: `publicUrl: http://127.0.0.1:${port}\ngraphiql: {origin: "${origin}"}`,
    });
    browser = await chromium.launch({
      ...(executablePath === undefined ? {} : { executablePath }),
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
      timeout: PATIENCE,
    });
  });
  afterAll(async () => {
    await browser.close();
    await gateway[Symbol.asyncDispose]();
  });

  async function newPage(): Promise<Page> {
    const page = await browser.newPage();
    page.setDefaultTimeout(PATIENCE);
    return page;
  }

  /** What a script of the page gets from the API: the answer to a query, and whether a WebSocket opens. */
  async function tried(page: Page): Promise<{ readonly answer: unknown; readonly socket: string }> {
    const token = await gateway.token();
    return page.evaluate(
      async ({ api, authorization }) => {
        const headers = { authorization, 'content-type': 'application/json' };
        const body = JSON.stringify({ query: '{viewer {username}}' });
        const answer = await fetch(`${api}/graphql`, { method: 'POST', headers, body }).then(
          async (response) => ({
            ...((await response.json()) as object),
            left: response.headers.get('x-ratelimit-remaining'),
          }),
          () => 'unreadable',
        );
        const socket = new WebSocket(`${api.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
        const opened = await new Promise<string>((resolve) => {
          socket.onopen = () => resolve('open');
          socket.onerror = () => resolve('refused');
        });
        socket.close();
        return { answer, socket: opened };
      },
      { api: gateway.url, authorization: `Bearer ${token}` },
    );
  }

  test('its page loads and asks the API', async () => {
    const page = await newPage();
    const refused: string[] = [];
    page.on('console', (message) => {
      if (/Content.Security.Policy|CORS/i.test(message.text())) refused.push(message.text());
    });
    await page.goto(origin);
    await page.locator('.graphiql-query-editor').getByText('OwnAndOfficial').waitFor();
    expect(await tried(page)).toEqual({
      answer: { data: { viewer: { username: 'alice' } }, left: expect.stringMatching(/^\d+$/) },
      socket: 'open',
    });
    expect(refused).toEqual([]);
    await page.close();
  });

  test('a page of another site cannot, although it has a token', async () => {
    const site = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<p>hello'));
    site.listen(0, '127.0.0.1');
    await once(site, 'listening');
    const page = await newPage();
    await page.goto(`http://127.0.0.1:${(site.address() as { port: number }).port}/`);
    expect(await tried(page)).toEqual({ answer: 'unreadable', socket: 'refused' });
    await page.close();
    site.close();
  });
});
