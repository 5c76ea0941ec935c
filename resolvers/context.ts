import { responsePathAsArray, type GraphQLResolveInfo } from 'graphql';
import type { Principal } from '../src/access/principal.ts';
import type { VisibleRepositories } from '../src/access/policy.ts';
import type { SatelliteError } from '../src/butler/errors.ts';
import type { EventPosition } from '../src/publish/event-feed.ts';
import type { QueryContext } from '../src/repository/repository.ts';
import type { Loaders } from './loaders.ts';
import type { Services } from './services.ts';

/** What resolvers know of the request that they answer. */
export interface GraphQLContext {
  readonly principal: Principal;
  readonly repositories: VisibleRepositories;
  /** For calls to repositories. */
  readonly query: QueryContext;
  readonly loaders: Loaders;
  /** Undefined where the gateway only reads; see `servicesOf`. */
  readonly services: Services | undefined;
  /** Up to where a subscription told events: the same all its life, however often its subscriber is checked again. */
  readonly position: EventPosition;
  /** Address of the gateway as its users see it, without a slash at the end. */
  readonly publicUrl: string;
  /** Repositories that could not answer while the others did; see `reportFailures`. */
  readonly failures: PartialFailure[];
}

/** A repository that is missing in the answer of a field. */
export interface PartialFailure {
  readonly error: SatelliteError;
  readonly path: readonly (string | number)[];
}

/** Adds errors to the answer beside the data of the field, which holds what the other repositories gave. */
export function reportFailures(
  context: GraphQLContext,
  errors: readonly SatelliteError[],
  info: GraphQLResolveInfo,
): void {
  for (const error of errors) context.failures.push({ error, path: responsePathAsArray(info.path) });
}
