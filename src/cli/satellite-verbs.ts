/** Verbs about satellites as a whole. */
import type { Command } from 'commander';
import { CommandError, EXIT } from './exit.ts';
import {
  change,
  changingVerb,
  choice,
  PLAN_FIELDS,
  SATELLITE_FIELDS,
  show,
  verb,
  whole,
  type Change,
  type ChangeOptions,
  type ConnectionOptions,
  type Payload,
} from './verb.ts';

interface CreateOptions extends ChangeOptions {
  readonly from: string;
  readonly database: string;
  readonly artifacts: string;
  readonly instrument?: readonly string[];
  readonly skymap?: readonly string[];
  readonly calibrations?: readonly string[];
  readonly group?: string;
  readonly quota?: number;
  readonly capabilityUrls?: boolean;
}

interface Shown {
  readonly name: string;
  readonly owner: string;
  readonly state: string;
  readonly database: string;
  readonly artifacts: string;
  readonly official: string | null;
  readonly uri: string | null;
  readonly purgeAt: string | null;
}

export function satelliteVerbs(): Command[] {
  return [create(), ...changes(), list(), details(), usage()];
}

function create(): Command {
  return changingVerb('create', 'Make a satellite of an official repository.')
    .argument('<name>', 'its name')
    .requiredOption('--from <repository>', 'the repository to make it from')
    .addOption(choice('--database <kind>', 'where its registry is', ['sqlite', 'postgresql'], 'sqlite'))
    .addOption(choice('--artifacts <kind>', 'where its files are', ['files', 's3'], 'files'))
    .option('--instrument <names...>', 'instruments to bring along')
    .option('--skymap <names...>', 'sky maps to bring along')
    .option('--calibrations <collections...>', 'calibration collections to bring along by reference')
    .option('--group <name>', 'group whose members may use it as you do')
    .option('--quota <bytes>', 'bytes that it may hold', whole('--quota', 1, Number.MAX_SAFE_INTEGER))
    .option('--capability-urls', 'put a secret into addresses, for clients that cannot send a token')
    .action((name: string, options: CreateOptions) =>
      change(
        {
          mutation: 'createSatellite',
          input: {
            name,
            official: options.from,
            database: options.database.toUpperCase(),
            artifacts: options.artifacts.toUpperCase(),
            instruments: options.instrument,
            skymaps: options.skymap,
            curatedCalibrations: options.calibrations,
            group: options.group,
            quotaBytes: options.quota,
            capabilityUrls: options.capabilityUrls,
          },
          // Asking for its environment makes a password, which is told once.
          fields: `satellite {name owner state database artifacts official uri purgeAt ${options.json ? 'environment' : ''}}`,
          say: (payload) => {
            const { uri, database, artifacts } = satelliteOf(payload);
            const isBare = database === 'SQLITE' && artifacts === 'FILES';
            const needs = isBare ? '' : `\nwith the environment that 'satellite show ${name}' gives, anew each time.`;
            return `Satellite '${name}' is ready. In stock Python:\n  Butler(${JSON.stringify(uri)}, writeable=True)${needs}`;
          },
        },
        options,
      ),
    );
}

/** Verbs that take a satellite's name, and not much more. */
function changes(): Command[] {
  const planned = `${SATELLITE_FIELDS} ${PLAN_FIELDS}`;
  return [
    simple('reset', 'Empty a satellite; restore undoes it.', 'resetSatellite', planned, (name, payload) => {
      return `Satellite '${name}' is empty, as it was when it was made${until(payload)}.`;
    }),
    simple(
      'delete',
      'Delete a satellite; restore undoes it for a while.',
      'deleteSatellite',
      planned,
      (name, payload) => {
        return payload['satellite'] === null
          ? `Satellite '${name}' is gone for good.`
          : `Satellite '${name}' is deleted${until(payload)}.`;
      },
    ).option('--purge', 'at once and for good'),
    simple('restore', 'Bring a deleted satellite back.', 'restoreSatellite', planned, (name) => {
      return `Satellite '${name}' is as it was.`;
    }),
    simple(
      'verify',
      'Check a satellite: its database, its files, its references.',
      'verifySatellite',
      planned,
      (name, { job }) => {
        return `Satellite '${name}' was checked: ${JSON.stringify(job?.result ?? {})}`;
      },
      { isBad: ({ job }) => job?.result?.['sound'] === false },
    ).option('--repair', 'mend what can be mended without loss'),
    simple(
      'migrate',
      'Move a satellite to the universe of its official repository.',
      'migrateSatellite',
      `${SATELLITE_FIELDS} plan {from to steps}`,
      (name, { plan }) => {
        const { to, steps } = plan as { to: number; steps: string[] };
        const has =
          steps.length === 0 ? 'has the universe of its official repository already' : 'has another universe now';
        return `Satellite '${name}' ${has}: ${String(to)}.`;
      },
    ).option('--undo', 'go back to the backup of the last migration'),
    simple(
      'checkout',
      'Hand a satellite to stock Python: the gateway only reads it.',
      'checkoutSatellite',
      SATELLITE_FIELDS,
      (name) => {
        return `Satellite '${name}' is yours: 'satellite checkin ${name}' gives it back.`;
      },
      { isPlanned: false },
    ),
    simple(
      'checkin',
      'Give a satellite back to the gateway.',
      'checkinSatellite',
      SATELLITE_FIELDS,
      (name) => {
        return `Satellite '${name}' can be changed by the gateway again.`;
      },
      { isPlanned: false },
    ),
    simple(
      'rotate-capability',
      'Make the secrets in a satellite’s addresses anew.',
      'rotateSatelliteCapability',
      SATELLITE_FIELDS,
      (name) => {
        return `Addresses of '${name}' with a secret that were given away before are good no more.`;
      },
      { isPlanned: false },
    ),
  ];
}

function simple(
  name: string,
  description: string,
  mutation: string,
  fields: string,
  say: (satellite: string, payload: Payload) => string,
  { isPlanned = true, ...judged }: Pick<Change, 'isBad'> & { readonly isPlanned?: boolean } = {},
): Command {
  const command = changingVerb(name, description).argument('<satellite>', 'its name, or owner~name');
  if (isPlanned) command.option('--dry-run', 'only give the plan');
  return command.action(
    (satellite: string, options: ChangeOptions & Partial<Record<'purge' | 'repair' | 'undo', boolean>>) => {
      const { purge, repair, undo } = options;
      const wanted: Change = {
        mutation,
        input: { satellite, purge, repair, undo },
        fields,
        say: (payload) => say(satellite, payload),
        ...judged,
      };
      return change(wanted, options);
    },
  );
}

function list(): Command {
  return verb('list', 'List your satellites.')
    .option('--deleted', 'those too that can still be restored')
    .action(({ deleted, ...options }: ConnectionOptions & { readonly deleted?: boolean }) =>
      show<{ satellites: readonly Shown[] }>(
        'query ($deleted: Boolean) {satellites(deleted: $deleted) {name owner state database artifacts official uri purgeAt}}',
        { deleted: deleted ?? false },
        options,
        ({ satellites }) =>
          satellites.length === 0
            ? ['You have no satellite: satellite create NAME --from REPOSITORY makes one.']
            : satellites.map((s) => `${nameOf(s).padEnd(24)} ${s.state.toLowerCase().padEnd(12)} ${s.uri ?? ''}`),
      ),
    );
}

function details(): Command {
  return verb('show', 'Show a satellite, with what stock Python needs to open it.')
    .argument('<satellite>', 'its name, or owner~name')
    .action((name: string, options: ConnectionOptions) =>
      show<{ satellite: (Shown & { readonly usage: object | null; readonly environment: object | null }) | null }>(
        `query ($name: String!) {satellite(name: $name) {
           name owner group state database artifacts official uri environment quotaBytes createdAt purgeAt
           usage {datasets bytes}
         }}`,
        { name },
        options,
        ({ satellite }) => {
          if (!satellite) throw new CommandError(`There is no satellite '${name}' of yours.`, EXIT.failed, 'NOT_FOUND');
          return Object.entries(satellite).map(([key, value]) => {
            return `${key.padEnd(12)} ${typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '-')}`;
          });
        },
      ),
    );
}

interface UsageRow {
  readonly run?: string;
  readonly collection?: string;
  readonly type?: string;
  readonly datasetType: string;
  readonly datasets: number | string;
  readonly bytes: number | string;
  readonly referencedBytes: number | string;
}

interface Usage extends UsageRow {
  readonly parts: readonly UsageRow[];
  readonly memberships: readonly UsageRow[];
}

function usage(): Command {
  return verb('usage', 'Show how much a satellite holds, by collection and dataset type.')
    .argument('<satellite>', 'its name, or owner~name')
    .action((name: string, options: ConnectionOptions) =>
      show<{ satellite: { readonly usage: Usage | null } | null }>(
        `query ($name: String!) {satellite(name: $name) {usage {
           ${AMOUNTS} parts {run datasetType ${AMOUNTS}} memberships {collection type datasetType ${AMOUNTS}}
         }}}`,
        { name },
        options,
        ({ satellite }) => {
          if (!satellite?.usage) {
            throw new CommandError(`There is no satellite '${name}' of yours.`, EXIT.failed, 'NOT_FOUND');
          }
          return usageLines(satellite.usage);
        },
      ),
    );
}

const AMOUNTS = 'datasets bytes referencedBytes';

/** What is in TAGGED and CALIBRATION collections is in runs, too: the last line is the sum of these. */
function usageLines({ parts, memberships, ...total }: Usage): string[] {
  const rows = [...parts, ...memberships].map((row) => [
    row.run ?? row.collection!,
    (row.type ?? 'RUN').toLowerCase(),
    row.datasetType,
    ...[row.datasets, row.bytes, row.referencedBytes].map(String),
  ]);
  const head = ['collection', 'type', 'dataset type', 'datasets', 'bytes', 'bytes elsewhere'];
  const all = ['all', '', '', ...[total.datasets, total.bytes, total.referencedBytes].map(String)];
  const table = [head, ...rows, all];
  const widths = head.map((_, i) => Math.max(...table.map((row) => row[i]!.length)));
  return table.map((row) =>
    row.map((cell, i) => (i < 3 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  '),
  );
}

/** Those of others have no uri. */
function nameOf({ name, owner, uri }: Shown): string {
  return uri === null ? `${owner}~${name}` : name;
}

function satelliteOf({ satellite }: Payload): Shown {
  return satellite as Shown;
}

function until(payload: Payload): string {
  const { purgeAt } = (payload['satellite'] ?? {}) as Partial<Shown>;
  return purgeAt ? `; it can be restored until ${purgeAt.slice(0, 10)}` : '';
}
