import { runPython } from '../../../stack/run-python.ts';
import { defineRepositorySuite } from '../contract.ts';
import { startOfficialServer } from './official-server.ts';

defineRepositorySuite('A remote repository', async () => {
  // The corpus was never written to through a datastore, and the server fails on questions about files without its tables.
  const server = await startOfficialServer((root) => runPython('test/repository/remote/open_for_writing.py', [root]));
  return { repository: server.open(), dispose: () => server[Symbol.asyncDispose]() };
});
