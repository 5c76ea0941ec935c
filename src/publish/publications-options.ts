/** What publications need of the gateway. */
import type { Logger } from 'pino';
import type { FileResolver } from '../access/file-resolution.ts';
import type { Memberships } from '../access/memberships.ts';
import type { OfferedRepository, VisibleRepositories } from '../access/policy.ts';
import type { Identity } from '../access/principal.ts';
import type { Jobs } from '../jobs/job.ts';
import type { State } from '../state/state.ts';
import type { PublicationCommit } from './commit.ts';
import type { PublishedSettings, Webhook } from './settings.ts';
import type { SourcesOptions } from './sources.ts';

export interface PublicationsOptions {
  readonly state: State;
  readonly jobs: Jobs;
  readonly memberships: Pick<Memberships, 'of'>;
  /** The repositories that exist for someone now. */
  readonly repositoriesOf: (who: Identity) => Promise<VisibleRepositories>;
  readonly files: FileResolver;
  readonly madeFrom: SourcesOptions['madeFrom'];
  /** The repositories of the configuration. */
  readonly offered: readonly OfferedRepository[];
  readonly settings: readonly PublishedSettings[];
  readonly webhooks: readonly Webhook[];
  readonly commit: PublicationCommit;
  /** Address of the gateway as its users see it. */
  readonly publicUrl: () => string;
  /** How long `submit` waits for a manifest before it leaves it to the job, ms. */
  readonly waitMilliseconds: number;
  /** How often what other gateways did is looked for, ms. */
  readonly pollMilliseconds?: number;
  /** Unix milliseconds. */
  readonly now: () => number;
  readonly log: Logger;
}
