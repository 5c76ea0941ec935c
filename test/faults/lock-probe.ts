/** Says which of these can lock a database while another process of the first one's machine has it locked: `lock-probe.ts MACHINE...` */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { networkFileSystem } from '../../src/state/network-file-system.ts';
import type { Machine } from './two-machines.ts';

const [first, ...others] = process.argv.slice(2);
const { root } = JSON.parse(first!) as Machine;
const database = new Database(join(root, 'probe.sqlite3'), { timeout: 0 });
if (others.length === 0) {
  database.exec('BEGIN IMMEDIATE');
} else {
  database.exec('CREATE TABLE IF NOT EXISTS t (a); BEGIN IMMEDIATE');
  const locked = others.map((machine) => {
    const env = { ...process.env, ...(JSON.parse(machine) as Machine).environment };
    return spawnSync(process.execPath, [import.meta.filename, machine], { env }).status === 0;
  });
  console.log(JSON.stringify({ locked, fileSystem: await networkFileSystem(root) }));
}
database.close();
