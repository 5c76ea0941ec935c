/** Tokens that must not pass. */
import { CompactEncrypt, exportJWK, generateKeyPair, importJWK, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TokenVerifier } from '../../src/access/token-verifier.ts';
import { Forge, GOOD } from './forge.ts';

let forge: Forge;
beforeAll(async () => {
  forge = await Forge.open();
});
afterAll(() => forge[Symbol.asyncDispose]());

const claims = (changes: Record<string, unknown>) => forge.token({ claims: changes });
const byStranger = (header: Record<string, unknown> = {}) => forge.token({ header, key: forge.strangers.privateKey });
const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
const payload = JSON.stringify(GOOD);

const hostile: Record<string, () => Promise<string>> = {
  'without a signature (alg none)': async () => new UnsecuredJWT(GOOD).encode(),
  'with alg NONE in capitals and a signature': async () =>
    [encode({ alg: 'NONE' }), encode(GOOD), (await forge.token()).split('.')[2]].join('.'),
  'signed with the public key as a secret': () => forge.withPublicKeyAsSecret(),
  'with an algorithm that its issuer does not use': async () => {
    const key = await importJWK(await exportJWK(forge.keys.privateKey), 'RS512');
    return forge.token({ header: { alg: 'RS512' }, key });
  },
  'whose signature is another algorithm’s than its header says': async () =>
    [encode({ alg: 'PS256', kid: 'one' }), ...(await forge.token()).split('.').slice(1)].join('.'),
  'signed by somebody else': () => byStranger(),
  'with an unknown key': () => byStranger({ kid: 'three' }),
  'with a path for a key': () => byStranger({ kid: '../../../../dev/null' }),
  'with SQL for a key': () => byStranger({ kid: `x' UNION SELECT 'secret' --` }),
  'with a key that is no text': () => byStranger({ kid: { $ne: null } }),
  'that brings its own key': async () =>
    byStranger({ kid: undefined, jwk: await exportJWK(forge.strangers.publicKey) }),
  'that points to its own keys': () => byStranger({ jku: 'https://evil.example/jwks.json' }),
  'that points to its own certificates': () => byStranger({ x5u: 'https://evil.example/chain.pem' }),
  'that brings its own certificates': () => byStranger({ x5c: ['MIIB'] }),
  'signed with a key on another curve': async () => {
    const { privateKey } = await generateKeyPair('ES256');
    return forge.token({ header: { alg: 'ES256' }, key: privateKey });
  },
  'that has expired': () => claims({ exp: 1_000_000_000 }),
  'that never expires': () => claims({ exp: undefined }),
  'whose end is text': () =>
    forge.literal('{"alg":"RS256","kid":"one"}', payload.replace(/"exp":\d+/, '"exp":"4102444800"')),
  'that is not good yet': () => claims({ nbf: 4_102_444_000 }),
  'of an issuer that is not configured': () => claims({ iss: 'https://evil.example' }),
  'whose issuer differs in a slash': () => claims({ iss: 'https://id.example' }),
  'whose issuer differs in capitals': () => claims({ iss: 'https://ID.example/' }),
  'whose issuer is a list': () => claims({ iss: ['https://id.example/'] }),
  'without an issuer': () => claims({ iss: undefined }),
  'for another audience': () => claims({ aud: 'other' }),
  'for a list of other audiences': () => claims({ aud: ['other', 'gateway.evil'] }),
  'for nobody': () => claims({ aud: undefined }),
  'without a subject': () => claims({ sub: undefined }),
  'whose subject is empty': () => claims({ sub: '' }),
  'whose subject is a path': () => claims({ sub: 'alice/../bob' }),
  'whose subject has capitals': () => claims({ sub: 'Alice' }),
  'whose subject has a line end': () => claims({ sub: 'alice\n' }),
  'whose subject looks alike': () => claims({ sub: 'аlice' }),
  'whose subject is a full name': () => claims({ sub: 'bob~mine' }),
  'whose subject is a number': () => forge.literal('{"alg":"RS256","kid":"one"}', payload.replace('"alice"', '123')),
  'that says its subject twice': () =>
    forge.literal('{"alg":"RS256","kid":"one"}', payload.replace('{', '{"sub":"bob",')),
  'that says its subject twice, once in disguise': () =>
    forge.literal('{"alg":"RS256","kid":"one"}', payload.replace('{', '{"s\\u0075b" : "bob",')),
  'that says something twice deep inside': () =>
    forge.literal('{"alg":"RS256","kid":"one"}', payload.replace('{', '{"groups":[{"name":"g_a","name":"g_admin"}],')),
  'that says its algorithm twice': () => forge.literal('{"alg":"none","alg":"RS256","kid":"one"}', payload),
  'with a critical extension that we do not know': () =>
    forge.literal('{"alg":"RS256","kid":"one","crit":["urn:x"],"urn:x":1}', payload),
  'with an unencoded payload': () => forge.literal('{"alg":"RS256","kid":"one","crit":["b64"],"b64":false}', payload),
  'made to log out': () => forge.token({ header: { typ: 'logout+jwt' } }),
  'made to prove a key': () => forge.token({ header: { typ: 'dpop+jwt' } }),
  'that is encrypted': () =>
    new CompactEncrypt(Buffer.from(payload))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: 'one' })
      .encrypt(new Uint8Array(32)),
  'without its payload (detached)': async () => {
    const [header, , signature] = (await forge.token()).split('.');
    return `${header}..${signature}`;
  },
  'without its signature': async () => `${(await forge.token()).split('.').slice(0, 2).join('.')}.`,
  'with a part too many': async () => `${await forge.token()}.e30`,
  'with garbage behind it': async () => `${await forge.token()}!`,
  'whose claims were changed': async () => {
    const [header, , signature] = (await forge.token()).split('.');
    return [header, encode({ ...GOOD, sub: 'bob' }), signature].join('.');
  },
  'that is a megabyte long': () => claims({ groups: Array.from({ length: 60_000 }, (_, i) => `g_${i}_group`) }),
  'whose claims are no object': () => forge.literal('{"alg":"RS256","kid":"one"}', '["alice"]'),
  'whose claims are no JSON': () => forge.literal('{"alg":"RS256","kid":"one"}', '{sub: alice}'),
  'that is not a token': async () => 'not-a-token',
};

describe('a token is refused', () => {
  test.each(Object.entries(hostile))('%s', async (_what, make) => {
    const verifier = new TokenVerifier({ issuers: [{ ...forge.issuer, algorithms: ['RS256', 'ES256', 'PS256'] }] });
    await verifier.verify(await forge.token());
    const error = await verifier.verify(await make()).catch((e: unknown) => e);
    expect(error).toMatchObject({
      code: 'UNAUTHENTICATED',
      message: expect.stringMatching(/^Your token was refused: /),
    });
  });

  test('without telling more than its owner knows', async () => {
    const verifier = new TokenVerifier({ issuers: [forge.issuer] });
    const failing = verifier.verify(await claims({ exp: 1_000_000_000 }));
    await expect(failing).rejects.toThrow(/^Your token was refused: it has expired; get a new one\.$/);
  });
});
