/** Verification of a whole repository: every rule in turn, in bounded memory. */
import { locationFaults, ownFileFaults, unknownFileFaults } from './file-rules.ts';
import type { Fault, Finding } from './finding.ts';
import { overlapFaults } from './overlap-rules.ts';
import { databaseFaults, membershipFaults, summaryFaults, validityFaults } from './registry-rules.ts';
import type { Verified } from './subject.ts';

/** Names of the parts, in order: each looks at one kind of rules, and can be a step of a job. */
export const VERIFICATION_PARTS = {
  database: databaseFaults,
  memberships: membershipFaults,
  summaries: summaryFaults,
  validity: validityFaults,
  overlaps: overlapFaults,
  locations: locationFaults,
  files: ownFileFaults,
  'unknown files': unknownFileFaults,
} as const satisfies Record<string, (verified: Verified, signal: AbortSignal) => AsyncIterable<Fault>>;

export type VerificationPart = keyof typeof VERIFICATION_PARTS;

/** What one part finds; with `repair`, what can be mended is mended as it is found. */
export async function* verifyPart(
  part: VerificationPart,
  verified: Verified,
  repair: boolean,
  signal: AbortSignal,
): AsyncGenerator<Finding> {
  // Rules read while repairs write: SQLite's writer waits for readers, so that what is found is mended after the part.
  const mendable: (() => Promise<void>)[] = [];
  for await (const { repair: mend, ...fault } of VERIFICATION_PARTS[part](verified, signal)) {
    const repaired = repair && mend !== undefined;
    if (repaired) mendable.push(mend);
    yield { ...fault, repaired };
  }
  for (const mend of mendable) await mend();
}
