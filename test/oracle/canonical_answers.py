"""Values of the conformance corpus as Python objects, and answers of stock Butler in the corpus's canonical form."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable
from typing import Any

import astropy.time

import lsst.sphgeom
from lsst.daf.butler import (
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
