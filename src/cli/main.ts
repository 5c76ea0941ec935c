#!/usr/bin/env -S MALLOC_ARENA_MAX=2 node --max-semi-space-size=16 --semi-space-growth-factor=1 --no-concurrent-recompilation --no-sparkplug --liftoff-only --expose-gc
/**
 * The `satellite` command.  A gateway's memory is that of its heap at the worst moment: so V8 collects when the heap has grown
 * as far as it may (`heap-growth.ts`), not some time after; its young generation is small, as most answers are, and grows for
 * jobs only, so far that a page of references is not copied time and again while it is made (with 8 MB, that is a tenth of the
 * CPU of a transfer); and it compiles one function at a time, not many beside each other, and what is not hot not at all (3 MB).
 * Undici's parser of HTTP, which is WebAssembly, is compiled once and quickly: better code for it would take 25 MB while it is
 * made, and is a small part of any request.  `gc` is for the end of the start; threads share two places to take memory from.
 */
// What starts a gateway is loaded by the verbs that need it: the others are to begin at once.
import { Command, CommanderError } from 'commander';
import { SatelliteError } from '../butler/errors.ts';
import { curationVerbs } from './curation-verbs.ts';
import { datasetVerbs } from './dataset-verbs.ts';
import { CommandError, EXIT } from './exit.ts';
import { ingestVerb } from './ingest.ts';
import { jobVerbs } from './job-verbs.ts';
import type { MoveReferencesOptions } from './move-references.ts';
import type { RevokeTokensOptions } from './revoke-tokens.ts';
import { publishVerbs } from './publish-verbs.ts';
import { runVerb } from './run-verbs.ts';
import { satelliteVerbs } from './satellite-verbs.ts';
import { sharingVerbs } from './sharing-verbs.ts';
import { printable } from './terminal.ts';
import type { ServeOptions } from './serve.ts';
import type { TokenOptions } from './token.ts';

const program = new Command('satellite').description('A GraphQL gateway for official and own Butler repositories.');

program
  .command('serve')
  .description('Start the gateway in the foreground; SIGTERM or Ctrl-C ends it.')
  .requiredOption('--config <file>', 'configuration (YAML)')
  .action(async (options: ServeOptions) => (await import('./serve.ts')).serve(options));

program
  .command('token')
  .description('Print a token of the development issuer in the configuration.')
  .requiredOption('--config <file>', 'configuration (YAML)')
  .requiredOption('--user <name>', 'user name')
  .option('--groups <names>', 'groups, separated by commas', '')
  .option('--scopes <names>', 'scopes, separated by commas; by default those of its issuer')
  .option('--expires <span>', 'how long it is good', '12h')
  .action(async (options: TokenOptions) => (await import('./token.ts')).printToken(options));

program
  .command('revoke-tokens')
  .description('Make all gateways refuse the signed tokens (JWT) that a user has now; new ones are good.')
  .argument('<user>', 'user name')
  .requiredOption('--config <file>', 'configuration (YAML)')
  .option('--id <jti>', 'only the token with this identifier')
  .action(async (user: string, options: RevokeTokensOptions) =>
    (await import('./revoke-tokens.ts')).revokeTokens(user, options),
  );

program
  .command('move-references')
  .description('Give the references in satellites their present addresses, after publicUrl has changed.')
  .argument('[satellites...]', 'full names, OWNER~NAME; all of them by default')
  .requiredOption('--config <file>', 'configuration (YAML), with the new publicUrl')
  .requiredOption('--from <addresses...>', 'addresses that the gateway had')
  .action(async (names: readonly string[], options: MoveReferencesOptions) =>
    (await import('./move-references.ts')).moveAllReferences(names, options),
  );

program
  .command('schema')
  .description('Print the GraphQL schema.')
  .action(async () => (await import('./schema.ts')).printSchemaText());

const verbs = [
  ...[...satelliteVerbs(), ...sharingVerbs(), ...datasetVerbs()],
  ...[ingestVerb(), ...curationVerbs(), ...jobVerbs(), runVerb(), publishVerbs()],
];
for (const verb of verbs) program.addCommand(verb);
for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
  command.exitOverride();
}

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // It has printed what is wrong, or the help that was asked for.
    process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  } else if (error instanceof CommandError) {
    console.error(printable(error.message));
    process.exitCode = error.exitCode;
  } else if (error instanceof SatelliteError || (error instanceof Error && error.name === 'ConfigurationError')) {
    console.error(printable(error.message));
    process.exitCode = EXIT.failed;
  } else {
    throw error;
  }
}
