/** Who looks at the page: signed in by what stands before the gateway, or by a token that they fill in. */
import { createContext, useContext, useEffect, useState, type FormEvent, type ReactNode } from 'react';
import type { PageSettings } from '../src/gateway/http/page-settings.ts';
import { Gateway, type GatewayError } from './gateway.ts';
import { Problem } from './problem.tsx';
import type { Viewer, ViewerAnswer } from './publication.ts';
import { VIEWER } from './queries.ts';

export interface Session {
  readonly gateway: Gateway;
  readonly viewer: Viewer;
  /** Names of the repositories that one can publish in. */
  readonly published: readonly string[];
  /** Asks who looks at it again: the gateway says that nobody does (any more). */
  readonly ended: (error: GatewayError) => void;
}

const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  return useContext(SessionContext)!;
}

/** Of this tab, until it is closed. */
const TOKEN = 'satellite-token';

/** Shows its children to whoever is signed in, else a form to do so. */
export function SignedIn({ settings, children }: { readonly settings: PageSettings; readonly children: ReactNode }) {
  /** In an object, so that the same token is tried again. */
  const [given, setGiven] = useState(() => ({ token: sessionStorage.getItem(TOKEN) }));
  const [session, setSession] = useState<Session | null>();
  const [error, setError] = useState<GatewayError>();

  useEffect(() => {
    const { token } = given;
    const headers = token === null ? settings.headers : { Authorization: `Bearer ${token}` };
    const gateway = new Gateway(settings.endpoint, headers);
    const aborted = new AbortController();
    gateway.ask<ViewerAnswer>(VIEWER, {}, aborted.signal).then(
      ({ viewer, repositories }) => {
        const published = repositories.filter(({ kind }) => kind === 'PUBLISHED').map(({ name }) => name);
        const ended = (problem: GatewayError) => {
          setSession(null);
          setError(problem);
        };
        setSession({ gateway, viewer, published, ended });
      },
      (problem: GatewayError) => {
        if (aborted.signal.aborted) return;
        setSession(null);
        // Nobody has tried to sign in yet.
        setError(token === null && problem.code === 'UNAUTHENTICATED' ? undefined : problem);
      },
    );
    return () => aborted.abort();
  }, [settings, given]);

  const signIn = (token: string) => {
    sessionStorage.setItem(TOKEN, token);
    setError(undefined);
    setSession(undefined);
    setGiven({ token });
  };
  const signOut = () => {
    sessionStorage.removeItem(TOKEN);
    setSession(undefined);
    setGiven({ token: null });
  };
  return (
    <>
      <header className="bar">
        <a href="./" className="brand">
          Satellite <span>Publications</span>
        </a>
        {session && (
          <p>
            Signed in as <strong>{session.viewer.username}</strong>
            {given.token !== null && (
              <button type="button" className="plain" onClick={signOut}>
                Sign out
              </button>
            )}
          </p>
        )}
      </header>
      <main id="main">
        {session === undefined && <p role="status">Signing in …</p>}
        {session === null && <SignIn error={error} signIn={signIn} />}
        {session && (
          <SessionContext value={session}>
            {session.viewer.warnings.map((warning) => (
              <p key={warning} className="notice">
                {warning}
              </p>
            ))}
            {children}
          </SessionContext>
        )}
      </main>
    </>
  );
}

function SignIn({
  error,
  signIn,
}: {
  readonly error: GatewayError | undefined;
  readonly signIn: (token: string) => void;
}) {
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const token = new FormData(event.currentTarget).get('token');
    if (typeof token === 'string') signIn(token.trim().replace(/^Bearer\s+/i, ''));
  };
  return (
    <form className="panel sign-in" onSubmit={submit}>
      <h1>Sign in</h1>
      <Problem error={error} />
      <label htmlFor="token">Token</label>
      <input id="token" name="token" type="password" autoComplete="off" required aria-describedby="token-note" />
      <p id="token-note" className="note">
        A token of yours that this gateway believes, such as one of the platform’s. It is kept in this tab until you
        close it or sign out.
      </p>
      <button type="submit" className="main">
        Sign in
      </button>
    </form>
  );
}
