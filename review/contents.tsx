/** What is published with a version: in numbers, on the sky, and dataset by dataset. */
import { useAnswer } from './answer.ts';
import { Datasets } from './datasets.tsx';
import { Problem } from './problem.tsx';
import type { Collection, ContentsAnswer, Diff, Manifest } from './publication.ts';
import { CONTENTS } from './queries.ts';
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
  if (error) return <Problem error={error} />;
  if (!data) return <p role="status">Asking what is in it …</p>;
  const { manifest = null, diff = null } = data.publication ?? {};
  return (
    <>
      {diff && <Changes diff={diff} />}
      {manifest === null ? (
        <p>{digest === null ? 'What is in it is being written down.' : 'What is in it is not shown to you.'}</p>
      ) : (
        <>
          <Numbers manifest={manifest} />
          <SkyPlot sky={manifest.sky} />
          <Collections collections={manifest.collections} />
          <Datasets id={id} version={version} manifest={manifest} />
        </>
      )}
    </>
  );
}

function Changes({ diff: { from, added, removed, changed, datasets, other } }: { readonly diff: Diff }) {
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

function Numbers({ manifest }: { readonly manifest: Manifest }) {
  const { datasetCount, bytes, sizes, datasetTypes, universe, officialRepositories } = manifest;
  const typeOf = new Map(datasetTypes.map((type) => [type['name'], type]));
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
        {sizes.map(({ datasetType, datasetCount: datasets, bytes: held }) => {
          const { dimensions = [], storageClass, isCalibration } = typeOf.get(datasetType) ?? {};
          return (
            <tr key={datasetType}>
              <th scope="row">{datasetType}</th>
              <td>{(dimensions as readonly string[]).join(', ')}</td>
              <td>
                {String(storageClass)}
                {isCalibration === true && ', calibration'}
              </td>
              <td className="number">{count(datasets)}</td>
              <td className="number">{size(held)}</td>
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
