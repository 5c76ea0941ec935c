/** Transfers as jobs keep them: JSON without bigints. */
import type { DataIdValue, DataIdValues } from '../butler/data-id.ts';
import type { DatasetTypeDefinition } from '../repository/writeable-repository.ts';
import type { FileRecord } from '../repository/rows.ts';
import type { Json } from '../jobs/job.ts';
