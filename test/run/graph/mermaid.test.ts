import { expect, it } from 'vitest';
import { pipelineMermaid } from '../../../src/run/graph/mermaid.ts';
import { readGraph } from './changed-graph.ts';

it('draws the tasks of a pipeline and the datasets between them', async () => {
  expect(await readGraph('test/data/graphs/minipipe.qg', async ({ pipeline }) => pipelineMermaid(pipeline))).toBe(
    `flowchart TD
  classDef task fill:#b1f2ef,stroke:#000,color:#000
  classDef datasetType fill:#f5f5f5,stroke:#00babc,color:#000
  t0["calibrate<br/>instrument, detector, visit"]:::task
  t1["makeWarp<br/>instrument, skymap, tract, patch, visit"]:::task
  t2["coadd<br/>band, skymap, tract, patch"]:::task
  d0(["mini_bias<br/>instrument, detector"]):::datasetType
  d1(["mini_raw<br/>instrument, detector, visit"]):::datasetType
  d2(["mini_refcat<br/>htm7"]):::datasetType
  d4(["mini_src_schema<br/>no dimensions"]):::datasetType
  d7(["mini_calexp<br/>instrument, detector, visit"]):::datasetType
  d8(["mini_src<br/>instrument, detector, visit"]):::datasetType
  d13(["mini_warp<br/>instrument, skymap, tract, patch, visit"]):::datasetType
  d16(["mini_coadd<br/>band, skymap, tract, patch"]):::datasetType
  d17(["mini_coadd_cat<br/>band, skymap, tract, patch"]):::datasetType
  d1 --> t0
  d0 -.-> t0
  d2 -.-> t0
  t0 --> d7
  t0 --> d8
  t0 --> d4
  d7 --> t1
  t1 --> d13
  d13 --> t2
  t2 --> d17
  t2 --> d16
`,
  );
});

it('draws what a task reads of the metadata or the configuration of another, and what it reads before it runs', async () => {
  const text = await readGraph('test/data/graphs/dictionary.qg', async ({ pipeline }) => {
    const coadd = pipeline.tasks.get('coadd')!;
    const metadata = { datasetType: 'warp_metadata', component: null, storageClass: 'TaskMetadata' };
    const inputs = new Map([...coadd.inputs, ['metadata', metadata]]);
    return pipelineMermaid({ ...pipeline, tasks: new Map([...pipeline.tasks, ['coadd', { ...coadd, inputs }]]) });
  });
  const idOf = (name: string) => new RegExp(`(\\w+)\\(?\\["${name}<br/>`).exec(text)![1];
  expect(text).toContain(`  ${idOf('warp')} --> ${idOf('warp_metadata')}\n`);
  expect(text).toContain(`  ${idOf('warp_metadata')} --> ${idOf('coadd')}\n`);
  expect(text).toContain(`  ${idOf('source_schema')} --> ${idOf('warp')}\n`);
  expect(text).not.toContain('coadd_metadata');
});

it('lets no label of a task become part of the picture', async () => {
  const text = await readGraph('test/data/graphs/minipipe.qg', async ({ pipeline }) => {
    const [task] = pipeline.tasks.values();
    const label = 'x"]\n  click t0 "javascript:alert(1)" <script>';
    return pipelineMermaid({ ...pipeline, tasks: new Map([[label, { ...task!, label }]]) });
  });
  expect(text).toContain('t0["x#34;#93;#10;  click t0 #34;javascript#58;alert#40;1#41;#34; #60;script#62;<br/>');
  expect(text).not.toMatch(/click t0 "|<script/);
});
