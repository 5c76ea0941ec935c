import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';

export interface SecurityHeadersOptions {
  /** Where GraphiQL's scripts find the API, beside where they come from themselves. */
  readonly api: string | undefined;
}

/**
 * Headers for browsers.  The page may load only what the gateway itself serves; inline styles are Monaco's (GraphiQL's
 * editor), and there is no inline script.  No other site may frame it or read its answers.
 */
export async function securityHeaders(app: FastifyInstance, { api }: SecurityHeadersOptions): Promise<void> {
  const elsewhere = api === undefined ? [] : [new URL(api).origin, new URL(api).origin.replace(/^http/, 'ws')];
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'self'"],
        'connect-src': ["'self'", ...elsewhere],
        'style-src': ["'self'", "'unsafe-inline'"],
        'font-src': ["'self'", 'data:'],
        'img-src': ["'self'", 'data:'],
        'object-src': ["'none'"],
        'base-uri': ["'none'"],
        'form-action': ["'none'"],
        'frame-ancestors': ["'none'"],
      },
    },
    xFrameOptions: { action: 'deny' },
    // Whether names are reached by https only is for whoever ends TLS to say.
    strictTransportSecurity: false,
  });
}
