"""Write random cases in the form of the conformance corpus, with the answers of stock Butler, one JSON object per line.

    python test/oracle/random_cases.py --seed 1 --count 150 > cases.jsonl

The same seed gives the same cases.  Run it with the Python that has lsst-daf-butler installed.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import signal
from pathlib import Path
from typing import Any

from lsst.daf.butler import Butler

from random_expressions import TIMES, Expressions, Repository
from stock_answers import run_case

REPOSITORIES = Path(__file__).parent.parent / "conformance" / "repos"
#: Stock Butler is never given more memory or time than this: some normal forms and joins grow without end.
MOST_BYTES, MOST_SECONDS = 4 << 30, 10

#: Where stock Butler has no answer, not even a refusal: regions that are NULL and projected away, and its own SQL.
NO_ANSWER = ["decodeOverlapsBase64", "object has no attribute 'overlaps'", "Expression tree is too large", "ambiguous column name"]

DATA_IDS = [["instrument"], ["detector"], ["visit"], ["exposure"], ["band"], ["physical_filter"], ["skymap"], ["tract"], ["patch"], ["visit", "detector"], ["exposure", "visit"], ["visit", "tract"], ["visit", "patch"], ["visit", "detector", "patch"], ["visit", "detector", "tract"], ["exposure", "detector"], ["day_obs"], ["group"], ["visit_system", "visit"], ["visit_system"], ["subfilter"], ["band", "tract"], ["physical_filter", "detector"], ["detector", "skymap"], ["visit", "htm7"], ["tract", "htm7"], ["patch", "htm7"], ["exposure", "day_obs"], ["band", "visit"], ["htm7"], ["instrument", "skymap"], [], ["patch", "band", "visit"], ["visit", "htm8"], ["exposure", "tract"]]


class Cases:
    def __init__(self, rng: random.Random, repositories: list[Repository]) -> None:
        self.rng, self.repositories = rng, repositories

    def case(self, number: int) -> dict[str, Any]:
        repository = self.repository = self.rng.choice(self.repositories)
        kinds = {
            self.query_datasets: 8,
            self.query_dimension_records: 6,
            self.query_data_ids: 5,
            self.query_all_datasets: 4,
            self.find_dataset: 4,
            self.query: 5,
            self.collections: 2,
            self.dataset_types: 1,
        }
        kind = self.rng.choices(list(kinds), list(kinds.values()))[0]
        name, args, compare = kind()
        return {"id": f"random-{number}", "repo": repository.name, "kind": name, "args": args, "features": [], "compare": compare, "policy": "match"}

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def terms(self, dimensions: Any, joined: list[str], keys: list[str]) -> tuple[dict[str, Any], str]:
        """Everything that query methods share: where, bind, data ID, order and limit; and how to compare the rows."""
        args: dict[str, Any] = {"explain": False} if self.chance(0.8) else {}
        expressions = Expressions(self.rng, self.repository, dimensions, joined)
        where = expressions.where() if self.chance(0.85) else ""
        governor = self.governor(dimensions)
        draw = self.rng.random()
        if draw < 0.45:
            args[self.rng.choice(["kwargs", "data_id"])] = governor
        elif draw < 0.75:
            binds = {f"g{k}": v for k, v in governor.items()}
            expressions.bind |= binds
            terms = [f"{k} = :g{k}" for k in governor]
            where = " AND ".join([*terms, f"({where})"] if where else terms)
        elif draw < 0.8:
            known = {k: v for k, v in governor.items() if v != "nope"}
            args["defaults"] = {"data_id": known}
        if self.chance(0.12):
            ref = self.rng.choice(self.repository.refs)
            dimension = self.rng.choice(list(ref.dataId.dimensions.required) or ["instrument"])
            value = ref.dataId.required.get(dimension, "Cam1")
            args["data_id"] = args.get("data_id", {}) | {dimension: value if self.chance(0.9) else self.rng.choice([1, "x", "1"])}
        if where:
            args["where"] = where
        if expressions.bind:
            args["bind"] = expressions.bind
        compare = "multiset"
        if self.chance(0.3):
            order = []
            for _ in range(self.rng.choice([0, 1, 2])):
                text, *_ = expressions.column("int", "string", "float")
                if self.chance(0.2):
                    text = self.rng.choice(["exposure.timespan.begin", "visit.timespan.end", "ingest_date", "run", "collection", "timespan.begin", "band", "nosuch", "region"])
                order.append(text)
            args["order_by"] = [("-" if self.chance(0.4) else "") + k for k in [*order, *keys]]
            compare = "ordered" if keys else "multiset"
        if self.chance(0.2):
            args["limit"] = self.rng.choice([1, 2, 3, 10, 0, -1, -3, None, 1000])
            if compare == "multiset" and args["limit"] not in (None, 0):
                compare = "subset"
        return args, compare

    def governor(self, dimensions: Any) -> dict[str, Any]:
        """Values for the governors, most often ones that have something."""
        names = [g for g in ("instrument", "skymap") if g in dimensions.names]
        if not names and self.chance(0.5):
            return {}
        if not names or self.chance(0.05):
            names = ["instrument"]
        out = {}
        for name in names:
            known = [r["name"] for r in self.repository.records[name]]
            ids = [r.dataId.required[name] for r in self.repository.refs if name in r.dataId.dimensions.required]
            out[name] = self.rng.choice([*known, "nope"]) if self.chance(0.2) or not ids else self.rng.choice(ids)
        return out

    def search(self, dataset_type: str | None, globs: bool) -> Any:
        infos = self.repository.collections
        holding = [n for n, i in infos.items() if dataset_type in (i.dataset_types or ()) and "[" not in n]
        names = [n for n in infos if "[" not in n]
        out = []
        for _ in range(self.rng.choice([1, 1, 2, 2, 3])):
            out.append(self.rng.choice(holding if holding and self.chance(0.85) else names))
        if globs and self.chance(0.4):
            out.append(self.rng.choice(["*", "*/*", "u/*", "chain/*", "*calib*", "imported_[gr]", "zzz*", "*run?", "HSC*", "[!c]*"]))
        elif self.chance(0.03):
            out.append(self.rng.choice(["nosuch", "*", ""]))
        return out[0] if len(out) == 1 and self.chance(0.5) else out

    def dataset_type(self) -> str:
        if self.chance(0.03):
            return self.rng.choice(["nosuch", "flat.wcs", "camera.x"])
        calibrations = [n for n, t in self.repository.dataset_types.items() if t.isCalibration()]
        return self.rng.choice(calibrations if self.chance(0.4) else list(self.repository.dataset_types))

    def dimensions(self, names: Any) -> Any:
        return self.repository.universe.conform(names)

    def query_datasets(self) -> tuple[str, dict, str]:
        name = self.dataset_type()
        known = self.repository.dataset_types.get(name)
        group = known.dimensions if known else self.dimensions(["instrument"])
        find_first = self.chance(0.6)
        keys = list(group.required) + ([] if find_first else ["run"])
        args, compare = self.terms(group, [name], keys)
        args |= {"dataset_type": name, "collections": self.search(name, not find_first)}
        if not find_first or self.chance(0.2):
            args["find_first"] = find_first
        if not find_first and known and known.isCalibration() and compare == "ordered":
            compare = "multiset" if "limit" not in args else "count"
        return "query_datasets", args, compare

    def query_dimension_records(self) -> tuple[str, dict, str]:
        element = self.rng.choice(self.repository.elements)
        group = self.repository.universe[element].minimal_group
        args, compare = self.terms(group, [], list(group.required))
        return "query_dimension_records", args | {"element": element}, compare

    def query_data_ids(self) -> tuple[str, dict, str]:
        names = self.rng.choice(DATA_IDS)
        group = self.dimensions(names)
        args, compare = self.terms(group, [], list(group.required))
        return "query_data_ids", args | {"dimensions": names}, compare

    def query_all_datasets(self) -> tuple[str, dict, str]:
        find_first = self.chance(0.6)
        names = list(self.repository.dataset_types)
        pattern = self.rng.choice(["*", "*", "b*", "*a*", "[a-d]*", self.rng.choice(names), self.rng.sample(names, 2), [self.rng.choice(names), "r*"], "nosuch", ["nosuch", "b*"]])
        args, _ = self.terms(self.dimensions(self.rng.choice([["instrument", "detector"], ["instrument"], ["tract"], ["visit"]])), ["bias"] if pattern == "bias" else [], [])
        args.pop("order_by", None)
        args.pop("explain", None)
        if args.get("limit") == 0:
            del args["limit"]
        args |= {"collections": self.search(None, not find_first), "name": pattern, "find_first": find_first}
        return "query_all_datasets", args, "subset" if args.get("limit") else "multiset"

    def find_dataset(self) -> tuple[str, dict, str]:
        ref = self.rng.choice(self.repository.refs)
        if self.chance(0.5):
            ref = self.rng.choice([r for r in self.repository.refs if r.datasetType.isCalibration()])
        data_id = dict(ref.dataId.required)
        if self.chance(0.25):
            data_id = dict(ref.dataId.mapping)
        records = self.repository.records
        draw = self.rng.random()
        if draw < 0.12 and "detector" in data_id:
            known = [r for r in records["detector"] if r["instrument"] == data_id["instrument"] and r["id"] == data_id["detector"]]
            del data_id["detector"]
            field = self.rng.choice(["full_name", "detector.full_name", "raft", "detector"])
            data_id[field] = known[0][field.removeprefix("detector.") if field != "detector" else "full_name"]
            if self.chance(0.5):
                data_id["name_in_raft"] = known[0]["name_in_raft"]
        elif draw < 0.2 and "exposure" in data_id:
            known = [r for r in records["exposure"] if r["instrument"] == data_id["instrument"] and r["id"] == data_id["exposure"]]
            del data_id["exposure"]
            data_id |= self.rng.choice([{"exposure": known[0]["obs_id"]}, {"day_obs": known[0]["day_obs"], "seq_num": known[0]["seq_num"]}, {"exposure.target_name": known[0]["target_name"]}, {"group": known[0]["group"]}])
        elif draw < 0.3 and data_id:
            key = self.rng.choice(list(data_id))
            if self.chance(0.4):
                del data_id[key]
            else:
                data_id[key] = self.rng.choice([0, 1, 2, "x", "Ab", "r", "1", "SkyMap1"])
        elif draw < 0.36:
            data_id |= self.rng.choice([{"band": "r"}, {"detector": 2}, {"nosuch": 1}, {"detector.raft": "A"}, {"exposure": 1}, {"visit": 1}, {"skymap": "nope"}, {"physical_filter": "Cam1-G"}])
        args = {"dataset_type": ref.datasetType.name, "data_id": data_id, "collections": self.search(ref.datasetType.name, False)}
        if self.chance(0.5 if ref.datasetType.isCalibration() else 0.1):
            args["timespan"] = {"$timespan": [self.rng.choice([None, *TIMES[self.repository.name]]) for _ in range(2)]}
        return "find_dataset", args, "multiset"

    def query(self) -> tuple[str, dict, str]:
        """The query object: joins, uploads, general results, counts."""
        repository, rng = self.repository, self.rng
        names = list(repository.dataset_types)
        joined = rng.sample(names, rng.choice([0, 1, 1, 2]))
        args: dict[str, Any] = {"joins": [{"dataset_type": n, "collections": self.search(n, False)} for n in joined]}
        if self.chance(0.4):
            args["dimensions"] = rng.choice(DATA_IDS)
        kind = rng.choice(["general", "general", "dataset_ref", "data_coordinate", "dimension_record"])
        result: dict[str, Any] = {"type": kind}
        group = self.dimensions(args.get("dimensions", []))
        for name in joined:
            group = group | repository.dataset_types[name].dimensions
        if kind == "dataset_ref":
            if not joined:
                joined = [rng.choice(names)]
                args["joins"] = [{"dataset_type": joined[0], "collections": self.search(joined[0], False)}]
            name = rng.choice(joined)
            result |= {"dataset_type": name, "find_first": self.chance(0.5)}
            result_group = repository.dataset_types[name].dimensions
            keys = list(result_group.required) + ([] if result["find_first"] else ["run"])
        elif kind == "dimension_record":
            result["element"] = rng.choice(repository.elements)
            result_group = repository.universe[result["element"]].minimal_group
            keys = list(result_group.required)
        else:
            result_group = group if self.chance(0.5) else self.dimensions(rng.choice(DATA_IDS))
            result["dimensions"] = list(result_group.required)
            keys = list(result_group.required)
            if kind == "general":
                elements = [e for e in repository.elements if set(repository.universe[e].minimal_group.names) <= set(result_group.names)]
                if elements:
                    element = rng.choice(elements)
                    result["dimension_fields"] = {element: [f for f in repository.universe[element].schema.remainder.names if self.chance(0.5)]}
                if joined and self.chance(0.7):
                    fields = [f for f in ["dataset_id", "run", "collection", "ingest_date", "timespan"] if self.chance(0.4)]
                    result["dataset_fields"] = {rng.choice(joined): fields or "..."}
                    result["find_first"] = self.chance(0.4)
                    keys = []
        args["result"] = result
        # `where` is read before the result is known: what the result needs is joined before it
        group = group | result_group
        args["dimensions"] = list(group.required)
        terms, compare = self.terms(group, joined, keys)
        if "order_by" in terms:
            terms["order_by"] = [key for key in terms["order_by"] if key.removeprefix("-") in keys]
        for name in ("explain", "defaults"):
            terms.pop(name, None)
        terms["data_id"] = terms.pop("kwargs", {}) | terms.get("data_id", {})
        if terms.get("limit", 1) is not None and terms.get("limit", 1) < 0:
            del terms["limit"]
            compare = "ordered" if "order_by" in terms and keys else "multiset"
        args |= terms
        if self.chance(0.2):
            upload = rng.choice([["instrument", "detector"], ["instrument", "visit"], ["skymap", "tract"], ["band"]])
            element = upload[-1]
            key = repository.universe.dimensions[element].primaryKey.name
            rows = [[r.get(d, r.get(key)) if d != element else r[key] for d in upload] for r in repository.records[element]]
            args["upload"] = {"dimensions": upload, "rows": rng.sample(rows, min(3, len(rows)))}
        if kind == "dataset_ref" and result.get("find_first") is False and compare == "ordered":
            compare = "multiset" if args.get("limit") is None else "count"
        if self.chance(0.25):
            terminal = rng.choice(["count", "any", "explain"])
            if terminal == "any":
                args["any_args"] = rng.choice([{"execute": True, "exact": True}, {"execute": True, "exact": False}, {"execute": False, "exact": False}, {"execute": False, "exact": True}])
            if terminal == "count":
                args["count_args"] = {"exact": self.chance(0.7), "discard": True}
            args["terminal"] = terminal
            args.pop("order_by", None)
            args.pop("limit", None)
            compare = "multiset"
        return "query", args, compare

    def collections(self) -> tuple[str, dict, str]:
        names = list(self.repository.collections)
        globs = ["*", "*/*", "u/*", "chain/*", "*calib*", "imported_[gr]", "zzz*", "*run?", "HSC*", "[!c]*", "*[", "u/alice/[[]*", "[a-z]*_?", "*ü*", "?", "", "*'*", "u/[]]*", "[]"]
        pieces = [self.rng.choice(globs if self.chance(0.5) else names) for _ in range(self.rng.choice([1, 1, 2, 3]))]
        args: dict[str, Any] = {"expression": pieces[0] if len(pieces) == 1 and self.chance(0.5) else pieces}
        if self.chance(0.5):
            args["flatten_chains"] = self.chance(0.6)
        if self.chance(0.4):
            args["include_chains"] = self.chance(0.5)
        if self.chance(0.4):
            args["collection_types"] = self.rng.sample(["RUN", "TAGGED", "CHAINED", "CALIBRATION"], self.rng.choice([1, 2, 3]))
        if self.chance(0.6):
            return "collections_query", args, "multiset" if any(set("*?[") & set(p) for p in pieces) else "ordered"
        extra = {n: True for n in ("include_parents", "include_summary", "include_doc") if self.chance(0.5)}
        return "collections_query_info", args | extra, "multiset"

    def dataset_types(self) -> tuple[str, dict, str]:
        names = list(self.repository.dataset_types)
        globs = ["*", "b*", "*a*", "[a-d]*", "[!b]*", "?????", "zzz*", "*_*"]
        pieces = [self.rng.choice(globs if self.chance(0.6) else names) for _ in range(self.rng.choice([1, 1, 2]))]
        return "query_dataset_types", {"expression": pieces[0] if len(pieces) == 1 else pieces}, "multiset"


class TooSlow(BaseException):
    pass


def _stop(*_: Any) -> None:
    raise TooSlow


def answered(butler: Butler, case: dict) -> dict | None:
    """The case with stock Butler's answer; None where it has none worth comparing."""
    # It comes again, as Python ignores what is raised within a callback.
    signal.setitimer(signal.ITIMER_REAL, MOST_SECONDS, MOST_SECONDS)
    try:
        expected = run_case(butler, case)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    error = expected.get("error", {})
    if error.get("error_type") in ("TooSlow", "MemoryError"):
        return None
    if any(message in error.get("message", "") for message in NO_ANSWER):
        return None
    # With a limit stock Butler had rows, and without it, to know which ones there could be, none.
    if case["compare"] == "subset" and error.get("error_type") == "CalibrationLookupError":
        return None
    policy = "reject" if error.get("class") == "oracle_crash" else case["policy"]
    return case | {"expected": expected, "policy": policy}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=150)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    signal.signal(signal.SIGALRM, _stop)
    butlers = {n: Butler.from_config(str(REPOSITORIES / n), writeable=False, without_datastore=True) for n in ("satellite", "official")}
    cases = Cases(random.Random(options.seed), [Repository(name, butler) for name, butler in butlers.items()])
    for number in range(options.count):
        case = answered(butlers[(given := cases.case(number))["repo"]], given)
        if case:
            print(json.dumps(case, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
