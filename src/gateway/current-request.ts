import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyBaseLogger } from 'fastify';

/** The HTTP request that is being answered, for code that a library calls without telling for which request. */
export const currentRequest = new AsyncLocalStorage<{ readonly id: string; readonly log: FastifyBaseLogger }>();
