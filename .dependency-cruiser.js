// Imports run one way (docs/architecture.md):
//   butler <- repository <- access, transfer, run, publish <- resolvers <- gateway, cli
const SERVICES = 'access|state|jobs|satellite|transfer|run|publish';

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'butler-imports-nothing-of-ours',
      comment: 'src/butler is the language alone: move what needs a repository or a service out of it.',
      severity: 'error',
      from: { path: '^src/butler/' },
      to: { path: '^(src|resolvers|stack|scripts|test|bench)/', pathNot: '^src/butler/' },
    },
    {
      name: 'butler-does-no-input-or-output',
      comment: 'src/butler is pure: no files, sockets, processes or threads.',
      severity: 'error',
      from: { path: '^src/butler/' },
      to: {
        dependencyTypes: ['core'],
        path: '^(node:)?(fs|net|http|https|http2|tls|dgram|dns|child_process|worker_threads|cluster)(/|$)',
      },
    },
    {
      name: 'repository-imports-only-butler',
      comment: 'src/repository answers for data; who asks and by which face is not its business.',
      severity: 'error',
      from: { path: '^src/repository/' },
      to: { path: '^(src|resolvers)/', pathNot: '^src/(butler|repository)/' },
    },
    {
      name: 'services-import-no-face',
      comment: 'access, transfer, run and publish stand below the faces that call them.',
      severity: 'error',
      from: { path: `^src/(${SERVICES})/` },
      to: { path: '^(src/(gateway|cli)|resolvers)/' },
    },
    {
      name: 'resolvers-import-no-gateway',
      comment: 'A resolver translates and delegates; the gateway wires resolvers, not the other way round.',
      severity: 'error',
      from: { path: '^resolvers/' },
      to: { path: '^src/(gateway|cli)/' },
    },
    {
      name: 'gateway-imports-no-cli',
      severity: 'error',
      from: { path: '^src/gateway/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'product-imports-no-test',
      comment: 'What runs in production imports nothing from test, bench, stack or scripts.',
      severity: 'error',
      from: { path: '^(src|resolvers)/' },
      to: { path: '^(test|bench|stack|scripts)/' },
    },
    {
      name: 'product-needs-no-development-package',
      severity: 'error',
      from: { path: '^(src|resolvers)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-circle',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
