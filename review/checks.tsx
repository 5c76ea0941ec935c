import type { Check } from './publication.ts';

const OUTCOMES = {
  FAILED: { mark: '✗', words: 'Failed', tone: 'bad' },
  WARNING: { mark: '!', words: 'Warning', tone: 'warning' },
  PASSED: { mark: '✓', words: 'Passed', tone: 'good' },
} as const;
const ORDER = Object.keys(OUTCOMES);

/** What was checked automatically, the worst first. */
export function Checks({ checks }: { readonly checks: readonly Check[] }) {
  if (checks.length === 0) return null;
  const worstFirst = [...checks].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  return (
    <section aria-labelledby="checks">
      <h2 id="checks">Checks</h2>
      <ul className="checks">
        {worstFirst.map(({ code, state, message }) => {
          // Another one than these comes from a newer gateway.
          const { mark, words, tone } =
            state in OUTCOMES ? OUTCOMES[state] : { mark: '?', words: state, tone: 'quiet' };
          return (
            <li key={code}>
              <span className={`badge ${tone}`}>
                <span aria-hidden="true">{mark}</span> {words}
              </span>
              <span>
                <code>{code}</code> {message}
              </span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
