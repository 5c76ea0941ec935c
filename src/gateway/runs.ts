/** The services behind runs, put together, with the tokens of what works for them. */
import type { Revocations } from '../access/revocations.ts';
import type { MintedTokens } from '../access/minted-token.ts';
import type { Memberships } from '../access/memberships.ts';
import type { Jobs } from '../jobs/job.ts';
import { Claims } from '../run/claims.ts';
import { Runs } from '../run/runs.ts';
import { Stages, type StagesOptions } from '../run/stages.ts';
import { RunSweeper } from '../run/sweeper.ts';
import { RunStore } from '../run/store.ts';
import type { SatelliteService } from '../satellite/service.ts';
import type { State } from '../state/state.ts';
import { openMintedTokens } from './authentication.ts';
import type { GatewayConfig } from './config.ts';

interface RunParts extends Pick<StagesOptions, 'madeFrom' | 'leftFiles' | 'publicUrl' | 'log'> {
  readonly surroundings: StagesOptions['surroundings'] & { readonly jobs: Jobs; readonly satellites: SatelliteService };
  readonly state: State;
  readonly memberships: Memberships;
  readonly revocations: Revocations;
  /** Unix milliseconds. */
  readonly now: () => number;
}

export interface OpenRuns {
  readonly runs: Runs;
  readonly claims: Claims;
  readonly minted: MintedTokens;
  /** To be started, and closed. */
  readonly sweeper: RunSweeper;
}

/** Adds the kinds of work of runs to the jobs. */
export function openRuns(config: GatewayConfig, parts: RunParts): OpenRuns {
  const { surroundings, madeFrom, leftFiles, state, memberships, revocations, publicUrl, log, now } = parts;
  const { jobs, satellites } = surroundings;
  const { secret } = state;
  const store = new RunStore(state.database);
  const minted = openMintedTokens(
    config.auth,
    { secret, memberships, revocations },
    async (job, username) => (await claims.tokenOf(job, username)) ?? jobs.tokenFor(job, username),
  );
  const { memoryBytes = null, atOnce: _ofJobs, ...runSettings } = config.runs;
  const settings = { ...runSettings, memoryBytes, python: config.python };
  const stages = new Stages({ store, jobs, settings, surroundings, madeFrom, leftFiles, minted, publicUrl, log });
  const runs = new Runs({ store, satellites, stages, jobs, pipelines: config.python?.path ?? [] });
  const claims: Claims = new Claims({ store, runs, satellites, stages, minted, secret, log, now });
  return { runs, claims, minted, sweeper: new RunSweeper({ stages, claims, log }) };
}
