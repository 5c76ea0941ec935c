/**
 * Makes one principal of a request's credentials, by the first verifier in this order that has one to
 * check: the ingress's headers, a token of Gafaelfawr, a token that the gateway minted, a signed token of a configured issuer.
 * Every credential that a request carries is checked, and all must name the same user: else somebody could act as another
 * whose credential was added on the way.
 */
import { SatelliteError } from '../butler/errors.ts';
import type { Credentials, ProxyCredential } from './credentials.ts';
import type { Gafaelfawr } from './gafaelfawr.ts';
import { GATEWAY_ISSUER, type MintedTokens } from './minted-token.ts';
import { GAFAELFAWR_PREFIX, USERNAME, type Principal } from './principal.ts';
import { refused, takeApart } from './token-form.ts';
import type { TokenVerifier } from './token-verifier.ts';

export interface AuthenticatorOptions {
  readonly tokens: Pick<TokenVerifier, 'verify'>;
  /** Undefined: no `gt-` tokens, and no ingress. */
  readonly gafaelfawr?: Pick<Gafaelfawr, 'url' | 'token'> | undefined;
  /** Undefined where the gateway keeps no state. */
  readonly minted?: Pick<MintedTokens, 'verify'> | undefined;
  /** Scopes of a user whom the ingress let in without a delegated token. */
  readonly proxyScopes?: readonly string[];
}

/** A request that names two users: refused, and told to whoever keeps watch. */
export class DisagreeingCredentials extends SatelliteError {
  readonly users: readonly string[];

  constructor(users: readonly string[]) {
    super('BAD_USER_INPUT', 'The request carries credentials of different users: send one of them only.');
    this.name = 'DisagreeingCredentials';
    this.users = users;
  }
}

export class Authenticator {
  readonly #options: AuthenticatorOptions;

  constructor(options: AuthenticatorOptions) {
    this.#options = options;
  }

  /**
   * @throws SatelliteError UNAUTHENTICATED, BAD_USER_INPUT (`DisagreeingCredentials`), or UPSTREAM_UNAVAILABLE where an
   *   authority that must be asked cannot answer
   */
  async authenticate({ authorization, proxy }: Credentials): Promise<Principal> {
    if (authorization.length > 2) {
      throw new SatelliteError('BAD_USER_INPUT', 'The request has more than one header "Authorization": send one.');
    }
    const principals: Principal[] = [];
    if (proxy) principals.push(await this.#ofProxy(proxy));
    for (const header of authorization) principals.push(await this.#ofToken(bearerToken(header)));
    const [principal, ...others] = principals;
    if (!principal) throw signIn();
    if (others.some(({ username }) => username !== principal.username)) {
      throw new DisagreeingCredentials(principals.map(({ username }) => username));
    }
    return principal;
  }

  /** The principal of a bearer token. @throws SatelliteError as `authenticate` does */
  async #ofToken(token: string): Promise<Principal> {
    const { tokens, gafaelfawr, minted } = this.#options;
    if (token.startsWith(GAFAELFAWR_PREFIX) && gafaelfawr) return this.#introspect(token, gafaelfawr);
    const unverified = takeApart(token);
    return minted && unverified.claims.iss === GATEWAY_ISSUER ? minted.verify(token) : tokens.verify(token, unverified);
  }

  async #ofProxy({ username, token, service }: ProxyCredential): Promise<Principal> {
    const { gafaelfawr, proxyScopes = [] } = this.#options;
    if (!gafaelfawr || !USERNAME.test(username)) throw refused('the ingress names no user that there can be');
    const named = { kind: 'proxy', ...(service !== undefined && { service }) } as const;
    if (token !== undefined) {
      const owner = await this.#introspect(token, gafaelfawr);
      if (owner.username !== username) throw new DisagreeingCredentials([username, owner.username]);
      return { ...owner, ...named };
    }
    return {
      username,
      groups: [],
      scopes: proxyScopes,
      quota: null,
      token: undefined,
      source: gafaelfawr.url,
      expiresAt: null,
      ...named,
    };
  }

  async #introspect(token: string, gafaelfawr: Pick<Gafaelfawr, 'url' | 'token'>): Promise<Principal> {
    const found = await gafaelfawr.token(token);
    if (!found) throw refused('Gafaelfawr does not know it, or it has ended; get a new one');
    return { ...found, kind: 'gafaelfawr', token, source: gafaelfawr.url };
  }
}

/** The token of an `Authorization` header. @throws SatelliteError UNAUTHENTICATED */
function bearerToken(header: string): string {
  const token = /^Bearer +([^ ]+) *$/i.exec(header)?.[1];
  if (token === undefined) throw signIn();
  return token;
}

function signIn(): SatelliteError {
  const message = 'Sign in: send your token in the header "Authorization: Bearer TOKEN".';
  return new SatelliteError('UNAUTHENTICATED', message);
}
