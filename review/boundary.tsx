import { Component, type ReactNode } from 'react';
import { GatewayError } from './gateway.ts';
import { Problem } from './problem.tsx';

interface BoundaryState {
  readonly error?: unknown;
}

/** Says what went wrong where the page cannot be shown. */
export class Boundary extends Component<{ readonly children: ReactNode }, BoundaryState> {
  override readonly state: BoundaryState = {};

  static getDerivedStateFromError(error: unknown): BoundaryState {
    return { error };
  }

  override render() {
    const { error } = this.state;
    if (error === undefined) return this.props.children;
    const problem = error instanceof GatewayError ? error : new GatewayError(`This page has failed: ${String(error)}`);
    return (
      <main id="main">
        <h1>Not shown</h1>
        <Problem error={problem} />
        {/* Through whatever stands before the gateway, which may want one to sign in. */}
        <button type="button" onClick={() => location.reload()}>
          Try again
        </button>
      </main>
    );
  }
}
