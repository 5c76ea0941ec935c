/** Dimension records that were brought together: one a key, the earliest repository's. */
import type { DataIdValue, DataIdValues } from '../../../butler/data-id.ts';
import type { DimensionGroup } from '../../../butler/dimension-group.ts';
import { recordSpec } from '../../../butler/query/result-spec.ts';
import type { Query } from '../../../butler/query/tree.ts';
import { decodeRegion } from '../../../butler/region/codec.ts';
import { htmEnvelope } from '../../../butler/region/envelope.ts';
import type { DimensionElement, Universe } from '../../../butler/universe.ts';
import type { QueryContext } from '../../repository.ts';
import type { DimensionRecordRow } from '../../rows.ts';
import { recordsOfDataIds } from '../../search/records-of-data-ids.ts';
import { conformQuery } from '../conform-query.ts';
import { dataIdKey, distinctDataIds, recordDataId, reordered } from '../identity.ts';
import type { Member } from '../members.ts';
import { joined, upload } from '../probe.ts';
import { isOfKey } from './constraints.ts';
import { MOST_UPLOADED } from './known-data-ids.ts';
import type { RowBudget } from './row-budget.ts';

/** Records of an element beyond which it pays to ask only for those near the others' regions. */
const MANY_RECORDS = 5_000;

export class GatheredRecords {
  /** Element → key → record. */
  readonly #records = new Map<string, Map<string, DimensionRecordRow>>();
  readonly #members: readonly Member[];
  readonly #universe: Universe;
  readonly #budget: RowBudget;
  readonly #ctx: QueryContext;

  constructor(members: readonly Member[], universe: Universe, budget: RowBudget, ctx: QueryContext) {
    this.#members = members;
    this.#universe = universe;
    this.#budget = budget;
    this.#ctx = ctx;
  }

  all(): readonly DimensionRecordRow[] {
    return [...this.#records.values()].flatMap((of) => [...of.values()]);
  }

  /** Brings the records that data IDs refer to, each from the earliest repository that has it. */
  async addOfDataIds(group: DimensionGroup, dataIds: readonly DataIdValues[]): Promise<void> {
    const tables = group.elements.filter((element) => element.hasTable && !element.skypix);
    let missing = dataIds;
    for (const { repository, universe } of this.#members) {
      if (missing.length === 0 || !group.names.every((name) => universe.isDimension(name))) continue;
      const own = universe.conform(group.required);
      const values = missing.map((row) => own.required.map((name) => row[group.required.indexOf(name)]!));
      const found = await recordsOfDataIds(repository, own, values, this.#ctx);
      for (const records of found) for (const record of records) this.#add(record);
      missing = missing.filter((_, i) => {
        const there = new Set(found[i]!.map(({ element }) => element.name));
        return tables.some(({ name }) => !there.has(name));
      });
    }
  }

  /**
   * Brings the records of an element that each repository gives for a question, with those that they refer to there; but
   * those of an earlier one that have the same keys, though it does not give them for the question.
   * @param overlapped element whose regions they must overlap, all of whose records are here
   * @returns their data IDs
   */
  async addOfElement(
    element: DimensionElement,
    question: Query,
    overlapped: DimensionElement | undefined,
  ): Promise<readonly DataIdValues[]> {
    const all: DataIdValues[] = [];
    for (const [i, member] of this.#members.entries()) {
      if (!member.universe.find(element.name)) continue;
      const near = overlapped && (await this.#nearRegionsOf(overlapped, member, question, element));
      const asked = conformQuery(near ?? question, recordSpec(element.name), member.universe);
      const found: DimensionRecordRow[] = [];
      for await (const { rows } of member.repository.query(asked.query, asked.spec, this.#ctx)) {
        this.#budget.take(rows.length);
        found.push(...rows);
      }
      if (near || asksMoreThanKeys(element, question))
        await this.#addEarlier(this.#members.slice(0, i), element, found);
      for (const record of found) this.#add(record);
      await this.#addParents(member, element, found);
      all.push(...found.map((record) => recordDataId(record, element.required)));
    }
    return [...distinctDataIds(all).values()];
  }

  /** Records that earlier repositories have under the keys of one that was found later, with those that they refer to. */
  async #addEarlier(
    members: readonly Member[],
    element: DimensionElement,
    found: readonly DimensionRecordRow[],
  ): Promise<void> {
    const here = this.#records.get(element.name);
    const keys = found.map((record) => recordDataId(record, element.required));
    const unknown = keys.filter((key) => !here?.has(dataIdKey(key)));
    if (unknown.length === 0) return;
    for (const { repository, universe } of members) {
      if (!universe.find(element.name)) continue;
      const group = universe.groupOf(element.name);
      const dataIds = unknown.map((key) => reordered(key, element.required, group.required));
      for (const records of await recordsOfDataIds(repository, group, dataIds, this.#ctx)) {
        // Nothing is there of a data ID that only others know, but perhaps the instrument.
        if (records.some((record) => record.element.name === element.name)) for (const r of records) this.#add(r);
      }
    }
  }

  /** Records that records of one repository refer to are there too. */
  async #addParents(
    { repository, universe }: Member,
    element: DimensionElement,
    records: readonly DimensionRecordRow[],
  ): Promise<void> {
    const { required, implied } = universe.element(element.name);
    const group = universe.conform([...required, ...implied].filter((name) => name !== element.name));
    const distinct = distinctDataIds(
      records.map(({ fields }) => group.required.map((name) => fields[name] as DataIdValue)),
    );
    const dataIds = [...distinct.values()];
    if (group.required.length === 0 || dataIds.length === 0) return;
    const found = await recordsOfDataIds(repository, group, dataIds, this.#ctx, { except: element.name });
    for (const parents of found) for (const record of parents) this.#add(record);
  }

  /** Asks only for what may overlap the regions of another element, where there is much to ask for. */
  async #nearRegionsOf(
    other: DimensionElement,
    member: Member,
    question: Query,
    element: DimensionElement,
  ): Promise<Query | undefined> {
    const { query, spec } = conformQuery(question, recordSpec(element.name), member.universe);
    if ((await member.repository.count(query, spec, this.#ctx, { exact: false })) < MANY_RECORDS) return undefined;
    const { commonSkypix } = this.#universe;
    const { level } = this.#universe.element(commonSkypix).skypix!;
    const pixels = new Set<number>();
    for (const { fields } of this.#records.get(other.name)?.values() ?? []) {
      if (!(fields['region'] instanceof Uint8Array)) continue;
      for (const { begin, end } of htmEnvelope(decodeRegion(fields['region']), level)) {
        for (let pixel = begin; pixel < end; pixel += 1) pixels.add(pixel);
      }
      if (pixels.size > MOST_UPLOADED) return undefined;
    }
    if (pixels.size === 0) return undefined;
    const group = this.#universe.conform([commonSkypix]);
    const near = [...pixels].map((pixel) => [pixel]);
    const { tree } = question;
    const beside = { ...question, tree: { ...tree, dimensions: tree.dimensions.union(group) } };
    return joined(beside, [upload(group, [commonSkypix], near)]);
  }

  #add(record: DimensionRecordRow): void {
    const element = this.#universe.find(record.element.name);
    if (!element?.hasTable) return;
    let of = this.#records.get(element.name);
    if (!of) this.#records.set(element.name, (of = new Map<string, DimensionRecordRow>()));
    const key = dataIdKey(recordDataId(record, element.required));
    if (!of.has(key)) of.set(key, record);
  }
}

/** Whether a record may not be given for a question although its key is among those asked. */
function asksMoreThanKeys(element: DimensionElement, { tree, uploads }: Query): boolean {
  return (
    !isOfKey(element, tree.predicate) ||
    uploads.some(({ dimensions }) => !dimensions.required.every((name) => element.required.includes(name)))
  );
}
