import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CHECKOUT, stackFile } from '../../stack/checkout.ts';

/** What bob, who has no satellite, may see. */
const WHO = JSON.stringify({ query: '{ viewer { username } repositories { name } }' });

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'satellite-demo-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** Starts the demo and resolves with what it has printed once it invites to try it. */
async function startDemo(): Promise<{ demo: ReturnType<typeof spawn>; printed: string }> {
  const demo = spawn('node', [stackFile('demo.ts'), directory], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  for await (const chunk of demo.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    printed += String(chunk);
    if (printed.includes('Ctrl-C ends everything.')) break;
  }
  demo.stdout.resume();
  return { demo, printed };
}

/** The processes on this machine that were started with the demo's directory in their command line or as their place. */
async function processesOfDemo(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-eo', 'pid,args']);
  return stdout.split('\n').filter((line) => line.includes(directory));
}

test('the demo prints a curl line that finds official and own datasets as one, and commands that make a run of 84 quanta, and Ctrl-C ends every process', async () => {
  const { demo, printed } = await startDemo();
  try {
    const curl = /^ {2}curl [^]*?'$(?=\n\n)/m.exec(printed)?.[0] ?? '';
    const { stdout } = await promisify(execFile)('sh', ['-c', curl]);
    const answer = JSON.parse(stdout) as {
      data: { datasets: { totalCount: number; nodes: { repository: { name: string } }[] } };
    };
    expect(answer.data.datasets.totalCount).toBe(33);
    expect(new Set(answer.data.datasets.nodes.map(({ repository }) => repository.name))).toEqual(
      new Set(['alice', 'dp1']),
    );
    const asBob = curl.replace(/eyJ[\w.-]+/, /gt-[\w.-]+/.exec(printed)![0]).replace(/-d '.*'$/, `-d '${WHO}'`);
    const { stdout: bobs } = await promisify(execFile)('sh', ['-c', asBob]);
    expect(JSON.parse(bobs)).toEqual({
      data: { viewer: { username: 'bob' }, repositories: [{ name: 'dp1' }, { name: 'published' }] },
    });

    const shell = printed.slice(printed.indexOf('  export SATELLITE_URL'), printed.indexOf('  npx satellite run go'));
    const command = `node ${join(CHECKOUT, 'src/cli/main.ts')}`;
    const pasted =
      shell.trimEnd().replaceAll('npx satellite', command) +
      ` | sed -n 's/^Run \\([-0-9a-f]*\\) .*/\\1/p' | xargs ${command} run build`;
    const { stdout: built } = await promisify(execFile)('sh', ['-c', pasted]);
    expect(built).toContain('84 quanta');
    expect(await processesOfDemo()).not.toEqual([]);
  } finally {
    demo.kill('SIGINT');
    if (demo.exitCode === null) await once(demo, 'exit');
  }
  expect(demo.exitCode).toBe(0);
  // Those that are told to end are there for a moment longer.
  await expect.poll(processesOfDemo).toEqual([]);

  const addresses = [...printed.matchAll(/http:\/\/127\.0\.0\.1:\d+/g)].map(([address]) => address);
  for (const address of new Set(addresses)) await expect(fetch(address), address).rejects.toThrow('fetch failed');
}, 600_000);
