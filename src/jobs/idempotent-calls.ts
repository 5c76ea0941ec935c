/** Calls that are done once however often they come: a client that lost the answer asks again with the same key. */
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import sql from 'sql-template-tag';
import { SatelliteError, UncertainCommitError, type ErrorCode } from '../butler/errors.ts';
import { failpoint } from '../repository/failpoints.ts';
import type { Json } from './job.ts';
import type { State, StateTables } from '../state/state.ts';

export const CALL_TABLES: StateTables = {
  domain: 'calls',
  versions: [
    [
      `CREATE TABLE {call} (
         owner TEXT NOT NULL,
         mutation TEXT NOT NULL,
         idempotency_key TEXT NOT NULL,
         input TEXT NOT NULL,
         begun_at BIGINT NOT NULL,
         answer TEXT,
         PRIMARY KEY (owner, mutation, idempotency_key)
       )`,
      `CREATE INDEX call_by_age ON {call} (begun_at)`,
    ],
    [`ALTER TABLE {call} ADD COLUMN nonce TEXT NOT NULL DEFAULT ''`],
  ],
};

export interface IdempotentCall {
  readonly owner: string;
  readonly mutation: string;
  readonly key: string;
  /** Everything that the call is given. */
  readonly input: unknown;
}

/** What the work of a call is told, so that doing it again gives what it gave where that was not kept. */
export interface CallAttempt {
  /** Whether it was begun before, and may have been done. */
  readonly isRepeat: boolean;
  /**
   * 32 bytes, the same whenever this call is done, and no other's: identifiers are made of them.  Once the call is forgotten,
   * the same one is another: what it made may be remembered for longer.
   */
  readonly seed: Buffer;
}

/** How long an answer is remembered. */
const REMEMBERED_MS = 7 * 24 * 3_600_000;
const LONGEST_KEY = 200;
/** Codes of errors after which some of the work may be done. */
const BROKEN_OFF: ReadonlySet<ErrorCode> = new Set(['UPSTREAM_UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RATE_LIMITED']);
const ASK_MS = 200;

export class IdempotentCalls {
  readonly #state: State;
  /** How long a call may take; after that, one without an answer was interrupted and is done again. */
  readonly #longestMs: number;
  readonly #openedAt = Date.now();
  readonly #running = new Map<string, Promise<Json>>();

  constructor(state: State, longestMs: number) {
    this.#state = state;
    this.#longestMs = longestMs;
  }

  /**
   * Does the work, or gives the answer of the same call before.  A call that failed, or was interrupted, is done again.
   * @throws SatelliteError CONFLICT where the key came with another input, or another gateway has been doing the call for
   *   long; BAD_USER_INPUT for a key that is empty or too long; what `work` throws
   */
  async once<Answer extends Json>(
    call: IdempotentCall,
    work: (attempt: CallAttempt) => Promise<Answer>,
  ): Promise<Answer> {
    if (call.key === '' || call.key.length > LONGEST_KEY) {
      throw new SatelliteError('BAD_USER_INPUT', `"idempotencyKey" must have 1 to ${LONGEST_KEY} characters.`);
    }
    const input = createHash('sha256').update(canonicalJson(call.input)).digest('hex');
    const id = JSON.stringify([call.owner, call.mutation, call.key, input]);
    const running = this.#running.get(id) ?? this.#once(call, input, work).finally(() => this.#running.delete(id));
    this.#running.set(id, running);
    return running as Promise<Answer>;
  }

  async #once(call: IdempotentCall, input: string, work: (attempt: CallAttempt) => Promise<Json>): Promise<Json> {
    const before = await this.#begun(call, input);
    if ('answer' in before) return before.answer;
    const { isRepeat, nonce } = before;
    const id = createHash('sha256').update(JSON.stringify([call.owner, call.mutation, call.key, input]) + nonce);
    let answer: Json;
    try {
      const seed = this.#state.secret.derive(`call:${id.digest('hex')}`);
      answer = await work({ isRepeat, seed });
    } catch (error) {
      // What broke off may have been done: doing it again is a repeat, as after the end of a gateway.  Of a repeat that is
      // refused, the attempt before may have been done.
      const isRefused = !isRepeat && error instanceof SatelliteError && !isBrokenOff(error);
      await this.#change(call, ({ table, where }) =>
        isRefused
          ? sql`DELETE FROM ${table} WHERE ${where}`
          : sql`UPDATE ${table} SET begun_at = ${BigInt(this.#interruptedBefore())} WHERE ${where}`,
      );
      throw error;
    }
    failpoint('call:before-answer');
    const sealed = this.#state.secret.seal(answerPurpose(call), JSON.stringify(answer));
    await this.#change(call, ({ table, where }) => sql`UPDATE ${table} SET answer = ${sealed} WHERE ${where}`);
    return answer;
  }

  /** As `#begin`, and waits a while for another gateway that is doing the call. */
  async #begun(call: IdempotentCall, input: string): Promise<Exclude<Before, 'elsewhere'>> {
    // The one who asks waits no longer than a call may take.
    const deadline = performance.now() + this.#longestMs / 2;
    for (;;) {
      const before = await this.#begin(call, input);
      if (before !== 'elsewhere') return before;
      if (performance.now() > deadline) {
        throw new SatelliteError('CONFLICT', `This ${call.mutation} is being done right now: ask again in a minute.`, {
          retryAfter: 60,
        });
      }
      await sleep(ASK_MS);
    }
  }

  async #begin(call: IdempotentCall, input: string): Promise<Before> {
    const { database } = this.#state;
    const table = database.table('call');
    const now = BigInt(Date.now());
    const where = identify(call);
    const interrupted = BigInt(this.#interruptedBefore());
    const newNonce = randomBytes(16).toString('hex');
    return database.transaction(async (transaction) => {
      await transaction.run(sql`DELETE FROM ${table} WHERE begun_at < ${now - BigInt(REMEMBERED_MS)}`);
      const isNew = await transaction.run(
        sql`INSERT INTO ${table} (owner, mutation, idempotency_key, input, begun_at, nonce)
            VALUES (${call.owner}, ${call.mutation}, ${call.key}, ${input}, ${now}, ${newNonce}) ON CONFLICT DO NOTHING`,
      );
      if (isNew === 1) return { isRepeat: false, nonce: newNonce };
      const [row] = await transaction.all(sql`SELECT input, answer, nonce FROM ${table} WHERE ${where}`);
      if (row?.[0] !== input) {
        throw new SatelliteError(
          'CONFLICT',
          `The idempotency key '${call.key}' was used for another ${call.mutation}: take a new key, or give the same input.`,
        );
      }
      if (typeof row[1] === 'string') return { answer: this.#answer(call, row[1]) };
      const taken = await transaction.run(
        sql`UPDATE ${table} SET begun_at = ${now} WHERE ${where} AND answer IS NULL AND begun_at <= ${interrupted}`,
      );
      return taken === 1 ? { isRepeat: true, nonce: String(row[2]) } : 'elsewhere';
    }, AbortSignal.timeout(this.#longestMs));
  }

  /** Addresses to which files can be put are in some answers. What an older gateway kept is as it is. */
  #answer(call: IdempotentCall, kept: string): Json {
    return JSON.parse(this.#state.secret.unseal(answerPurpose(call), kept) ?? kept) as Json;
  }

  /** Nobody does any more what was begun by then and has no answer, Unix milliseconds. */
  #interruptedBefore(): number {
    // On SQLite there is one gateway: what was begun before it, nobody does any more.
    return Math.max(Date.now() - this.#longestMs, this.#state.postgresUrl === undefined ? this.#openedAt : 0);
  }

  async #change(call: IdempotentCall, statement: (parts: { table: Part; where: Part }) => Part): Promise<void> {
    const { database } = this.#state;
    const change = statement({ table: database.table('call'), where: identify(call) });
    await database.transaction((transaction) => transaction.run(change), AbortSignal.timeout(this.#longestMs));
  }
}

/** What is known of a call: its answer, that somebody else does it, or, where it is to be done, whether it was begun and left. */
type Before = { readonly answer: Json } | 'elsewhere' | { readonly isRepeat: boolean; readonly nonce: string };

type Part = ReturnType<typeof sql>;

function isBrokenOff(error: SatelliteError): boolean {
  return error instanceof UncertainCommitError || BROKEN_OFF.has(error.code);
}

function answerPurpose({ owner, mutation, key }: IdempotentCall): string {
  return `call-answer:${JSON.stringify([owner, mutation, key])}`;
}

function identify({ owner, mutation, key }: IdempotentCall): Part {
  return sql`owner = ${owner} AND mutation = ${mutation} AND idempotency_key = ${key}`;
}

/** Text that is equal for equal values, whatever the order of their properties. */
function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'bigint') return item.toString();
    if (typeof item !== 'object' || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}
