"""Answers of the gateway as astropy tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import astropy.units as u
import numpy as np
from astropy.table import Column, MaskedColumn, Table
from astropy.time import Time
from lsst.daf.butler import DimensionUniverse
from lsst.daf.butler.column_spec import ColumnSpec
from lsst.sphgeom import Region

from ._transport import Node

#: The installed stack's: what a dimension's values and a record's fields are.
UNIVERSE = DimensionUniverse()


def dataset_table(nodes: Sequence[Node], records: Sequence[str]) -> Table:
    """Make a table of datasets.

    Parameters
    ----------
    nodes : `~collections.abc.Sequence` [ `dict` ]
        The datasets, as GraphQL gives them.
    records : `~collections.abc.Sequence` [ `str` ]
        Dimension elements of which each dataset has a record.

    Returns
    -------
    table : `~astropy.table.Table`
        A row for each.
    """
    table = Table()
    table["dataset_type"] = _column([node["datasetType"]["name"] for node in nodes], str)
    _add_data_ids(table, [node["fullDataId"] or node["dataId"] for node in nodes])
    for name in ("run", "repository", "uuid"):
        table[name] = _column([_text(node[name]) for node in nodes], str)
    for element in records:
        found = [next((r for r in node["records"] or () if r["element"] == element), None) for node in nodes]
        _add_records(table, element, found, f"{element}.")
    return table


def record_table(nodes: Sequence[Node], element: str) -> Table:
    """Make a table of dimension records.

    Parameters
    ----------
    nodes : `~collections.abc.Sequence` [ `dict` ]
        The records, as GraphQL gives them.
    element : `str`
        Their dimension element.

    Returns
    -------
    table : `~astropy.table.Table`
        A row for each.
    """
    table = Table()
    _add_records(table, element, nodes, "")
    table["repository"] = _column([_text(node["repository"]) for node in nodes], str)
    return table


def data_id_table(nodes: Sequence[Node]) -> Table:
    """Make a table of data IDs.

    Parameters
    ----------
    nodes : `~collections.abc.Sequence` [ `dict` ]
        The data IDs, as GraphQL gives them.

    Returns
    -------
    table : `~astropy.table.Table`
        A row for each.
    """
    table = Table()
    _add_data_ids(table, [node["fullDataId"] for node in nodes])
    table["repository"] = _column([_text(node["repository"]) for node in nodes], str)
    return table


def usage_table(usage: Node) -> Table:
    """Make a table of what a repository holds.

    Parameters
    ----------
    usage : `dict`
        Its parts and memberships, as GraphQL gives them.

    Returns
    -------
    table : `~astropy.table.Table`
        A row for each collection and dataset type.
    """
    rows = [{"collection": part["run"], "type": "RUN", **part} for part in usage["parts"]] + usage["memberships"]
    table = Table()
    for name, field in {"collection": "collection", "type": "type", "dataset_type": "datasetType"}.items():
        table[name] = _column([row[field] for row in rows], str)
    for name, field in {"datasets": "datasets", "bytes": "bytes", "referenced_bytes": "referencedBytes"}.items():
        table[name] = _column([row[field] for row in rows], int)
    for name in ("bytes", "referenced_bytes"):
        table[name].unit = u.byte
    return table


def _add_data_ids(table: Table, data_ids: Sequence[Node]) -> None:
    for name in dict.fromkeys(name for data_id in data_ids for name in data_id):
        kind = UNIVERSE.dimensions[name].primaryKey.getPythonType() if name in UNIVERSE.dimensions.names else str
        table[name] = _column([data_id.get(name) for data_id in data_ids], kind)


def _add_records(table: Table, element: str, records: Sequence[Node | None], prefix: str) -> None:
    """Add a column for each field; what of it is wanted that this stack does not know is left as it is."""
    specs = {spec.name: spec for spec in UNIVERSE[element].schema.all} if element in UNIVERSE.elements.names else {}
    given = dict.fromkeys(name for record in records if record for name in record["values"])
    for name in {**specs, **given}:
        if name == "timespan":
            for end in ("begin", "end"):
                nsec = [((r or {}).get("timespan") or {}).get(f"{end}Ns") for r in records]
                table[f"{prefix}timespan.{end}"] = _times(nsec)
        elif name == "region":
            table[f"{prefix}region"] = _regions([(r or {}).get("region") for r in records])
        elif name in given or not records:
            values = [r and r["values"].get(name) for r in records]
            spec = specs.get(name)
            column = _column(values, spec.pytype if spec else object)
            if spec:
                column.description = spec.doc.strip()
                column.unit = _unit(spec)
            table[f"{prefix}{name}"] = column


def _column(values: list[Any], kind: type) -> Column:
    """Make a column of one kind of value, masked where there is none."""
    if kind is bytes:
        values = [None if value is None else bytes.fromhex(value) for value in values]
    if kind not in (int, float, str, bool):
        return Column(np.fromiter(values, dtype=object, count=len(values)))
    # Numbers beyond 2^53 come as text.
    mask = [value is None for value in values]
    filled = [kind() if value is None else kind(value) for value in values]
    data = np.array(filled, dtype=np.int64 if kind is int else kind)
    return MaskedColumn(data, mask=mask) if any(mask) else Column(data)


def _times(nsec: Iterable[str | None]) -> Time:
    """Make TAI times of nanoseconds since 1970, masked where the span is unbounded or there is none."""
    given = list(nsec)
    numbers = np.array([int(ns or 0) for ns in given], dtype=np.int64)
    times = Time(numbers // 10**9, numbers % 10**9 * 1e-9, format="unix_tai", scale="tai")
    times.format = "isot"
    mask = np.array([ns is None for ns in given], dtype=bool)
    if mask.any():
        times[mask] = np.ma.masked
    return times


def _regions(encoded: Iterable[str | None]) -> Column:
    regions = [None if text is None else Region.decode(bytes.fromhex(text)) for text in encoded]
    return Column(
        np.fromiter(regions, dtype=object, count=len(regions)),
        description="Region on the sky (lsst.sphgeom).",
    )


def _unit(spec: ColumnSpec) -> u.UnitBase | None:
    """Give the unit that the universe tells in words."""
    if spec.pytype is not float:
        return None
    return u.deg if "degree" in spec.doc else u.s if "second" in spec.doc else None


def _text(value: Any) -> Any:
    return value["name"] if isinstance(value, dict) else value
