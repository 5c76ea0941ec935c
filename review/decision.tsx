/** What one may do about a publication, and nothing else. */
import { useId, useRef, useState, type FormEvent } from 'react';
import { useChange } from './change.ts';
import { Problem } from './problem.tsx';
import type { Action, Publication } from './publication.ts';
import { useSession } from './session.tsx';
import { listed } from './words.tsx';

type Choice = Exclude<Action, 'CLAIM' | 'COMMENT' | 'SUBMIT'>;

const CHOICES: readonly Choice[] = ['APPROVE', 'REQUEST_CHANGES', 'REJECT', 'WITHDRAW'];

interface DecisionProps {
  readonly publication: Publication;
  readonly done: () => void;
}

export function Decision({ publication, done }: DecisionProps) {
  const { actions } = publication;
  const choices = CHOICES.filter((choice) => actions.includes(choice));
  const { version, digest, withdrawableVersion: withdrawn } = publication;
  // Nothing that was chosen or written about something is about anything else.
  const about = [version, digest, withdrawn?.version, withdrawn?.state === 'PUBLISHED'].join(' ');
  if (choices.length === 0 && !actions.includes('SUBMIT')) return null;
  return (
    <section className="panel" aria-labelledby="decision">
      <h2 id="decision">What you can do</h2>
      {actions.includes('CLAIM') && <Claim publication={publication} done={done} />}
      {choices.length > 0 && <DecisionForm key={about} publication={publication} choices={choices} done={done} />}
      {actions.includes('SUBMIT') && <SubmitAgain publication={publication} />}
    </section>
  );
}

function Claim({ publication: { id, digest, claimedBy }, done }: DecisionProps) {
  const { viewer } = useSession();
  const [make, error] = useChange();
  if (claimedBy === viewer.username) return <p>You are its reviewer: no other decides about it.</p>;
  const claim = async () => {
    if (await make('CLAIM', { publication: id, digest })) done();
  };
  return (
    <>
      <button type="button" onClick={() => void claim()}>
        Claim it for review
      </button>
      <p className="note">For 3 days, no other reviewer decides about it.</p>
      <Problem error={error} />
    </>
  );
}

interface DecisionFormProps extends DecisionProps {
  readonly choices: readonly Choice[];
}

function DecisionForm({ publication, choices, done }: DecisionFormProps) {
  const field = useId();
  const form = useRef<HTMLFormElement>(null);
  const [choice, setChoice] = useState<Choice | undefined>(choices.length === 1 ? choices[0] : undefined);
  const [comment, setComment] = useState('');
  const [confirmRestart, setConfirmRestart] = useState(false);
  const chosen = choice && choices.includes(choice) ? choice : undefined;
  const [make, error] = useChange();
  const { id, digest } = publication;
  const waits = publication.checks.some(({ code, state }) => code === 'RESTART' && state === 'WARNING');
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!chosen) return;
    // What is meant is what is on the screen: the gateway refuses it of anything else.
    const meant = meantBy(chosen, publication);
    const input = {
      ...{ publication: id, comment, digest: meant.digest },
      ...(chosen === 'WITHDRAW' && { version: meant.version }),
      ...(chosen === 'APPROVE' && { confirmRestart: waits && confirmRestart }),
    };
    if (await make(chosen, input)) {
      setComment('');
      setChoice(undefined);
      // The form may be gone in a moment: what it has changed is told above.
      document.querySelector('h1')?.focus();
      done();
    } else if (comment.trim() === '') {
      form.current?.querySelector('textarea')?.focus();
    }
  };
  const about = [...new Set(choices.map((one) => String(meantBy(one, publication).version)))];
  return (
    <form ref={form} onSubmit={(event) => void submit(event)}>
      <fieldset>
        <legend>
          Decide about version{about.length > 1 && 's'} {listed(about)}
        </legend>
        {choices.map((one) => (
          <label key={one} className="choice">
            <input type="radio" name="decision" required checked={one === chosen} onChange={() => setChoice(one)} />
            <span>
              {wordsOf(one, publication).name} <span className="note">{wordsOf(one, publication).means}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {chosen === 'APPROVE' && (
        <p className="note">
          You approve exactly what has the digest <code className="digest">{digest}</code>
        </p>
      )}
      {chosen === 'APPROVE' && waits && (
        <label className="choice">
          <input
            type="checkbox"
            checked={confirmRestart}
            onChange={(event) => setConfirmRestart(event.target.checked)}
          />
          <span>The servers of the published repository will be restarted.</span>
        </label>
      )}
      <label htmlFor={field}>{chosen ? wordsOf(chosen, publication).comment : 'Comment'}</label>
      <textarea id={field} rows={3} value={comment} onChange={(event) => setComment(event.target.value)} />
      <Problem error={error} />
      <button type="submit" className="main">
        {chosen ? wordsOf(chosen, publication).button : 'Choose one of these'}
      </button>
    </form>
  );
}

interface Words {
  readonly name: string;
  readonly means: string;
  /** Label of what is said with it. */
  readonly comment: string;
  readonly button: string;
}

/** What a choice is about: an earlier version can be withdrawn than the one that is on the screen. */
function meantBy(choice: Choice, publication: Publication): Pick<Publication, 'version' | 'state' | 'digest'> {
  return (choice === 'WITHDRAW' ? publication.withdrawableVersion : null) ?? publication;
}

function wordsOf(choice: Choice, publication: Publication): Words {
  const { version, state } = meantBy(choice, publication);
  switch (choice) {
    case 'APPROVE':
      return {
        name: state === 'APPROVED' ? 'Confirm the restart' : 'Approve',
        means: 'and publish it.',
        comment: 'Comment (if you like)',
        button: `Approve version ${version}`,
      };
    case 'REQUEST_CHANGES':
      return {
        name: 'Request changes',
        means: 'Its owner may submit it again.',
        comment: 'What has to change (needed)',
        button: 'Request changes',
      };
    case 'REJECT':
      return { name: 'Reject', means: 'for good.', comment: 'Why (needed)', button: `Reject version ${version}` };
    case 'WITHDRAW':
      return state === 'PUBLISHED'
        ? {
            name: `Withdraw version ${version}, which is published`,
            means: 'Nobody reads it any more; its title and your reason stay.',
            comment: 'Why (needed)',
            button: `Withdraw version ${version}`,
          }
        : {
            name: `Give up version ${version}`,
            means: 'before it is published.',
            comment: 'Why (if you like)',
            button: `Give up version ${version}`,
          };
  }
}

function SubmitAgain({ publication }: { readonly publication: Publication }) {
  const { id, state, satellite, title, checks } = publication;
  // It came as a zip, and so does what comes after it.
  const pack = checks.some(({ code }) => code === 'PACK') ? '\n  --pack ZIP \\' : '';
  return (
    <details open={['CHANGES_REQUESTED', 'STALE', 'DRAFT', 'FAILED'].includes(state)}>
      <summary>Submit its next version</summary>
      <p className="note">On a command line, or by the mutation submitPublication with this identifier:</p>
      <pre
        tabIndex={0}
        aria-label="Command"
      >{`satellite publish submit ${quoted(satellite ?? 'SATELLITE')} COLLECTION… \\${pack}
  --title ${quoted(title)} \\
  --again ${id}`}</pre>
    </details>
  );
}

/** As shells read it. */
function quoted(text: string): string {
  return /^[\w~./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
