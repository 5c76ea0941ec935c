/** The plan of a query as its user may read it: who is asked for what, in which order, and why. */
import { memberAlone } from '../join/answers-alone.ts';
import { foundKey, type Member } from '../members.ts';
import type { Part } from '../part.ts';
import type { SearchPath } from '../search-path.ts';
import type { Query } from '../../../butler/query/tree.ts';
import type { ResultSpec } from '../../../butler/query/result-spec.ts';
import type { QueryContext } from '../../repository.ts';
import type { PlanStep } from './explanation.ts';
import { holdersOf, type Operand } from './operands.ts';
import type { Sizes } from './sizes.ts';

export interface Planned {
  readonly members: readonly Member[];
  readonly query: Query;
  readonly parts: readonly Part<ResultSpec>[];
  readonly paths: ReadonlyMap<string, SearchPath>;
  /** Absent: nothing may be asked. */
  readonly sizes: Sizes | undefined;
  readonly operands: readonly Operand[];
}

interface Sized {
  readonly operand: Operand;
  readonly member: Member | undefined;
  readonly rows: number | null;
  readonly total: number;
}

export async function stepsOf(planned: Planned, ctx: QueryContext): Promise<readonly PlanStep[]> {
  const { members, query, parts, paths, sizes } = planned;
  const [part] = parts;
  if (!part) return [];
  if (!part.member.joins) {
    const asked = parts.map(({ member }) => member);
    const steps = await sizedOperands(planned, asked);
    return asked.flatMap((member, i) =>
      steps
        .filter((step) => step.member === member)
        .map((step) => stepOf(step, paths, null, whyApart(i, asked, members))),
    );
  }
  const alone = sizes && (await memberAlone(members, query, paths, ctx));
  if (alone) {
    const why = `'${alone.repository.name}' has all that the other repositories could add, so it answers alone.`;
    return (await sizedOperands(planned, [alone])).map((step) => stepOf(step, paths, null, why));
  }
  const found = await part.member.joins.found(part.query, ctx);
  // As they are brought together: data IDs that were sent, then the smallest search first, then records.
  const order = { dataIds: 0, datasets: 1, records: 2 };
  const steps = (await sizedOperands(planned, members)).toSorted(
    (a, b) => order[a.operand.kind] - order[b.operand.kind] || a.total - b.total,
  );
  const first = steps[0]?.operand;
  return steps.map((step) => stepOf(step, paths, found ?? null, whyJoined(step, step.operand === first)));
}

/** Each operand in each of the members that may have rows of it. */
async function sizedOperands(planned: Planned, asked: readonly Member[]): Promise<readonly Sized[]> {
  const { operands, sizes, paths } = planned;
  const sized = await Promise.all(
    operands.map(async (operand): Promise<readonly Sized[]> => {
      const total = sizes ? await sizes.total(operand) : 0;
      if (operand.kind === 'dataIds') return [{ operand, member: undefined, rows: sizes ? total : null, total }];
      const rows = new Map((await sizes?.of(operand))?.map((size) => [size.member, size.rows]));
      return holdersOf(operand, asked, paths).map((member) => ({
        operand,
        member,
        rows: rows.get(member) ?? null,
        total,
      }));
    }),
  );
  return sized.flat();
}

function stepOf(
  { operand, member, rows }: Sized,
  paths: ReadonlyMap<string, SearchPath>,
  found: ReadonlyMap<string, number> | null,
  why: string,
): PlanStep {
  const { kind, name, dimensions } = operand;
  const isSearch = kind === 'datasets' && member !== undefined;
  return {
    repository: member?.repository.name ?? null,
    kind: ({ datasets: 'DATASETS', records: 'DIMENSION_RECORDS', dataIds: 'DATA_IDS' } as const)[kind],
    name: kind === 'dataIds' ? dimensions.required.join(', ') : name,
    collections: isSearch ? paths.get(name)!.collectionsIn(member.repository, name) : [],
    estimatedRows: rows,
    foundRows: found && member ? (found.get(foundKey(member.repository.name, name)) ?? 0) : null,
    why,
  };
}

function whyApart(place: number, asked: readonly Member[], members: readonly Member[]): string {
  if (asked.length > 1) {
    return place === 0
      ? 'Each repository answers for itself and the rows are merged; of the same row this one’s is taken first.'
      : 'Merged with the repositories before, which win where both have the same row.';
  }
  return members.length > 1
    ? 'No other repository has anything that the query searches.'
    : 'It is the only one searched.';
}

function whyJoined({ operand }: Sized, isFirst: boolean): string {
  if (operand.kind === 'dataIds') return 'They came with the query and narrow what is asked of every repository.';
  if (isFirst && operand.kind === 'datasets') {
    return 'It has the fewest rows, so it is asked first and its data IDs narrow the others.';
  }
  return operand.kind === 'datasets'
    ? 'Asked with the data IDs found before, unless these are more than it finds; joined here.'
    : 'Records that may be in any of the repositories, near what was found before; joined here.';
}
