"""Write cases of forms that random expressions seldom or never have, with the answers of stock Butler, one JSON object per line.

    python test/oracle/written_cases.py --seed 1 --count 300 > cases.jsonl

Every form of literals, operators, globs, times, regions, binds and data IDs is put to every place where it may stand; of all
these cases the seed picks `count`, and what once was answered wrongly always.  Without `count` all are written.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import signal
from collections.abc import Iterator
from typing import Any

from lsst.daf.butler import Butler
from random_cases import MOST_BYTES, REPOSITORIES, _stop, answered

# fmt: off
#: What cases say of a repository by `<name>`.
WORDS = {
    "satellite": {"I": "Cam1", "J": "Cam2", "D": "2", "name": "Ab", "raft": "A", "run": "imported_g", "run2": "imported_r", "calib": "Cam1/calibs", "chain": "chain/calibfirst", "time": "2020-01-01T02:30:00", "obs": "one", "sky": "10, 10"},
    "official": {"I": "LSSTCam", "J": "HSC", "D": "94", "name": "R22_S11", "raft": "R22", "run": "LSSTCam/calib/DM-50000/run.1", "run2": "LSSTCam/calib/DM-50000/run.2", "calib": "LSSTCam/calib/DM-50000", "chain": "LSSTCam/calib", "time": "2025-12-04T03:00:10", "obs": "MC_O_20251203_000004", "sky": "150, 2.2"},
}
NUMBERS = ["1", "01", "-1", "+1", "- 1", "--1", "-+1", "1.", ".1e1", "10e-1", "1E+0", "1.e0", "-0", "-0.0", "00", "0e5", "1e-400", "5e-324", "2147483648", "-9007199254740993", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "99999999999999999999999", "9007199254740993.0", "1_000", "1,0", "0x10", "1e", ".e1", ".", "1.2.3", "1..2", "1...2", "1f", "1L", "½", "∞", "inf", "nan"]
PLACES_OF_NUMBERS = ["detector = {}", "detector >= {}", "{} != detector", "detector IN ({})", "detector NOT IN (7, {})", "exposure.exposure_time > {}", "exposure.exposure_time IN ({}, 30)", "detector - {} < 2"]
CONSTANTS = ["1 + 1 = 2", "1-1=0", "1--1=2", "1 - -1 = 2", "-(-(1)) = 1", "2+3*4=14", "2-3-4=-5", "8/4/2=1", "8*4/2=16", "7%4%2=1", "-7%4=-3", "7%-4=3", "1/2=0.5", "-7/2=-3.5", "2*1.5=3", "2.0*1.5=3", "((1))=((1))", "1=1=1", "1<2<3", "NOT 1=2", "NOT(1=2)", "NOT NOT 1=1", "NOT 1 = 1 OR 1 = 1", "NOT (1 = 1 OR 1 = 1)", "1=1 AND", "OR 1=1", "(1=1", "1=1)", "()", "1=1 1=1", "1=1;", "1==1", "1<>1", "1! =2", "1=>1", "1 IN (1..3)", "NOT 1 IN (2)", "1.0 IN (1)", "1.5 IN (1..2)", "'a' IN ('a')", "'a' < 'B'", "'a' = 1", "NULL IN (1)", "1 IN (NULL)", "NULL = 1", "1 != NULL", "(1+1) = NULL", "(1=1) = NULL", "T'2020-01-01' = NULL", "POINT(1,2) = NULL", "TRUE", "true = true", "1 AND 1", "1=1 AND NULL"]
MEMBERSHIPS = ["(1..3, 2..4)", "(1..3:3)", "(1..3 : 2)", "(1. .3)", "(1..3..5)", "(1..3:02)", "(1..3:0)", "(01..03)", "(+1..3)", "(-1..-1)", "(-1..-2)", "(-1..-3)", "(3..1)", "(3..2:5)", "(1.0..3)", "(a..b)", "(-5..0:2, 1000..2000:7)", "(-9223372036854775808..9223372036854775807)", "(0..9223372036854775808)", "(NULL, NULL)", "(1..3:2, NULL)", "(detector)", "(id)", "(instrument)", "('1')", "(- 2)", "(-(2))", "(2,)", "[2]", "(2; 3)", "((1..3))"]
COMPARISONS = ["raft = full_name", "raft < name_in_raft", "detector = detector.id", "detector.id.id = 1", "instrument.instrument = '<I>'", "instrument.detector_max >= detector", "name = '<I>'", "class_name != NULL", "(purpose) = NULL", "purpose = (NULL)", "-detector = NULL", "purpose = 'NULL'", "detector + NULL = 1", "'<raft>' IN (raft, full_name)", "raft='<raft>'and(detector=<D>)or(1=2)", "detector=<D>AND raft='<raft>'", "detector NOTIN (<D>)", "NOT detector NOT IN (<D>)", "detector NOT\nIN (<D>)"]
TEXTS = ["''", "' '", "''''", "'a''b'", "'a\\'b'", "'\\'", "'\\\\'", "\"Ab\"", "`Ab`", "N'Ab'", "T'Ab'", "'Ab", "'A\tb'", "'A\nb'", "'é'", "'é'", "'𝔘'", "'%'", "'*'", "'**'", "'?'", "'*?*'", "'[A]*'", "'[!A]*'", "'A_'", "'A' 'b'", "('Ab')", "-'Ab'", "'100%'", "'dé一'", "'\\*'", "'\\a'", "'a\\'", "'*\\**'", "'*[*'", "'[[]'", "'R??_S??'"]
PLACES_OF_TEXTS = ["full_name = {}", "{} = full_name", "full_name < {}", "full_name NOT IN ('q', {})", "GLOB(full_name, {})", "NOT GLOB(full_name, {})", "GLOB({}, full_name)"]
CALLS = ["GLOB(full_name)", "GLOB()", "GLOB (full_name, '*b')", "GLOB(full_name, NULL)", "GLOB(full_name, raft)", "GLOB(band, '*')", "GLOB(detector.id, '*')", "GLOB((full_name), '*')", "GLOB(full_name, ('*'))", "GLOB(full_name, '*') = NULL", "LIKE(full_name, 'a')", "full_name LIKE 'A%'", "GLOB(instrument.class_name, '*obs*')"]
FIELDS = ["exposure.dark_time", "exposure.observation_type", "exposure.seq_end", "exposure.target_name", "exposure.has_simulated", "exposure.timespan", "exposure.timespan.begin", "exposure.day_obs", "exposure.group", "visit.region", "visit.name", "skymap.hash", "dataset_id", "run", "ingest_date"]
PLACES_OF_FIELDS = ["{} = NULL", "NOT {} != NULL", "NULL = {}", "{}", "NOT {}", "{} = {}", "{} < {}", "{} = 1", "{} > 'a'", "{} < T'2021-01-01'", "{} IN ('science', NULL)", "{} NOT IN (NULL)", "{} IN (1..5)", "-{} < 0", "GLOB({}, '*s*')", "GLOB({}, '*')", "NOT GLOB({}, '*')", "{} OVERLAPS T'<time>'", "{} OVERLAPS {}"]
DATES = ["2020-01-01", "2020-1-1", "20200101", "2020-01-01 02:30:00", "2020-01-01T02:30", "2020-01-01T02", "2020-01-01T02:30:00.123456789", "2020-01-01t02:30:00", " 2020-01-01", "2020-01-01T02:30:60", "2016-12-31T23:59:60", "2020:001:02:30", "2021:366", "58849.1", "58849", "-58849.1", "5.88491e4", ".5", "jd/2458849.6", "<time>", "1969-12-31", "2100-01-01", "9999-12-31", "now", "", "/"]
FORMATS = ["", "", "mjd/", "MJD/", "jd/", "unix/", "iso/", "isot/", "fits/", "yday/", "gps/", "cxcsec/", "jyear/", "byear/", "nope/"]
SCALES = ["", "", "/tai", "/utc", "/tt", "/Utc", "/tcg", "/local", "/nope", "/tai/"]
PLACES_OF_TIMES = ["exposure.timespan OVERLAPS {}", "{} OVERLAPS exposure.timespan", "exposure.timespan OVERLAPS ({}, NULL)", "exposure.timespan OVERLAPS (NULL, {})", "exposure.timespan OVERLAPS ({}, {})", "exposure.timespan OVERLAPS ({},)", "NOT exposure.timespan OVERLAPS {}", "exposure.timespan.begin < {}", "{} = exposure.timespan.end", "exposure.timespan.begin IN ({}, NULL)", "exposure.timespan < {}", "exposure.timespan IN ({})", "-{} < exposure.timespan.begin", "({}, NULL) OVERLAPS (NULL, T'2021-01-01')"]
SHAPES = ["POINT(<sky>)", "POINT(<sky>, 1)", "POINT(1, 91)", "POINT(370, 10)", "CIRCLE(<sky>, 0)", "CIRCLE(<sky>, 1)", "CIRCLE(<sky>, 45)", "CIRCLE(<sky>, 180)", "CIRCLE(<sky>, -1)", "CIRCLE(<sky>, 1+1)", "CIRCLE(<sky>, (1))", "CIRCLE(<sky>, :a)", "BOX(<sky>, 0, 0)", "BOX(<sky>, 10, 0.1)", "BOX(<sky>, 400, 1)", "BOX(<sky>, 1, 300)", "BOX(<sky>, -1, 1)", "BOX(<sky>, 1)", "POLYGON(<sky>, 11, 10, 11, 11)", "POLYGON(<sky>, 151, 2, 152, 3)", "POLYGON(<sky>, <sky>, <sky>)", "POLYGON(<sky>, 11, 10)", "REGION('circle 1 1 1')", "REGION('CIRCLE 10 10 -1')", "REGION('CIRCLE 10,10,1')", "REGION(' CIRCLE 10 10 1')", "REGION('RANGE 9 11 -Inf +Inf')", "REGION('RANGE 11 9 9 11')", "REGION('POLYGON 9 9 11 9 11 11')", "REGION('POLYGON 11 11 11 9 9 9')", "REGION('')", "REGION('BOX 10 10 1 1')", "NULL", "visit.region", "tract.region", "htm7.region"]
BINDS: list[Any] = [{"$time_utc": "2020-01-01T02:30:00"}, {"$timespan": [None, "2020-01-01T03:00:00"]}, {"$timespan": ["2020-01-01T03:00:00", "2020-01-01T02:00:00"]}, {"$timespan_empty": True}, None, True, [{"$time": "2020-01-01T02:00:00"}], {"$set": []}, [], {"a": 1}, 1.5, "science", {"$lonlat": [10, 10]}, {"$region_pos": "CIRCLE 10 10 1"}, {"$bytes": "00ff"}, {"$float": "-0.0"}, 9223372036854775807, {"$range": [0, 10, 3]}, {"$range": [5, 0, 1]}, [1, 2.5], [1, "a"], [None], [[1], [2]], [True, False], {"$tuple": ["science", "bias"]}, ""]
PLACES_OF_BINDS = ["exposure.timespan OVERLAPS :b", "exposure.timespan.begin NOT IN (:b)", "exposure.seq_num = :b", "exposure.seq_num IN (1, :b, 5..7)", "exposure.exposure_time >= b", "exposure.observation_type NOT IN (:b)", "GLOB(exposure.observation_type, :b)", ":b", ":b = NULL", ":b IN (1)", "-:b < 1", "visit.region OVERLAPS :b", "visit.region OVERLAPS POINT(:b, 10)", "UUID(:b) = 1", "exposure.seq_num = : b"]
DATA_IDS: list[dict[str, Any]] = [{"detector": "<name>"}, {"detector": "<D>"}, {"detector.full_name": "<name>"}, {"full_name": "<name>"}, {"detector": True}, {"detector": 1, "raft": "<raft>"}, {"exposure": "<obs>", "detector": 1}, {"exposure.obs_id": "<obs>", "detector": "<name>"}, {"detector": 1, "nosuch": 1}, {"detector": 1, "band": "zz"}, {"detector": 1, "skymap": "nope"}, {}]
SEARCHES: list[Any] = ["<run>", "<chain>", ["<run>", "<run2>"], ["<calib>", "<run2>"], ["nosuch", "<run>"], "", []]
PATTERNS = ["nosuch", "", "*", "**", "?", "*/*", "[!u]*", "*/run[12]", "[]", "[", "[!]", "[]]", "{a,b}", "*'*", "\\*", "chain/deep?", "*/", "<run>", "<chain>", "<calib>"]
#: What was answered wrongly once.
MENDED: list[tuple[str, dict[str, Any]]] = [
    ("query_dimension_records", {"element": "exposure", "where": "GLOB(exposure.target_name, '*')"}),
    ("query_dimension_records", {"element": "exposure", "where": "NOT GLOB(exposure.target_name, '*')"}),
    ("find_dataset", {"dataset_type": "bias", "collections": ["<run>"], "data_id": {"detector": "<name>"}, "defaults": {"data_id": {"instrument": "<I>"}}}),
    ("find_dataset", {"dataset_type": "bias", "collections": ["<run>"], "data_id": {"instrument": "<I>", "detector": True}}),
    ("find_dataset", {"dataset_type": "b*", "collections": ["<run>"], "data_id": {"instrument": "<I>", "detector": 1}}),
    ("find_dataset", {"dataset_type": "bias..wcs", "collections": ["<run>"], "data_id": {"instrument": "<I>", "detector": 1}}),
    ("query", {"joins": [{"dataset_type": name, "collections": ["<run>", "<chain>"]} for name in ("bias", "raw")], "data_id": {"instrument": "nope"}, "result": {"type": "data_coordinate", "dimensions": ["instrument"]}, "terminal": "explain"}),
    ("collections_query", {"expression": ["nosuch", "*"], "flatten_chains": True, "collection_types": ["TAGGED", "CALIBRATION"]}),
    ("query_datasets", {"dataset_type": "bias", "collections": ["nosuch", "*"], "find_first": False}),
    ("query_dimension_records", {"element": "htm7", "where": "instrument = '<I>' AND visit.region OVERLAPS htm7.region"}),
    ("query_all_datasets", {"name": "[cd]*oadd", "collections": ["<run>"], "where": "detector = <D>"}),
    ("query_all_datasets", {"name": "[cd]*oadd", "collections": [], "find_first": False, "where": "detector = <D>"}),
    ("query_all_datasets", {"name": "*", "collections": []}),
]
# fmt: on


def written() -> Iterator[tuple[str, dict[str, Any]]]:
    wheres = [place.replace("{}", n) for place in PLACES_OF_NUMBERS for n in NUMBERS]
    wheres += [
        form.format(c)
        for form in ("{}", "detector = <D> AND ({})", "detector = <D> OR {}")
        for c in CONSTANTS
    ]
    wheres += [
        f"{left} {word} {m}"
        for left in ("detector", "-detector", "detector / 2", "raft")
        for word in ("IN", "NOT IN")
        for m in MEMBERSHIPS
    ]
    wheres += COMPARISONS + CALLS
    wheres += [place.replace("{}", text) for place in PLACES_OF_TEXTS for text in TEXTS]
    for where in wheres:
        yield (
            "query_dimension_records",
            {
                "element": "exposure" if "exposure" in where else "detector",
                "kwargs": {"instrument": "<I>"},
                "where": where,
            },
        )
        yield (
            "query_datasets",
            {
                "dataset_type": "bias",
                "collections": ["<run>", "<run2>"],
                "kwargs": {"instrument": "<I>"},
                "where": where,
            },
        )
    times = [
        place.replace("{}", f"T'{form}{date}{scale}'")
        for place in PLACES_OF_TIMES
        for date in DATES
        for form in FORMATS
        for scale in SCALES
    ]
    fields = [
        place.replace("{}", field) for place in PLACES_OF_FIELDS for field in FIELDS
    ]
    for where in times + fields:
        yield "query_dimension_records", {"element": "exposure", "where": where}
        calibration = where.replace("exposure.timespan", "bias.timespan")
        yield (
            "query_datasets",
            {
                "dataset_type": "bias",
                "collections": ["<run2>", "<calib>"],
                "find_first": False,
                "where": f"instrument = '<I>' AND {calibration}",
            },
        )
    for shape in SHAPES:
        for element in ("visit", "visit_detector_region", "tract", "patch"):
            for form in (
                "{0}.region OVERLAPS {1}",
                "{1} OVERLAPS {0}.region",
                "NOT {0}.region OVERLAPS {1}",
                "{0}.region OVERLAPS {1} OR 1 = 2",
                "{0}.region = {1}",
            ):
                where = form.format(element, shape)
                yield (
                    "query_dimension_records",
                    {"element": element, "where": where, "bind": {"a": 0.5}},
                )
                yield (
                    "query_data_ids",
                    {
                        "dimensions": ["visit", "detector"],
                        "where": where,
                        "bind": {"a": 1},
                    },
                )
    for bind in BINDS:
        for where in PLACES_OF_BINDS:
            yield (
                "query_dimension_records",
                {
                    "element": "exposure",
                    "kwargs": {"instrument": "<I>"},
                    "where": where,
                    "bind": {"b": bind},
                },
            )
    for data_id in DATA_IDS:
        for collections in SEARCHES:
            for span in (
                None,
                {"$timespan": ["<time>", None]},
                {"$timespan": [None, None]},
            ):
                for defaults in ({}, {"data_id": {"instrument": "<I>"}}):
                    given = data_id if defaults else {"instrument": "<I>"} | data_id
                    yield (
                        "find_dataset",
                        {
                            "dataset_type": "bias",
                            "collections": collections,
                            "data_id": given,
                            "timespan": span,
                        }
                        | ({"defaults": defaults} if defaults else {}),
                    )
            yield (
                "query_datasets",
                {
                    "dataset_type": "bias",
                    "collections": collections,
                    "kwargs": {"instrument": "<I>"} | data_id,
                },
            )
    for pattern in PATTERNS:
        for more in ([], ["<run>"], ["nosuch"], ["*"]):
            for options in (
                {},
                {"flatten_chains": True},
                {"include_chains": False},
                {
                    "collection_types": ["RUN", "CHAINED"],
                    "flatten_chains": True,
                    "include_chains": True,
                },
                {"collection_types": []},
            ):
                yield "collections_query", {"expression": [pattern, *more]} | options


def cases(
    repositories: list[str], rng: random.Random, count: int | None
) -> Iterator[dict[str, Any]]:
    forms = list(written())
    chosen = MENDED + (forms if count is None else rng.sample(forms, count))
    for number, (kind, args) in enumerate(chosen):
        for repository in (
            repositories
            if number < len(MENDED) or count is None
            else [rng.choice(repositories)]
        ):
            text = json.dumps(
                args
                if kind in ("find_dataset", "collections_query")
                else args | {"explain": False}
            )
            for word, value in WORDS[repository].items():
                text = text.replace(f"<{word}>", value)
            has_order = kind == "collections_query" and not any(
                set("*?[") & set(term) for term in json.loads(text)["expression"]
            )
            yield {
                "id": f"{'mended' if number < len(MENDED) else 'written'}-{repository}-{number}",
                "repo": repository,
                "kind": kind,
                "args": json.loads(text),
                "features": [],
                "compare": "ordered" if has_order else "multiset",
                "policy": "match",
            }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int)
    options = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    signal.signal(signal.SIGALRM, _stop)
    butlers = {
        n: Butler.from_config(
            str(REPOSITORIES / n), writeable=False, without_datastore=True
        )
        for n in ("satellite", "official")
    }
    for given in cases(list(butlers), random.Random(options.seed), options.count):
        case = answered(butlers[given["repo"]], given)
        if case:
            print(json.dumps(case, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
