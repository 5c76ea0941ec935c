import type { Identity, Principal } from './principal.ts';

/** What is known of users while they are not asking: for jobs, capabilities and open subscriptions. */
export interface Memberships {
  /** Remembers who was authenticated just now, with the groups that they have now. */
  note(principal: Principal): Promise<void>;
  /**
   * A user with the groups that they have now, as far as the gateway can know: never older than its stated age.
   * Null where the user is not known, or has no account any more.
   */
  of(username: string): Promise<Identity | null>;
}
