import { AsyncLocalStorage } from 'node:async_hooks';
import type { FastifyRequest } from 'fastify';

/** The HTTP request that is being answered, for code that a library calls without telling for which request. */
export const currentRequest = new AsyncLocalStorage<Pick<FastifyRequest, 'id' | 'log' | 'caution'>>();
