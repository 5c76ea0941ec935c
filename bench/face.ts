/** The RemoteButler face beside the stock server, over the same repository: requests a second, and memory under that load. */
import { headers, restBody, SOURCES } from './questions.ts';
import { peakMemory } from './memory.ts';
import { compare, type Measure } from './ratio.ts';
import { requestsPerSecond } from './throughput.ts';
import type { World } from './world.ts';

const FIND = JSON.stringify({
  dataset_type: SOURCES.dataset_type,
  data_id: { instrument: 'SimCam', visit: 100_250, detector: 50 },
  default_data_id: {},
  collections: [SOURCES.collections],
  timespan: null,
  dimension_records: false,
});

export async function face(world: World): Promise<Measure[]> {
  const own = new URL('/api/butler/repo/own', world.graphql).href;
  const peaks = { ours: 0, peer: 0 };
  const measure = (name: string, path: string, body: string): Promise<Measure> =>
    compare(
      {
        name: `(k) ${name} through the face, 8 connections, to the stock server`,
        unit: '/s',
        rounds: 3,
        bound: { atLeast: 3 },
      },
      async () => {
        const { peak, value } = await peakMemory(world.gateway, () =>
          requestsPerSecond(`${own}/v1/${path}`, headers(world), body),
        );
        peaks.ours = Math.max(peaks.ours, peak);
        return value;
      },
      async () => {
        const { peak, value } = await peakMemory(world.server.process, () =>
          requestsPerSecond(`${world.official}/v1/${path}`, { 'content-type': 'application/json' }, body),
        );
        peaks.peer = Math.max(peaks.peer, peak);
        return value;
      },
    );
  const measures = [
    await measure('find_dataset', 'find_dataset', FIND),
    await measure('100 rows', 'query/execute', restBody(SOURCES.dataset_type, 100)),
  ];
  const ratio = peaks.ours / peaks.peer;
  const name = '(k) peak memory under that load, to the stock server';
  return [...measures, { name, unit: 'MB', ...peaks, ratio, bound: { atMost: 0.5 } }];
}
