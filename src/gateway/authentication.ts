/** Who may ask, put together from the configuration's section `auth`. */
import { Authenticator } from '../access/authenticator.ts';
import type { FirstSights } from '../access/first-sights.ts';
import { Gafaelfawr } from '../access/gafaelfawr.ts';
import { MintedTokens } from '../access/minted-token.ts';
import type { AccountSource } from '../access/memberships-in-state.ts';
import type { Memberships } from '../access/memberships.ts';
import type { Revocations } from '../access/revocations.ts';
import { TokenVerifier } from '../access/token-verifier.ts';
import type { GatewaySecret } from '../state/secret.ts';
import type { AuthConfig } from './auth-config.ts';

/** What the gateway's own state adds. */
export interface AuthenticationState {
  readonly secret: GatewaySecret;
  readonly revocations: Revocations;
  readonly firstSights: FirstSights;
  readonly memberships: Pick<Memberships, 'of'>;
  readonly minted: MintedTokens;
}

/** The platform's authority, as configured. */
export function openGafaelfawr({ gafaelfawr }: AuthConfig): Gafaelfawr | undefined {
  return gafaelfawr && new Gafaelfawr({ ...gafaelfawr, serviceToken: gafaelfawr.serviceToken });
}

export function openAuthenticator(
  auth: AuthConfig,
  gafaelfawr: Gafaelfawr | undefined,
  state: AuthenticationState | undefined,
): Authenticator {
  return new Authenticator({
    tokens: new TokenVerifier({
      issuers: auth.issuers,
      gafaelfawr,
      revocations: state?.revocations,
      firstSights: state?.firstSights,
    }),
    gafaelfawr,
    minted: state?.minted,
    proxyScopes: auth.gafaelfawr?.scopes ?? [],
  });
}

/** Tokens for what works on users' behalf. @param tokenOf the user's own token, of a job */
export function openMintedTokens(
  auth: AuthConfig,
  state: Omit<AuthenticationState, 'minted' | 'firstSights'>,
  tokenOf: (job: string, username: string) => Promise<string | undefined>,
): MintedTokens {
  const scopes = [...new Set([...auth.scopes.query, ...auth.scopes.change])];
  return new MintedTokens({ ...state, scopes, tokenOf });
}

/** Who can be asked about users who are not asking; undefined: nobody. */
export function accountsOf(auth: AuthConfig, gafaelfawr: Gafaelfawr | undefined): AccountSource | undefined {
  if (!gafaelfawr || auth.gafaelfawr?.serviceToken === undefined) return undefined;
  return { name: gafaelfawr.url, identity: (username) => gafaelfawr.user(username) };
}
