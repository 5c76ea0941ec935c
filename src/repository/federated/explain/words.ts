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

export function wordsOf(finding: Finding, given: Surroundings): Words {
  const places = given.repositories.map((name) => `'${name}'`).join(' or ');
  switch (finding.kind) {
    case 'contradiction': {
      const [a, b] = finding.values.map((value) => `${finding.dimension} = ${valueText(value)}`);
      return {
        reason: `The query requires both ${a} and ${b}, which no row can have.`,
        suggestions: [`Keep one of them, or ask for either: ${finding.dimension} IN (…).`],
      };
    }
    case 'no collections':
      return {
        reason:
          finding.search.asked.length === 0
            ? `No collection is searched for datasets of type '${finding.search.datasetType}'.`
            : `There is no collection that could hold datasets below ${collections(finding.search.asked)}.`,
        suggestions: [`Name collections that you may read: the field 'collections' lists them.`],
      };
    case 'empty collections':
      return {
        reason: `No dataset of any type is in ${collections(finding.search.asked)} of ${places}.`,
        suggestions: [
          `Search other collections${elsewhereText(given, finding.search.datasetType)}, or other 'repositories'.`,
        ],
      };
    case 'not in collections': {
      const { asked, datasetType, held } = finding.search;
      return {
        reason: `No dataset of type '${datasetType}' is in ${collections(asked)} of ${places}.`,
        suggestions: [
          `There are ${list(held)}.${didYouMean(datasetType, held)}`,
          ...(given.elsewhere.length > 0
            ? [`Datasets of type '${datasetType}' are in ${list(given.elsewhere)}: search there.`]
            : [`Search other collections, or check the name of the dataset type with the field 'datasetTypes'.`]),
        ],
      };
    }
    case 'nothing left':
      return {
        reason: `There were datasets of type '${finding.search.datasetType}' in ${collections(finding.search.holding)}, and are none now.`,
        suggestions: [
          `They were removed: search other collections${elsewhereText(given, finding.search.datasetType)}.`,
        ],
      };
    case 'no records':
      return {
        reason: `There are no records of ${finding.element} in ${places}, and the query needs them.`,
        suggestions: recordSuggestions(finding.element, given.universe),
      };
    case 'no such records':
      return {
        reason: `No record of ${finding.element} in ${places} fulfils ${constraintsText(finding.constraints)}.`,
        suggestions:
          given.known.length > 0
            ? [`Known values of ${finding.element}: ${list(given.known.map(String))}.${nearest(finding, given.known)}`]
            : [
                `Change ${constraintsText(finding.constraints)}: the field 'dimensionRecords(element: "${finding.element}")' ` +
                  `lists what there is.`,
                ...(given.repositories.length > 0
                  ? recordSuggestions(finding.element, given.universe).slice(0, 1)
                  : []),
              ],
      };
    case 'no such datasets': {
      const { datasetType, holding } = finding.search;
      return {
        reason:
          `There are datasets of type '${datasetType}' in ${collections(holding)}, but none with ` +
          `${constraintsText(finding.constraints)}.`,
        suggestions: [
          `Loosen ${finding.constraints.map(({ text }) => `"${text}"`).join(' or ')}, or search other collections` +
            `${elsewhereText(given, datasetType)}.`,
        ],
      };
    }
    case 'not among sent data IDs':
      return {
        reason: `None of the data IDs that were sent with the query has what else it asks for.`,
        suggestions: [`Check the data IDs, or ask without them to see which there are.`],
      };
    case 'no common data IDs': {
      const [a, b] = finding.datasetTypes;
      const who = finding.constraints.length > 0 ? ` and with ${constraintsText(finding.constraints)}` : '';
      return {
        reason:
          `There are datasets of type '${a}' and of type '${b}', but none of both with the same ` +
          `${finding.dimensions.join(', ')}${who}.`,
        suggestions: [
          `Ask for each of them alone to compare their data IDs; the collections may be of different processing runs.`,
        ],
      };
    }
    case 'no valid calibration': {
      const { datasetType, holding } = finding.search;
      const who = finding.constraints.length > 0 ? `${constraintsText(finding.constraints)}` : 'any of the other rows';
      return {
        reason: `No validity range of '${datasetType}' in ${list(holding)} covers ${who}.`,
        suggestions: [
          `Search a CALIBRATION collection that is valid then, or certify '${datasetType}' for that time with 'certifyDatasets'.`,
        ],
      };
    }
    case 'no overlap': {
      const regions = finding.regions.join(' and ');
      const who = finding.constraints.length > 0 ? ` with ${constraintsText(finding.constraints)}` : '';
      return {
        reason: `No regions of ${regions}${who} overlap on the sky.`,
        suggestions: [
          finding.constraints.length > 0
            ? `Loosen ${finding.constraints.map(({ text }) => `"${text}"`).join(' or ')}.`
            : `Choose another sky map, or other visits.`,
        ],
      };
    }
    case 'constraints together':
      return {
        reason: `There is nothing with ${constraintsText(finding.constraints)}.`,
        suggestions: [`Loosen ${finding.constraints.map(({ text }) => `"${text}"`).join(' or ')}.`],
      };
    case 'not found out':
      return {
        reason: `Each part of the query finds something, but not together; which one is to blame was not found out.`,
        suggestions: [`Leave out constraints or dataset types one at a time.`],
      };
  }
}

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

function nearest(finding: Finding & { kind: 'no such records' }, known: readonly DataIdValue[]): string {
  for (const { predicate } of finding.constraints) {
    if (predicate.type !== 'comparison') continue;
    const value = [predicate.a, predicate.b].find((operand) => operand.type === 'string');
    if (value?.type === 'string') return didYouMean(value.value, known.map(String));
  }
  return '';
}

function elsewhereText({ elsewhere }: Surroundings, datasetType: string): string {
  return elsewhere.length > 0 ? ` (those of type '${datasetType}' are in ${list(elsewhere)})` : '';
}

function constraintsText(constraints: readonly Constraint[]): string {
  return constraints.map(({ text }) => text).join(' and ');
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
