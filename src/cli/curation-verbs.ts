/** Verbs about dataset types and collections. */
import type { Command } from 'commander';
import { removalText } from './dataset-verbs.ts';
import { change, changingVerb, choice, type ChangeOptions } from './verb.ts';

interface DatasetTypeOptions extends ChangeOptions {
  readonly dimensions?: readonly string[];
  readonly storageClass: string;
  readonly calibration?: boolean;
}

interface CollectionOptions extends ChangeOptions {
  readonly type: string;
  readonly doc?: string;
  readonly children?: readonly string[];
}

export function curationVerbs(): Command[] {
  return [registerDatasetType(), createCollection(), setChain(), removeCollection()];
}

function registerDatasetType(): Command {
  return changingVerb('register-dataset-type', 'Register a dataset type in a satellite.')
    .argument('<satellite>', 'its name')
    .argument('<name>', 'the dataset type')
    .option('--dimensions <names...>', 'its dimensions; none where it is left out')
    .requiredOption('--storage-class <name>', 'its storage class, such as ExposureF')
    .option('--calibration', 'its datasets can have validity ranges')
    .action((satellite: string, name: string, options: DatasetTypeOptions) => {
      const { dimensions = [], storageClass, calibration = false } = options;
      const input = { satellite, name, dimensions, storageClass, isCalibration: calibration };
      const fields = 'datasetType {name dimensions storageClass isCalibration}';
      const say = () => `Dataset type '${name}' is registered.`;
      return change({ mutation: 'registerDatasetType', input, fields, hasJob: false, say }, options);
    });
}

function createCollection(): Command {
  return changingVerb('create-collection', 'Make a collection in a satellite.')
    .argument('<satellite>', 'its name')
    .argument('<name>', 'the collection')
    .addOption(choice('--type <type>', 'what it is', ['run', 'tagged', 'chained', 'calibration'], 'run'))
    .option('--doc <text>', 'what it is for')
    .option('--children <names...>', 'of a chained one, in search order')
    .action((satellite: string, name: string, options: CollectionOptions) => {
      const { type, doc, children } = options;
      const input = { satellite, name, type: type.toUpperCase(), doc, children };
      const say = () => `Collection '${name}' is there.`;
      return change({ mutation: 'createCollection', input, fields: COLLECTION, hasJob: false, say }, options);
    });
}

function setChain(): Command {
  return changingVerb('set-chain', 'Set or change the children of a CHAINED collection.')
    .argument('<satellite>', 'its name')
    .argument('<chain>', 'the CHAINED collection')
    .argument('<children...>', 'collections, in search order')
    .addOption(
      choice('--edit <how>', 'what is done with them', ['redefine', 'extend', 'prepend', 'remove'], 'redefine'),
    )
    .action((satellite: string, collection: string, children: readonly string[], options: EditOptions) => {
      const input = { satellite, collection, children, edit: options.edit.toUpperCase() };
      const say = () => `Chain '${collection}' is changed.`;
      return change({ mutation: 'setCollectionChain', input, fields: COLLECTION, hasJob: false, say }, options);
    });
}

interface EditOptions extends ChangeOptions {
  readonly edit: string;
}

function removeCollection(): Command {
  return changingVerb('remove-collection', 'Remove a collection; a RUN with all its datasets. It cannot be undone.')
    .argument('<satellite>', 'its name')
    .argument('<name>', 'the collection')
    .option('--unlink', 'take it out of the chains that hold it')
    .option('--dry-run', 'only give the plan')
    .action((satellite: string, collection: string, options: ChangeOptions & { readonly unlink?: boolean }) => {
      const input = { satellite, collection, unlink: options.unlink };
      const fields = 'plan {datasets bytes chains}';
      return change({ mutation: 'removeCollection', input, fields, say: removalText }, options);
    });
}

const COLLECTION = 'collection {name type doc children {name}}';
