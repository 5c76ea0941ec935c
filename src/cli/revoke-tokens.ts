/** `satellite revoke-tokens`: an operator's command beside the gateways, over their state. */
import { AuditTrail } from '../access/audit.ts';
import { ACCESS_TABLES } from '../access/tables.ts';
import { USERNAME } from '../access/principal.ts';
import { Revocations, REVOCATION_TABLES, SEEN_AFTER_SECONDS } from '../access/revocations.ts';
import { SatelliteError } from '../butler/errors.ts';
import { ConfigurationError, readConfig } from '../gateway/config.ts';
import { openState } from '../state/open.ts';
import { prepareTables } from '../state/tables.ts';

export interface RevokeTokensOptions {
  readonly config: string;
  /** Only the token with this `jti`. */
  readonly id?: string;
}

/** Who did it, in the audit trail: no user's name. */
const OPERATOR = '~operator';
const STATE_MS = 60_000;

/**
 * Makes all gateways on the configuration's state refuse the signed tokens that a user has now.
 * @throws SatelliteError BAD_USER_INPUT where that can be no user
 */
export async function revokeTokens(username: string, { config, id }: RevokeTokensOptions): Promise<void> {
  if (!USERNAME.test(username)) throw new SatelliteError('BAD_USER_INPUT', `'${username}' is no user name.`);
  const { writing } = await readConfig(config, process.env);
  if (!writing) {
    throw new ConfigurationError(
      `${config} has no "state" in which tokens could be revoked: take the key that signed them out of the issuer's key set.`,
    );
  }
  const signal = AbortSignal.timeout(STATE_MS);
  const state = await openState(writing.state, signal);
  try {
    for (const tables of [REVOCATION_TABLES, ACCESS_TABLES]) await prepareTables(state.database, tables, signal);
    await new Revocations(state).revoke(username, id);
    const detail = { user: username, ...(id !== undefined && { id }) };
    const line = { actor: OPERATOR, action: 'revokeTokens', resource: null, resourceName: null, detail };
    await new AuditTrail(state.database).append(line);
  } finally {
    await state.close();
  }
  const which = id === undefined ? `The tokens that ${username} has now are` : `That token of ${username} is`;
  console.log(`${which} refused by all gateways within ${SEEN_AFTER_SECONDS} seconds.`);
}
