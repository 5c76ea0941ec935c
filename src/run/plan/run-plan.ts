/** What is known of a run before its graph is built. */
import type { RunExplanation } from '../run.ts';

export interface RunPlan {
  /** In the order in which they can run. */
  readonly tasks: readonly PlannedTask[];
  /** What must be there before, in the order of their names. */
  readonly inputs: readonly PlannedInput[];
  /** Whether the graph would be empty; null where finding that out would cost as much as building it. */
  readonly isEmpty: boolean | null;
  /** Why the graph would be empty, and what to change; null where it would not, or where that was not found out. */
  readonly explain: RunExplanation | null;
  /** What may surprise, for people. */
  readonly warnings: readonly string[];
}

export interface PlannedTask {
  readonly label: string;
  /** Names of the required dimensions of its quanta. */
  readonly dimensions: readonly string[];
  /**
   * Most quanta that it can have: data IDs of its dimensions with what the run asks for and the inputs that constrain it.
   * Less where regions that seem to overlap do not, or a prerequisite is missing.  Null where counting would cost too much.
   */
  readonly quanta: number | null;
  /** Of these, those that the collections of `skipExistingIn` have done already. */
  readonly done: number;
}

export interface PlannedInput {
  readonly datasetType: string;
  /** `PREREQUISITE`: looked up for each quantum; the others decide with their data IDs which quanta there are. */
  readonly kind: 'INPUT' | 'PREREQUISITE';
  /** Labels of the tasks that read it. */
  readonly tasks: readonly string[];
  /** Whether the graph is made for data IDs that have it only. */
  readonly constrains: boolean;
  /** Repositories that give it, in search order; none: it is missing. */
  readonly sources: readonly InputSource[];
}

export interface InputSource {
  /** Name of the repository. */
  readonly repository: string;
  /** Collections of it that have the type, in search order. */
  readonly collections: readonly string[];
  /** Datasets, of an input that constrains those with what the run asks for; null where they were not counted. */
  readonly datasets: number | null;
}

/** The plan as tables for a terminal. */
export function planText({ tasks, inputs, isEmpty, explain, warnings }: RunPlan): string {
  const taskRows = tasks.map(({ label, dimensions, quanta, done }) => [
    label,
    quanta === null ? '?' : `at most ${quanta}`,
    done === 0 ? '' : `${done} done`,
    dimensions.join(', '),
  ]);
  const inputRows = inputs.flatMap(({ datasetType, kind, tasks: readers, sources }) =>
    (sources.length > 0 ? sources : [undefined]).map((source, i) => [
      i === 0 ? datasetType : '',
      source?.repository ?? (kind === 'INPUT' ? 'MISSING' : 'missing'),
      source?.datasets === undefined || source.datasets === null ? '' : String(source.datasets),
      source?.collections.join(', ') ?? '',
      i === 0 ? `for ${readers.join(', ')}${kind === 'PREREQUISITE' ? ' (prerequisite)' : ''}` : '',
    ]),
  );
  return [
    ...table(['TASK', 'QUANTA', '', 'DIMENSIONS'], taskRows),
    '',
    ...table(['INPUT', 'FROM', 'DATASETS', 'COLLECTIONS', ''], inputRows),
    ...(isEmpty ? ['', `The graph would be empty: ${explain?.reason ?? 'the reason was not found out.'}`] : []),
    ...(explain?.suggestions ?? []).map((suggestion) => `What to change: ${suggestion}`),
    ...warnings.map((warning) => `Warning: ${warning}`),
    '',
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => row[i]!.length)));
  return [head, ...rows].map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i]!))
      .join('  ')
      .trimEnd(),
  );
}
