/** What is published with a version: in numbers, on the sky, and dataset by dataset. */
import { useAnswer } from './answer.ts';
import { Datasets } from './datasets.tsx';
import { Problem } from './problem.tsx';
import type {
  Collection,
  ContentsAnswer,
  DatasetTypeSize,
  DiffAnswer,
  Manifest,
  SummaryAnswer,
} from './publication.ts';
import { CONTENTS, DIFF, SUMMARY } from './queries.ts';
import { SkyPlot } from './sky/sky-plot.tsx';
import { count, counted, listed, size } from './words.tsx';
import { WideTable } from './wide-table.tsx';

interface ContentsProps {
  readonly id: string;
  readonly version: number;
  /** Null while the manifest is being made. */
  readonly digest: string | null;
}

export function Contents({ id, version, digest }: ContentsProps) {
  const { data, error } = useAnswer<ContentsAnswer>(CONTENTS, { id, version });
  const manifest = data?.publication?.manifest;
  return (
    <>
      <Changes id={id} version={version} />
      <Problem error={error} />
      {!data && !error && <p role="status">Asking what is in it …</p>}
      {data && !manifest && (
        <p>{digest === null ? 'What is in it is being written down.' : 'What is in it is not shown to you.'}</p>
      )}
      {manifest && <Shown id={id} version={version} manifest={manifest} />}
    </>
  );
}

interface ShownProps extends Pick<ContentsProps, 'id' | 'version'> {
  readonly manifest: Manifest;
}

function Shown({ id, version, manifest }: ShownProps) {
  const { data, error, again } = useAnswer<SummaryAnswer>(SUMMARY, { id, version });
  const summary = data?.publication?.manifest;
  return (
    <>
      <Numbers manifest={manifest} sizes={summary?.sizes ?? []} />
      {!data && !error && <p role="status">Asking how much that is, and where on the sky …</p>}
      <Problem error={error} />
      {error && (
        <button type="button" onClick={again}>
          Ask again
        </button>
      )}
      {summary && <SkyPlot sky={summary.sky} />}
      <Collections collections={manifest.collections} />
      <Datasets id={id} version={version} manifest={manifest} />
    </>
  );
}

function Changes({ id, version }: Pick<ContentsProps, 'id' | 'version'>) {
  const { data, error } = useAnswer<DiffAnswer>(DIFF, { id, version });
  const diff = data?.publication?.diff;
  if (!diff) return <Problem error={error} />;
  const { from, added, removed, changed, datasets, other } = diff;
  return (
    <section aria-labelledby="changes">
      <h2 id="changes">Changes since version {from}</h2>
      <ul>
        <li>
          {count(added)} added, {count(removed)} removed and {count(changed)} changed of its datasets
        </li>
        {other.map((words) => (
          <li key={words}>{words}</li>
        ))}
      </ul>
      {datasets.length > 0 && (
        <details>
          <summary>{datasets.length < 100 ? 'These datasets' : 'The first hundred of these datasets'}</summary>
          <ul className="uuids">
            {datasets.map(({ uuid, change }) => (
              <li key={String(uuid)}>
                {String(change).toLowerCase()} <code>{String(uuid)}</code>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  );
}

interface NumbersProps {
  readonly manifest: Manifest;
  /** Of each dataset type; empty as long as nobody knows. */
  readonly sizes: readonly DatasetTypeSize[];
}

function Numbers({ manifest, sizes }: NumbersProps) {
  const { datasetCount, bytes, datasetTypes, universe, officialRepositories } = manifest;
  const sizeOf = new Map<unknown, DatasetTypeSize>(sizes.map((held) => [held.datasetType, held]));
  return (
    <section aria-labelledby="contents">
      <h2 id="contents">Contents</h2>
      <p>
        {counted(datasetCount, 'dataset')}, {size(bytes)}; dimension universe {universe.namespace} {universe.version}.
        {officialRepositories.length > 0 && ` Made from official data of ${listed(officialRepositories)}.`}
      </p>
      <WideTable
        caption="Dataset types"
        columns={['Dataset type', 'Dimensions', 'Storage class', ['Datasets'], ['Size']]}
      >
        {datasetTypes.map(({ name, dimensions, storageClass, isCalibration }) => {
          const held = sizeOf.get(name);
          return (
            <tr key={String(name)}>
              <th scope="row">{String(name)}</th>
              <td>{(dimensions as readonly string[]).join(', ')}</td>
              <td>
                {String(storageClass)}
                {isCalibration === true && ', calibration'}
              </td>
              <td className="number">{held ? count(held.datasetCount) : '…'}</td>
              <td className="number">{held ? size(held.bytes) : '…'}</td>
            </tr>
          );
        })}
      </WideTable>
    </section>
  );
}

function Collections({ collections }: { readonly collections: readonly Collection[] }) {
  return (
    <section aria-labelledby="collections">
      <h2 id="collections">Collections</h2>
      <WideTable caption="Collections" columns={['Name', 'Type', 'Holds']}>
        {collections.map(({ name, type, doc, children, isOfficial }) => (
          <tr key={name}>
            <th scope="row">
              {name}
              {doc !== null && <p className="note">{doc}</p>}
            </th>
            <td>{type}</td>
            <td>{isOfficial ? 'official data, which stays where it is' : children.join(', ')}</td>
          </tr>
        ))}
      </WideTable>
    </section>
  );
}
