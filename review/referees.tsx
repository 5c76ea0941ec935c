import { useId, useState, type FormEvent } from 'react';
import { useAnswer } from './answer.ts';
import { useChange } from './change.ts';
import { Problem } from './problem.tsx';
import type { Publication, RefereeLink, RefereesAnswer } from './publication.ts';
import { REFEREES } from './queries.ts';
import { useSession } from './session.tsx';
import { Time } from './words.tsx';

/** For its owners: links by which referees read one version, and do not learn whose it is. */
export function Referees({ publication }: { readonly publication: Publication }) {
  const { viewer } = useSession();
  const { id, version, owner, group } = publication;
  const isOwned = group === null ? owner === viewer.username : viewer.groups.includes(group);
  return isOwned ? <Links key={version} id={id} version={version} /> : null;
}

interface LinksProps {
  readonly id: string;
  readonly version: number;
}

function Links({ id, version }: LinksProps) {
  const { data, error, again } = useAnswer<RefereesAnswer>(REFEREES, { id, version });
  const links = data?.publication?.refereeLinks ?? [];
  return (
    <section className="panel" aria-labelledby="referees">
      <h2 id="referees">Referees</h2>
      <p className="note">
        Whoever has a link and can sign in reads version {version}, and does not learn whose it is. It ends in 30 days.
      </p>
      <Problem error={error} />
      <ul className="links">
        {links.map((link) => (
          <Link key={link.id} link={link} done={again} />
        ))}
      </ul>
      <NewLink id={id} version={version} done={again} />
    </section>
  );
}

function Link({ link, done }: { readonly link: RefereeLink; readonly done: () => void }) {
  const { id, note, createdBy, createdAt, expiresAt, revokedAt } = link;
  const [make, error] = useChange();
  const isOver = revokedAt !== null || Date.parse(expiresAt) <= Date.now();
  const revoke = async () => {
    if (await make('REVOKE_LINK', { link: id })) done();
  };
  return (
    <li>
      <span>{note ?? 'Without a note'}</span>{' '}
      <span className="note">
        made by {createdBy}, <Time at={createdAt} />; {isOver ? 'ended' : 'ends'} <Time at={revokedAt ?? expiresAt} />
      </span>{' '}
      {!isOver && (
        <button type="button" className="plain" onClick={() => void revoke()}>
          Revoke<span className="heard"> the link {note ?? 'without a note'}</span>
        </button>
      )}
      <Problem error={error} />
    </li>
  );
}

function NewLink({ id, version, done }: LinksProps & { readonly done: () => void }) {
  const [make, error] = useChange();
  const field = useId();
  const [note, setNote] = useState('');
  /** Null: it was made, and its answer with what opens it was lost. */
  const [secret, setSecret] = useState<string | null>();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const made = await make<{ readonly secret: string | null }>('CREATE_LINK', {
      ...{ publication: id, version },
      note: note.trim() || null,
    });
    if (!made) return;
    setSecret(made.secret);
    setNote('');
    done();
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <label htmlFor={field}>Note, such as whom it is for</label>
      <input id={field} value={note} onChange={(event) => setNote(event.target.value)} />
      <Problem error={error} />
      <button type="submit">Make a link</button>
      <div role="status">
        {secret === null && <p>It was made, but what opens it was lost: revoke it, and make another one.</p>}
        {typeof secret === 'string' && (
          <p>
            Send this to the referee, and keep it from others; it is not shown again:{' '}
            <code className="digest">{secret}</code>
          </p>
        )}
      </div>
    </form>
  );
}
