/** What a job keeps of the plan of one page. */
import { compressed } from './compressed.ts';
import { definitionOf, writePage } from './page.ts';
import type { PagePlan } from './plan-page.ts';

/** What the plan of one page leaves for the steps after it. */
export type PlannedPage = {
  /** The page, written and compressed: a hundred thousand datasets are a few megabytes. */
  readonly text: string;
  readonly next: string | null;
  readonly datasets: number;
  /** Of a copy; for references, files are looked for when they are recorded. */
  readonly bytes: number;
  readonly newBytes: number;
  readonly new: number;
  readonly registered: readonly string[];
  /** Definitions of its dataset types, as JSON text. */
  readonly types: readonly string[];
  readonly runs: readonly string[];
  /** Collections in which some of its datasets are. */
  readonly collections: readonly string[];
};

export async function plannedPage(plan: PagePlan): Promise<PlannedPage> {
  const { datasets, memberships } = plan.page;
  const types = new Map(datasets.map(({ datasetType }) => [datasetType.name, datasetType]));
  return {
    text: await compressed(writePage(plan.page)),
    next: plan.next,
    datasets: datasets.length,
    bytes: plan.bytes,
    newBytes: plan.newBytes,
    new: plan.new,
    registered: plan.registered,
    types: [...types.values()].map((type) => JSON.stringify(definitionOf(type))),
    runs: [...new Set(datasets.map(({ run }) => run))],
    collections: [...new Set(memberships.map(({ collection }) => collection))],
  };
}
