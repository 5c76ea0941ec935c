import { useRef, useState } from 'react';
import type { GatewayError } from './gateway.ts';
import { change, CHANGES } from './queries.ts';
import { useSession } from './session.tsx';

/** @returns the payload; null where it was not done now */
type Make = <Payload = object>(action: keyof typeof CHANGES, input: object) => Promise<Payload | null>;

/**
 * Changes that are made once, however often their button is pressed: one at a time, and the same input again, where nobody
 * knows whether it was done, is the same call.
 * @returns makes one; and why the last was not made
 */
export function useChange(): readonly [make: Make, error: GatewayError | undefined] {
  const { gateway } = useSession();
  const [error, setError] = useState<GatewayError>();
  const isMaking = useRef(false);
  const unanswered = useRef<{ readonly text: string; readonly idempotencyKey: string }>(undefined);
  const make: Make = async <Payload>(action: keyof typeof CHANGES, input: object) => {
    if (isMaking.current) return null;
    isMaking.current = true;
    const text = JSON.stringify([action, input]);
    const call = unanswered.current?.text === text ? unanswered.current : { text, idempotencyKey: randomKey() };
    unanswered.current = call;
    try {
      const { idempotencyKey } = call;
      const answer = await gateway.ask<Readonly<Record<string, Payload | null>>>(change(action), {
        input: { ...input, idempotencyKey },
      });
      unanswered.current = undefined;
      setError(undefined);
      return answer[CHANGES[action]] ?? null;
    } catch (problem) {
      setError(problem as GatewayError);
      return null;
    } finally {
      isMaking.current = false;
    }
  };
  return [make, error];
}

/** Also where the page came without TLS, which has no `crypto.randomUUID`. */
function randomKey(): string {
  return crypto.getRandomValues(new Uint32Array(4)).join('-');
}
