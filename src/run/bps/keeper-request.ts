/** What `bps-keeper.ts` is told: `bps/keeper.json` in a run's directory.  None of it is secret. */
import { z } from 'zod';

export const keeperRequest = z.object({
  /** Directory of the environment's programs. */
  programs: z.string(),
  /** Address of the gateway, as the graph has it. */
  gateway: z.string(),
  /** File with a token of the run, which is written anew as tokens end; nobody else can read it. */
  tokenFile: z.string(),
  /** The graph with records of its inputs. */
  graph: z.string(),
  /** The copy of it that BPS is given. */
  given: z.string(),
  config: z.string(),
  submit: z.string(),
  log: z.string(),
  /** File that says how it ended, and is there only then. */
  ended: z.string(),
  environment: z.record(z.string(), z.string()),
});
export type KeeperRequest = z.output<typeof keeperRequest>;

/** `held`: it was ended by us, as what it reads is refused, or not there for long. */
export const keeperEnd = z.object({
  status: z.int().nullable(),
  held: z.enum(['UNAUTHENTICATED', 'UPSTREAM_UNAVAILABLE']).nullable().default(null),
});
export type KeeperEnd = z.output<typeof keeperEnd>;
