/** A pipeline as a picture: text of Mermaid, which notebooks, GitHub and many pages draw. */
import type { DimensionGroup } from '../../butler/dimension-group.ts';
import type { Connection, PipelineGraph } from './pipeline-graph.ts';

/**
 * Tasks and the dataset types between them, from above to below; prerequisites hang on dotted lines.  Logs, metadata and
 * configurations, which every task has, are left out unless another task reads them.
 */
export function pipelineMermaid({ tasks, datasetTypes }: PipelineGraph): string {
  const lines = [
    'flowchart TD',
    '  classDef task fill:#b1f2ef,stroke:#000,color:#000',
    '  classDef datasetType fill:#f5f5f5,stroke:#00babc,color:#000',
  ];
  const taskIds = new Map([...tasks.keys()].map((label, i) => [label, `t${i}`]));
  const typeIds = new Map([...datasetTypes.keys()].map((name, i) => [name, `d${i}`]));
  const edges = new Set<string>();
  const drawn = new Set<string>();
  const add = (
    label: string,
    connections: ReadonlyMap<string, Connection>,
    edge: (task: string, type: string) => string,
  ) => {
    for (const { datasetType } of connections.values()) {
      drawn.add(datasetType);
      edges.add(edge(taskIds.get(label)!, typeIds.get(datasetType)!));
    }
  };
  for (const { label, inputs, prerequisites, initInputs, outputs, initOutputs } of tasks.values()) {
    add(label, new Map([...inputs, ...initInputs]), (task, type) => `${type} --> ${task}`);
    add(label, prerequisites, (task, type) => `${type} -.-> ${task}`);
    add(label, ownOf(outputs), (task, type) => `${task} --> ${type}`);
    add(label, ownOf(initOutputs), (task, type) => `${task} --> ${type}`);
  }
  // What is left out of a task's outputs is shown where another task reads it.
  for (const { label, outputs, initOutputs } of tasks.values()) {
    for (const { datasetType } of [...outputs.values(), ...initOutputs.values()]) {
      if (drawn.has(datasetType)) edges.add(`${taskIds.get(label)} --> ${typeIds.get(datasetType)}`);
    }
  }
  for (const { label, dimensions } of tasks.values()) {
    lines.push(`  ${taskIds.get(label)}["${text(label, dimensions)}"]:::task`);
  }
  for (const { name, dimensions } of datasetTypes.values()) {
    if (drawn.has(name)) lines.push(`  ${typeIds.get(name)}(["${text(name, dimensions)}"]):::datasetType`);
  }
  return [...lines, ...[...edges].map((edge) => `  ${edge}`), ''].join('\n');
}

/** Without those that every task has. */
function ownOf(connections: ReadonlyMap<string, Connection>): ReadonlyMap<string, Connection> {
  return new Map([...connections].filter(([name]) => !name.startsWith('_')));
}

function text(name: string, dimensions: DimensionGroup): string {
  const required = dimensions.required.join(', ');
  return `${escaped(name)}<br/>${required === '' ? 'no dimensions' : escaped(required)}`;
}

/** As Mermaid wants what could be taken for its own signs; the label of a task may be any text. */
function escaped(name: string): string {
  return name.replace(/[^\p{L}\p{N}_ ,.-]/gu, (sign) => `#${sign.codePointAt(0)};`);
}
