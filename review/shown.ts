import type { Publication } from './publication.ts';

export interface Shown {
  readonly publication: Publication;
  /** Number of the latest version, where that is a later one. */
  readonly newer: number | undefined;
}

/**
 * What is known of the version that somebody looks at: another version never takes its place.
 * @param answer what was asked for
 * @param told what the subscription told last of each version: of the latest one alone, so that of one before it, only what all
 *   versions say is current
 */
export function shownOf(answer: Publication, told: ReadonlyMap<number, Publication>): Shown {
  const same = told.get(answer.version);
  const known = same && same.revision >= answer.revision ? same : answer;
  const newest = told.get(Math.max(...told.keys()));
  if (!newest || newest.version <= known.version) return { publication: known, newer: undefined };
  const { comments, versions } = newest;
  const state = versions.find(({ version }) => version === known.version)?.state ?? known.state;
  const reason = state === known.state ? known.reason : null;
  // Nothing is decided about it any more.
  const actions = known.actions.filter((action) => action === 'COMMENT');
  return { publication: { ...known, comments, versions, state, reason, actions }, newer: newest.version };
}
