/** Browsers without network that look at the page for reviewers. */
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { findBrowser } from '../../stack/browser.ts';
import { CURATORS, type PublishingWorld } from '../publish/publishing-world.ts';

const found = await findBrowser();
const executablePath = 'executable' in found ? found.executable : undefined;
const ALONE = ['--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1', '--no-sandbox', '--disable-gpu'];

/** For what a busy machine does slowly, milliseconds. */
const PATIENCE = 100_000;

export const hasBrowser = executablePath !== undefined;

/** What is tested, or why it is skipped. */
export function titled(what: string): string {
  return 'missing' in found ? `${what} (skipped: ${found.missing})` : what;
}

export function launched(): Promise<Browser> {
  return chromium.launch({ ...(executablePath !== undefined && { executablePath }), args: ALONE, timeout: PATIENCE });
}

export interface SignedInOptions extends BrowserContextOptions {
  /** Takes what browsers hold against the page, but for what comes before anybody has signed in. */
  readonly complain?: (about: string) => void;
  /** Before the page is opened. */
  readonly prepare?: (page: Page) => Promise<unknown>;
}

/** A page of somebody's who signs in by hand. */
export async function signedIn(
  browser: Browser,
  { gateway }: Pick<PublishingWorld, 'gateway'>,
  user: 'alice' | 'carol' | keyof typeof CURATORS,
  address: string,
  { complain, prepare, ...options }: SignedInOptions = {},
): Promise<Page> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  page.on('pageerror', (error) => complain?.(`exception: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('401')) complain?.(message.text());
  });
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    if (protocol.startsWith('http') && origin !== gateway.url) complain?.(`elsewhere: ${request.url()}`);
  });
  await prepare?.(page);
  await page.goto(`${gateway.url}${address}`);
  const groups = user in CURATORS ? CURATORS[user as keyof typeof CURATORS] : ['g_users'];
  await page.getByLabel('Token').fill(await gateway.token(user, { groups }));
  await page.getByRole('button', { name: 'Sign in' }).press('Enter');
  return page;
}
