import { expect, test } from 'vitest';
import { componentType, splitDatasetTypeName } from '../../src/butler/components.ts';
import type { DatasetType } from '../../src/butler/dataset-type.ts';

const type = (storageClass: string) => ({ name: 'calexp', storageClass, isCalibration: false }) as DatasetType;

test('a component has a name and a storage class of its own', () => {
  expect(componentType(type('ExposureF'), 'wcs')).toMatchObject({ name: 'calexp.wcs', storageClass: 'Wcs' });
  expect(componentType(type('ExposureF'), 'image')).toMatchObject({ storageClass: 'ImageF' });
  expect(componentType(type('DifferenceImage'), 'psf')).toMatchObject({ storageClass: 'PointSpreadFunction' });
});

test('an unknown component is an error that names the known ones', () => {
  const failure = { code: 'UNKNOWN_COMPONENT', message: expect.stringContaining('image, mask, variance') as string };
  expect(() => componentType(type('MaskedImage'), 'nope')).toThrow(expect.objectContaining(failure));
  expect(() => componentType(type('Plot'), 'constructor')).toThrow(/none/);
});

test('names are split at the first dot', () => {
  expect(splitDatasetTypeName('a.b.c')).toEqual(['a', 'b.c']);
  expect(splitDatasetTypeName('a')).toEqual(['a', null]);
});
