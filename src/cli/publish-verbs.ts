/** Verbs about publications: `satellite publish …`, for their owners and their reviewers. */
import { Command, Option } from 'commander';
import { packVerb, uploadPack } from './publish-pack.ts';
import { refereeVerbs } from './referee-verbs.ts';
import { change, changingVerb, howMany, json, noPublication, show, verb, versionNumber } from './verb.ts';
import type { ChangeOptions, ConnectionOptions } from './verb.ts';

interface SubmitOptions extends ChangeOptions {
  readonly title: string;
  readonly description?: string;
  readonly licence?: string;
  readonly to?: string;
  readonly again?: string;
  readonly reader: readonly string[];
  readonly group: readonly string[];
  readonly private?: boolean;
  readonly allUsers?: boolean;
  readonly pack?: string;
  readonly type: readonly string[];
  readonly where?: string;
  readonly bind?: unknown;
  readonly dataId?: unknown;
}

interface ListOptions extends ConnectionOptions {
  readonly toReview?: boolean;
  readonly state: readonly string[];
  readonly repository?: string;
  readonly owner?: string;
  readonly first: number;
  readonly after?: string;
}

type CommentOptions = ChangeOptions & { readonly comment?: string; readonly replyTo?: string };
type DecisionOptions = CommentOptions & { readonly digest?: string; readonly versionNumber?: number };

type VersionOptions = ConnectionOptions & { readonly versionNumber?: number };

interface Shown {
  readonly id: string;
  readonly version: number;
  readonly state: string;
  readonly reason: string | null;
  readonly digest: string | null;
  readonly owner: string;
  readonly title: string;
  readonly checks: readonly { readonly code: string; readonly state: string; readonly message: string }[];
}

interface Page {
  readonly nodes: readonly Shown[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

interface ShownInFull extends Shown {
  readonly repository: string;
  readonly description: string | null;
  readonly readers: {
    readonly allUsers: boolean;
    readonly groups: readonly string[];
    readonly users: readonly string[];
  };
  readonly claimedBy: string | null;
  readonly comments: readonly {
    readonly id: string;
    readonly at: string;
    readonly author: string;
    readonly text: string;
    readonly replyTo: string | null;
  }[];
  readonly manifest: {
    readonly datasetCount: number;
    readonly bytes: number;
    readonly collections: readonly { readonly name: string; readonly type: string }[];
  } | null;
  readonly diff: {
    readonly from: number;
    readonly added: number;
    readonly removed: number;
    readonly changed: number;
    readonly other: readonly string[];
  } | null;
}

const FIELDS = 'id version state reason digest owner title checks {code state message}';
const ALL_FIELDS = `${FIELDS} repository description readers {allUsers groups users} claimedBy comments {id at author text replyTo}
  manifest {datasetCount bytes collections {name type}} diff {from added removed changed other}`;

export function publishVerbs(): Command {
  const publish = new Command('publish').description('Publish collections, and review what others want to publish.');
  const verbs = [packVerb(), submit(), list(), showOne(), approve(), comment()];
  const decisions = DECISIONS.map(([name, mutation, description, why]) => decision(name, mutation, description, why));
  for (const command of [...verbs, ...decisions, refereeVerbs()]) publish.addCommand(command.exitOverride());
  return publish;
}

const DECISIONS = [
  ['claim', 'claimPublication', 'Take a publication up for review.', 'what to say of it'],
  ['request-changes', 'requestPublicationChanges', 'Send it back to its owner.', 'what has to change'],
  ['reject', 'rejectPublication', 'Turn it down for good.', 'why'],
  ['withdraw', 'withdrawPublication', 'Give it up, or take it back when it is published.', 'why'],
] as const;

const collect = (value: string, before: readonly string[]) => [...before, value];

function submit(): Command {
  return changingVerb('submit', 'Ask for collections of a satellite of yours to be published.')
    .argument('<satellite>', 'its name; with --pack, what it is to be called')
    .argument('<collections...>', 'collections, chains with all that is below them')
    .option('--pack <zip>', 'upload this zip of `satellite publish pack`, instead of what a satellite has')
    .requiredOption('--title <text>', 'what it is called')
    .option('--description <text>', 'what it is')
    .option('--licence <text>', 'under which terms others may use it')
    .option('--to <repository>', 'the published repository, where there are several')
    .option('--again <publication>', 'as the next version of this publication')
    .option('--reader <user>', 'a user who may read it; all users by default; can be repeated', collect, [])
    .option('--group <name>', 'a group that may read it; can be repeated', collect, [])
    .addOption(new Option('--private', 'nobody but its owner is to read it').conflicts(['reader', 'group']))
    .addOption(
      new Option('--all-users', 'all users may read it, whoever may read the version before').conflicts([
        ...['reader', 'group', 'private'],
      ]),
    )
    .option('--type <name>', 'only datasets of these types, names or globs; can be repeated', collect, [])
    .option('--where <expression>', 'only datasets of which this Butler expression holds')
    .option('--bind <json>', 'values for :names in the expression', json('--bind'))
    .option('--data-id <json>', 'only datasets with these dimension values', json('--data-id'))
    .action(async (satellite: string, collections: readonly string[], options: SubmitOptions) => {
      const { title, description, licence, to: repository, again: publication, reader: users, group: groups } = options;
      const named = users.length > 0 || groups.length > 0 || options.private === true;
      const allUsers = options.allUsers === true;
      const readers = named || allUsers ? { allUsers, users, groups } : undefined;
      const search = searchOf(collections, options);
      const upload = options.pack === undefined ? undefined : await uploadPack(options.pack, repository, options);
      const source = { satellite, upload, collections, search };
      const input = { ...source, title, description, licence, repository, publication, readers };
      return decide('submitPublication', input, options);
    });
}

/** Undefined where all that is in the collections is meant. */
function searchOf(collections: readonly string[], { type, where, bind, dataId }: SubmitOptions) {
  if (type.length === 0 && where === undefined && bind === undefined && dataId === undefined) return undefined;
  return { datasetTypes: type.length > 0 ? type : ['*'], collections, where, bind, dataId, findFirst: false };
}

function approve(): Command {
  return changingVerb('approve', 'Approve exactly what you have looked at, and publish it.')
    .argument('<publication>', 'its identifier')
    .argument('<digest>', 'its digest, as `satellite publish show` shows it')
    .option('--comment <text>', 'what to say of it')
    .option('--confirm-restart', 'the servers of the published repository will be restarted')
    .action((publication: string, digest: string, options: CommentOptions & { readonly confirmRestart?: boolean }) => {
      const { comment, confirmRestart } = options;
      return decide('approvePublication', { publication, digest, comment, confirmRestart }, options);
    });
}

function comment(): Command {
  return changingVerb('comment', 'Say something to its owner and its reviewers.')
    .argument('<publication>', 'its identifier')
    .option('--comment <text>', 'what to say')
    .option(
      '--reply-to <comment>',
      'the comment that it answers, by the identifier that `satellite publish show` shows',
    )
    .action((publication: string, { comment: text, replyTo, ...options }: CommentOptions) =>
      decide('commentPublication', { publication, comment: text, replyTo }, options),
    );
}

/** About the version that was looked at, where it is named: it is refused where another has come since. */
function decision(name: string, mutation: string, description: string, comment: string): Command {
  return changingVerb(name, description)
    .argument('<publication>', 'its identifier')
    .option('--comment <text>', comment)
    .option('--digest <digest>', 'only if that is its digest still, as `satellite publish show` shows it')
    .addOption(versionNumber('only if it is this version still'))
    .action((publication: string, { comment, digest, versionNumber: version, ...options }: DecisionOptions) =>
      decide(mutation, { publication, version, digest, comment }, options),
    );
}

/** What goes on is for `satellite publish show`: the work is its owner's, whoever decided. */
function decide(mutation: string, input: Readonly<Record<string, unknown>>, options: ChangeOptions): Promise<void> {
  const say = ({ publication }: Readonly<Record<string, unknown>>) => lines(publication as Shown).join('\n');
  return change({ mutation, input, fields: `publication {${FIELDS}}`, hasJob: false, say }, options);
}

function list(): Command {
  return verb('list', 'List publications that you may see.')
    .option('--to-review', 'those that wait for your review')
    .option('--state <state>', 'those in this state, such as SUBMITTED; can be repeated', collect, [])
    .option('--repository <name>', 'those into this published repository')
    .option('--owner <user>', 'those of this user')
    .addOption(howMany(100))
    .option('--after <cursor>', 'the next ones, as the list before says')
    .action(({ toReview = false, state, repository, owner, first, after, ...options }: ListOptions) =>
      show<{ publications: Page }>(
        `query ($states: [PublicationState!], $repository: String, $owner: String, $toReview: Boolean, $first: Int, $after: String) {
           publications(
             states: $states, repository: $repository, owner: $owner, toReview: $toReview, first: $first, after: $after
           ) {nodes {${FIELDS}} pageInfo {hasNextPage endCursor}}
         }`,
        { states: state.length > 0 ? state : undefined, repository, owner, toReview, first, after },
        options,
        ({ publications: { nodes, pageInfo } }) => [
          ...(nodes.length === 0 ? ['There are none.'] : nodes.map(lineOf)),
          ...(pageInfo.hasNextPage ? [`There are more: --after ${pageInfo.endCursor}`] : []),
        ],
      ),
    );
}

function lineOf({ id, version, state, owner, title }: Shown): string {
  return `${id}  v${version}  ${stateText(state)}  ${owner}  ${title}`;
}

function showOne(): Command {
  return verb('show', 'Show a publication: its state, its checks, what is in it, and what was said.')
    .argument('<publication>', 'its identifier')
    .addOption(versionNumber('a version before the latest'))
    .action((id: string, { versionNumber: version, ...options }: VersionOptions) =>
      show<{ publication: ShownInFull | null }>(
        `query ($id: ID!, $version: Int) {publication(id: $id, version: $version) {${ALL_FIELDS}}}`,
        { id, version },
        options,
        ({ publication }) => {
          if (publication) return fullLines(publication);
          throw noPublication(id, version);
        },
      ),
    );
}

function lines({ id, version, state, reason, digest, title, checks }: Shown): readonly string[] {
  return [
    `Publication ${id}, version ${version} ('${title}'): ${stateText(state)}.${reason === null ? '' : ` ${reason}`}`,
    ...(digest === null ? [] : [`  digest ${digest}`]),
    ...checks.filter((check) => check.state !== 'PASSED').map(checkText),
  ];
}

function fullLines(publication: ShownInFull): readonly string[] {
  const { owner, repository, description, readers, claimedBy, manifest, diff, checks, comments } = publication;
  const { allUsers, groups, users } = readers;
  const whom = allUsers ? 'all users' : [owner, ...users, ...groups.map((name) => `group ${name}`)].join(', ');
  const [first, ...rest] = lines({ ...publication, checks: [] });
  return [
    first!,
    ...rest,
    `  of ${owner}, in '${repository}', for ${whom}${claimedBy === null ? '' : `; ${claimedBy} works on it`}`,
    ...(description === null ? [] : [`  ${description}`]),
    ...(manifest === null ? [] : [`  ${manifest.datasetCount} datasets, ${manifest.bytes} bytes`]),
    ...(manifest?.collections ?? []).map(({ name, type }) => `    ${type.padEnd(11)} ${name}`),
    ...(diff === null
      ? []
      : [`  Since version ${diff.from}: ${diff.added} datasets new, ${diff.removed} gone, ${diff.changed} changed.`]),
    ...(diff?.other ?? []).map((words) => `    ${words}`),
    ...checks.map(checkText),
    ...comments.map(({ id, at, author, text, replyTo }) => {
      const who = replyTo === null ? author : `${author}, to ${replyTo}`;
      return `  ${at} ${who}: ${text}\n    comment ${id}`;
    }),
  ];
}

function checkText({ code, state, message }: Shown['checks'][number]): string {
  return `  ${state.padEnd(7)} ${code}: ${message}`;
}

function stateText(state: string): string {
  return state.toLowerCase().replaceAll('_', ' ');
}
