import type { PageSettings } from '../src/gateway/http/page-settings.ts';
import { GatewayError, UNANSWERED } from './gateway.ts';

/** Where the gateway is. @throws GatewayError */
export async function askSettings(): Promise<PageSettings> {
  const response = await fetch('settings.json').catch(() => null);
  if (!response) throw new GatewayError(UNANSWERED);
  const settings = response.ok ? ((await response.json().catch(() => null)) as PageSettings | null) : null;
  if (settings) return settings;
  throw new GatewayError(`The gateway did not say where it is (status ${response.status}).`);
}
