/** Where on the sky the datasets of a manifest are: drawn, in words, and as a table. */
import { useId, useMemo } from 'react';
import type { Vector } from '../../src/butler/region/region.ts';
import type { Sky, SkyRegion } from '../publication.ts';
import { count, counted, dataIdWords, listed } from '../words.tsx';
import type { Chart } from './chart.ts';
import { chartsOf } from './charts.ts';
import { centerOf, outlineOf } from './outline.ts';
import { WideTable } from '../wide-table.tsx';

interface Placed {
  readonly region: SkyRegion;
  readonly outline: readonly Vector[];
}

const ROWS = 200;

export function SkyPlot({ sky }: { readonly sky: Sky }) {
  const heading = useId();
  const placed = useMemo(() => placedIn(sky), [sky]);
  return (
    <section aria-labelledby={heading}>
      <h2 id={heading}>On the sky</h2>
      {placed.length === 0 ? (
        <p>None of its datasets has a region on the sky.</p>
      ) : (
        <>
          <Maps sky={sky} placed={placed} />
          <Regions placed={placed} />
        </>
      )}
    </section>
  );
}

function Maps({ sky, placed }: { readonly sky: Sky; readonly placed: readonly Placed[] }) {
  const [main, ...parts] = useMemo(() => chartsOf(placed.map(({ outline }) => outline)), [placed]);
  if (!main) return null;
  return (
    <>
      <Map chart={main} placed={placed} words={inWords(sky, placed, main)} />
      <div className="parts">
        {parts.map((chart) => (
          <Map key={chart.name} chart={chart} placed={placed} words={partInWords(chart)} />
        ))}
      </div>
    </>
  );
}

interface MapProps {
  readonly chart: Chart;
  readonly placed: readonly Placed[];
  readonly words: string;
}

function Map({ chart, placed, words }: MapProps) {
  const id = useId();
  return (
    <figure>
      <svg viewBox={`0 0 ${chart.width} ${chart.height}`} role="img" aria-labelledby={`${id}-words`} className="sky">
        <clipPath id={`${id}-frame`}>
          <path d={chart.frame} />
        </clipPath>
        <path d={chart.frame} className="frame" />
        <g clipPath={`url(#${id}-frame)`}>
          {chart.lines.map((d, i) => (
            <path key={i} d={d} className="grid" />
          ))}
          {chart.regions.map(({ index, path }) => (
            <path key={index} d={path} className="region">
              <title>{wordsOf(placed[index]!.region)}</title>
            </path>
          ))}
        </g>
        {chart.labels.map(({ at: [x, y], text, anchor }) => (
          <text key={`${text} ${anchor}`} x={x} y={y} textAnchor={anchor}>
            {text}
          </text>
        ))}
        {chart.marks.map(({ at: [x, y], name }) => (
          <g key={name} className="mark">
            <circle cx={x} cy={y} r={7} />
            <text x={x + 11} y={y - 5}>
              {name}
            </text>
          </g>
        ))}
      </svg>
      <figcaption id={`${id}-words`}>{words}</figcaption>
    </figure>
  );
}

function Regions({ placed }: { readonly placed: readonly Placed[] }) {
  const shown = placed.slice(0, ROWS);
  return (
    <details>
      <summary>The same as a table</summary>
      <WideTable
        caption={shown.length < placed.length ? `The first ${ROWS} of ${count(placed.length)} regions` : 'Regions'}
        columns={['Region of', ['RA (°)'], ['Dec (°)'], ['Datasets']]}
      >
        {shown.map(({ region, outline }) => {
          const [ra, dec] = centerOf(outline);
          return (
            <tr key={`${region.element} ${dataIdWords(region.dataId)}`}>
              <th scope="row">{dataIdWords(region.dataId)}</th>
              <td className="number">{ra.toFixed(4)}</td>
              <td className="number">{dec.toFixed(4)}</td>
              <td className="number">{count(region.datasetCount)}</td>
            </tr>
          );
        })}
      </WideTable>
    </details>
  );
}

function placedIn({ regions }: Sky): readonly Placed[] {
  return regions.flatMap((region) => {
    const outline = region.regionPos === null ? null : outlineOf(region.regionPos);
    return outline === null ? [] : [{ region, outline }];
  });
}

function wordsOf({ dataId, datasetCount }: SkyRegion): string {
  return `${dataIdWords(dataId)}: ${counted(datasetCount, 'dataset')}`;
}

function inWords({ regions, regionCount, elsewhere }: Sky, placed: readonly Placed[], chart: Chart): string {
  const of = listed([...new Set(regions.map(({ element }) => element))]);
  const where = chart.kind === 'part' ? withinWords(chart) : 'on all the sky, in Mollweide’s projection';
  const shown = String(regionCount) === String(placed.length) ? '' : `, of which ${count(placed.length)} are drawn`;
  const others = String(elsewhere) === '0' ? '' : ` ${counted(elsewhere, 'dataset')} beside these without a region.`;
  return `${counted(regionCount, 'region')} of ${of}${shown}, ${where}. ICRS; east is left.${others}`;
}

function partInWords(chart: Chart): string {
  return `${chart.name}: ${counted(chart.regions.length, 'region')} ${withinWords(chart)}.`;
}

function withinWords({ center, radius }: Chart): string {
  const [ra, dec] = center.map((degrees) => degrees.toFixed(2).replace('-', '−'));
  return `within ${radius.toPrecision(2)}° of right ascension ${ra}°, declination ${dec}°`;
}
