"""Write test/data/where.json.gz: where-expressions and the predicates that stock Butler makes of them (null: refused).

They are read with the dimensions of a visit and a detector joined, the dataset types `bias` and `flat`, and universe 8.

Run with the Python that has lsst-daf-butler installed:  python test/oracle/where.py
"""

import gzip
import json
import logging
import random
import warnings
from pathlib import Path

from lsst.daf.butler import DimensionConfig, DimensionUniverse
from lsst.daf.butler.queries._expression_strings import convert_expression_string_to_predicate
from lsst.daf.butler.queries._identifiers import IdentifierContext
from lsst.resources import ResourcePath

random.seed(20260103)
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)

CONFIG = ResourcePath("resource://lsst.daf.butler/configs/old_dimensions/daf_butler_universe8.yaml")
UNIVERSE = DimensionUniverse(DimensionConfig(CONFIG))
BIND = {"i": 3, "f": 1.5, "s": "HSC", "many": [1, 2, 3], "names": ["a", "b"], "none": [], "detector": 7, "null": 1}
CONTEXT = IdentifierContext(UNIVERSE.conform(["visit", "detector"]), {"bias", "flat"}, BIND)

INTS = ["detector", "visit", "visit.id", "exposure", "seq_num", "detector.id", "day_obs", "tract", "1", "-2", "+3", "i", ":i"]
FLOATS = ["exposure_time", "visit.zenith_angle", "1.5", ".5", "2.", "1e3", "f", ":f", "-f"]
STRINGS = ["instrument", "detector.full_name", "raft", "band", "physical_filter", "bias.run", "flat.collection", "'x'", "''", ":s", "skymap"]
TIMES = ["T'2020-01-01'", "T'58849.5/tai'", "visit.timespan.begin", "bias.timespan.end", "bias.ingest_date", "T'1950-01-01'"]
SPANS = ["visit.timespan", "bias.timespan", "(T'2020-01-01', T'2021-01-01')", "(NULL, T'2021-01-01')", "(T'2021-01-01', T'2020-01-01')", "(T'2020-01-01', T'2020-01-01')"]
REGIONS = ["visit.region", "tract.region", "visit_detector_region.region", "POINT(1, 2)", "CIRCLE(10, -5.5, 0.25)", "BOX(350, 0, 20, 4)", "POLYGON(0, 0, 1, 0, 1, 1)", "REGION('CIRCLE 1 2 3')", "circle(f, :i, 1)"]
OTHERS = ["NULL", "null", "run", "name", "id", "timespan", "region", "nosuch", "visit.nosuch", "bias.nosuch", "dark.run", "visit.instrument", "exposure.can_see_sky", "htm7", "visit.region.begin", "1..5", "many", ":names", "UUID('{DE305D54-75B4-431B-ADB2-EB6B9E546014}')", "bias.dataset_id", "FOO(1)", "9e999"]
KINDS = [INTS, FLOATS, STRINGS, TIMES, SPANS, REGIONS, OTHERS]


def value(kind, depth=2):
    if kind in (INTS, FLOATS) and depth and random.random() < 0.25:
        other = kind if random.random() < 0.9 else random.choice(KINDS)
        text = f"{value(kind, depth - 1)} {random.choice('+-*/%')} {value(other, depth - 1)}"
        return f"({text})" if random.random() < 0.4 else text
    if random.random() < 0.08:
        return f"{random.choice('+-')} {random.choice(kind)}"
    return random.choice(kind)


def item(kind):
    if random.random() < 0.15:
        return random.choice(["NULL", "many", ":none", ":names", "1..9:3", "5..4", "5..3", "-4..-1", "'y'", "UUID('x')", "POINT(1, 2)"])
    return random.choice(kind)


def comparison():
    kind = random.choice(KINDS)
    other = kind if random.random() < 0.85 else random.choice(KINDS)
    draw = random.random()
    if draw < 0.25:
        items = ", ".join(item(kind) for _ in range(random.randrange(1, 4)))
        return f"{value(kind)} {random.choice(['IN', 'NOT IN', 'not in'])} ({items})"
    if draw < 0.32:
        return f"GLOB({random.choice(STRINGS + OTHERS)}, {random.choice(STRINGS + ['i'])})"
    if draw < 0.4:
        return random.choice(["exposure.can_see_sky", "visit.region = NULL", "NULL != raft", "exposure.can_see_sky = NULL", *OTHERS])
    spatial = kind in (SPANS, REGIONS) and random.random() < 0.8
    operator = "OVERLAPS" if spatial else random.choice(["=", "!=", "<", ">", "<=", ">=", "=", "overlaps"])
    return f"{value(kind)} {operator} {value(other)}"


def expression(depth):
    if depth == 0 or random.random() < 0.3:
        return comparison()
    draw = random.random()
    if draw < 0.2:
        return f"NOT {comparison()}"
    if draw < 0.35:
        return f"{random.choice(['', 'NOT '])}({expression(depth - 1)})"
    return random.choice([" AND ", " OR ", " or\n"]).join(expression(depth - 1) for _ in range(2))


def outcome(text):
    try:
        predicate = convert_expression_string_to_predicate(text, context=CONTEXT, universe=UNIVERSE)
        return json.loads(predicate.model_dump_json())["operands"]
    except Exception:
        return None


cases = {}
while len(cases) < 6000:
    text = expression(random.choice([0, 0, 1, 2]))
    cases.setdefault(text, outcome(text))

path = Path(__file__).parent.parent / "data" / "where.json.gz"
path.write_bytes(gzip.compress(json.dumps(list(cases.items())).encode(), mtime=0))
print(path.stat().st_size, "bytes,", sum(v is None for v in cases.values()), "refused")
