import { nameInAddresses } from '../src/access/policy.ts';
import { owns } from '../src/access/readable.ts';
import { SatelliteError } from '../src/butler/errors.ts';
import type { Json } from '../src/jobs/job.ts';
import { fullName, type AnySatellite } from '../src/satellite/satellite.ts';
import type { SatelliteChange } from '../src/satellite/service.ts';
import type { GraphQLContext } from './context.ts';
import { toGlobalId } from './global-id.ts';
import { jobOf, mutation, type MutationContext, type SatelliteOutcome } from './mutation.ts';
import type {
  CheckinSatelliteInput,
  CheckoutSatelliteInput,
  CreateSatelliteInput,
  DeleteSatelliteInput,
  MigrateSatelliteInput,
  ResetSatelliteInput,
  Resolvers,
  RestoreSatelliteInput,
  RotateSatelliteCapabilityInput,
  VerifySatelliteInput,
} from './schema-types.ts';
import { migrationOf, servicesOf } from './services.ts';
import { utcTime } from './sky-and-time.ts';

const payload = { satellite: satelliteOf, job: jobOf };

export const satellite: Resolvers = {
  Query: {
    satellite: (_root, { name }, { services, principal }) => services?.satellites.find(name, principal) ?? null,
    satellites: (_root, { deleted }, { services, principal }) =>
      services?.satellites.list(principal, { deleted: deleted ?? false }) ?? [],
  },
  Mutation: {
    createSatellite: mutation('createSatellite', (input: CreateSatelliteInput, context) => {
      const request = {
        name: input.name,
        official: input.official,
        database: input.database ?? 'SQLITE',
        artifacts: input.artifacts ?? 'FILES',
        instruments: input.instruments ?? [],
        skymaps: input.skymaps ?? [],
        curatedCalibrations: input.curatedCalibrations ?? [],
        group: input.group ?? null,
        quotaBytes: toBytes(input.quotaBytes),
        capabilityUrls: input.capabilityUrls ?? false,
        idempotencyKey: context.idempotencyKey,
      } as const;
      return outcome(context.services.satellites.create(request, context.principal), context);
    }),
    resetSatellite: mutation('resetSatellite', (input: ResetSatelliteInput, context) =>
      outcome(context.services.satellites.reset(changeOf(input, context), context.principal), context),
    ),
    deleteSatellite: mutation('deleteSatellite', (input: DeleteSatelliteInput, context) => {
      const request = { ...changeOf(input, context), purge: input.purge ?? false };
      return outcome(context.services.satellites.delete(request, context.principal), context);
    }),
    restoreSatellite: mutation('restoreSatellite', (input: RestoreSatelliteInput, context) =>
      outcome(context.services.satellites.restore(changeOf(input, context), context.principal), context),
    ),
    verifySatellite: mutation('verifySatellite', (input: VerifySatelliteInput, context) => {
      const request = { ...changeOf(input, context), repair: input.repair ?? false };
      return outcome(context.services.care.verify(request, context.principal), context);
    }),
    rotateSatelliteCapability: mutation('rotateSatelliteCapability', (input: RotateSatelliteCapabilityInput, context) =>
      outcome(context.services.satellites.rotateCapability(changeOf(input, context), context.principal), context),
    ),
    checkoutSatellite: mutation('checkoutSatellite', (input: CheckoutSatelliteInput, context) =>
      outcome(context.services.care.checkout(changeOf(input, context), context.principal), context),
    ),
    checkinSatellite: mutation('checkinSatellite', (input: CheckinSatelliteInput, context) =>
      outcome(context.services.care.checkin(changeOf(input, context), context.principal), context),
    ),
    migrateSatellite: mutation('migrateSatellite', (input: MigrateSatelliteInput, context) => {
      const request = { ...changeOf(input, context), undo: input.undo ?? false };
      return outcome(migrationOf(context.services).migrate(request, context.principal), context);
    }),
  },
  CreateSatellitePayload: { ...payload, satellite: existingSatellite },
  ResetSatellitePayload: payload,
  DeleteSatellitePayload: payload,
  RestoreSatellitePayload: payload,
  VerifySatellitePayload: payload,
  RotateSatelliteCapabilityPayload: payload,
  CheckoutSatellitePayload: payload,
  CheckinSatellitePayload: payload,
  MigrateSatellitePayload: payload,
  Satellite: {
    id: (record) => toGlobalId('Satellite', fullName(record)),
    group: forOwners((record) => record.group),
    official: forOwners((record) => record.official),
    database: forOwners((record) => record.database),
    artifacts: forOwners((record) => record.artifacts),
    uri: forOwners((record, context) => servicesOf(context).satellites.uri(record)),
    environment: (record, _args, context) => servicesOf(context).satellites.environment(record, context.principal),
    repository: (record, _args, { repositories }) => repositories.find(fullName(record)) ?? null,
    usage: forOwners(
      (record, { repositories, query }) => repositories.find(fullName(record))?.repository.usage(query) ?? null,
    ),
    quotaBytes: forOwners((record) => record.quotaBytes),
    warnings: (record, _args, context) =>
      owns(context.principal, record)
        ? [...servicesOf(context).satellites.warnings(record), ...hiddenName(record, context)]
        : [],
    createdAt: forOwners(({ createdAt }) => (createdAt === null ? null : utcTime(createdAt))),
    purgeAt: ({ purgeAt }) => (purgeAt === null ? null : utcTime(purgeAt)),
  },
};

/** Where the name alone means a repository of the observatory's, which its owner could not see when they chose it. */
function hiddenName(record: AnySatellite, { principal, repositories }: GraphQLContext): readonly string[] {
  const meant = record.owner === principal.username ? repositories.find(record.name) : undefined;
  if (!meant || nameInAddresses(meant) === fullName(record)) return [];
  return [`'${record.name}' alone is another repository of this gateway: call this one '${fullName(record)}'.`];
}

/** @throws SatelliteError FORBIDDEN where the gateway did not make it */
function changeOf(
  input: { readonly satellite: string; readonly dryRun?: boolean | null },
  { idempotencyKey, repositories }: MutationContext,
) {
  const repository = repositories.find(input.satellite);
  if (repository?.kind === 'SATELLITE' && repository.bareName === undefined) {
    throw new SatelliteError(
      'FORBIDDEN',
      `'${repository.name}' was configured by the gateway's operator, whose business this is: ask them.`,
    );
  }
  return { satellite: input.satellite, dryRun: input.dryRun ?? false, idempotencyKey };
}

/** What is remembered of a change; the rest of the request sees the satellites as they are now. */
async function outcome<Plan extends Json>(
  change: Promise<SatelliteChange<Plan>>,
  { repositories, services, principal }: MutationContext,
): Promise<SatelliteOutcome<Plan | null>> {
  const { satellite: record, job, plan } = await change;
  repositories.setSatellites(await services.satellites.offeredTo(principal));
  return { satellite: record && fullName(record), job: job?.id ?? null, plan };
}

async function satelliteOf({ satellite: name }: SatelliteOutcome, _args: unknown, context: GraphQLContext) {
  return name === null ? null : servicesOf(context).satellites.find(name, context.principal);
}

async function existingSatellite(outcome: SatelliteOutcome, args: unknown, context: GraphQLContext) {
  const found = await satelliteOf(outcome, args, context);
  if (found) return found;
  throw new SatelliteError('NOT_FOUND', 'The satellite was made by this call, and is gone since.');
}

/** A field that is null for those with whom the satellite is only shared. */
function forOwners<Value>(value: (record: AnySatellite, context: GraphQLContext) => Value) {
  return (record: AnySatellite, _args: unknown, context: GraphQLContext): Value | null =>
    owns(context.principal, record) ? value(record, context) : null;
}

/** @throws SatelliteError BAD_USER_INPUT */
function toBytes(value: bigint | null | undefined): number | null {
  if (value === null || value === undefined) return null;
  if (value > 0n && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
  throw new SatelliteError('BAD_USER_INPUT', '"quotaBytes" must be a whole number above 0 and below 2^53.');
}
