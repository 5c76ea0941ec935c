import { useState } from 'react';
import { useAnswer } from './answer.ts';
import { Problem } from './problem.tsx';
import type { Dataset, DatasetsAnswer, JsonObject, Manifest, Whole } from './publication.ts';
import { DATASETS } from './queries.ts';
import { count, dataIdWords, size } from './words.tsx';
import { WideTable } from './wide-table.tsx';

const PAGE = 25;

interface DatasetsProps {
  readonly id: string;
  readonly version: number;
  readonly manifest: Pick<Manifest, 'datasetCount' | 'datasetTypes'>;
}

/** Every dataset with its files, page by page. */
export function Datasets({ id, version, manifest: { datasetCount, datasetTypes } }: DatasetsProps) {
  const dimensions = new Map(datasetTypes.map((type) => [type['name'], type['dimensions'] as readonly string[]]));
  /** Where the pages begin that were looked at; the last is the one that is shown. */
  const [starts, setStarts] = useState<readonly (string | undefined)[]>([undefined]);
  const { data, error, isAsking } = useAnswer<DatasetsAnswer>(DATASETS, {
    ...{ id, version },
    first: PAGE,
    after: starts.at(-1),
  });
  const { nodes = [], pageInfo } = data?.publication?.manifest?.datasets ?? {};
  const first = (starts.length - 1) * PAGE;
  return (
    <section aria-labelledby="datasets">
      <h2 id="datasets">Datasets</h2>
      <Problem error={error} />
      <p role="status" className="note">
        {isAsking
          ? 'Asking …'
          : nodes.length > 0 && `${count(first + 1)} to ${count(first + nodes.length)} of ${count(datasetCount)}`}
      </p>
      <WideTable caption="Datasets" columns={['Data ID', 'Dataset type', ['Size'], 'SHA-256']} isBusy={isAsking}>
        {nodes.map((dataset) => (
          <Row key={dataset.uuid} dataset={dataset} order={dimensions.get(dataset.datasetType)} />
        ))}
      </WideTable>
      <p className="pages">
        <button type="button" disabled={starts.length === 1} onClick={() => setStarts(starts.slice(0, -1))}>
          Previous datasets
        </button>
        <button
          type="button"
          disabled={!pageInfo?.hasNextPage}
          onClick={() => setStarts([...starts, pageInfo?.endCursor ?? undefined])}
        >
          Next datasets
        </button>
      </p>
    </section>
  );
}

interface RowProps {
  readonly dataset: Dataset;
  /** Of its dimensions. */
  readonly order: readonly string[] | undefined;
}

function Row({ dataset: { uuid, datasetType, run, dataId, files }, order }: RowProps) {
  const bytes = files.reduce((sum, file) => sum + BigInt(file['size'] as Whole), 0n);
  return (
    <tr>
      <th scope="row">
        <details>
          <summary>{dataIdWords(dataId, order)}</summary>
          <dl>
            <dt>UUID</dt>
            <dd>
              <code>{uuid}</code>
            </dd>
            <dt>RUN</dt>
            <dd>{run}</dd>
            {files.map((file) => (
              <File key={String(file['component'])} file={file} />
            ))}
          </dl>
        </details>
      </th>
      <td>{datasetType}</td>
      <td className="number">{files.length === 0 ? 'registered only' : size(String(bytes))}</td>
      <td>{files.length === 1 ? <code>{String(files[0]!['sha256']).slice(0, 12)}…</code> : `${files.length} files`}</td>
    </tr>
  );
}

function File({ file: { fileName, size: bytes, sha256, component, formatter } }: { readonly file: JsonObject }) {
  return (
    <>
      <dt>File{typeof component === 'string' && ` of the component ${component}`}</dt>
      <dd>
        {String(fileName)}, {size(bytes as Whole)}, read by <code>{String(formatter)}</code>
      </dd>
      <dt>Its SHA-256</dt>
      <dd>
        <code>{String(sha256)}</code>
      </dd>
    </>
  );
}
