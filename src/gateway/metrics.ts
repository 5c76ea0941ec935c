/** What `/metrics` tells (Prometheus).  No label holds a user, a query or the name of a user's own repository. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Jobs } from '../jobs/job.ts';

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
