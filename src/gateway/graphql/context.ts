import type { GraphQLContext } from '../../../resolvers/context.ts';
import { createLoaders } from '../../../resolvers/loaders.ts';
import type { Services } from '../../../resolvers/services.ts';
import type { RequestScope } from '../request-scope.ts';

/** What the server beside the resolvers knows of a request. */
export interface MeteredContext extends GraphQLContext {
  /** Takes points for it. @throws SatelliteError as `RequestMeter.charge` */
  readonly charge: (points: number) => Promise<void>;
}

/** What resolvers know of a request. */
export function contextOf(
  scope: RequestScope,
  { services, publicUrl }: { readonly services: Services | undefined; readonly publicUrl: () => string },
): GraphQLContext {
  return {
    ...scope,
    loaders: createLoaders(scope.repositories, scope.query, services),
    services,
    position: { told: new Set() },
    publicUrl: publicUrl(),
    failures: [],
  };
}
