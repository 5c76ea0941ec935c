"""Put cases of the conformance corpus (test/conformance/README.md) to stock Butler and canonicalise the outcome.

A case is ``{"id", "kind", "repo", "args", "features", ...}``; `run_case`
returns the ``expected`` member.  Non-JSON argument values use tagged objects,
see `decode_value`.
"""

from __future__ import annotations

import hashlib
import json
import logging
import uuid
from collections.abc import Iterable
from typing import Any

import astropy.time

import lsst.sphgeom
from lsst.daf.butler import (
    Butler,
    CollectionType,
    DataCoordinate,
    DatasetRef,
    DimensionRecord,
    EmptyQueryResultError,
    Timespan,
)
from lsst.daf.butler._exceptions import ButlerUserError
from lsst.daf.butler.time_utils import TimeConverter

# --------------------------------------------------------------------------
# Argument decoding (JSON -> Python)
# --------------------------------------------------------------------------


def decode_value(v: Any) -> Any:
    """Turn tagged JSON values into the Python objects used as bind values.

    {"$uuid": "..."}                   uuid.UUID
    {"$time": "2020-01-01T00:00:00"}   astropy Time, TAI, isot
    {"$time_utc": "..."}               astropy Time, UTC, isot
    {"$time_nsec": 123}                TAI nanoseconds since 1970-01-01
    {"$timespan": [a, b]}              a, b: null or TAI isot string
    {"$timespan_nsec": [a, b]}
    {"$timespan_empty": true}
    {"$region_pos": "CIRCLE ..."}      IVOA POS string
    {"$region_hex": "..."}             sphgeom encode() bytes
    {"$lonlat": [ra, dec]}             degrees
    {"$bytes": "hex"}
    {"$set": [...]}, {"$tuple": [...]}
    {"$range": [start, stop, step]}    expands to a list of ints
    {"$float": "1e400"}                floats JSON cannot carry
    {"$bool": true}                    plain JSON booleans also work
    {"$datetime": "2020-01-01T00:00:00"}  naive datetime.datetime
    """
    if isinstance(v, list):
        return [decode_value(x) for x in v]
    if not isinstance(v, dict):
        return v
    if len(v) == 1:
        ((k, x),) = v.items()
        match k:
            case "$uuid":
                return uuid.UUID(x)
            case "$time":
                return astropy.time.Time(x, format="isot", scale="tai")
            case "$time_utc":
                return astropy.time.Time(x, format="isot", scale="utc")
            case "$time_nsec":
                return TimeConverter().nsec_to_astropy(x)
            case "$timespan":
                return Timespan(*[None if t is None else astropy.time.Time(t, format="isot", scale="tai") for t in x])
            case "$timespan_nsec":
                return Timespan(None, None, _nsec=tuple(x))
            case "$timespan_empty":
                return Timespan.makeEmpty()
            case "$region_pos":
                return lsst.sphgeom.Region.from_ivoa_pos(x)
            case "$region_hex":
                return lsst.sphgeom.Region.decode(bytes.fromhex(x))
            case "$lonlat":
                return lsst.sphgeom.LonLat.fromDegrees(*x)
            case "$bytes":
                return bytes.fromhex(x)
            case "$set":
                return {decode_value(y) for y in x}
            case "$tuple":
                return tuple(decode_value(y) for y in x)
            case "$range":
                return list(range(*x))
            case "$float":
                return float(x)
            case "$bool":
                return bool(x)
            case "$datetime":
                import datetime

                return datetime.datetime.fromisoformat(x)
    return {k: decode_value(x) for k, x in v.items()}


# --------------------------------------------------------------------------
# Result canonicalisation (Python -> JSON)
# --------------------------------------------------------------------------


def canon_value(v: Any) -> Any:
    """Canonical JSON form of one column value.

    regions -> {"region_sha256": first 32 hex digits of sha256(encode())}
    timespans -> {"begin_nsec", "end_nsec"} (TAI ns as decimal strings, because
    they exceed 2**53; unbounded = "0" / "4102444800000000000")
    hashes (bytes) -> hex string; UUIDs -> string; datetimes -> TAI ns string
    """
    if isinstance(v, lsst.sphgeom.Region):
        return {"region_sha256": hashlib.sha256(v.encode()).hexdigest()[:32]}
    if isinstance(v, Timespan):
        return {"begin_nsec": str(v.nsec[0]), "end_nsec": str(v.nsec[1])}
    if isinstance(v, astropy.time.Time):
        return str(TimeConverter().astropy_to_nsec(v))
    if isinstance(v, bytes):
        return v.hex()
    if isinstance(v, uuid.UUID):
        return str(v)
    if isinstance(v, float) and v == 0.0:
        return 0.0
    return v


def canon_data_id(d: DataCoordinate) -> dict[str, Any]:
    return {k: canon_value(v) for k, v in sorted(d.required.items())}


def canon_implied(d: DataCoordinate) -> dict[str, Any] | None:
    if not d.hasFull():
        return None
    return {k: canon_value(d[k]) for k in sorted(d.dimensions.implied)}


def canon_ref(ref: DatasetRef) -> dict[str, Any]:
    out = {
        "id": str(ref.id),
        "dataset_type": ref.datasetType.name,
        "run": ref.run,
        "data_id": canon_data_id(ref.dataId),
    }
    implied = canon_implied(ref.dataId)
    if implied:
        out["implied"] = implied
    return out


def canon_record(rec: DimensionRecord) -> dict[str, Any]:
    return {"element": rec.definition.name, "record": {k: canon_value(v) for k, v in sorted(rec.toDict().items())}}


def canon_coordinate(d: DataCoordinate) -> dict[str, Any]:
    out: dict[str, Any] = {"data_id": canon_data_id(d)}
    implied = canon_implied(d)
    if implied:
        out["implied"] = implied
    return out


def canon_row(v: Any) -> Any:
    if isinstance(v, DatasetRef):
        return canon_ref(v)
    if isinstance(v, DimensionRecord):
        return canon_record(v)
    if isinstance(v, DataCoordinate):
        return canon_coordinate(v)
    if isinstance(v, dict):
        return {k: canon_value(x) for k, x in sorted(v.items())}
    raise TypeError(type(v))


def sort_key(row: Any) -> str:
    return json.dumps(row, sort_keys=True, ensure_ascii=True)


def canon_rows(rows: Iterable[Any], ordered: bool) -> list[Any]:
    out = [canon_row(r) for r in rows]
    return out if ordered else sorted(out, key=sort_key)


def _sort_sets(message: str) -> str:
    """Make set reprs inside messages independent of the hash seed."""
    import re

    return re.sub(r"\{('[^{}']*'(?:, '[^{}']*')+)\}", lambda m: "{" + ", ".join(sorted(m.group(1).split(", "))) + "}", message)


# Exceptions that are a deliberate answer to a bad request.
_ARGUMENT_ERRORS = (TypeError, ValueError, KeyError, LookupError)


def canon_error(exc: BaseException) -> dict[str, Any]:
    name = type(exc).__name__
    if isinstance(exc, EmptyQueryResultError):
        return {"error_type": name, "class": "empty_result", "message": str(exc), "reasons": list(exc.reasons)}
    from lsst.daf.butler.registry import CollectionError, DataIdError, DatasetTypeError, RegistryError

    if isinstance(exc, ButlerUserError):
        cls = "user_error"
    elif isinstance(exc, CollectionError | DataIdError | DatasetTypeError | RegistryError):
        cls = "user_error"
    elif isinstance(exc, _ARGUMENT_ERRORS) and not isinstance(exc, UnicodeError):
        cls = "argument_error"
    else:
        cls = "oracle_crash"
    msg = _sort_sets(str(exc))
    if len(msg) > 600:
        msg = msg[:600] + "…"
    out = {"error_type": name, "class": cls, "message": msg}
    if isinstance(exc, ButlerUserError):
        out["butler_error_type"] = exc.error_type
    if exc.__cause__ is not None and isinstance(exc, ButlerUserError):
        out["cause"] = {"type": type(exc.__cause__).__name__, "message": str(exc.__cause__)[:300]}
    return out


# --------------------------------------------------------------------------
# Case execution
# --------------------------------------------------------------------------


class _LogCapture(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


def with_defaults(butler: Butler, defaults: dict | None) -> Butler:
    """Return a butler carrying the default collections / data ID of a case."""
    if not defaults:
        return butler
    return butler.clone(
        collections=defaults.get("collections"),
        run=None,
        inferDefaults=defaults.get("infer", False),
        dataId=defaults.get("data_id", {}),
    )


def _where_args(args: dict) -> dict:
    out = {}
    for k in ("data_id", "bind"):
        if args.get(k) is not None:
            out[k] = decode_value(args[k])
    for k in ("where", "order_by", "limit", "find_first"):
        if k in args:
            out[k] = args[k]
    return out


def execute(butler: Butler, kind: str, args: dict) -> tuple[str, Any]:
    """Run one query; returns (result type, raw python result)."""
    butler = with_defaults(butler, args.get("defaults"))
    kwargs = decode_value(args.get("kwargs") or {})
    match kind:
        case "query_datasets":
            return "rows", butler.query_datasets(
                args["dataset_type"], args.get("collections"), explain=args.get("explain", True), **_where_args(args), **kwargs
            )
        case "query_dimension_records":
            a = _where_args(args)
            return "rows", butler.query_dimension_records(args["element"], explain=args.get("explain", True), **a, **kwargs)
        case "query_data_ids":
            a = _where_args(args)
            return "rows", butler.query_data_ids(args["dimensions"], explain=args.get("explain", True), **a, **kwargs)
        case "query_all_datasets":
            a = _where_args(args)
            if "name" in args:
                a["name"] = args["name"]
            return "rows", butler.query_all_datasets(args.get("collections"), **a, **kwargs)
        case "find_dataset":
            ref = butler.find_dataset(
                args["dataset_type"],
                decode_value(args.get("data_id")),
                collections=args.get("collections"),
                timespan=decode_value(args.get("timespan")),
                **kwargs,
            )
            return "rows", [] if ref is None else [ref]
        case "get_dataset":
            ref = butler.get_dataset(args["dataset_id"])
            return "rows", [] if ref is None else [ref]
        case "get_dataset_type":
            dt = butler.get_dataset_type(args["name"])
            return "value", canon_dataset_type(dt)
        case "query_dataset_types":
            missing: list[str] = []
            found = list(butler.registry.queryDatasetTypes(args["expression"], missing=missing))
            return "value", {
                "dataset_types": sorted((canon_dataset_type(d) for d in found), key=sort_key),
                "missing": sorted(missing),
            }
        case "collections_query":
            return "value", list(butler.collections.query(args["expression"], **_collection_args(args)))
        case "collections_query_info":
            extra = {k: args[k] for k in ("include_parents", "include_summary", "include_doc", "summary_datasets") if k in args}
            infos = butler.collections.query_info(args["expression"], **_collection_args(args), **extra)
            return "value", [canon_info(i) for i in infos]
        case "collections_get_info":
            extra = {k: args[k] for k in ("include_parents", "include_summary") if k in args}
            return "value", canon_info(butler.collections.get_info(args["name"], **extra))
        case "query":
            return run_query_object(butler, args)
    raise AssertionError(f"unknown kind {kind}")


def _collection_args(args: dict) -> dict:
    out = {k: args[k] for k in ("flatten_chains", "include_chains") if k in args}
    if "collection_types" in args:
        out["collection_types"] = {CollectionType.from_name(t) for t in args["collection_types"]}
    return out


def canon_info(i: Any) -> dict:
    return {
        "name": i.name,
        "type": i.type.name,
        "doc": i.doc,
        "children": list(i.children),
        "parents": None if i.parents is None else sorted(i.parents),
        "dataset_types": None if i.dataset_types is None else sorted(i.dataset_types),
    }


def canon_dataset_type(dt: Any) -> dict:
    return {
        "name": dt.name,
        "dimensions": sorted(dt.dimensions.names),
        "required": sorted(dt.dimensions.required),
        "storage_class": dt.storageClass_name,
        "is_calibration": dt.isCalibration(),
    }


def run_query_object(butler: Butler, args: dict) -> tuple[str, Any]:
    """Run an "advanced" query through the Query object.

    args: joins [{dataset_type, collections}], dimensions [...],
    upload {dimensions, rows}, where [...], bind, data_id,
    result {type, ...}, order_by, limit, terminal rows|count|any|explain.
    """
    with butler.query() as q:
        if args.get("dimensions"):
            q = q.join_dimensions(args["dimensions"])
        for j in args.get("joins", ()):
            q = q.join_dataset_search(j["dataset_type"], j.get("collections"))
        if up := args.get("upload"):
            group = butler.dimensions.conform(up["dimensions"])
            q = q.join_data_coordinates(
                DataCoordinate.from_required_values(group, tuple(dict(zip(up["dimensions"], row))[k] for k in group.required))
                for row in up["rows"]
            )
        where = args.get("where") or []
        if isinstance(where, str):
            where = [where]
        data_id = decode_value(args.get("data_id") or {})
        if where or data_id:
            q = q.where(*where, data_id, bind=decode_value(args.get("bind")))
        r = args["result"]
        match r["type"]:
            case "dataset_ref":
                res = q.datasets(r["dataset_type"], r.get("collections"), find_first=r.get("find_first", True))
            case "data_coordinate":
                res = q.data_ids(r.get("dimensions"))
            case "dimension_record":
                res = q.dimension_records(r["element"])
            case "general":
                res = q.general(
                    r["dimensions"],
                    *r.get("names", ()),
                    dimension_fields={k: set(v) for k, v in (r.get("dimension_fields") or {}).items()},
                    dataset_fields={k: (... if v == "..." else set(v)) for k, v in (r.get("dataset_fields") or {}).items()},
                    find_first=r.get("find_first"),
                )
            case _:
                raise AssertionError(r["type"])
        if args.get("order_by"):
            res = res.order_by(*args["order_by"])
        if "limit" in args:
            res = res.limit(args["limit"])
        match args.get("terminal", "rows"):
            case "rows":
                return "rows", list(res)
            case "count":
                return "value", res.count(**args.get("count_args", {}))
            case "any":
                return "value", res.any(**args.get("any_args", {}))
            case "explain":
                return "value", list(res.explain_no_results())
    raise AssertionError


def run_case(butler: Butler, case: dict) -> dict[str, Any]:
    """Run a case and return its canonical ``expected`` value."""
    log = logging.getLogger("lsst.daf.butler")
    handler = _LogCapture()
    log.addHandler(handler)
    propagate, log.propagate = log.propagate, False
    try:
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            rtype, raw = execute(butler, case["kind"], case["args"])
        mode = case.get("compare", "set")
        if rtype == "rows":
            expected: dict[str, Any] = {"rows": canon_rows(raw, mode == "ordered")}
            expected["count"] = len(expected["rows"])
            if mode == "subset":
                # Any `count` rows out of `rows` is a correct answer.
                full_args = dict(case["args"])
                full_args["limit"] = None
                _, full = execute(butler, case["kind"], full_args)
                expected["rows"] = canon_rows(full, False)
        else:
            if mode == "multiset" and isinstance(raw, list):
                raw = sorted(raw, key=sort_key)
            expected = {"value": raw}
    except BaseException as exc:
        if isinstance(exc, KeyboardInterrupt | SystemExit):
            raise
        expected = {"error": canon_error(exc)}
    finally:
        log.removeHandler(handler)
        log.propagate = propagate
    if handler.messages:
        expected["warnings"] = handler.messages
    return expected
