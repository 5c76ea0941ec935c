import type { ReactNode } from 'react';
import type { Publication } from './publication.ts';
import { count, listed, stateWords, Time } from './words.tsx';

/** Who, where and when. */
export function Facts({ publication }: { readonly publication: Publication }) {
  const { id, owner, group, satellite, repository, readers, licence, digest, generation } = publication;
  const { submittedAt, changedAt, claimedBy, claimedUntil, approvedBy, version, versions } = publication;
  return (
    <section className="panel" aria-labelledby="facts">
      <h2 id="facts">About it</h2>
      <dl>
        <Fact name="Owner">{group === null ? owner : `${owner}, and the group ${group}`}</Fact>
        <Fact name="Published in">{repository}</Fact>
        <Fact name="Comes from">{satellite}</Fact>
        <Fact name="Readers">{readersWords(readers)}</Fact>
        <Fact name="Licence">{licence}</Fact>
        <Fact name="Submitted">{submittedAt && <Time at={submittedAt} />}</Fact>
        <Fact name="State changed">
          <Time at={changedAt} />
        </Fact>
        <Fact name="Reviewer">
          {claimedBy && (
            <>
              {claimedBy}
              {claimedUntil && (
                <>
                  , until <Time at={claimedUntil} />
                </>
              )}
            </>
          )}
        </Fact>
        <Fact name="Approved by">{approvedBy}</Fact>
        <Fact name="Generation">{generation === null ? null : count(generation)}</Fact>
        <Fact name="Digest">{digest && <code className="digest">{digest}</code>}</Fact>
        <Fact name="Identifier">
          <code>{id}</code>
        </Fact>
        <Fact name="Versions">
          <ul className="versions">
            {versions.map((one) => (
              <li key={one.version}>
                <a
                  href={one === versions[0] ? `./${id}` : `./${id}?version=${one.version}`}
                  aria-current={one.version === version ? 'page' : undefined}
                >
                  {one.version}
                </a>{' '}
                {stateWords(one.state)}
              </li>
            ))}
          </ul>
        </Fact>
      </dl>
    </section>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  if (children === null || children === undefined) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function readersWords({ allUsers, groups, users }: Publication['readers']): string {
  if (allUsers) return 'All users';
  const named = [...users, ...groups.map((name) => `the group ${name}`)];
  return named.length === 0 ? 'Nobody beside its owner' : listed(named);
}
