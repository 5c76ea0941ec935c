/** Verbs that choose datasets: transfer, tag, certify, remove. */
import { Option, type Command } from 'commander';
import { CommandError, EXIT } from './exit.ts';
import { change, changingVerb, json, type ChangeOptions, type Payload } from './verb.ts';

interface ChosenOptions extends ChangeOptions {
  readonly uuid?: readonly string[];
  readonly type?: readonly string[];
  readonly collection?: readonly string[];
  readonly where?: string;
  readonly bind?: unknown;
  readonly dataId?: unknown;
  readonly findAll?: boolean;
}

interface TransferOptions extends ChosenOptions {
  readonly from?: string;
  readonly copy?: boolean;
  readonly collections: boolean;
}

interface SpanOptions {
  readonly begin?: string;
  readonly end?: string;
}

export function datasetVerbs(): Command[] {
  return [transfer(), associate(), disassociate(), certify(), decertify(), removeDatasets()];
}

function transfer(): Command {
  return choosing(changingVerb('transfer', 'Bring datasets into a satellite, by reference or as copies.'))
    .argument('<satellite>', 'where to')
    .option('--from <repository>', 'where from; the default is the one that the satellite was made from')
    .option('--copy', 'copy the bytes too')
    .option('--no-collections', 'bring no chains, tags and validity ranges')
    .option('--dry-run', 'only give the plan')
    .action((to: string, options: TransferOptions) => {
      const { from, copy, collections } = options;
      const input = { from, to, ...chosen(options), mode: copy ? 'COPY' : 'REFERENCE', collections };
      const say = ({ job }: Payload) => {
        const { datasets, new: added } = job?.result ?? {};
        return `${String(datasets)} datasets are in '${to}', ${String(added)} of them new.`;
      };
      const fields = 'plan {datasets bytes new newBytes conflicts}';
      return change({ mutation: 'transferDatasets', input, fields, say }, options);
    });
}

function associate(): Command {
  return tagging('associate', 'Add datasets to a TAGGED collection.', 'associateDatasets', 'added to');
}

function disassociate(): Command {
  return tagging('disassociate', 'Take datasets out of a TAGGED collection.', 'disassociateDatasets', 'taken out of');
}

function tagging(name: string, description: string, mutation: string, done: string): Command {
  return choosing(changingVerb(name, description))
    .argument('<satellite>', 'its name')
    .argument('<tagged>', 'the TAGGED collection')
    .action((satellite: string, collection: string, options: ChosenOptions) =>
      change(
        {
          mutation,
          input: { satellite, collection, ...chosen(options) },
          fields: 'collection {name type} datasets',
          hasJob: false,
          say: ({ datasets }) => `${String(datasets)} datasets were ${done} '${collection}'.`,
        },
        options,
      ),
    );
}

function certify(): Command {
  return spanning(choosing(changingVerb('certify', 'Add datasets to a CALIBRATION collection.')))
    .argument('<satellite>', 'its name')
    .argument('<calibration>', 'the CALIBRATION collection')
    .action((satellite: string, collection: string, options: ChosenOptions & SpanOptions) =>
      change(
        {
          mutation: 'certifyDatasets',
          input: { satellite, collection, ...chosen(options), timespan: spanOf(options) },
          fields: 'collection {name type} datasets',
          hasJob: false,
          say: ({ datasets }) => `${String(datasets)} datasets were certified in '${collection}'.`,
        },
        options,
      ),
    );
}

function decertify(): Command {
  return spanning(changingVerb('decertify', 'Take a span of time away from what calibrations are good for.'))
    .argument('<satellite>', 'its name')
    .argument('<calibration>', 'the CALIBRATION collection')
    .requiredOption('--type <name>', 'their dataset type')
    .option('--data-id <json...>', 'only those with these data IDs')
    .action((satellite: string, collection: string, options: DecertifyOptions) =>
      change(
        {
          mutation: 'decertifyDatasets',
          input: {
            satellite,
            collection,
            datasetType: options.type,
            timespan: spanOf(options),
            dataIds: options.dataId?.map(json('--data-id')),
          },
          fields: 'collection {name type}',
          hasJob: false,
          say: () => `'${options.type}' was decertified in '${collection}'.`,
        },
        options,
      ),
    );
}

interface DecertifyOptions extends ChangeOptions, SpanOptions {
  readonly type: string;
  readonly dataId?: readonly string[];
}

function removeDatasets(): Command {
  return choosing(changingVerb('remove-datasets', 'Remove datasets, or only their files. It cannot be undone.'))
    .argument('<satellite>', 'its name')
    .addOption(new Option('--unstore', 'remove their files only').conflicts('purge'))
    .option('--purge', 'remove them altogether')
    .option('--dry-run', 'only give the plan')
    .action((satellite: string, options: ChosenOptions & { readonly unstore?: boolean; readonly purge?: boolean }) => {
      if (!options.unstore && !options.purge) throw new CommandError('Say --unstore or --purge.', EXIT.usage);
      const input = { satellite, ...chosen(options), mode: options.purge ? 'PURGE' : 'UNSTORE' };
      const fields = 'plan {datasets bytes}';
      const say = options.purge ? removalText : unstoredText;
      return change({ mutation: 'removeDatasets', input, fields, say }, options);
    });
}

/** What a removal removed. */
export function removalText({ plan }: Payload): string {
  const { datasets, bytes } = plan as Readonly<Record<string, unknown>>;
  return `${String(datasets)} datasets were removed, with ${String(bytes)} bytes of files.`;
}

function unstoredText({ plan }: Payload): string {
  const { datasets, bytes } = plan as Readonly<Record<string, unknown>>;
  return `The files of ${String(datasets)} datasets were removed, ${String(bytes)} bytes; the datasets are still registered.`;
}

function choosing(command: Command): Command {
  return command
    .option('--uuid <uuids...>', 'the datasets with these UUIDs')
    .option('--type <names...>', 'or a search: dataset types and globs')
    .option('--collection <names...>', 'collections to search, in this order')
    .option('--where <expression>', 'Butler expression, such as "instrument = \'HSC\'"')
    .option('--bind <json>', 'values for :names in the expression', json('--bind'))
    .option('--data-id <json>', 'dimension values that all have', json('--data-id'))
    .option('--find-all', 'not only the dataset of the first collection');
}

function chosen({ uuid, type, collection, where, bind, dataId, findAll }: ChosenOptions) {
  if (uuid) {
    if ([type, collection, where, bind, dataId, findAll].every((term) => term === undefined)) return { uuids: uuid };
    throw new CommandError('Choose datasets by --uuid or by a search, not by both.', EXIT.usage);
  }
  if (!type || !collection) {
    throw new CommandError('Choose datasets: --uuid, or --type with --collection.', EXIT.usage);
  }
  return { search: { datasetTypes: type, collections: collection, where, bind, dataId, findFirst: !findAll } };
}

function spanning(command: Command): Command {
  return command
    .option('--begin <time>', 'first instant, ISO-8601 TAI; the default is unbounded')
    .option('--end <time>', 'first instant after, ISO-8601 TAI; the default is unbounded');
}

function spanOf({ begin, end }: SpanOptions) {
  return { begin: begin ?? null, end: end ?? null };
}
