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
import { useSession } from './session.tsx';
import { Title } from './title.tsx';
import { StateBadge, STATES } from './words.tsx';

interface PublicationPageProps {
  readonly id: string;
  /** Undefined: the latest. */
  readonly version: number | undefined;
}

export function PublicationPage({ id, version }: PublicationPageProps) {
  const { viewer } = useSession();
  const asked = useAnswer<{ readonly publication: Publication | null }>(PUBLICATION, { id, version });
  const live = useUpdates(id, asked.data);
  const publication = shownOf(asked.data?.publication, live.publication);
  if (asked.error) return <Absent title="Not shown" error={asked.error} />;
  if (publication === undefined) return <p role="status">Asking …</p>;
  if (publication === null) {
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
  const newer =
    live.publication && live.publication.version > publication.version ? live.publication.version : undefined;
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
        <StateBadge state={publication.state} /> {STATES[publication.state].means}
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
      {live.isBroken && <p className="notice">What happens to it is not told at the moment; trying again.</p>}
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

/** What the subscription told since the last answer, and whether it tells nothing at the moment. */
function useUpdates(id: string, answer: { readonly publication: Publication | null } | undefined) {
  const { gateway } = useSession();
  const [publication, setPublication] = useState<Publication>();
  const [isBroken, setIsBroken] = useState(false);
  const isThere = Boolean(answer?.publication);
  useEffect(() => setPublication(undefined), [answer]);
  useEffect(() => {
    if (!isThere) return;
    return gateway.watch<{ readonly publicationUpdates: Publication }>(UPDATES, { id }, (data) => {
      setIsBroken(data === null);
      if (data) setPublication(data.publicationUpdates);
    });
  }, [gateway, id, isThere]);
  return { publication, isBroken };
}

/** Another version never takes the place of the one that somebody looks at. */
function shownOf(
  answer: Publication | null | undefined,
  told: Publication | undefined,
): Publication | null | undefined {
  return answer && told?.version === answer.version ? told : answer;
}
