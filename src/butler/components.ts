/** Components of dataset types, such as `calexp.wcs`: which a storage class has, and what they are. */
import type { DatasetType } from './dataset-type.ts';
import { ButlerUserError } from './errors.ts';

type Components = Readonly<Record<string, string>>;

const exposure: Components = {
  apCorrMap: 'ApCorr',
  bbox: 'Box2I',
  coaddInputs: 'CoaddInputs',
  detector: 'Detector',
  dimensions: 'Extent2I',
  filter: 'FilterLabel',
  id: 'int',
  image: 'Image',
  mask: 'Mask',
  metadata: 'PropertyList',
  photoCalib: 'PhotoCalib',
  psf: 'Psf',
  summaryStats: 'ExposureSummaryStats',
  transmissionCurve: 'TransmissionCurve',
  validPolygon: 'Polygon',
  variance: 'Image',
  visitInfo: 'VisitInfo',
  wcs: 'Wcs',
  xy0: 'Point2I',
};

const maskedImage: Components = { image: 'Image', mask: 'Mask', variance: 'Image' };
const maskV2: Components = { bbox: 'BoxV2', sky_projection: 'SkyProjection' };
const imageV2: Components = { ...maskV2, unit: 'AstropyUnit' };
const maskedImageV2: Components = {
  ...imageV2,
  components: 'StructuredDataDict',
  image: 'ImageV2',
  mask: 'MaskV2',
  variance: 'ImageV2',
};
const calibratedImage: Components = {
  ...maskedImageV2,
  aperture_corrections: 'StructuredDataDict',
  backgrounds: 'BackgroundMap',
  masked_image: 'MaskedImageV2',
};
const visitImage: Components = {
  ...calibratedImage,
  bounds: 'Bounds',
  detector: 'DetectorV2',
  obs_info: 'ObservationInfo',
  photometric_scaling: 'ImageField',
  psf: 'PointSpreadFunction',
  summary_stats: 'ObservationSummaryStats',
};
const table: Components = { columns: 'ArrowColumnList', rowcount: 'int' };

/** Storage class → component → its storage class, of stock Butler's default configuration (`storageClasses.yaml`). */
const componentsOf: ReadonlyMap<string, Components> = new Map<string, Components>([
  ['ArrowAstropy', { ...table, schema: 'ArrowAstropySchema' }],
  ['ArrowNumpy', { ...table, schema: 'ArrowNumpySchema' }],
  ['ArrowNumpyDict', { ...table, schema: 'ArrowNumpySchema' }],
  ['ArrowTable', { ...table, schema: 'ArrowSchema' }],
  ['CellCoadd', { ...calibratedImage, provenance: 'CellCoaddProvenance', psf: 'CellPointSpreadFunction' }],
  ['ColorImage', { sky_projection: 'SkyProjection' }],
  ['DataFrame', { columns: 'DataFrameIndex', rowcount: 'int', schema: 'DataFrameSchema' }],
  ['DifferenceImage', { ...visitImage, kernel: 'ConvolutionKernel', templates: 'StructuredDataList' }],
  ['Exposure', exposure],
  ['ExposureF', { ...exposure, image: 'ImageF', mask: 'MaskX', variance: 'ImageF' }],
  ['ExposureI', { ...exposure, image: 'ImageI', mask: 'MaskX', variance: 'ImageF' }],
  ['ExposureU', { ...exposure, image: 'ImageU', mask: 'MaskX', variance: 'ImageF' }],
  ['HealSparseMap', { coverage: 'HealSparseCoverage' }],
  ['ImageV2', imageV2],
  ['MaskV2', maskV2],
  ['MaskedImage', maskedImage],
  ['MaskedImageF', maskedImage],
  ['MaskedImageI', maskedImage],
  ['MaskedImageU', maskedImage],
  ['MaskedImageV2', maskedImageV2],
  ['ProvenanceQuantumGraph', { logs: 'StructuredDataDict', metadata: 'StructuredDataDict', packages: 'Packages' }],
  ['VisitImage', visitImage],
]);

/** Names of dataset types and of their components. */
export const DATASET_TYPE_NAME = /^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*$/i;

/** @throws ButlerUserError DATASET_TYPE_EXPRESSION for what is no name of one dataset type, such as a glob */
export function mustReadAsDatasetType(name: string): void {
  if (DATASET_TYPE_NAME.test(name)) return;
  throw new ButlerUserError(
    'DATASET_TYPE_EXPRESSION',
    `DatasetType '${name}' does not look like a valid dataset type name.`,
  );
}

/** `calexp.wcs` → `['calexp', 'wcs']`; without a component, null. */
export function splitDatasetTypeName(name: string): readonly [parent: string, component: string | null] {
  const dot = name.indexOf('.');
  return dot < 0 ? [name, null] : [name.slice(0, dot), name.slice(dot + 1)];
}

/** The dataset type of a component. @throws ButlerUserError UNKNOWN_COMPONENT, naming those that there are */
export function componentType(parent: DatasetType, component: string): DatasetType {
  const components = componentsOf.get(parent.storageClass) ?? {};
  if (!Object.hasOwn(components, component)) {
    const known = Object.keys(components).sort().join(', ') || 'none';
    throw new ButlerUserError(
      'UNKNOWN_COMPONENT',
      `Requested component (${component}) not understood by dataset type '${parent.name}' of storage class ` +
        `'${parent.storageClass}'. Its components: ${known}.`,
    );
  }
  return { ...parent, name: `${parent.name}.${component}`, storageClass: components[component]! };
}
