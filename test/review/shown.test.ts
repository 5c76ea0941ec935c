import { expect, test } from 'vitest';
import type { Publication } from '../../review/publication.ts';
import { shownOf } from '../../review/shown.ts';

/** Of a publication's latest version then. */
function version(number: number, revision: number, more: Partial<Publication> = {}): Publication {
  const versions = Array.from({ length: number }, (_, i) => ({ version: number - i, state: 'SUBMITTED' as const }));
  const known = {
    version: number,
    revision,
    state: 'SUBMITTED',
    reason: null,
    versions,
    comments: [],
    actions: [],
    ...more,
  };
  return known as unknown as Publication;
}

const toldOf = (...told: readonly Publication[]) => new Map(told.map((one) => [one.version, one]));

test('of an answer and what was told, the newer is shown, whichever comes last', () => {
  const asked = version(1, 3);
  const older = version(1, 2);
  const newer = version(1, 4, { state: 'IN_REVIEW' });
  const same = version(1, 3);
  expect(shownOf(asked, toldOf()).publication).toBe(asked);
  expect(shownOf(asked, toldOf(older)).publication).toBe(asked);
  expect(shownOf(asked, toldOf(newer)).publication).toBe(newer);
  expect(shownOf(asked, toldOf(same)).publication).toBe(same);
});

test('a later version is told of, and what was told of the one on the screen stays', () => {
  const sentBack = version(1, 5, { state: 'CHANGES_REQUESTED', reason: 'More.' });
  const versions = [
    { version: 2, state: 'SUBMITTED' },
    { version: 1, state: 'CHANGES_REQUESTED' },
  ] as const;
  const { publication, newer } = shownOf(version(1, 3), toldOf(sentBack, version(2, 1, { versions })));
  expect(newer).toBe(2);
  expect(publication).toMatchObject({ version: 1, state: 'CHANGES_REQUESTED', reason: 'More.', versions });
});

test('what became of a version before a later one came is known, and nothing is decided about it, where only the later one was told of', () => {
  const versions = [
    { version: 2, state: 'SUBMITTED' },
    { version: 1, state: 'CANCELLED' },
  ] as const;
  const asked = version(1, 3, { actions: ['CLAIM', 'COMMENT', 'REJECT', 'APPROVE'] });
  const { publication } = shownOf(asked, toldOf(version(2, 1, { versions })));
  expect(publication).toMatchObject({ version: 1, state: 'CANCELLED', reason: null, actions: ['COMMENT'] });
});
