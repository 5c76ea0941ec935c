import { mintToken } from '../access/development-issuer.ts';
import { SatelliteError } from '../butler/errors.ts';
import { readConfig } from '../gateway/config.ts';

export interface TokenOptions {
  readonly config: string;
  readonly user: string;
  readonly groups: string;
  /** Undefined: the token says nothing of scopes. */
  readonly scopes?: string;
  readonly expires: string;
}

/** Prints a token of the configuration's development issuer. @throws SatelliteError FORBIDDEN where it has none */
export async function printToken({ config: file, user, groups, scopes, expires }: TokenOptions): Promise<void> {
  const { auth } = await readConfig(file, process.env);
  const issuer = auth.issuers.find((i) => i.development);
  if (!issuer) {
    throw new SatelliteError(
      'FORBIDDEN',
      'Tokens are minted only for development: no issuer of this configuration has "development: true".',
    );
  }
  const claims = { username: user, groups: listed(groups), expires };
  console.log(await mintToken(issuer, scopes === undefined ? claims : { ...claims, scopes: listed(scopes) }));
}

function listed(names: string): string[] {
  return names.split(',').filter((name) => name !== '');
}
