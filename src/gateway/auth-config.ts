/** The configuration's section `auth`: whom the gateway believes (docs/identity.md). */
import { z } from 'zod';
import { parseAddressBlock } from '../access/credentials.ts';
import { LONGEST_CACHE_SECONDS, LONGEST_CLOCK_TOLERANCE_SECONDS } from '../access/group-age.ts';
import { GATEWAY_ISSUER } from '../access/minted-token.ts';
import { ALGORITHMS } from '../access/token-issuer.ts';

const httpUrl = z.url({ protocol: /^https?$/ }).transform((url) => url.replace(/\/$/, ''));

const cacheSeconds = z
  .int()
  .positive()
  .max(LONGEST_CACHE_SECONDS, `must be at most ${LONGEST_CACHE_SECONDS}: revoked rights must end within 30 minutes`);

const introspection = z.strictObject({
  /** The issuer's endpoint for token introspection (RFC 7662). */
  url: z.url({ protocol: /^https$/ }),
  /** As whom the gateway asks. */
  clientId: z.string().min(1),
  /** Its secret, best as `${VARIABLE}`. */
  clientSecret: z.string().min(1),
  /** Seconds that an answer is used at most. @default 60 */
  cacheSeconds: cacheSeconds.default(60),
});

const issuer = z
  .strictObject({
    /** Exact value of the tokens' `iss`. */
    issuer: z
      .string()
      .min(1)
      .refine((name) => name !== GATEWAY_ISSUER, 'is the name of the gateway itself'),
    /** Value that the tokens' `aud` must be or hold. */
    audience: z.string().min(1),
    /** File or https address of the issuer's JSON Web Key Set. */
    jwks: z
      .string()
      .min(1)
      .refine((jwks) => !jwks.startsWith('http:'), 'must be a file or an https address'),
    /** Signature algorithms that its tokens may have. @default all with a private key */
    algorithms: z.array(z.enum(ALGORITHMS)).min(1).optional(),
    /** Values of the header `typ`; with `JWT` among them it may be missing. @default JWT, at+jwt */
    types: z.array(z.string().min(1)).min(1).default(['JWT', 'at+jwt']),
    /** Seconds that its clock may differ from ours. @default 30 */
    clockToleranceSeconds: z.int().min(0).max(LONGEST_CLOCK_TOLERANCE_SECONDS).default(30),
    /** Seconds since `iat` that its tokens are good at most. @default until their `exp` */
    maxAgeSeconds: z.int().positive().optional(),
    /** Claim with the user's groups. @default groups */
    groupsClaim: z.string().default('groups'),
    /**
     * `claim`, which counts for 28 minutes since `iat`, or `gafaelfawr`: who is in which group is asked there, and who has no
     * account there is refused. @default claim
     */
    groupsFrom: z.enum(['claim', 'gafaelfawr']).default('claim'),
    /** Claim with the token's scopes. @default scope */
    scopeClaim: z.string().default('scope'),
    /** Scopes of tokens without that claim. @default all that `auth.scopes` asks for */
    scopes: z.array(z.string()).optional(),
    /** Where to ask whether a token has been revoked. @default nowhere */
    introspection: introspection.optional(),
    /** Whether `satellite token` may mint tokens of it, with a private key beside `jwks`. Never in production. @default false */
    development: z.boolean().default(false),
  })
  .refine((i) => !i.development || !i.jwks.startsWith('https:'), {
    path: ['jwks'],
    message: 'must be a file for a development issuer',
  });

const gafaelfawr = z.strictObject({
  /** Where Gafaelfawr is: `https://HOST`, or its address inside the cluster. */
  url: httpUrl,
  /** Blocks of addresses from which its ingress connects, such as `10.0.0.0/8`: only from there its headers are believed. @default none */
  trustedProxy: z
    .array(z.string().refine(isAddressBlock, 'must be a block of addresses such as 10.0.0.0/8'))
    .default([]),
  /** Scopes of users whom the ingress lets in without delegating a token. @default all that `auth.scopes` asks for */
  scopes: z.array(z.string()).optional(),
  /** A token with the scope `admin:userinfo`, best as `${VARIABLE}`, to ask for users who are not asking. @default none */
  serviceToken: z.string().min(1).optional(),
  /** Seconds that what it said is used at most; it is asked again after a third of them. @default 60 */
  cacheSeconds: cacheSeconds.default(60),
  /** Seconds that a refusal is used. @default 5 */
  refusedSeconds: z.int().positive().max(30).default(5),
});

const scopes = z.strictObject({
  /** Scopes that a token needs to read, all of them. @default read:image */
  query: z.array(z.string().min(1)).default(['read:image']),
  /** Scopes that a token needs to change anything, all of them. @default read:image, write:files */
  change: z.array(z.string().min(1)).default(['read:image', 'write:files']),
});

/** Who may read the whole audit trail. */
const administrators = z.strictObject({
  /** By user name. @default none */
  users: z.array(z.string()).default([]),
  /** Members of these groups. @default none */
  groups: z.array(z.string()).default([]),
});

export const authConfig = z
  .strictObject({
    /** Whose signed tokens (JWT) are believed. @default none: `gafaelfawr` is needed then */
    issuers: z.array(issuer).default([]),
    /** The platform's own tokens, and its ingress. @default none */
    gafaelfawr: gafaelfawr.optional(),
    /** What tokens must be good for. */
    scopes: scopes.prefault({}),
    administrators: administrators.prefault({}),
  })
  .superRefine((auth, ctx) => {
    const wrong = (path: (string | number)[], message: string) => ctx.addIssue({ code: 'custom', path, message });
    if (auth.issuers.length === 0 && !auth.gafaelfawr) wrong(['issuers'], 'at least one is needed, or auth.gafaelfawr');
    for (const [i, { issuer: name, groupsFrom }] of auth.issuers.entries()) {
      if (auth.issuers.findIndex((other) => other.issuer === name) < i) {
        wrong(['issuers', i, 'issuer'], 'is there twice');
      }
      if (groupsFrom === 'gafaelfawr' && auth.gafaelfawr?.serviceToken === undefined) {
        wrong(['issuers', i, 'groupsFrom'], 'needs auth.gafaelfawr.serviceToken');
      }
    }
  })
  .transform(({ issuers, gafaelfawr: platform, scopes: required, ...rest }) => {
    const all = [...new Set([...required.query, ...required.change])];
    return {
      ...rest,
      scopes: required,
      issuers: issuers.map((i) => ({ ...i, scopes: i.scopes ?? all, algorithms: i.algorithms ?? [...ALGORITHMS] })),
      gafaelfawr: platform && {
        ...platform,
        trustedProxy: platform.trustedProxy.map(parseAddressBlock),
        scopes: platform.scopes ?? all,
      },
    };
  });

export type AuthConfig = z.output<typeof authConfig>;

function isAddressBlock(text: string): boolean {
  try {
    parseAddressBlock(text);
    return true;
  } catch {
    return false;
  }
}
