import type { GatewayError } from './gateway.ts';

/** What went wrong, in the gateway's words; read aloud when it appears. */
export function Problem({ error }: { readonly error: GatewayError | undefined }) {
  return (
    <div role="alert">
      {error && (
        <p className="problem">
          {error.message} {error.code !== undefined && <code>{error.code}</code>}
        </p>
      )}
    </div>
  );
}
