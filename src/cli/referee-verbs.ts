/** Verbs about referee links: `satellite publish referee …`. */
import { Command } from 'commander';
import { change, changingVerb, noPublication, show, verb, versionNumber } from './verb.ts';
import type { ChangeOptions, ConnectionOptions } from './verb.ts';

interface CreateOptions extends ChangeOptions {
  readonly versionNumber?: number;
  readonly expires?: string;
  readonly note?: string;
}

interface Link {
  readonly id: string;
  readonly version: number;
  readonly note: string | null;
  readonly createdBy: string;
  readonly expiresAt: string;
  readonly revokedAt: string | null;
}

const FIELDS = 'id version note createdBy expiresAt revokedAt';

export function refereeVerbs(): Command {
  const referee = new Command('referee').description(
    'Let referees read one version of a publication, and not learn whose it is.',
  );
  for (const command of [create(), list(), revoke()]) referee.addCommand(command.exitOverride());
  return referee;
}

function create(): Command {
  return changingVerb('create', 'Make a link to a version of a publication of yours. What opens it is printed once.')
    .argument('<publication>', 'its identifier')
    .addOption(versionNumber('a version before the latest'))
    .option('--expires <time>', 'when it ends, ISO-8601 UTC, within 90 days; by default in 30 days')
    .option('--note <text>', 'for you, such as whom it is sent to')
    .action((publication: string, { versionNumber: version, expires: expiresAt, note, ...options }: CreateOptions) =>
      change(
        {
          mutation: 'createRefereeLink',
          input: { publication, version, expiresAt, note },
          fields: `link {${FIELDS}} secret`,
          hasJob: false,
          say: ({ link, secret }) =>
            `${text(link as Link)}\n${secret === null ? 'It was made before, and what opens it was printed then.' : `Send to the referee, and keep from others: ${String(secret)}`}`,
        },
        options,
      ),
    );
}

function list(): Command {
  return verb('list', 'List the links to a version of a publication of yours.')
    .argument('<publication>', 'its identifier')
    .addOption(versionNumber('a version before the latest'))
    .action(
      (id: string, { versionNumber: version, ...options }: ConnectionOptions & { readonly versionNumber?: number }) =>
        show<{ publication: { readonly refereeLinks: readonly Link[] } | null }>(
          `query ($id: ID!, $version: Int) {publication(id: $id, version: $version) {refereeLinks {${FIELDS}}}}`,
          { id, version },
          options,
          ({ publication }) => {
            if (!publication) throw noPublication(id, version);
            const { refereeLinks } = publication;
            return refereeLinks.length === 0 ? ['There are none.'] : refereeLinks.map(text);
          },
        ),
    );
}

function revoke(): Command {
  return changingVerb('revoke', 'End a link at once.')
    .argument('<link>', 'its identifier')
    .action((link: string, options: ChangeOptions) =>
      change(
        {
          mutation: 'revokeRefereeLink',
          input: { link },
          fields: `link {${FIELDS}}`,
          hasJob: false,
          say: ({ link: ended }) => text(ended as Link),
        },
        options,
      ),
    );
}

function text({ id, version, note, createdBy, expiresAt, revokedAt }: Link): string {
  const end = revokedAt === null ? `ends ${expiresAt}` : `revoked ${revokedAt}`;
  return `Referee link ${id} to version ${version}, by ${createdBy}: ${end}.${note === null ? '' : ` ${note}`}`;
}
