/** What was found out about an empty answer, in words for an astronomer: why it is empty, and what to change. */
import type { DataIdValue } from '../../../butler/data-id.ts';
import { didYouMean } from '../../../butler/nearest-name.ts';
import { expressionText } from '../../../butler/query/text.ts';
import { dataIdLiteral } from '../../../butler/query/expression.ts';
import type { Universe } from '../../../butler/universe.ts';
import type { Finding } from './diagnose.ts';
import type { Constraint } from './operands.ts';

/** Names that a list in a sentence shows. */
const MOST_NAMED = 8;

/** What is known beside a finding. */
export interface Surroundings {
  readonly universe: Universe;
  /** Names of the repositories that were asked. */
  readonly repositories: readonly string[];
  /** For a dataset type that the collections do not have: others that do; empty where none was found or looked for. */
  readonly elsewhere: readonly string[];
  /** For an unknown instrument or sky map: those that there are. */
  readonly known: readonly DataIdValue[];
}

export interface Words {
  readonly reason: string;
  readonly suggestions: readonly string[];
}

/** Which tool of the stack makes records of what. */
const MADE_BY: Readonly<Record<string, string>> = {
  instrument: 'butler register-instrument',
  exposure: 'butler ingest-raws',
  visit: 'butler define-visits',
  skymap: 'butler register-skymap',
};

type WordsOf<Kind extends Finding['kind']> = (finding: Extract<Finding, { kind: Kind }>, given: Surroundings) => Words;

export function wordsOf(finding: Finding, given: Surroundings): Words {
  return (WORDS[finding.kind] as WordsOf<Finding['kind']>)(finding, given);
}

const WORDS: { readonly [Kind in Finding['kind']]: WordsOf<Kind> } = {
  contradiction: ({ dimension, values }) => {
    const [a, b] = values.map((value) => `${dimension} = ${valueText(value)}`);
    return {
      reason: `The query requires both ${a} and ${b}, which no row can have.`,
      suggestions: [`Keep one of them, or ask for either: ${dimension} IN (…).`],
    };
  },

  'no collections': ({ search: { asked, datasetType } }) => ({
    reason:
      asked.length === 0
        ? `No collection is searched for datasets of type '${datasetType}'.`
        : `There is no collection that could hold datasets below ${collections(asked)}.`,
    suggestions: [`Name collections that you may read: the field 'collections' lists them.`],
  }),

  'empty collections': ({ search: { asked, datasetType } }, given) => ({
    reason: `No dataset of any type is in ${collections(asked)} of ${places(given)}.`,
    suggestions: [`Search other collections${elsewhereText(given, datasetType)}, or other 'repositories'.`],
  }),

  'not in collections': ({ search: { asked, datasetType, held } }, given) => ({
    reason: `No dataset of type '${datasetType}' is in ${collections(asked)} of ${places(given)}.`,
    suggestions: [
      `There are ${list(held)}.${didYouMean(datasetType, held)}`,
      given.elsewhere.length > 0
        ? `Datasets of type '${datasetType}' are in ${list(given.elsewhere)}: search there.`
        : `Search other collections, or check the name of the dataset type with the field 'datasetTypes'.`,
    ],
  }),

  'nothing left': ({ search: { datasetType, holding } }, given) => ({
    reason: `There were datasets of type '${datasetType}' in ${collections(holding)}, and are none now.`,
    suggestions: [`They were removed: search other collections${elsewhereText(given, datasetType)}.`],
  }),

  'no records': ({ element }, given) => ({
    reason: `There are no records of ${element} in ${places(given)}, and the query needs them.`,
    suggestions: recordSuggestions(element, given.universe),
  }),

  'no such records': ({ element, constraints }, given) => ({
    reason: `No record of ${element} in ${places(given)} fulfils ${textOf(constraints)}.`,
    suggestions:
      given.known.length > 0
        ? [`Known values of ${element}: ${list(given.known.map(String))}.${nearest(constraints, given.known)}`]
        : [
            `Change ${textOf(constraints)}: the field 'dimensionRecords(element: "${element}")' lists what there is.`,
            ...(given.repositories.length > 0 ? recordSuggestions(element, given.universe).slice(0, 1) : []),
          ],
  }),

  'no such datasets': ({ search: { datasetType, holding }, constraints }, given) => ({
    reason: `There are datasets of type '${datasetType}' in ${collections(holding)}, but none with ${textOf(constraints)}.`,
    suggestions: [`${loosen(constraints)}, or search other collections${elsewhereText(given, datasetType)}.`],
  }),

  'not among sent data IDs': () => ({
    reason: `None of the data IDs that were sent with the query has what else it asks for.`,
    suggestions: [`Check the data IDs, or ask without them to see which there are.`],
  }),

  'no common data IDs': ({ datasetTypes: [a, b], dimensions, constraints }) => {
    const who = constraints.length > 0 ? ` and with ${textOf(constraints)}` : '';
    return {
      reason:
        `There are datasets of type '${a}' and of type '${b}', but none of both with the same ` +
        `${dimensions.join(', ')}${who}.`,
      suggestions: [
        `Ask for each of them alone to compare their data IDs; the collections may be of different processing runs.`,
      ],
    };
  },

  'no valid calibration': ({ search: { datasetType, holding }, constraints }) => {
    const who = constraints.length > 0 ? textOf(constraints) : 'any of the other rows';
    return {
      reason: `No validity range of '${datasetType}' in ${list(holding)} covers ${who}.`,
      suggestions: [
        `Search a CALIBRATION collection that is valid then, or certify '${datasetType}' for that time with 'certifyDatasets'.`,
      ],
    };
  },

  'no overlap': ({ regions, constraints }) => {
    const who = constraints.length > 0 ? ` with ${textOf(constraints)}` : '';
    return {
      reason: `No regions of ${regions.join(' and ')}${who} overlap on the sky.`,
      suggestions: [constraints.length > 0 ? `${loosen(constraints)}.` : `Choose another sky map, or other visits.`],
    };
  },

  'constraints together': ({ constraints }) => ({
    reason: `There is nothing with ${textOf(constraints)}.`,
    suggestions: [`${loosen(constraints)}.`],
  }),

  'not found out': () => ({
    reason: `Each part of the query finds something, but not together; which one is to blame was not found out.`,
    suggestions: [`Leave out constraints or dataset types one at a time.`],
  }),
};

function recordSuggestions(element: string, universe: Universe): readonly string[] {
  const { populatedBy, required } = universe.element(element);
  const tool = [populatedBy ?? element, ...required].map((name) => MADE_BY[name]).find((name) => name !== undefined);
  return [
    tool === undefined
      ? `Search the repository that has them too, with 'repositories'.`
      : `Search the repository that has them too, with 'repositories', or make them in your satellite with '${tool}'.`,
    `Transferring a dataset brings its records along.`,
  ];
}

function nearest(constraints: readonly Constraint[], known: readonly DataIdValue[]): string {
  for (const { predicate } of constraints) {
    if (predicate.type !== 'comparison') continue;
    const value = [predicate.a, predicate.b].find((operand) => operand.type === 'string');
    if (value?.type === 'string') return didYouMean(value.value, known.map(String));
  }
  return '';
}

function elsewhereText({ elsewhere }: Surroundings, datasetType: string): string {
  return elsewhere.length > 0 ? ` (those of type '${datasetType}' are in ${list(elsewhere)})` : '';
}

function textOf(constraints: readonly Constraint[]): string {
  return constraints.map(({ text }) => text).join(' and ');
}

function loosen(constraints: readonly Constraint[]): string {
  return `Loosen ${constraints.map(({ text }) => `"${text}"`).join(' or ')}`;
}

function places({ repositories }: Surroundings): string {
  return repositories.map((name) => `'${name}'`).join(' or ');
}

function collections(names: readonly string[]): string {
  return `the collection${names.length === 1 ? '' : 's'} ${list(names)}`;
}

function list(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMED).map((name) => `'${name}'`);
  const more = names.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function valueText(value: DataIdValue): string {
  return expressionText(dataIdLiteral(value));
}
