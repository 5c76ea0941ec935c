/** The YAML that `bps submit` takes for a graph of ours. */
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import type { Json } from '../../jobs/job.ts';

export interface BpsConfigOptions {
  /** Of the environment that has `bps` and `pipetask`. */
  readonly python: string;
  /** A `.qg` file that says where its inputs are. */
  readonly graph: string;
  readonly butlerConfig: string;
  readonly output: string;
  readonly outputRun: string;
  /** Directory in which `bps` keeps what it makes. */
  readonly submit: string;
  /** Cores of this machine that may be used, where nothing else is said. */
  readonly cores: number;
  /**
   * What the operator sets of BPS's own: `wmsServiceClass`, `computeSite`, `site`, `clusterAlgorithm`, memory of tasks.
   * @default Parsl on this machine, a job a quantum
   */
  readonly settings: Readonly<Record<string, Json>>;
}

export function bpsConfig(options: BpsConfigOptions): string {
  const { graph, butlerConfig, output, outputRun, submit, cores, settings } = options;
  const pipetask = join(dirname(options.python), 'pipetask');
  return stringify({
    wmsServiceClass: 'lsst.ctrl.bps.parsl.ParslService',
    computeSite: 'local',
    site: { local: { class: 'lsst.ctrl.bps.parsl.sites.Local', cores } },
    project: 'satellite',
    campaign: 'satellite',
    ...settings,
    qgraphFile: graph,
    payload: { payloadName: 'run', butlerConfig, output, outputRun },
    submitPath: submit,
    pipetask: {
      pipetaskInit: {
        runQuantumCommand: `${pipetask} {initPreCmdOpts} pre-exec-init-qbb {butlerConfig} {fileDistributionEndPoint}{qgraphFile}`,
      },
      ...(settings['pipetask'] as object | undefined),
    },
    runQuantumCommand: `${pipetask} {runPreCmdOpts} run-qbb {butlerConfig} {fileDistributionEndPoint}{qgraphFile} --qgraph-node-id {qgraphNodeId}`,
    // The graph has its run, and its datasets keep their UUIDs.
    updateQuantumGraph: 'cp {inputQgraphFile} {qgraphFile}',
    // Outputs are brought home by us.
    finalJob: { whenRun: 'NEVER' },
  });
}
