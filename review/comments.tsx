/** What owner and reviewers said, as threads. */
import { useId, useState, type FormEvent } from 'react';
import { useChange } from './change.ts';
import { Problem } from './problem.tsx';
import type { Comment, Publication } from './publication.ts';
import { Time } from './words.tsx';

export function Comments({ publication }: { readonly publication: Publication }) {
  const { id, comments, actions } = publication;
  const mayComment = actions.includes('COMMENT');
  if (!mayComment && comments.length === 0) return null;
  return (
    <section aria-labelledby="comments" className="comments">
      <h2 id="comments">Comments</h2>
      {comments.length === 0 && <p className="note">Nothing was said yet.</p>}
      <ol aria-live="polite">
        {threadsOf(comments).map((thread) => (
          <Thread key={thread[0].id} id={id} thread={thread} mayComment={mayComment} />
        ))}
      </ol>
      {mayComment && <CommentForm id={id} label="Comment, to its owner and its reviewers" button="Comment" />}
    </section>
  );
}

type ThreadOf = readonly [Comment, ...Comment[]];

interface ThreadProps {
  readonly id: string;
  readonly thread: ThreadOf;
  readonly mayComment: boolean;
}

function Thread({ id, thread, mayComment }: ThreadProps) {
  const [isReplying, setIsReplying] = useState(false);
  const [first, ...replies] = thread;
  return (
    <li>
      <Said comment={first} />
      {replies.length > 0 && (
        <ol>
          {replies.map((reply) => (
            <li key={reply.id}>
              <Said comment={reply} />
            </li>
          ))}
        </ol>
      )}
      {mayComment && (
        <button type="button" className="plain" aria-expanded={isReplying} onClick={() => setIsReplying(!isReplying)}>
          Reply<span className="heard"> to {first.author}</span>
        </button>
      )}
      {isReplying && (
        <CommentForm
          id={id}
          replyTo={first.id}
          label={`Reply to ${first.author}`}
          button="Send the reply"
          done={() => setIsReplying(false)}
        />
      )}
    </li>
  );
}

function Said({ comment: { author, at, text, version } }: { readonly comment: Comment }) {
  return (
    <article className="said">
      <p className="note">
        <strong>{author}</strong> of version {version}, <Time at={at} />
      </p>
      <p className="words">{text}</p>
    </article>
  );
}

interface CommentFormProps {
  readonly id: string;
  readonly replyTo?: string;
  readonly label: string;
  readonly button: string;
  readonly done?: () => void;
}

function CommentForm({ id, replyTo, label, button, done }: CommentFormProps) {
  const [make, error] = useChange();
  const field = useId();
  const [text, setText] = useState('');
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (!(await make('COMMENT', { publication: id, comment: text, replyTo }))) return;
    // What was written meanwhile is another comment.
    setText((now) => (now === text ? '' : now));
    done?.();
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <label htmlFor={field}>{label}</label>
      <textarea id={field} rows={3} value={text} onChange={(event) => setText(event.target.value)} />
      <Problem error={error} />
      <button type="submit">{button}</button>
    </form>
  );
}

/** Each with what answers it, or answers an answer to it, in the order of time. */
function threadsOf(comments: readonly Comment[]): readonly ThreadOf[] {
  const threads = new Map<string, [Comment, ...Comment[]]>();
  for (const comment of comments) {
    const thread = comment.replyTo === null ? undefined : threads.get(comment.replyTo);
    thread?.push(comment);
    threads.set(comment.id, thread ?? [comment]);
  }
  return [...new Set(threads.values())];
}
