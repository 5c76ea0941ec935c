/** One publication: what it is, what is in it, what was said, and what one may do about it. */
import { useEffect, useState } from 'react';
import { useAnswer } from './answer.ts';
import { Checks } from './checks.tsx';
import { Comments } from './comments.tsx';
import { Contents } from './contents.tsx';
import { Decision } from './decision.tsx';
import { Facts } from './facts.tsx';
import { Problem } from './problem.tsx';
import type { Publication } from './publication.ts';
import { PUBLICATION, UPDATES } from './queries.ts';
import { Referees } from './referees.tsx';
import { useSession } from './session.tsx';
import { shownOf } from './shown.ts';
import { Title } from './title.tsx';
import { StateBadge, wordsOfState } from './words.tsx';

interface PublicationPageProps {
  readonly id: string;
  /** Undefined: the latest. */
  readonly version: number | undefined;
}

export function PublicationPage({ id, version }: PublicationPageProps) {
  const { viewer } = useSession();
  const asked = useAnswer<{ readonly publication: Publication | null }>(PUBLICATION, { id, version });
  const answer = asked.data?.publication;
  const live = useUpdates(id, Boolean(answer), asked.again);
  if (asked.error) return <Absent title="Not shown" error={asked.error} />;
  if (answer === undefined) return <p role="status">Asking …</p>;
  if (answer === null) {
    return (
      <>
        <Title text="No such publication" />
        <p>
          The publication <code>{id}</code> does not exist, or is not shared with you (signed in as {viewer.username}).
        </p>
        <p>
          <a href="./">All publications</a>
        </p>
      </>
    );
  }
  const { publication, newer } = shownOf(answer, live.told);
  return (
    <article className="publication">
      <nav aria-label="Where this is">
        <a href="./">All publications</a>
      </nav>
      <Title text={publication.title} />
      <p className="note">
        Version {publication.version}, of {publication.owner}
        {publication.group !== null && ` and the group ${publication.group}`}, for the repository{' '}
        {publication.repository}
      </p>
      <p className="state" role="status">
        <StateBadge state={publication.state} /> {wordsOfState(publication.state).means}
        {publication.reason !== null && <span className="reason">{publication.reason}</span>}
      </p>
      {newer !== undefined && version === undefined && (
        <p className="notice" role="alert">
          Version {newer} has been submitted meanwhile; this is version {publication.version}.{' '}
          <button type="button" onClick={asked.again}>
            Show version {newer}
          </button>
        </p>
      )}
      {live.silence !== undefined && <p className="notice">{live.silence}</p>}
      {publication.job?.error && !['PUBLISHED', 'WITHDRAWN'].includes(publication.state) && (
        <p className="notice">Its work says: {publication.job.error.message}</p>
      )}
      <div className="columns">
        <div>
          {publication.description !== null && <p className="description">{publication.description}</p>}
          <Checks checks={publication.checks} />
          <Contents key={publication.digest} id={id} version={publication.version} digest={publication.digest} />
        </div>
        <aside aria-label="About it">
          <Decision publication={publication} done={asked.again} />
          <Facts publication={publication} />
          <Referees publication={publication} />
        </aside>
      </div>
      <Comments publication={publication} />
    </article>
  );
}

function Absent({ title, error }: { readonly title: string; readonly error: Parameters<typeof Problem>[0]['error'] }) {
  return (
    <>
      <Title text={title} />
      <Problem error={error} />
    </>
  );
}

/**
 * What the subscription told last of each version, and why it tells nothing at the moment.
 * @param askAgain where one may not watch it any more
 */
function useUpdates(id: string, isThere: boolean, askAgain: () => void) {
  const { gateway, ended } = useSession();
  const [told, setTold] = useState<ReadonlyMap<number, Publication>>(new Map());
  const [silence, setSilence] = useState<string>();
  useEffect(() => {
    if (!isThere) return;
    return gateway.watch<{ readonly publicationUpdates: Publication }>(
      UPDATES,
      { id },
      {
        told: (data) => {
          setSilence(data === null ? 'What happens to it is not told at the moment; trying again.' : undefined);
          if (!data) return;
          const { publicationUpdates: publication } = data;
          setTold((before) => new Map(before).set(publication.version, publication));
        },
        refused: (error) => {
          if (error.code === 'UNAUTHENTICATED') return ended(error);
          setSilence(`What happens to it is not told any more: ${error.message}`);
          askAgain();
        },
      },
    );
  }, [gateway, ended, id, isThere, askAgain]);
  return { told, silence };
}
