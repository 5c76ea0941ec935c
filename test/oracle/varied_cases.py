"""Write cases that are the conformance corpus's own with something else in them, with the answers of stock Butler, one JSON object per line.

    python test/oracle/varied_cases.py --seed 1 --count 150 > cases.jsonl

A case gets another's parts, expressions of two are joined, a word of an expression is exchanged, another method is asked.
The same seed gives the same cases.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import re
import resource
import signal
from collections import defaultdict
from typing import Any

from lsst.daf.butler import Butler
from random_cases import MOST_BYTES, REPOSITORIES, _stop, answered

CORPUS = REPOSITORIES.parent / "public" / "cases.jsonl"
#: Normal forms of longer expressions may be multiplied out without end.
LONGEST = 250
QUERIES = ["query_datasets", "query_dimension_records", "query_data_ids", "query_all_datasets"]
TOKENS = re.compile(r"'[^']*'|\d+\.\.\d+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|[A-Za-z_:][\w.]*|<=|>=|!=|\S")
TERMS = {"where", "bind", "data_id", "kwargs", "explain", "order_by", "limit", "defaults"}


def kind_of(token: str) -> str:
    """What a token could be exchanged with."""
    if token.startswith("'"):
        return "text"
    if token[0].isdigit():
        return "range" if ".." in token else "number"
    if token.upper() in ("AND", "OR"):
        return "junction"
    if token in ("=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%") or token.upper() in ("IN", "OVERLAPS"):
        return "operator"
    return "name" if token[0].isalpha() else "other"


class Variations:
    def __init__(self, rng: random.Random, butlers: dict[str, Butler]) -> None:
        self.rng = rng
        self.universes = {name: butler.dimensions for name, butler in butlers.items()}
        with open(CORPUS, encoding="utf-8") as file:
            cases = [case for case in map(json.loads, file) if "skip_oracle" not in case]
        self.types = {t.name: list(t.dimensions.required) for b in butlers.values() for t in b.registry.queryDatasetTypes("*")}
        self.cases: dict[str, list[dict]] = defaultdict(list)
        self.parts: dict[tuple[str, str], list] = defaultdict(list)
        self.tokens: dict[tuple[str, str], list[str]] = defaultdict(list)
        for case in cases:
            args, repo = case["args"], case["repo"]
            if any(len(where) > LONGEST for where in self.wheres(args)) or len(json.dumps(args)) > 1500:
                continue
            if case["policy"] != "match" or not self.is_asked_of_repositories(case["kind"], args):
                continue
            self.cases[repo].append(case)
            for key, value in args.items():
                self.parts[repo, key].append(value)
            for key in ("element", "dimensions", "dataset_type", "collections"):
                if (value := args.get("result", {}).get(key)) is not None:
                    self.parts[repo, key].append(value)
            if where := self.wheres(args):
                self.parts[repo, "expression of where"].append((where[0], args.get("bind"), args.get("kwargs")))
            for token in TOKENS.findall(" ".join(self.wheres(args))):
                if token not in self.tokens[repo, kind_of(token)]:
                    self.tokens[repo, kind_of(token)].append(token)
        for repo, universe in self.universes.items():
            for element in universe.elements:
                if element.name not in universe.skypix_dimensions.names:
                    self.tokens[repo, "name"] += [f"{element.name}.{field}" for field in element.schema.names]

    @staticmethod
    def is_asked_of_repositories(kind: str, args: dict) -> bool:
        """Not what a Python client infers, looks up or refuses by itself."""
        defaults = args.get("defaults", {})
        if args.get("collections", "") is None or "collections" in defaults or "infer" in defaults:
            return False
        if None in (args.get("data_id") or {}).values():
            return False
        return kind != "get_dataset_type" or "." not in args["name"]

    @staticmethod
    def wheres(args: dict) -> list[str]:
        where = args.get("where") or []
        return [where] if isinstance(where, str) else where

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def part(self, key: str) -> Any:
        return copy.deepcopy(self.rng.choice(self.parts[self.repo, key]))

    def case(self, number: int) -> dict[str, Any]:
        self.repo = self.rng.choice(list(self.cases))
        base = self.rng.choice(self.cases[self.repo])
        kind, args = base["kind"], copy.deepcopy(base["args"])
        for _ in range(self.rng.choice([1, 1, 2, 3])):
            kind, args = self.varied(kind, args)
        if kind == "query":
            self.complete(args)
        if kind == "query_all_datasets":
            args.pop("order_by", None)
        compare = self.compare(kind, args)
        return {"id": f"varied-{number}", "repo": self.repo, "kind": kind, "args": args, "features": [], "compare": compare, "policy": "match"}

    def varied(self, kind: str, args: dict) -> tuple[str, dict]:
        if kind in QUERIES or kind == "query":
            changes = [self.other_where] * 3 + [self.other_token] * 5 + [self.joined_wheres] * 4 + [self.negated, self.other_method, self.other_method]
            changes += [self.other_part] * 3 + [self.ordered, self.limited] + ([self.other_result] * 3 if kind == "query" else [])
        else:
            changes = [self.other_part]
        return self.rng.choice(changes)(kind, args)

    def set_where(self, args: dict, where: str, bind: Any) -> None:
        args["where"] = where
        if bind:
            args["bind"] = (args.get("bind") or {}) | bind if isinstance(args.get("bind") or {}, dict) else bind

    def other_where(self, kind: str, args: dict) -> tuple[str, dict]:
        where, bind, kwargs = self.part("expression of where")
        self.set_where(args, where, bind)
        if kwargs and kind != "query" and self.chance(0.5):
            args["kwargs"] = kwargs
        return kind, args

    def joined_wheres(self, kind: str, args: dict) -> tuple[str, dict]:
        own = self.wheres(args)
        where, bind, _ = self.part("expression of where")
        if not own or len(own[0]) + len(where) > LONGEST:
            return self.other_where(kind, args)
        form = self.rng.choice(["{} AND {}", "({}) AND ({})", "{} OR {}", "({}) OR ({})", "({}) AND NOT ({})", "{1} AND {0}", "({1}) OR ({0})"])
        self.set_where(args, form.format(own[0], where), bind)
        return kind, args

    def negated(self, kind: str, args: dict) -> tuple[str, dict]:
        own = self.wheres(args)
        if own and len(re.findall(r"\b(and|or)\b", own[0], re.I)) < 5:
            args["where"] = self.rng.choice(["NOT ({})", "NOT {}", "({})", "NOT NOT ({})"]).format(own[0])
        return kind, args

    def other_token(self, kind: str, args: dict) -> tuple[str, dict]:
        own = self.wheres(args)
        found = list(TOKENS.finditer(own[0])) if own else []
        if not found:
            return self.other_where(kind, args)
        token = self.rng.choice(found)
        place = self.rng.random()
        near = self.tokens[self.repo, kind_of(token[0])]
        other = self.rng.choice(near) if near else token[0]
        if place < 0.1:
            other = ""
        elif place < 0.15:
            other = token[0] + " " + token[0]
        elif place < 0.25:
            other = self.rng.choice([token[0].upper(), token[0].lower(), token[0] + " ", "-" + token[0], f"({token[0]})"])
        elif place < 0.3:
            other = self.rng.choice(self.tokens[self.repo, self.rng.choice(["name", "number", "text", "operator", "range", "other"])])
        args["where"] = own[0][: token.start()] + other + own[0][token.end() :]
        return kind, args

    def other_part(self, kind: str, args: dict) -> tuple[str, dict]:
        """The same part of another case, of one of its own or of any."""
        donor = self.rng.choice([case for case in self.cases[self.repo] if case["kind"] == kind])["args"]
        keys = [key for key in donor if key != "result"] or ["data_id"]
        if kind in QUERIES and self.chance(0.3):
            keys = ["data_id", "kwargs", "defaults", "explain", "bind"]
        key = self.rng.choice(keys)
        if key == "explain":
            args[key] = True
        elif key == "bind" and isinstance(args.get("bind"), dict) and args["bind"]:
            args["bind"][self.rng.choice(list(args["bind"]))] = self.rng.choice(list(self.part("bind").values()) or [1])
        elif key in ("data_id", "kwargs") and isinstance(args.get(key), dict) and self.chance(0.5):
            other = self.part(key)
            args[key] |= other if isinstance(other, dict) else {}
        else:
            args[key] = copy.deepcopy(donor[key]) if key in donor else self.part(key)
        if "defaults" in args and kind == "query":
            del args["defaults"]
        return kind, args

    def other_method(self, kind: str, args: dict) -> tuple[str, dict]:
        """The same terms put to another method."""
        terms = {key: value for key, value in args.items() if key in TERMS}
        kind = self.rng.choice([*QUERIES, "query", "query"])
        collections, type_ = args.get("collections"), args.get("dataset_type")
        if type_ is None or collections is None:
            donor = self.rng.choice([case for case in self.cases[self.repo] if case["kind"] == "query_datasets"])["args"]
            collections, type_ = donor.get("collections", "imported_g"), donor["dataset_type"]
        element, dimensions = args.get("element") or self.part("element"), args.get("dimensions") or self.part("dimensions")
        find_first = {"find_first": False} if self.chance(0.3) else {}
        match kind:
            case "query_datasets":
                return kind, terms | {"dataset_type": type_, "collections": collections} | find_first
            case "query_dimension_records":
                return kind, terms | {"element": element}
            case "query_data_ids":
                return kind, terms | {"dimensions": dimensions}
            case "query_all_datasets":
                terms.pop("explain", None)
                return kind, terms | {"name": self.part("name"), "collections": collections} | find_first
        terms["data_id"] = (terms.get("data_id") or {}) | (terms.pop("kwargs", None) or {})
        for key in ("explain", "defaults"):
            terms.pop(key, None)
        results = [
            {"type": "dataset_ref", "dataset_type": type_, "collections": collections} | find_first,
            {"type": "data_coordinate", "dimensions": dimensions},
            {"type": "dimension_record", "element": element},
            {"type": "general", "dimensions": dimensions},
        ]
        terms["result"] = self.rng.choice(results)
        if self.chance(0.4):
            terms["joins"] = [{"dataset_type": type_, "collections": collections}]
        return self.with_terminal(kind, terms)

    def with_terminal(self, kind: str, args: dict) -> tuple[str, dict]:
        for key in ("terminal", "any_args", "count_args"):
            args.pop(key, None)
        match self.rng.choice(["rows", "rows", "count", "any", "explain"]):
            case "count":
                args |= {"terminal": "count", "count_args": {"exact": self.chance(0.8), "discard": True}}
            case "any":
                execute = self.chance(0.7)
                args |= {"terminal": "any", "any_args": {"execute": execute, "exact": execute and self.chance(0.7)}}
            case "explain":
                args |= {"terminal": "explain"}
        return kind, args

    def other_result(self, kind: str, args: dict) -> tuple[str, dict]:
        if self.chance(0.4):
            return self.with_terminal(kind, args)
        donor = self.rng.choice([case for case in self.cases[self.repo] if case["kind"] == "query"])["args"]
        key = self.rng.choice([key for key in ("result", "joins", "upload", "dimensions", "data_id") if key in donor])
        args[key] = copy.deepcopy(donor[key])
        return kind, args

    def ordered(self, kind: str, args: dict) -> tuple[str, dict]:
        if kind != "query_all_datasets":
            terms = self.part("order_by")
            args["order_by"] = [terms] if isinstance(terms, str) else terms
            if self.chance(0.3):
                args["order_by"] = [self.rng.choice(["", "-"]) + self.rng.choice(self.tokens[self.repo, "name"])]
            try:
                args["order_by"] += self.keys(kind, args)
            except Exception:
                pass
        return kind, args

    def keys(self, kind: str, args: dict) -> list[str]:
        """Terms that leave nothing of an order open."""
        universe, result = self.universes[self.repo], args.get("result", args)
        if "element" in result:
            return list(universe[result["element"]].minimal_group.required)
        if kind == "query_data_ids" or result.get("type") == "data_coordinate":
            return list(universe.conform(result["dimensions"]).required)
        if result.get("find_first", True):
            return list(self.types[result["dataset_type"]])
        return []

    def limited(self, kind: str, args: dict) -> tuple[str, dict]:
        args["limit"] = self.rng.choice([0, 1, 2, 3, 5, 100, -1, -2, -100, None])
        if kind == "query_all_datasets" and args["limit"] == 0:
            del args["limit"]
        return kind, args

    def complete(self, args: dict) -> None:
        """Joins first what the result needs: the query object reads `where` before it knows the result."""
        universe, result = self.universes[self.repo], args["result"]
        dimensions = args.get("dimensions", [])
        # It takes names, which query methods would take for globs.
        while set("*?[") & set("".join(result.get("collections") or "")):
            result["collections"] = self.part("collections")
        if self.wheres(args):
            try:
                if result["type"] == "dataset_ref":
                    joins = args.get("joins", [])
                    if result["dataset_type"] not in [join["dataset_type"] for join in joins] and result.get("collections"):
                        args["joins"] = [*joins, {"dataset_type": result["dataset_type"], "collections": result["collections"]}]
                else:
                    needed = universe[result["element"]].minimal_group.required if "element" in result else result.get("dimensions") or []
                    args["dimensions"] = list(universe.conform([*dimensions, *needed]).required)
            except Exception:
                del args["where"]
        if args.get("limit") is not None and args["limit"] < 0:
            del args["limit"]
        if args.get("terminal") == "count":
            args["count_args"] = args.get("count_args", {}) | {"discard": True}

    def compare(self, kind: str, args: dict) -> str:
        """How rows are compared, of which the order is the database's where the terms leave it open."""
        if kind == "query" and args.get("terminal", "rows") != "rows":
            args.pop("order_by", None)
            args.pop("limit", None)
            return "multiset"
        try:
            keys = self.keys(kind, args) if args.get("order_by") else []
        except Exception:
            keys = []
        if keys and args["order_by"][-len(keys) :] == keys:
            return "ordered"
        if args.get("limit") not in (None, 0):
            return "subset"
        return "ordered" if kind == "collections_query" and not set("*?[") & set("".join(args["expression"])) else "multiset"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=150)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    signal.signal(signal.SIGALRM, _stop)
    butlers = {n: Butler.from_config(str(REPOSITORIES / n), writeable=False, without_datastore=True) for n in ("satellite", "official")}
    variations = Variations(random.Random(options.seed), butlers)
    for number in range(options.count):
        case = answered(butlers[(given := variations.case(number))["repo"]], given)
        if case:
            print(json.dumps(case, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
