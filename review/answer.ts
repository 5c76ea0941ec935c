import { useCallback, useEffect, useState } from 'react';
import type { GatewayError } from './gateway.ts';
import { useSession } from './session.tsx';

export interface Asked<T> {
  /** What was answered last, also while the next answer is awaited. */
  readonly data: T | undefined;
  readonly error: GatewayError | undefined;
  readonly isAsking: boolean;
  /** The same function as long as the page shows it. */
  readonly again: () => void;
}

/** Asks when the page shows it, and whenever something else is asked. */
export function useAnswer<T>(query: string, variables: object): Asked<T> {
  const { gateway, ended } = useSession();
  const [times, setTimes] = useState(0);
  const [state, setState] = useState<Omit<Asked<T>, 'again'>>({ data: undefined, error: undefined, isAsking: true });
  const text = JSON.stringify(variables);
  useEffect(() => {
    const aborted = new AbortController();
    setState((before) => ({ ...before, error: undefined, isAsking: true }));
    gateway.ask<T>(query, JSON.parse(text) as object, aborted.signal).then(
      (data) => setState({ data, error: undefined, isAsking: false }),
      (error: GatewayError) => {
        if (aborted.signal.aborted) return;
        setState({ data: undefined, error, isAsking: false });
        if (error.code === 'UNAUTHENTICATED') ended(error);
      },
    );
    return () => aborted.abort();
  }, [gateway, ended, query, text, times]);
  const again = useCallback(() => setTimes((before) => before + 1), []);
  return { ...state, again };
}
