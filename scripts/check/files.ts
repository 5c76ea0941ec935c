// Checks what the house asks of every file: not too long, a name that says something, nothing of this machine.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const LONGEST = 400;
const CODE = /\.(ts|tsx|js|mjs|py|sh|graphql)$/;
/** Made by programs, from what is kept to the rules. */
const GENERATED = /^resolvers\/schema-types\.ts$/;
const VAGUE = /(^|\/)(utils?|utilities|helpers?|common|misc|shared|lib|stuff)(\.[^/]*)?(\/|$)/i;
const OF_THIS_MACHINE = /\/work\/(main|wt|shared)\b|\/root\/|\/home\/[a-z]/;

const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
  encoding: 'utf8',
});
const files = listed.split('\0').filter((file) => file !== '' && existsSync(file));
const complaints: string[] = [];
for (const file of files) {
  if (VAGUE.test(file)) complaints.push(`${file}: name it for what it holds`);
  if (!CODE.test(file) || GENERATED.test(file)) continue;
  const text = readFileSync(file, 'utf8');
  const lines = text.split('\n').length - 1;
  if (lines > LONGEST) complaints.push(`${file}: ${lines} lines; split it by idea (at most ${LONGEST})`);
  const path = OF_THIS_MACHINE.exec(text)?.[0];
  if (path !== undefined && !file.startsWith('scripts/check/')) {
    complaints.push(`${file}: holds a path of one machine ("${path}")`);
  }
}
if (readFileSync('package-lock.json', 'utf8').includes('"resolved"')) {
  complaints.push('package-lock.json: names a registry; install with the .npmrc of this checkout');
}
for (const complaint of complaints) console.error(complaint);
process.exitCode = complaints.length > 0 ? 1 : 0;
