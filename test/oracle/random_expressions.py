"""Random where-expressions over every construct of the language, most of them meaningful for the repository they are for."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from lsst.daf.butler import Butler
from lsst.sphgeom import LonLat

#: Conjunctive normal forms above this many groups are not put to stock Butler, which multiplies them out.
MOST_GROUPS = 48

TIMES = {
    "satellite": ["2020-01-01T00:00:00", "2020-01-01T01:00:00", "2020-01-01T02:30:00", "2020-01-01T03:00:00", "2020-01-01T04:00:00", "2020-01-02T10:00:00", "2021-09-09T03:00:10", "2013-06-17T09:42:40", "2013-11-02T05:00:00", "1970-01-01T00:00:00", "2099-12-31T00:00:00"],
    "official": ["2025-12-03T00:00:00", "2025-12-03T07:59:20", "2025-12-04T00:00:00", "2025-12-04T01:00:10", "2025-12-04T02:00:00", "2025-12-04T03:00:10", "2025-12-04T05:00:00", "2013-06-17T09:42:40", "2013-11-02T05:40:00", "2014-11-18T12:45:00", "1970-01-01T00:00:00", "2030-01-01T00:00:00"],
}
INGEST = ["2026-01-01T00:00:00", "2026-01-02T07:00:00", "2026-01-03T12:00:00", "2026-01-04T00:00:00", "2026-01-06T05:00:00"]
DATASET_FIELDS = ["dataset_id", "run", "collection", "ingest_date", "timespan"]
#: Elements of one family, most specific first: a spatial join within a family is refused.
SPATIAL = ["visit_detector_region", "visit", "patch", "tract"]
TEMPORAL = ["exposure", "visit", "day_obs"]


@dataclass
class Repository:
    """What the generator knows of a repository, asked of stock Butler."""

    name: str
    butler: Butler
    values: dict[tuple[str, str], list] = field(default_factory=dict)
    sky: list[tuple[str, float, float]] = field(default_factory=list)
    records: dict[str, list[dict]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.universe = self.butler.dimensions
        self.elements = [e.name for e in self.universe.elements if e.name not in self.universe.skypix_dimensions.names]
        for name in self.elements:
            records = self.butler.query_dimension_records(name, explain=False, limit=None)
            self.records[name] = sorted((r.toDict() for r in records), key=repr)
            element = self.universe[name]
            for column in element.schema.names:
                known = {r[column] for r in self.records[name] if isinstance(r.get(column), (int, float, str))}
                self.values[name, column] = sorted(known, key=repr)
            for r in self.records[name]:
                if r.get("region") is not None:
                    centre = LonLat(r["region"].getBoundingCircle().getCenter())
                    self.sky.append((name, round(centre.getLon().asDegrees(), 4), round(centre.getLat().asDegrees(), 4)))
        self.sky.sort()
        found = self.butler.registry.queryDatasetTypes("*")
        self.dataset_types = {t.name: t for t in sorted(found, key=lambda t: t.name)}
        self.collections = {c.name: c for c in self.butler.collections.query_info("*", include_summary=True)}
        self.refs = sorted(self.butler.query_all_datasets("*", find_first=False, limit=None), key=lambda r: str(r.id))


def _tagged(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return {"$float": repr(value)}
    if isinstance(value, list):
        return [_tagged(v) for v in value]
    return {k: _tagged(v) if k in ("$tuple", "$set") else v for k, v in value.items()} if isinstance(value, dict) else value


class Expressions:
    """Expressions for one query: its dimensions, the dataset types joined, and the binds handed out so far."""

    def __init__(self, rng: random.Random, repository: Repository, dimensions: Any, joined: list[str]) -> None:
        self.rng, self.repository, self.joined = rng, repository, joined
        self.bind: dict[str, Any] = {}
        near = [e for e in repository.elements if set(repository.universe[e].required.names) <= set(dimensions.names)]
        self.elements = near * 30 + repository.elements if near else repository.elements

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def where(self) -> str:
        text, _ = self.tree(self.rng.choice([0, 0, 0, 1, 1, 1, 2, 2, 3]))
        if self.chance(0.05):
            text = self.damaged(text)
        return text

    def damaged(self, text: str) -> str:
        """The text with one mistake, as of a slip of the hand."""
        place = self.rng.randrange(len(text) + 1)
        slips = ["'", ")", "(", ",", ".", " ", "-", ":", "=", "..", "\t", "\n", "\r", ";", "é", "1", "T'", " AND ", " NOT ", "%"]
        if self.chance(0.4):
            return text[:place] + text[place + 1 :]
        return text[:place] + self.rng.choice(slips) + text[place:]

    def tree(self, depth: int) -> tuple[str, list[int]]:
        """An expression, and the sizes of the groups of its conjunctive normal form."""
        while True:
            text, groups = self.draw(depth)
            if len(groups) <= MOST_GROUPS:
                return text, groups

    def draw(self, depth: int) -> tuple[str, list[int]]:
        if depth == 0:
            return self.predicate(), [1]
        if self.chance(0.2):
            text, groups = self.tree(depth - 1)
            count = 1
            for size in groups:
                count = min(count * size, MOST_GROUPS + 1)
            return f"{self.rng.choice(['NOT', 'not'])} ({text})", [len(groups)] * count
        parts = [self.tree(depth - 1) for _ in range(self.rng.choice([2, 2, 3]))]
        groups = parts[0][1]
        word = self.rng.choice(["AND", "AND", "OR", "and", "Or"])
        for _, more in parts[1:]:
            groups = groups + more if word.upper() == "AND" else [a + b for a in groups for b in more]
        texts = [f"({text})" if depth > 1 or self.chance(0.3) else text for text, _ in parts]
        return f" {word} ".join(texts), groups

    def predicate(self) -> str:
        kinds = [self.comparison] * 8 + [self.membership] * 4 + [self.null] * 2 + [self.boolean, self.glob, self.glob]
        kinds += [self.arithmetic] * 2 + [self.odd]
        kinds += [self.time] * (4 if set(TEMPORAL) & set(self.elements[:20]) else 1)
        kinds += [self.region] * (4 if set(SPATIAL) & set(self.elements[:20]) else 1)
        if self.joined:
            kinds += [self.dataset_field] * 6
        text = self.rng.choice(kinds)()
        return f"NOT {text}" if self.chance(0.1) else text

    def column(self, *types: str) -> tuple[str, str, str]:
        """A column of one of the types: how it is written, its element and its name there."""
        while True:
            element = self.rng.choice(self.elements)
            names = self.repository.universe[element].schema.names
            fits = [n for n in names if self.kind(element, n) in types]
            if not fits:
                continue
            name = self.rng.choice(list(fits))
            dimensions = self.repository.universe.dimensions.names
            own = element in dimensions and name == self.repository.universe.dimensions[element].primaryKey.name
            draw = self.rng.random()
            if own:
                text = element if draw < 0.7 else f"{element}.{name}"
            elif name in dimensions and draw < 0.5:
                text = name
            else:
                text = name if draw < 0.06 else f"{element}.{name}"
            return text, element, name

    def kind(self, element: str, name: str) -> str:
        type_ = self.repository.universe[element].schema.all[name].type
        return type_ if isinstance(type_, str) else str(type_)

    def value(self, element: str, name: str) -> Any:
        """Most often a value that the column has."""
        known = self.repository.values.get((element, name)) or []
        if not known and name in self.repository.universe.dimensions.names:
            known = self.repository.values[name, self.repository.universe.dimensions[name].primaryKey.name]
        kind = self.kind(element, name)
        if known and self.chance(0.85):
            return self.rng.choice(known)
        if kind == "int":
            return self.rng.choice([0, 1, 2, 3, 10, -1, 20200101, 2**31, 2**40])
        return self.rng.choice([0.0, 0.5, 30.0, -1.5, 1e6, 59.5]) if kind == "float" else self.rng.choice(["", "x", "g", "R_1", "Cam1", "é", "100%"])

    def literal(self, value: Any) -> str:
        if self.chance(0.25) or (isinstance(value, str) and "'" in value):
            return self.bound(value)
        if isinstance(value, str):
            return f"'{value}'"
        if isinstance(value, float) and self.chance(0.2):
            return f"{value:e}"
        return str(value)

    def bound(self, value: Any) -> str:
        """The name of a bind; JSON does not tell whole floats from integers, so they are tagged."""
        value = _tagged(value)
        name = self.rng.choice(["a", "b", "c", "x_1", "Value"]) + str(len(self.bind))
        self.bind[name] = value
        return f":{name}" if self.chance(0.9) else name

    def comparison(self) -> str:
        text, element, name = self.column("int", "int", "string", "float")
        operator = self.rng.choice(["=", "=", "!=", "<", "<=", ">", ">="])
        if self.chance(0.15):
            other, *_ = self.column(self.kind(element, name))
        elif self.chance(0.04):
            other = self.literal(self.rng.choice([1, 1.5, "x"]))
        else:
            other = self.literal(self.value(element, name))
        if self.chance(0.15):
            text, other = other, text
        gap = self.rng.choice([" ", " ", ""])
        return f"{text}{gap}{operator}{gap}{other}"

    def membership(self) -> str:
        text, element, name = self.column("int", "int", "string", "float")
        kind = self.kind(element, name)
        items = []
        for _ in range(self.rng.choice([1, 2, 3, 6])):
            draw = self.rng.random()
            if draw < 0.3 and kind == "int":
                items.append(self.range(self.value(element, name)))
            elif draw < 0.36:
                items.append("NULL")
            elif draw < 0.5:
                values = [self.value(element, name) for _ in range(self.rng.choice([0, 1, 3, 5]))]
                tag = self.rng.choice([None, None, "$tuple", "$set"])
                items.append(self.bound({tag: values} if tag else values))
            else:
                items.append(self.literal(self.value(element, name)))
        return f"{text} {self.rng.choice(['IN', 'IN', 'NOT IN', 'in'])} ({', '.join(items)})"

    def range(self, near: int) -> str:
        first = near - self.rng.choice([0, 0, 1, 3, 100])
        last = near + self.rng.choice([0, 1, 4, 100]) if self.chance(0.95) else first - self.rng.choice([1, 2])
        stride = self.rng.choice(["", "", ":1", ":2", " : 3", ":7"])
        return f"{first}{self.rng.choice(['..', ' .. '])}{last}{stride}"

    def null(self) -> str:
        text, *_ = self.column("int", "string", "float", "timespan", "bool", "hash", "region")
        sides = [text, self.rng.choice(["NULL", "null"])]
        if self.chance(0.2):
            sides.reverse()
        return f"{sides[0]} {self.rng.choice(['=', '!='])} {sides[1]}"

    def boolean(self) -> str:
        name = self.rng.choice(["exposure.can_see_sky", "exposure.has_simulated"])
        return self.rng.choice([name, f"NOT {name}", f"{name} = NULL", f"{name} != NULL"])

    def glob(self) -> str:
        text, element, name = self.column("string")
        pattern = str(self.value(element, name))
        if self.chance(0.3):
            pattern = pattern[: len(pattern) // 2] + "*"
        elif self.chance(0.4) and pattern:
            place = self.rng.randrange(len(pattern))
            pattern = pattern[:place] + self.rng.choice(["?", "*", "\\?", "[", "]"]) + pattern[place + 1 :]
        elif self.chance(0.4):
            pattern = self.rng.choice(["*", "?", "??", "*_*", "*%*", "*[*", "*]", "*\\**", "*\\\\*", "", "*'*", "*☄*", "*é*"])
        return f"{self.rng.choice(['GLOB', 'glob'])}({text}, {self.literal(pattern)})"

    def moment(self, pool: list[str] | None = None) -> str:
        isot = self.rng.choice(pool or TIMES[self.repository.name])
        if self.chance(0.25):
            return self.bound(self.rng.choice([{"$time": isot}, {"$time_utc": isot}, {"$datetime": isot}]))
        forms = [f"T'{isot}/tai'", f"T'{isot}'", f"t'{isot.replace('T', ' ')}'", f"T'isot/{isot}/utc'", f"T'{isot[:10]}'", f"T'{isot}/tt'", "T'58849.125'", "T'mjd/58849.1/tai'", "T'jd/2458849.6'", "T'2020:001:02:00:00/tai'", "T'unix/1577850000.5'"]
        return self.rng.choice(forms[:6] * 3 + forms)

    def span(self, pool: list[str] | None = None) -> str:
        if self.chance(0.2):
            ends = [self.rng.choice([None, *(pool or TIMES[self.repository.name])]) for _ in range(2)]
            return self.bound(self.rng.choice([{"$timespan": ends}, {"$timespan": sorted(ends, key=str)}, {"$timespan_empty": True}]))
        ends = [self.rng.choice(["NULL", self.moment(pool), self.moment(pool)]) for _ in range(2)]
        return f"({ends[0]}, {ends[1]})"

    def time(self) -> str:
        element = self.rng.choice([e for e in self.elements if e in TEMPORAL] or TEMPORAL)
        span = f"{element}.timespan"
        if self.chance(0.35):
            end = self.rng.choice(["begin", "end"])
            return f"{span}.{end} {self.rng.choice(['<', '<=', '>', '>=', '=', '!='])} {self.moment()}"
        other = self.moment() if self.chance(0.4) else self.span()
        sides = [span, other]
        if self.chance(0.25):
            sides.reverse()
        return f"{sides[0]} {self.rng.choice(['OVERLAPS', 'overlaps'])} {sides[1]}"

    def region(self) -> str:
        element = self.rng.choice([e for e in self.elements if e in SPATIAL] or SPATIAL)
        column = f"{element}.region"
        if self.chance(0.2):
            others = SPATIAL[2:] if element in SPATIAL[:2] else SPATIAL[:2]
            return f"{column} OVERLAPS {self.rng.choice(others if self.chance(0.9) else SPATIAL)}.region"
        sides = [column, self.shape(element)]
        if self.chance(0.2):
            sides.reverse()
        return f"{sides[0]} OVERLAPS {sides[1]}"

    def shape(self, element: str) -> str:
        """A region near one that the element has."""
        _, ra, dec = self.rng.choice([place for place in self.repository.sky if place[0] == element])
        ra, dec = round(ra + self.rng.choice([0, 0, 0.1, -0.3, 2]), 4), round(dec + self.rng.choice([0, 0, 0.05, -0.2, 1]), 4)
        size = self.rng.choice([0.01, 0.1, 0.5, 2, 10])
        polygon = f"{ra - size}, {dec - size}, {ra + size}, {dec - size}, {ra}, {dec + size}"
        circle = f"CIRCLE {ra} {dec} {size}"
        forms = [f"POINT({ra}, {dec})", f"CIRCLE({ra}, {dec}, {size})", f"BOX({ra}, {dec}, {size}, {size * 2})", f"POLYGON({polygon})"]
        forms += [f"REGION('{circle}')", f"REGION('POLYGON {polygon.replace(',', '')}')", f"REGION('RANGE {ra - size} {ra + size} {dec - size} {dec + size}')"]
        forms += [f"circle({self.bound(ra)}, {dec}, {self.bound(size)})", self.bound({"$region_pos": circle}), self.bound({"$lonlat": [ra, dec]})]
        return self.rng.choice(forms)

    def arithmetic(self) -> str:
        kind = self.rng.choice(["int", "int", "float"])
        text, element, name = self.column(kind)
        other, *_ = self.column(kind)
        step = self.rng.choice([1, 2, 3, 7]) if kind == "int" else self.rng.choice([0.5, 1.5, 2.0, 30.0])
        operators = ["+", "-", "*", "/", "%"] if kind == "int" else ["+", "-", "*", "/"]
        left = self.rng.choice([f"{text} {self.rng.choice(operators)} {step}", f"{text} {self.rng.choice(['+', '-', '*'])} {other}", f"-{text}", f"+{text}", f"({text} + {step}) {self.rng.choice(operators)} {step}", f"{step} - {text} * {step}"])
        return f"{left} {self.rng.choice(['=', '!=', '<', '>=', '>'])} {self.literal(self.value(element, name) if self.chance(0.6) else step)}"

    def dataset_field(self) -> str:
        type_ = self.rng.choice(self.joined)
        name = self.rng.choice(DATASET_FIELDS)
        text = name if self.chance(0.3) else f"{type_}.{name}"
        refs = [r for r in self.repository.refs if r.datasetType.name == type_] or self.repository.refs
        operator = self.rng.choice(["=", "=", "!="])
        match name:
            case "dataset_id":
                uuid = str(self.rng.choice(refs).id)
                if self.chance(0.3):
                    return f"{text} IN ({self.bound([{'$uuid': str(r.id)} for r in self.rng.sample(refs, min(3, len(refs)))])})"
                return f"{text} {operator} " + self.rng.choice([f"UUID('{uuid}')", f"uuid('{uuid.upper()}')", self.bound({"$uuid": uuid})])
            case "run" | "collection":
                value = self.rng.choice(refs).run if self.chance(0.8) else self.rng.choice(list(self.repository.collections))
                if self.chance(0.2):
                    return f"GLOB({text}, {self.literal(value[:4] + '*')})"
                if self.chance(0.2):
                    return f"{text} IN ({self.literal(value)}, 'imported_g')"
                return f"{text} {self.rng.choice(['=', '!=', '<', '>='])} {self.literal(value)}"
            case "ingest_date":
                if self.chance(0.3):
                    return f"{text} OVERLAPS {self.span(INGEST)}"
                return f"{text} {self.rng.choice(['<', '>=', '=', '!='])} {self.moment(INGEST)}"
            case _:
                if self.chance(0.3):
                    return f"{text}.{self.rng.choice(['begin', 'end'])} {self.rng.choice(['<', '>=', '='])} {self.moment()}"
                if self.chance(0.2):
                    return f"{text} OVERLAPS {self.rng.choice(TEMPORAL)}.timespan"
                return f"{text} OVERLAPS {self.moment() if self.chance(0.5) else self.span()}"

    def odd(self) -> str:
        """A construct of which a mistake is made easily."""
        pieces = ["1 = 1", "1 = 2", "'a' < 'b'", "nosuch = 1", "visit.nosuch = 2", "detector = 'x'", "1", "NULL = NULL", "detector.full_name = 1.5", "htm7 = 231829", "htm7 IN (231828..231830)", "band = 'g'", "skymap.hash = NULL", "timespan.begin < T'2020-01-01'", "name = 'x'", "id = 2", "detector = 1 = 2", "detector IN (1, 'a')", "detector IN ()", "exposure.timespan = NULL", "exposure.can_see_sky = 1", ":nosuch = 3", "FOO(1) = 1", "POINT(1, 95) OVERLAPS visit.region", "visit.region = visit.region", "visit.timespan OVERLAPS exposure.timespan", "day_obs.timespan OVERLAPS exposure.timespan", "visit.timespan OVERLAPS day_obs.timespan", "ssp_hypothesis_table = 'main_belt'", "subfilter = 1", "visit_system = 0", "visit_system.name != 'x'", "group = 'group1'", "visit_system_membership.visit = 1", "visit_definition.exposure = 1", "NOT NOT detector = 1", "(detector) = (1)", "detector = (1)", "detector IN (1.5)", "exposure_time IN (30, 60.0)", "detector % 2 = 1", "-detector = -1", "- 1 = detector - 2", "detector / 2 = 0.5", "detector / 2 = 1", "detector = 1e0", "instrument > 'A'"]
        return self.rng.choice(pieces)
