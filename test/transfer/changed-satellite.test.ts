import { expect, test } from 'vitest';
import type { Task } from '../../src/jobs/job.ts';
import type { OpenSatellite } from '../../src/satellite/satellite.ts';
import type { TransferSurroundings } from '../../src/transfer/attempt-setting.ts';
import { transferInput, transferKind } from '../../src/transfer/transfer-kind.ts';

const satellite = (id: string) => ({ id, fullName: 'alice~mine', owner: 'alice' }) as OpenSatellite;
const untouched = { noteCopy: () => expect.fail('noted'), beginCopy: () => expect.fail('begun') };

test('a transfer does not go on into a satellite that got the name of its own by a reset', async () => {
  const surroundings = {
    rights: { as: (_owner: string, _name: string, ask: (who: unknown) => unknown) => ask({ username: 'alice' }) },
    satellites: { forWriting: async () => satellite('new') },
    repositoriesOf: () => expect.fail('asked the source'),
  } as unknown as TransferSurroundings;
  const kind = transferKind(surroundings, untouched);
  const request = { datasets: { uuids: [] }, mode: 'COPY', collections: false } as unknown as Parameters<
    typeof transferInput
  >[0];
  const input = transferInput(request, 'dp1', satellite('old'));
  const refusal = { code: 'CONFLICT', message: expect.stringContaining('it was reset') as string };
  await expect(kind.check!(input, 'alice')).rejects.toMatchObject(refusal);
  await expect(kind.run(input, { owner: 'alice' } as Task)).rejects.toMatchObject(refusal);
});
