// `npm run setup`: makes a fresh checkout ready, and is done at once when it is ready already.
// Plain JavaScript that runs on Node 20, because it is what brings Node 24.
import { checkNode } from './setup/node-version.mjs';
import { installPackages } from './setup/npm-packages.mjs';
import { preparePython } from './setup/python.mjs';
import { run } from './setup/run.mjs';
import { step } from './setup/step.mjs';

checkNode();

step('npm packages', 'node_modules', ['package-lock.json'], installPackages);

step('Python environment', '.venv', ['python/requirements.txt'], preparePython);

// types are looked at by "npm run check"
step('compiled gateway', 'dist/gateway', ['src', 'resolvers', 'schema', 'vite.config.ts', 'package-lock.json'], () => {
  run('npm', ['run', '--silent', 'build']);
});

step('GraphiQL', 'dist/graphiql', ['graphiql', 'package-lock.json'], () => {
  run('npm', ['run', '--silent', 'build:graphiql']);
});

step('page for reviewers', 'dist/review', ['review', 'src/butler', 'package-lock.json'], () => {
  run('npm', ['run', '--silent', 'build:review']);
});
