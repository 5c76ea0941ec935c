/** What `/metrics` tells (Prometheus).  No label holds a user, a query or the name of a user's own repository. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { OfferedRepository } from '../access/policy.ts';
import { isNamedToAll } from '../access/readable.ts';
import type { Jobs } from '../jobs/job.ts';

const READ_MILLISECONDS = 5000;

/** What a published repository's state has as its number, as this gateway sees it: other gateways ask for it. */
export const GENERATION_METRIC = 'satellite_published_generation';

export class Metrics {
  readonly registry = new Registry();
  readonly requests = new Histogram({
    name: 'satellite_http_request_duration_seconds',
    help: 'Time from the request to the end of the answer.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers: [this.registry],
  });
  readonly repositoryCalls = new Counter({
    name: 'satellite_repository_requests_total',
    help: 'Requests to a repository, by what came of them; users’ own repositories are counted together.',
    labelNames: ['repository', 'outcome'],
    registers: [this.registry],
  });
  readonly limitsFired = new Counter({
    name: 'satellite_limits_fired_total',
    help: 'Requests refused by a limit.',
    labelNames: ['limit'],
    registers: [this.registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.registry });
  }

  /** Tells the generations of published repositories that are named to all, which are read when someone asks. */
  observeGenerations(offered: readonly OfferedRepository[]): void {
    const told = offered.filter((repository) => repository.generation && isNamedToAll(repository));
    if (told.length === 0) return;
    new Gauge({
      name: GENERATION_METRIC,
      help: 'Number of the state of a published repository: each publication, and each withdrawal, counts it up.',
      labelNames: ['repository'],
      registers: [this.registry],
      async collect() {
        this.reset();
        for (const { name, generation } of told) {
          const number = await generation!(AbortSignal.timeout(READ_MILLISECONDS)).catch(() => undefined);
          if (number !== undefined) this.set({ repository: name }, number);
        }
      },
    });
  }

  /** Tells of the jobs that have not ended, which are counted when someone asks. */
  observeJobs(jobs: Pick<Jobs, 'counts'>): void {
    new Gauge({
      name: 'satellite_jobs',
      help: 'Jobs that have not ended, by state.',
      labelNames: ['state'],
      registers: [this.registry],
      async collect() {
        for (const [state, count] of Object.entries(await jobs.counts())) this.set({ state }, count);
      },
    });
  }
}
