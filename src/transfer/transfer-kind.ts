/** The job `transferDatasets`: plans all of a transfer, then does it page by page, so that it can go on anywhere. */
import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { CollectionInfo } from '../butler/collection.ts';
import { SatelliteError } from '../butler/errors.ts';
import { parseJson } from '../butler/json.ts';
import type { Universe } from '../butler/universe.ts';
import { HeldError, type JobKind, type Task } from '../jobs/job.ts';
import { failpoint } from '../repository/failpoints.ts';
import type { QueryContext, Repository } from '../repository/repository.ts';
import type { OpenSatellite, SatelliteDirectory } from '../satellite/satellite.ts';
import type { ByteSources } from './bytes.ts';
import {
  collectionConflicts,
  collectionsByName,
  membershipCollections,
  namedCollections,
  registerCollections,
  setChains,
} from './collection-structure.ts';
import { chooseCopyPaths } from './copy-paths.ts';
import { copyFiles } from './copy.ts';
import { neededRecords, planRecords } from './dimension-records.ts';
import { planMemberships } from './memberships.ts';
import { definitionOf, readPage, writePage, type SelectedDataset, type TransferPage } from './page.ts';
import { planPage, referencesAmong, type PagePlan } from './plan-page.ts';
import { referencesTo, type ReferenceSettings } from './references.ts';
import type { SelectedDatasets, TransferConflict, TransferDatasets, TransferPlan } from './service.ts';
