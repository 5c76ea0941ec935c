/** `verifySatellite`: everything that can be wrong with a satellite, found by a job, and mended where it can be. */
import { REPAIR, type FileResolver } from '../access/file-resolution.ts';
import { parsePermanentAddress } from '../access/permanent-address.ts';
import type { VisibleRepositories } from '../access/policy.ts';
import type { Identity } from '../access/principal.ts';
import { SatelliteError } from '../butler/errors.ts';
import type { JobKind, Jobs, Task } from '../jobs/job.ts';
import type { Finding, FindingKind } from '../repository/direct/verify/finding.ts';
import { VERIFICATION_PARTS, type VerificationPart } from '../repository/direct/verify/verify.ts';
import type { QueryContext } from '../repository/repository.ts';
import type { Reference, WriteableRepository } from '../repository/writeable-repository.ts';
import type { JobRights } from './job-rights.ts';

/** Findings that are told one by one, of each part; the others are counted. */
const TOLD = 100;

/** Addresses elsewhere that are asked at the same time. */
const CONCURRENT_ADDRESSES = 4;

export interface VerificationSurroundings {
  readonly jobs: Pick<Jobs, 'tokenOf'>;
  readonly rights: JobRights;
  /** The satellite, for one of its owners; to be mended too. @throws SatelliteError NOT_FOUND, CONFLICT */
  readonly open: (input: VerificationInput, who: Identity) => Promise<WriteableRepository>;
  /** The repositories that exist for someone now. */
  readonly repositoriesOf: (who: Identity) => Promise<VisibleRepositories>;
  readonly files: Pick<FileResolver, 'find'>;
  /** Addresses of this gateway, as they may stand in records. */
  readonly ownUrls: () => readonly string[];
}

export type VerificationInput = {
  /** Full name. */
  readonly satellite: string;
  /** Its identifier: another one may get the name. */
  readonly satelliteId: string;
  readonly repair: boolean;
};

type ToldFinding = { readonly [K in keyof Finding]: Finding[K] };

/** What one part found. */
type PartResult = { readonly counts: { readonly [kind: string]: number }; readonly told: readonly ToldFinding[] };

export type VerificationResult = {
  /** Whether nothing is wrong (any more). */
  readonly sound: boolean;
  /** Number of findings by kind. */
  readonly counts: { readonly [kind: string]: number };
  /** Those that were mended. */
  readonly repaired: number;
  /** The first findings of each part. */
  readonly findings: readonly ToldFinding[];
};

export function verificationKind(
  surroundings: VerificationSurroundings,
): JobKind<VerificationInput, VerificationResult> {
  const parts = [...Object.keys(VERIFICATION_PARTS), 'references'];
  return {
    name: 'verifySatellite',
    check: async (input, owner) => void (await opened(input, owner, surroundings)),
    run: async (input, task) => {
      const results: PartResult[] = [];
      for (const [done, part] of parts.entries()) {
        await task.progress({ done, total: parts.length, unit: 'parts' });
        const result = await task.step(part, async () => summary(await findings(part, input, task, surroundings)));
        for (const { message } of result.told.slice(0, 3)) await task.log(message);
        results.push(result);
      }
      await task.progress({ done: parts.length, total: parts.length, unit: 'parts' });
      return total(results);
    },
  };
}

function opened(
  input: VerificationInput,
  owner: string,
  { rights, open }: VerificationSurroundings,
): Promise<WriteableRepository> {
  return rights.as(owner, input.satellite, (who) => open(input, who));
}

/** What a part finds; kept in memory as far as it is told. */
interface Found {
  readonly counts: Map<FindingKind, number>;
  readonly repaired: Map<FindingKind, number>;
  readonly told: Finding[];
}

async function findings(
  part: string,
  input: VerificationInput,
  task: Task,
  surroundings: VerificationSurroundings,
): Promise<Found> {
  const repository = await opened(input, task.owner, surroundings);
  const token = surroundings.jobs.tokenOf(task.jobId);
  const username = task.owner;
  const ctx = { caller: { username, ...(token !== undefined && { token }) }, signal: task.signal };
  const found: Found = { counts: new Map(), repaired: new Map(), told: [] };
  const add = (finding: Finding) => {
    const map = finding.repaired ? found.repaired : found.counts;
    map.set(finding.kind, (map.get(finding.kind) ?? 0) + 1);
    if (found.told.length < TOLD) found.told.push(finding);
  };
  if (part === 'references') {
    const visible = await surroundings.rights.as(username, input.satellite, surroundings.repositoriesOf);
    for await (const references of repository.references(ctx)) {
      for (const dead of await deadReferences(references, input.satellite, visible, surroundings, ctx)) {
        add({
          kind: 'REFERENCE_DEAD',
          uuid: dead.uuid,
          repaired: false,
          message: `Dataset ${dead.uuid} is a reference whose file cannot be had (any more) by ${username}: ${dead.reason}`,
        });
      }
    }
    return found;
  }
  // What removals left is not wrong, only unfinished: it is not taken for lost files.
  if (part === 'locations' && input.repair) await repository.emptyTrash(ctx);
  for await (const finding of repository.verify(part as VerificationPart, input.repair, ctx)) add(finding);
  return found;
}

/** References to repositories of this gateway are asked about many at a time, others one by one. */
async function deadReferences(
  references: readonly Reference[],
  satellite: string,
  visible: VisibleRepositories,
  { files, ownUrls }: VerificationSurroundings,
  ctx: QueryContext,
): Promise<readonly { readonly uuid: string; readonly reason: string }[]> {
  const dead: { uuid: string; reason: string }[] = [];
  const addressed = references.map((reference) => ({
    ...reference,
    target: parsePermanentAddress(reference.address, ownUrls()),
  }));
  for (const [name, group] of Map.groupBy(addressed, ({ target }) => target?.repository)) {
    if (name === undefined) {
      for (let i = 0; i < group.length; i += CONCURRENT_ADDRESSES) {
        const asked = group.slice(i, i + CONCURRENT_ADDRESSES).map(async ({ uuid, component }) => {
          const wanted = { repository: satellite, uuid, component, fileName: 'file' };
          const reason = await whyNot(files.find(wanted, visible, ctx));
          return reason === null ? [] : [{ uuid, reason }];
        });
        dead.push(...(await Promise.all(asked)).flat());
      }
      continue;
    }
    const offered = visible.find(name);
    if (!offered) {
      const reason = `repository '${name}' does not exist, or is not shared any more; ${REPAIR}`;
      dead.push(...group.map(({ uuid }) => ({ uuid, reason })));
      continue;
    }
    const there = await offered.repository.files(
      group.map(({ target }) => target!.uuid),
      ctx,
    );
    for (const { uuid, target } of group) {
      if (there.get(target!.uuid)?.some((file) => file.component === target!.component)) continue;
      dead.push({ uuid, reason: `repository '${name}' has no such file; ${REPAIR}` });
    }
  }
  return dead;
}

/** Null where it is found. */
async function whyNot(found: Promise<unknown>): Promise<string | null> {
  try {
    await found;
    return null;
  } catch (error) {
    if (error instanceof SatelliteError && ['NOT_FOUND', 'FORBIDDEN'].includes(error.code)) return error.message;
    throw error;
  }
}

function summary({ counts, repaired, told }: Found): PartResult {
  const named = [...counts, ...[...repaired].map(([kind, count]) => [`${REPAIRED}${kind}`, count] as const)];
  return { counts: Object.fromEntries(named), told };
}

/** Marks the counts of what was mended, in the results of steps. */
const REPAIRED = 'repaired ';

function total(results: readonly PartResult[]): VerificationResult {
  const counts: Record<string, number> = {};
  let [wrong, repaired] = [0, 0];
  for (const [name, count] of results.flatMap((result) => Object.entries(result.counts))) {
    const kind = name.replace(REPAIRED, '');
    counts[kind] = (counts[kind] ?? 0) + count;
    if (kind === name) wrong += count;
    else repaired += count;
  }
  return { sound: wrong === 0, counts, repaired, findings: results.flatMap(({ told }) => told) };
}
