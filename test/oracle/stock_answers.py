"""Put cases of the conformance corpus (test/conformance/README.md) to stock Butler and canonicalise the outcome.

A case is ``{"id", "kind", "repo", "args", "features", ...}``; `run_case`
returns the ``expected`` member.  Non-JSON argument values use tagged objects,
see `decode_value`.
"""

from __future__ import annotations

import logging
from typing import Any

from canonical_answers import canon_error, canon_rows, decode_value, sort_key
from lsst.daf.butler import Butler, CollectionType, DataCoordinate

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
