/** A randomised run of many users who submit, review, publish, withdraw, share, tamper and leave, all through one gateway. */
import { describe, expect, test } from 'vitest';
import { isFull } from '../../sample.ts';
import { CrowdWorld, type CrowdPlaces } from './crowd-world.ts';
import { checkContent, checkDenied, checkSaid, checkSettled } from './invariants.ts';
import { OPERATIONS } from './operations.ts';
import { Random } from './random.ts';

const OPERATIONS_OF_A_RUN = isFull ? 1000 : 40;
/** After so many, what is there is looked at, and after so many of these it is waited for until all is done. */
const LOOK = isFull ? 10 : 6;
const SETTLE = isFull ? 100 : 24;

/** `CROWD_SEED`: as a run before that failed. */
const SEED = Number(process.env['CROWD_SEED'] ?? (isFull ? Date.now() % 1_000_000 : 20_261_130));

/** @param name of the databases */
export function describeCrowd(name: string, places: CrowdPlaces): void {
  describe(`twenty users who publish at random, on ${name}`, () => {
    test(
      `see what was approved, whole or not at all, and only who may (CROWD_SEED=${String(SEED)})`,
      async () => {
        await using world = await CrowdWorld.open(places, new Random(SEED));
        for (let i = 1; i <= OPERATIONS_OF_A_RUN; i += 1) {
          const operation = world.random.weighted(OPERATIONS);
          try {
            await operation(world);
            await checkDenied(world);
            checkSaid(world);
            if (i % SETTLE === 0) await checkSettled(world);
            else if (i % LOOK === 0) await checkContent(world);
          } catch (error) {
            throw new Error(`operation ${String(i)}, ${operation.name || 'restart'}`, { cause: error });
          }
        }
        await checkSettled(world);
        // Enough came to something for all this to tell anything.
        const approvals = [...world.frozen.values()].filter((version) => version.approvals.length > 0);
        expect(approvals.length).toBeGreaterThan(OPERATIONS_OF_A_RUN / 50);
      },
      isFull ? 5_400_000 : 900_000,
    );
  });
}
