import { SatelliteError } from '../src/butler/errors.ts';
import type { DatasetSelection, SelectedDatasets } from '../src/satellite/selection.ts';
import type { DatasetSelectionInput } from './schema-types.ts';
import { given, toDataId } from './search-terms.ts';

/** Either UUIDs or a search. @throws SatelliteError BAD_USER_INPUT where not exactly one of them is given */
export function chosenDatasets({ uuids, search }: ChosenDatasetsInput): SelectedDatasets {
  if (uuids && search) throw new SatelliteError('BAD_USER_INPUT', 'Give either "uuids" or "search", not both.');
  if (uuids) return { uuids };
  if (search) return { search: datasetSelection(search) };
  throw new SatelliteError('BAD_USER_INPUT', 'Give "uuids" or "search": which datasets it is about.');
}

interface ChosenDatasetsInput {
  readonly uuids?: readonly string[] | null | undefined;
  readonly search?: DatasetSelectionInput | null | undefined;
}

/** A search as services take it. */
export function datasetSelection(input: DatasetSelectionInput): DatasetSelection {
  const { datasetTypes, collections, where, bind, dataId, findFirst } = input;
  const terms = given({ where, bind, dataId: dataId && toDataId(dataId) });
  return { ...terms, datasetTypes, collections, findFirst: findFirst ?? true };
}
