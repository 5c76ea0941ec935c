/** What happened to publications: written together with each change, and delivered to webhooks after it. */
import { createHash, createHmac, randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import sql from 'sql-template-tag';
import type { Transaction, WriteableDatabase } from '../repository/direct/database.ts';
import type { Webhook } from './settings.ts';

/** One thing that happened. */
export interface PublicationEvent {
  readonly publication: string;
  readonly version: number;
  /** The state that it came into, `COMMENTED`, `CONFIRMED` or `REMINDED`. */
  readonly event: string;
  /** User name; null where nobody did it. */
  readonly actor: string | null;
  /** More of it, never a secret. */
  readonly detail: Readonly<Record<string, string | number | boolean | null>>;
}

/** @param webhooks names of those that are to be told. @param now Unix milliseconds */
export async function noteEvent(
  transaction: Transaction,
  { publication, version, event, actor, detail }: PublicationEvent,
  webhooks: readonly string[],
  now: number,
): Promise<void> {
  const id = randomUUID();
  await transaction.insert({
    table: 'publication_event',
    columns: ['id', 'at', 'publication', 'version', 'event', 'actor', 'detail'],
    rows: [[id, BigInt(now), publication, BigInt(version), event, actor, JSON.stringify(detail)]],
  });
  if (webhooks.length === 0) return;
  await transaction.insert({
    table: 'publication_delivery',
    columns: ['event', 'webhook', 'attempts', 'not_before'],
    rows: webhooks.map((webhook) => [id, webhook, 0n, BigInt(now)]),
  });
}

/** What stands in the state for a webhook: whoever knows its address may write to it, where its path or query is a secret. */
export function webhookName(url: string): string {
  return createHash('sha256').update(url).digest('hex');
}

const AT_ONCE = 50;
const DELIVER_MILLISECONDS = 10_000;
const FIRST_RETRY_MILLISECONDS = 10_000;
/** With doubled waits, more than a week. */
const MOST_ATTEMPTS = 16;
const LOOK_MILLISECONDS = 30_000;

/** Delivers events at least once, whichever gateway comes first; an order among them is not kept. */
export class Outbox {
  readonly #database: WriteableDatabase;
  readonly #webhooks: ReadonlyMap<string, Webhook>;
  readonly #now: () => number;
  readonly #log: Logger;

  constructor(database: WriteableDatabase, webhooks: readonly Webhook[], now: () => number, log: Logger) {
    this.#database = database;
    this.#webhooks = new Map(webhooks.map((webhook) => [webhook.name, webhook]));
    this.#now = now;
    this.#log = log;
  }

  /** Older versions named webhooks by their addresses, also such as are not told any more. */
  async hideAddresses(signal: AbortSignal): Promise<void> {
    const deliveries = this.#database.table('publication_delivery');
    const shown = await this.#database.all(
      sql`SELECT DISTINCT webhook FROM ${deliveries} WHERE webhook LIKE 'http%:%'`,
      signal,
    );
    for (const [url] of shown) {
      await this.#database.transaction(
        (transaction) =>
          transaction.run(sql`UPDATE ${transaction.table('publication_delivery')} SET webhook = ${webhookName(String(url))}
            WHERE webhook = ${String(url)}`),
        signal,
      );
    }
  }

  /** Delivers to one webhook what is due. @returns how many were delivered */
  async deliver(name: string, signal: AbortSignal): Promise<number> {
    const webhook = this.#webhooks.get(name);
    if (!webhook) return 0;
    const rows = await this.#database.all(
      sql`SELECT d.event, d.webhook, d.attempts, e.at, e.publication, e.version, e.event, e.actor, e.detail, v.title,
            p.repository, p.owner
          FROM ${this.#database.table('publication_delivery')} AS d
          JOIN ${this.#database.table('publication_event')} AS e ON e.id = d.event
          JOIN ${this.#database.table('publication_version')} AS v
            ON v.publication = e.publication AND v.version = e.version
          JOIN ${this.#database.table('publication')} AS p ON p.id = e.publication
          WHERE d.webhook IN (${name}, ${webhook.url}) AND d.delivered_at IS NULL AND d.not_before <= ${BigInt(this.#now())} AND d.attempts < ${BigInt(MOST_ATTEMPTS)}
          ORDER BY e.at, e.id LIMIT CAST(${BigInt(AT_ONCE)} AS BIGINT)`,
      signal,
    );
    let delivered = 0;
    for (const [
      id,
      known,
      attempts,
      at,
      publication,
      version,
      event,
      actor,
      detail,
      title,
      repository,
      owner,
    ] of rows) {
      // By its address, where a gateway of an older version wrote it since.
      if (!(await this.#take(String(id), String(known), Number(attempts), name))) continue;
      const body = JSON.stringify({
        id,
        at: new Date(Number(at)).toISOString(),
        publication,
        version: Number(version),
        event,
        actor,
        detail: JSON.parse(String(detail)) as unknown,
        title,
        repository,
        owner,
      });
      if (!(await this.#post(webhook, body, signal))) continue;
      await this.#database.transaction(
        (transaction) =>
          transaction.run(sql`UPDATE ${transaction.table('publication_delivery')} SET delivered_at = ${BigInt(this.#now())}
            WHERE event = ${String(id)} AND webhook = ${name}`),
        signal,
      );
      delivered += 1;
    }
    return delivered;
  }

  /** Whether it is this gateway that tries, and no other for a while. */
  async #take(event: string, webhook: string, attempts: number, name: string): Promise<boolean> {
    // From now on, as others before it can have taken long.
    const next = this.#now() + DELIVER_MILLISECONDS + FIRST_RETRY_MILLISECONDS * 2 ** attempts;
    const taken = await this.#database.transaction(
      (transaction) =>
        transaction.run(sql`UPDATE ${transaction.table('publication_delivery')}
          SET attempts = attempts + 1, not_before = ${BigInt(next)}, webhook = ${name}
          WHERE event = ${event} AND webhook = ${webhook} AND attempts = ${BigInt(attempts)} AND delivered_at IS NULL`),
      AbortSignal.timeout(LOOK_MILLISECONDS),
    );
    return taken === 1;
  }

  async #post({ url, secret }: Webhook, body: string, signal: AbortSignal): Promise<boolean> {
    const signature = createHmac('sha256', secret).update(body).digest('hex');
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'satellite-signature': `sha256=${signature}` },
        body,
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(DELIVER_MILLISECONDS)]),
      });
      await answer.body?.cancel();
      if (answer.ok) return true;
      this.#log.warn({ host: new URL(url).host, status: answer.status }, 'a webhook refused an event');
    } catch (err) {
      this.#log.warn({ host: new URL(url).host, err }, 'a webhook could not be told of an event');
    }
    return false;
  }
}
