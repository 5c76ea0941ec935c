/**
 * Paths that stock Butler gives to files of datasets by its default templates.  They are a
 * convention: readers take the recorded path, but people look for files by it.
 */
import type { DataId, DataIdValue } from './data-id.ts';
import type { DimensionGroup } from './dimension-group.ts';
import { ButlerUserError } from './errors.ts';

const DEFAULT_TEMPLATE =
  '{run:/}/{datasetType}.{component:?}/{tract:?}/{patch:?}/{day_obs|visit.day_obs|exposure.day_obs:?}/{band:?}/' +
  '{subfilter:?}/{physical_filter:?}/{visit:?}/{exposure.obs_id|group:?}/' +
  '{datasetType}_{component:?}_{instrument:?}_{tract:?}_{patch:?}_{band:?}_{physical_filter:?}_{visit:?}_' +
  '{exposure.obs_id|group:?}_{detector.full_name:?}_{skymap:?}_{skypix:?}_{ssp_hypothesis_table:?}_' +
  '{ssp_hypothesis_bundle:?}_{ssp_balanced_index:?}_{run}';
const EXPOSURE_TEMPLATE =
  '{run:/}/{datasetType}.{component:?}/{day_obs|exposure.day_obs}/{exposure.obs_id}/' +
  '{datasetType}_{component:?}_{instrument:?}_{physical_filter}_{exposure.obs_id}_{detector.full_name}_{run}';
/** Datasets of exactly these dimensions, which are raw ones and the like, have a template of their own. */
const EXPOSURE_DIMENSIONS = ['physical_filter', 'detector', 'exposure'];

/** Characters that stock Butler takes for troublesome in names of files. */
const TROUBLESOME = /[ <>:"\\|?*]/g;
/** Endings that are kept with the one before: `.fits.gz`. */
const COMPRESSIONS = ['gz', 'bz2', 'xz', 'fz'];

/** What a path is made of. */
export interface TemplatedDataset {
  /** Without a component. */
  readonly datasetType: string;
  /** Null for a whole dataset. */
  readonly component: string | null;
  readonly run: string;
  readonly dimensions: DimensionGroup;
  /** Values of all dimensions, implied ones too. */
  readonly dataId: DataId;
  /**
   * Records of its dimensions: element → column → value, of which `exposure.obs_id`, `exposure.day_obs`, `visit.day_obs` and
   * `detector.full_name` are used.
   */
  readonly records: Readonly<Record<string, Readonly<Record<string, DataIdValue | null>>>>;
}

/**
 * The path, relative to the datastore's root and without an extension.
 * @throws ButlerUserError DATA_ID_VALUE where a record that the path needs is missing
 */
export function templatedPath(dataset: TemplatedDataset): string {
  const { template, skypix } = layoutOf(dataset.dimensions);
  const fields = fieldsOf(dataset, skypix);
  let output = '';
  for (const placeholder of template) output += expanded(dataset, fields, placeholder);
  const cut = output.lastIndexOf('/') + 1;
  const name = output.slice(cut).replaceAll('.', '_').replaceAll('#', 'HASH');
  return normalized(output.slice(0, cut) + name);
}

/** A placeholder of a template, with the text before it. */
interface Placeholder {
  readonly literal: string;
  /** The first of them that a dataset has is taken. */
  readonly alternatives: readonly { readonly element: string; readonly column: string | undefined }[];
  readonly format: string;
}

function parsed(template: string): readonly Placeholder[] {
  return [...template.matchAll(/([^{}]*)\{([^:}]+)(?::([^}]*))?\}/g)].map(([, literal, names, format]) => ({
    literal: literal!,
    alternatives: names!.split('|').map((name) => {
      const [element, column] = name.split('.') as [string, string?];
      return { element, column };
    }),
    format: format ?? '',
  }));
}

const DEFAULT_PLACEHOLDERS = parsed(DEFAULT_TEMPLATE);
const EXPOSURE_PLACEHOLDERS = parsed(EXPOSURE_TEMPLATE);

interface Layout {
  readonly template: readonly Placeholder[];
  /** The sky pixelization, where the dimensions have one. */
  readonly skypix: string | undefined;
}

/** What all datasets of the same dimensions have in common: paths are made of many at a time. */
const layouts = new WeakMap<DimensionGroup, Layout>();

function layoutOf(dimensions: DimensionGroup): Layout {
  const known = layouts.get(dimensions);
  if (known) return known;
  const { universe, names } = dimensions;
  const hasExposures = EXPOSURE_DIMENSIONS.every((name) => dimensions.has(name));
  const isOfExposures = hasExposures && universe.conform(EXPOSURE_DIMENSIONS) === dimensions;
  const skypix = names.filter((name) => universe.element(name).skypix !== undefined);
  const layout = {
    template: isOfExposures ? EXPOSURE_PLACEHOLDERS : DEFAULT_PLACEHOLDERS,
    skypix: skypix.length === 1 ? skypix[0] : undefined,
  };
  layouts.set(dimensions, layout);
  return layout;
}

/** A placeholder with the text before it, which goes too where there is no value and it does not separate directories. */
function expanded(
  { records }: TemplatedDataset,
  fields: ReadonlyMap<string, DataIdValue>,
  { literal, alternatives, format }: Placeholder,
): string {
  const { element, column } = alternatives.find((alternative) => fields.has(alternative.element)) ?? alternatives[0]!;
  const value = column === undefined ? fields.get(element) : records[element]?.[column];
  if (value === undefined) {
    if (!format.includes('?')) {
      const name = column === undefined ? element : `${element}.${column}`;
      throw new ButlerUserError('DATA_ID_VALUE', `The path of the file needs '${name}', of which there is no record.`);
    }
    return literal.includes('/') ? literal : '';
  }
  if (typeof value !== 'string') return literal + (value === null ? 'None' : String(value));
  const text = value.replace(TROUBLESOME, '_');
  return literal + (format.includes('/') ? text : text.replaceAll('/', '_'));
}

function fieldsOf(
  { datasetType, component, run, dataId }: TemplatedDataset,
  skypix: string | undefined,
): ReadonlyMap<string, DataIdValue> {
  const fields = new Map(Object.entries(dataId));
  if (skypix !== undefined) fields.set('skypix', dataId[skypix]!);
  fields.set('datasetType', datasetType);
  if (component !== null) fields.set('component', component);
  fields.set('run', run);
  return fields;
}

/** The directory, relative to the datastore's root, below which all files of a run are by the default templates. */
export function runDirectory(run: string): string {
  return normalized(run.replace(TROUBLESOME, '_'));
}

/** As Python's `normpath`, of a path that is then made relative. */
function normalized(path: string): string {
  const names: string[] = [];
  for (const name of path.split('/')) {
    if (name === '..' && names.length > 0 && names.at(-1) !== '..') names.pop();
    else if (name !== '' && name !== '.' && !(name === '..' && path.startsWith('/'))) names.push(name);
  }
  return names.join('/');
}

/** The path with the extension of a file that is ingested, `.fits.gz` and the like being one; none where it has none. */
export function withExtensionOf(path: string, fileName: string): string {
  const [, ...endings] = fileName.slice(fileName.lastIndexOf('/') + 1).split('.');
  const kept = endings.slice(COMPRESSIONS.includes(endings.at(-1) ?? '') ? -2 : -1);
  return [path, ...kept].join('.');
}
