/** How the page says things: states, numbers, times, data IDs. */
import type { JsonObject, State, Whole } from './publication.ts';

interface StateWords {
  readonly mark: string;
  readonly tone: Tone;
  readonly means: string;
}

/** What each state means, in `docs/publishing.md`'s words, and its mark: never colour alone. */
export const STATES: Readonly<Record<State, StateWords>> = {
  DRAFT: { mark: '✎', tone: 'quiet', means: 'being written down, or a check failed' },
  SUBMITTED: { mark: '●', tone: 'waiting', means: 'waits for a reviewer' },
  IN_REVIEW: { mark: '◐', tone: 'waiting', means: 'a reviewer works on it' },
  CHANGES_REQUESTED: { mark: '↩', tone: 'warning', means: 'sent back to its owner' },
  APPROVED: { mark: '✓', tone: 'good', means: 'approved, and waits to be brought over' },
  STAGING: { mark: '⇢', tone: 'good', means: 'its files are being brought over' },
  VERIFYING: { mark: '⇢', tone: 'good', means: 'what was brought is being compared' },
  COMMITTING: { mark: '⇢', tone: 'good', means: 'it is being made visible' },
  PUBLISHED: { mark: '✓', tone: 'good', means: 'its readers can read it' },
  WITHDRAWN: { mark: '⊘', tone: 'quiet', means: 'it was published, and is no more' },
  REJECTED: { mark: '✗', tone: 'bad', means: 'turned down for good' },
  CANCELLED: { mark: '⊘', tone: 'quiet', means: 'given up before it was published' },
  FAILED: { mark: '✗', tone: 'bad', means: 'it could not be brought over' },
  STALE: { mark: '!', tone: 'warning', means: 'its source has changed since it was submitted' },
};
export type Tone = 'quiet' | 'waiting' | 'warning' | 'good' | 'bad';

export function StateBadge({ state }: { readonly state: State }) {
  const { mark, tone } = wordsOfState(state);
  return (
    <span className={`badge ${tone}`}>
      <span aria-hidden="true">{mark}</span> <span>{stateWords(state)}</span>
    </span>
  );
}

/** Also of a state that this page does not know, of a newer gateway. */
export function wordsOfState(state: State): StateWords {
  return state in STATES ? STATES[state] : { mark: '?', tone: 'quiet', means: '' };
}

/** `CHANGES_REQUESTED` as "changes requested". */
export function stateWords(state: State): string {
  return state.toLowerCase().replaceAll('_', ' ');
}

export function Time({ at }: { readonly at: string }) {
  return <time dateTime={at}>{`${at.slice(0, 10)} ${at.slice(11, 16)} UTC`}</time>;
}

const COUNT = new Intl.NumberFormat('en');

export function count(number: Whole): string {
  return COUNT.format(BigInt(number));
}

/** "1 dataset", "1,200 datasets". */
export function counted(number: Whole, one: string): string {
  return `${count(number)} ${one}${String(number) === '1' ? '' : 's'}`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB'];

/** "1.23 GB"; units of a thousand. */
export function size(bytes: Whole): string {
  let value = Number(bytes);
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toPrecision(3)} ${UNITS[unit]}`;
}

/** "instrument HSC, detector 12". @param order of the dimensions; the default is the data ID's own */
export function dataIdWords(dataId: JsonObject, order: readonly string[] = Object.keys(dataId)): string {
  return order
    .filter((name) => name in dataId)
    .map((name) => `${name} ${String(dataId[name])}`)
    .join(', ');
}

/** "a, b and c". */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}
