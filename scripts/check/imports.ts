// Checks the direction of imports (.dependency-cruiser.js).
import { existsSync } from 'node:fs';
import { type ICruiseResult, cruise } from 'dependency-cruiser';
import extractConfiguration from 'dependency-cruiser/config-utl/extract-depcruise-config';
import extractTypeScriptConfiguration from 'dependency-cruiser/config-utl/extract-ts-config';

const { forbidden = [], options = {} } = await extractConfiguration('./.dependency-cruiser.js');
const { output } = await cruise(
  ['src', 'resolvers'].filter((directory) => existsSync(directory)),
  { ...options, validate: true, ruleSet: { forbidden } },
  undefined,
  { tsConfig: extractTypeScriptConfiguration('tsconfig.json') },
);
const { summary } = output as ICruiseResult;
for (const { rule, from, to, cycle } of summary.violations) {
  const comment = forbidden.find(({ name }) => name === rule.name)?.comment;
  const path = cycle ? cycle.map(({ name }) => name).join(' -> ') : to;
  console.error(`${rule.name}: ${from} -> ${path}${comment ? `\n  ${comment}` : ''}`);
}
// With a TypeScript that it does not understand the tool sees nothing, and finds nothing wrong.
if (summary.totalCruised === 0) console.error('No module was seen: dependency-cruiser cannot read this TypeScript.');
process.exitCode = summary.violations.length > 0 || summary.totalCruised === 0 ? 1 : 0;
