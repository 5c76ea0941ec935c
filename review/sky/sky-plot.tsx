/** Where on the sky the datasets of a manifest are: drawn, in words, and as a table. */
import { useId, useMemo } from 'react';
import type { Vector } from '../../src/butler/region/region.ts';
import type { Sky, SkyRegion } from '../publication.ts';
import { count, counted, dataIdWords } from '../words.tsx';
import { chartOf, WIDTH, type Chart } from './chart.ts';
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
          <Figure sky={sky} placed={placed} />
          <Regions placed={placed} />
        </>
      )}
    </section>
  );
}

function Figure({ sky, placed }: { readonly sky: Sky; readonly placed: readonly Placed[] }) {
  const id = useId();
  const chart = useMemo(() => chartOf(placed.map(({ outline }) => outline)), [placed]);
  return (
    <figure>
      <svg viewBox={`0 0 ${WIDTH} ${chart.height}`} role="img" aria-labelledby={`${id}-words`} className="sky">
        <clipPath id={`${id}-frame`}>
          <path d={chart.frame} />
        </clipPath>
        <path d={chart.frame} className="frame" />
        <g clipPath={`url(#${id}-frame)`}>
          {chart.lines.map((d, i) => (
            <path key={i} d={d} className="grid" />
          ))}
          {chart.regions.map((d, i) => (
            <path key={i} d={d} className="region">
              <title>{wordsOf(placed[i]!.region)}</title>
            </path>
          ))}
        </g>
        {chart.labels.map(({ at: [x, y], text, anchor }) => (
          <text key={`${text} ${anchor}`} x={x} y={y} textAnchor={anchor}>
            {text}
          </text>
        ))}
      </svg>
      <figcaption id={`${id}-words`}>{inWords(sky, placed, chart)}</figcaption>
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
  const [ra, dec] = chart.center.map((degrees) => degrees.toFixed(2));
  const of = [...new Set(regions.map(({ element }) => element))].join(' and ');
  const where =
    chart.kind === 'part'
      ? `all within ${chart.radius.toPrecision(2)}° of right ascension ${ra}°, declination ${dec}° (ICRS)`
      : 'over the sky, in Mollweide’s projection';
  const shown = String(regionCount) === String(placed.length) ? '' : `, of which ${count(placed.length)} are drawn`;
  const others = String(elsewhere) === '0' ? '' : ` ${counted(elsewhere, 'dataset')} beside these have no region.`;
  return `${counted(regionCount, 'region')} of ${of}${shown}, ${where}. East is left.${others}`;
}
