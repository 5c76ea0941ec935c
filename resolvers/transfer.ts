import { SatelliteError } from '../src/butler/errors.ts';
import type { Json } from '../src/jobs/job.ts';
import type { IngestDatasets, IngestedFile } from '../src/transfer/service.ts';
import { chosenDatasets } from './chosen-datasets.ts';
import { jobOf, mutation } from './mutation.ts';
import { toJson } from './scalars.ts';
import type { IngestDatasetsInput, IngestedFileInput, Resolvers, TransferDatasetsInput } from './schema-types.ts';
import { servicesOf } from './services.ts';
import { toDataId } from './search-terms.ts';
import { utcTime } from './sky-and-time.ts';

type JsonObject = Readonly<Record<string, Json>>;

export const transfer: Resolvers = {
  Mutation: {
    transferDatasets: mutation('transferDatasets', async (input: TransferDatasetsInput, context) => {
      const request = {
        from: input.from ?? undefined,
        to: input.to,
        mode: input.mode ?? 'REFERENCE',
        collections: input.collections ?? true,
        dryRun: input.dryRun ?? false,
        idempotencyKey: context.idempotencyKey,
      } as const;
      const { services, principal, repositories } = context;
      const chosen = chosenTransfer(input);
      const { job, plan } = await ('run' in chosen
        ? services.runInputs.transfer({ ...request, ...chosen }, principal, repositories)
        : services.transfers.transfer({ ...request, datasets: chosen }, principal, repositories));
      return {
        job: job?.id ?? null,
        plan: plan && {
          ...plan,
          conflicts: plan.conflicts.map(({ dataId, ...conflict }) => ({
            ...conflict,
            ...(dataId && { dataId: toJson(dataId) as JsonObject }),
          })),
        },
      };
    }),
    ingestDatasets: mutation('ingestDatasets', async (input: IngestDatasetsInput, context) => {
      const { services, principal, attempt } = context;
      const request = { satellite: input.satellite, what: ingested(input), seed: attempt?.seed };
      const { job, upload } = await services.transfers.ingest(request, principal);
      return {
        job: job?.id ?? null,
        plan: null,
        upload: upload && {
          id: upload.id,
          files: upload.files.map((file) => ({
            ...file,
            dataId: toJson(file.dataId) as JsonObject,
            expiresAt: utcTime(file.expiresAt),
          })),
        },
      };
    }),
  },
  TransferDatasetsPayload: { job: jobOf },
  IngestDatasetsPayload: {
    // The same call again may come after the commit.
    job: (outcome, args, context) =>
      outcome.upload === null
        ? jobOf(outcome, args, context)
        : servicesOf(context).transfers.commitOf(outcome.upload.id, context.principal.username),
  },
};

/** @throws SatelliteError BAD_USER_INPUT where not exactly one choice is given */
function chosenTransfer({ search, uuids, run }: TransferDatasetsInput) {
  if (!run) return chosenDatasets({ search, uuids });
  if (!search && !uuids) return { run };
  throw new SatelliteError('BAD_USER_INPUT', 'Give one of "search", "uuids" and "run", not several.');
}

/** @throws SatelliteError BAD_USER_INPUT where not exactly one of both is given */
function ingested({ datasetType, run, files, commit }: IngestDatasetsInput): IngestDatasets['what'] {
  if (commit && !datasetType && !run && !files) return { commit };
  if (!commit && datasetType && run && files && files.length > 0) {
    return { datasetType, run, files: files.map(ingestedFile) };
  }
  throw new SatelliteError(
    'BAD_USER_INPUT',
    'Give either "datasetType", "run" and at least one of "files", or "commit" alone.',
  );
}

function ingestedFile(input: IngestedFileInput, i: number): IngestedFile {
  const { dataId, uuid, path, upload, formatter } = input;
  if (Boolean(path) === Boolean(upload)) {
    throw new SatelliteError('BAD_USER_INPUT', `Give either "path" or "upload" of file ${i + 1}.`);
  }
  return {
    uuid: uuid ?? undefined,
    dataId: toDataId(dataId),
    formatter: formatter ?? undefined,
    path: path ?? undefined,
    upload: upload ? { ...upload, size: Number(upload.size) } : undefined,
  };
}
