/** Asks a token's issuer whether it is still good (RFC 7662). */
import { z } from 'zod';
import { SatelliteError } from '../butler/errors.ts';
import { Verdicts } from './verdicts.ts';

export interface IntrospectionSettings {
  /** The issuer's introspection endpoint. */
  readonly url: string;
  /** As whom the gateway asks. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** Seconds that an answer is used at most. */
  readonly cacheSeconds: number;
}

const TIMEOUT_MS = 5_000;
const REFUSED_SECONDS = 5;
const answer = z.object({ active: z.boolean() });

export class Introspection {
  readonly #settings: IntrospectionSettings;
  readonly #verdicts: Verdicts<object>;

  constructor(settings: IntrospectionSettings) {
    this.#settings = settings;
    this.#verdicts = new Verdicts({ seconds: settings.cacheSeconds, refusedSeconds: REFUSED_SECONDS });
  }

  /** Whether the issuer still stands by a token. @throws SatelliteError UPSTREAM_UNAVAILABLE */
  async isActive(token: string): Promise<boolean> {
    return (await this.#verdicts.get(token, async () => ((await this.#ask(token)).active ? {} : null))) !== null;
  }

  async #ask(token: string): Promise<z.output<typeof answer>> {
    const { url, clientId, clientSecret } = this.#settings;
    const client = [clientId, clientSecret].map(encodeURIComponent).join(':');
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from(client).toString('base64')}`, accept: 'application/json' },
        body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      if (!response.ok) throw new Error(`status ${response.status}`);
      return answer.parse(await response.json());
    } catch (cause) {
      throw new SatelliteError(
        'UPSTREAM_UNAVAILABLE',
        "Your token's issuer cannot say whether it is still good: try again soon.",
        { retryAfter: REFUSED_SECONDS, cause },
      );
    }
  }
}
