/** Publishing in the configuration file. */
import { z } from 'zod';
import type { PublishedSettings } from '../publish/settings.ts';
import type { RepositoryConfig } from './config.ts';

const count = z.int().positive();
const TIB = 2 ** 40;

/** What is before the host is never sent, and would be logged. */
const webAddress = z.url({ protocol: /^https?$/ }).refine((url) => {
  const { username, password } = new URL(url);
  return username === '' && password === '';
}, 'must not have a user or a password');

export const publishingConfig = z.strictObject({
  /**
   * Whether its stock server can be reached without the gateway, which then accepts publications for all users only: that
   * server lets its users read all of it. @default false
   */
  servedDirectly: z.boolean().default(false),
  /**
   * Addresses of all gateways that serve it, such as `http://satellite-0.satellite:8080`, as this one reaches them: something
   * counts as published only when each of them shows it, which its `/metrics` tell. @default []: this one alone
   */
  replicas: z.array(webAddress.transform((url) => url.replace(/\/$/, ''))).default([]),
  /** Whether what only the owning group is to read is published without a reviewer. @default false */
  approveForOwnGroup: z.boolean().default(false),
  /** Most bytes of one publication. @default 1099511627776 */
  maxBytes: count.default(TIB),
  /** Most bytes of all publications of one user, or of one group that owns them, together. @default none */
  quotaBytes: count.nullable().default(null),
  /** Formatters that its readers have, beside those of stock Butler: Python classes. @default [] */
  formatters: z.array(z.string()).default([]),
  /** Storage classes that its readers know, beside those of stock Butler. @default [] */
  storageClasses: z.array(z.string()).default([]),
  /** Days after which a request that nobody did anything about is given up. @default 90 */
  expireDays: count.default(90),
  /** Days after which those are reminded who have to do something. @default [7,30] */
  remindDays: z.array(count).default([7, 30]),
});

export const webhookConfig = z.strictObject({
  /** Address that takes a POST of JSON for everything that happens to a publication. */
  url: webAddress,
  /** With which the header `Satellite-Signature` is made, an HMAC with SHA-256 of the body; best as `${VARIABLE}`. */
  secret: z.string().min(16),
});

/** The repositories that can be published in. */
export function publishedSettings(repositories: readonly RepositoryConfig[]): readonly PublishedSettings[] {
  return repositories.flatMap(({ name, role, reviewers, restart = 'confirm', publishing }) => {
    if (role !== 'published' || !reviewers) return [];
    const { users = [], groups = [] } = reviewers;
    return [{ name, reviewers: { users, groups }, restart, ...publishingConfig.parse(publishing ?? {}) }];
  });
}
