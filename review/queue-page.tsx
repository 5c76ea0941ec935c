/** The publications that somebody may see, by what changed last: for reviewers, what waits for them. */
import { useEffect, useId, type FormEvent } from 'react';
import { go } from './address.ts';
import { useAnswer } from './answer.ts';
import { Problem } from './problem.tsx';
import type { Listed, QueueAnswer, State } from './publication.ts';
import { QUEUE } from './queries.ts';
import { useSession } from './session.tsx';
import { Title } from './title.tsx';
import { count, StateBadge, STATES, stateWords, Time } from './words.tsx';

const PAGE = 25;
const SHOWN = { all: 'Everything that I may see', review: 'Waiting for my review', mine: 'Submitted by me' } as const;

export function QueuePage({ search }: { readonly search: URLSearchParams }) {
  const { viewer } = useSession();
  const show = search.get('show') ?? 'all';
  const state = search.get('state') ?? '';
  const { data, error, isAsking, again } = useAnswer<QueueAnswer>(QUEUE, {
    toReview: show === 'review',
    owner: show === 'mine' ? viewer.username : undefined,
    states: state === '' ? undefined : [state],
    repository: search.get('repository') ?? undefined,
    after: search.get('after') ?? undefined,
    first: PAGE,
  });
  useEffect(() => {
    // Whoever comes back from elsewhere sees what is there now.
    addEventListener('focus', again);
    return () => removeEventListener('focus', again);
  });
  const { nodes = [], pageInfo } = data?.publications ?? {};
  return (
    <>
      <Title text="Publications" />
      <Filters search={search} again={again} />
      <Problem error={error} />
      <p role="status" className="note">
        {isAsking ? 'Asking …' : error ? '' : told(nodes.length, pageInfo?.hasNextPage ?? false)}
      </p>
      {nodes.length > 0 && <Publications nodes={nodes} />}
      <nav aria-label="Pages" className="pages">
        {search.has('after') && <a href={addressOf(search, null)}>First page</a>}
        {pageInfo?.hasNextPage && <a href={addressOf(search, pageInfo.endCursor)}>Next page</a>}
      </nav>
    </>
  );
}

function Filters({ search, again }: { readonly search: URLSearchParams; readonly again: () => void }) {
  const { published } = useSession();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const wanted = [...new FormData(event.currentTarget)].flatMap(([name, value]) =>
      typeof value === 'string' && value !== '' && value !== 'all' ? [[name, value]] : [],
    );
    const to = new URLSearchParams(wanted).toString();
    if (to === search.toString()) again();
    else go(`./?${to}`);
  };
  return (
    <form className="filters" onSubmit={submit} key={search.toString()} aria-label="Which publications">
      <Choice name="show" label="Show" value={search.get('show')} options={Object.entries(SHOWN)} />
      <Choice
        name="state"
        label="State"
        value={search.get('state')}
        options={[
          ['', 'Any'],
          ...Object.keys(STATES).map((state): [string, string] => [state, stateWords(state as State)]),
        ]}
      />
      {published.length > 1 && (
        <Choice
          name="repository"
          label="Repository"
          value={search.get('repository')}
          options={[['', 'Any'], ...published.map((name): [string, string] => [name, name])]}
        />
      )}
      <button type="submit">Show</button>
    </form>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly value: string | null;
  readonly options: readonly (readonly [value: string, words: string])[];
}

function Choice({ name, label, value, options }: ChoiceProps) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id}>{label}</label>
      <select id={id} name={name} defaultValue={value ?? options[0]![0]}>
        {options.map(([option, words]) => (
          <option key={option} value={option}>
            {words}
          </option>
        ))}
      </select>
    </div>
  );
}

function Publications({ nodes }: { readonly nodes: readonly Listed[] }) {
  return (
    <table className="cards">
      <caption className="heard">Publications, what changed last first</caption>
      <thead>
        <tr>
          <th scope="col">Title</th>
          <th scope="col">State</th>
          <th scope="col">Version</th>
          <th scope="col">Owner</th>
          <th scope="col">Repository</th>
          <th scope="col">Reviewer</th>
          <th scope="col">Changed</th>
        </tr>
      </thead>
      <tbody>
        {nodes.map(({ id, title, state, version, owner, group, repository, claimedBy, changedAt }) => (
          <tr key={id}>
            <th scope="row">
              <a href={`./${id}`}>{title}</a>
            </th>
            <td data-label="State">
              <StateBadge state={state} />
            </td>
            <td data-label="Version">{version}</td>
            <td data-label="Owner">{group === null ? owner : `${owner} (${group})`}</td>
            <td data-label="Repository">{repository}</td>
            <td data-label="Reviewer">{claimedBy ?? '–'}</td>
            <td data-label="Changed">
              <Time at={changedAt} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function told(found: number, isMore: boolean): string {
  if (found === 0) return 'There are none.';
  return `${count(found)} publication${found === 1 ? '' : 's'}${isMore ? ', and more on the next page' : ''}.`;
}

function addressOf(search: URLSearchParams, after: string | null): string {
  const to = new URLSearchParams(search);
  to.delete('after');
  if (after !== null) to.set('after', after);
  return `./?${to.toString()}`;
}
