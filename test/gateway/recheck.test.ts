/** Answers that go on for long end when whoever gets them may not have them any more. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { VisibleRepositories } from '../../src/access/policy.ts';
import { SatelliteError } from '../../src/butler/errors.ts';
import { keepChecking, mustBeReadable } from '../../src/gateway/recheck.ts';
import { ArrayRepository } from '../repository/federated/array-repository.ts';
import { runGateway } from './running-gateway.ts';
import { MockGafaelfawr } from '../../stack/mock-gafaelfawr.ts';
import { EndlessRepository, offer, rawContent } from './small-repositories.ts';

const SECONDS = 30;
const down = new SatelliteError('UPSTREAM_UNAVAILABLE', 'Nobody can be asked.');
const gone = new SatelliteError('NOT_FOUND', 'It is not shared with you.');

let controller: AbortController;
beforeEach(() => {
  controller = new AbortController();
});
afterEach(() => vi.useRealTimers());

test('an answer goes on as long as it may, and ends with what a new request would be told', async () => {
  vi.useFakeTimers();
  const ask = vi.fn<() => Promise<void>>().mockResolvedValue(undefined);
  keepChecking(controller, SECONDS, ask);
  await vi.advanceTimersByTimeAsync(10 * SECONDS * 1000);
  expect(ask).toHaveBeenCalledTimes(10);
  expect(controller.signal.aborted).toBe(false);
  ask.mockRejectedValue(gone);
  await vi.advanceTimersByTimeAsync(SECONDS * 1000);
  expect(controller.signal.reason).toBe(gone);
  await vi.advanceTimersByTimeAsync(10 * SECONDS * 1000);
  expect(ask).toHaveBeenCalledTimes(11);
});

test('that nobody can be asked ends it only when it lasts', async () => {
  vi.useFakeTimers();
  const ask = vi.fn<() => Promise<void>>().mockRejectedValue(down);
  keepChecking(controller, SECONDS, ask);
  await vi.advanceTimersByTimeAsync(300_000);
  expect(controller.signal.aborted).toBe(false);
  ask.mockResolvedValue(undefined);
  await vi.advanceTimersByTimeAsync(SECONDS * 1000);
  ask.mockRejectedValue(down);
  await vi.advanceTimersByTimeAsync(300_000);
  expect(controller.signal.aborted).toBe(false);
  await vi.advanceTimersByTimeAsync(SECONDS * 1000);
  expect(controller.signal.reason).toBe(down);
});

test('an answer that has ended is not asked about', async () => {
  vi.useFakeTimers();
  const ask = vi.fn<() => Promise<void>>();
  keepChecking(controller, SECONDS, ask)();
  await vi.advanceTimersByTimeAsync(2 * SECONDS * 1000);
  expect(ask).not.toHaveBeenCalled();
});

test('a repository that is not shared any more is told apart from others that are not either', () => {
  const offered = ['one', 'two'].map((name) => ({
    ...offer(new ArrayRepository(name, rawContent(1, name))),
    readers: [name],
  }));
  const visible = (...groups: string[]) => new VisibleRepositories(offered, { username: 'alice', groups });
  expect(() => mustBeReadable(['one'], visible('one', 'two'), visible('one'))).not.toThrow();
  expect(() => mustBeReadable(['one', 'two'], visible('one', 'two'), visible('one'))).toThrow(/'two' has changed/);
});

test('an export ends with an error instead of its count when its token is revoked', async () => {
  await using mock = await MockGafaelfawr.start();
  mock.setUser('alice', { groups: ['g_users'] });
  const token = mock.token('alice');
  await using gateway = await runGateway({
    offered: [offer(new EndlessRepository('dp1', rawContent(3, 'run')))],
    limits: { recheckSeconds: 1 },
    auth: { gafaelfawr: { url: mock.url, cacheSeconds: 1 } },
  });
  const answer = await gateway.fetch('/export', {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ field: 'datasets', arguments: { datasetTypes: ['raw'], collections: ['run'] } }),
  });
  expect(answer.status).toBe(200);
  let text = '';
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    mock.revoke(token);
  }
  expect(JSON.parse(text.trim().split('\n').at(-1)!)).toMatchObject({
    errors: [{ extensions: { code: 'UNAUTHENTICATED' } }],
  });
});
