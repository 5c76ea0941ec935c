"""Searches over official and own data as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from astropy.table import Table
from lsst.daf.butler import DataCoordinate

from ._binds import bind_json, data_id_json
from ._progress import say
from ._tables import data_id_table, dataset_table, record_table
from ._transport import Node, Transport

#: Rows of a page: each takes a second or so, and costs no more than its rows.
_PAGE = 5000

_TYPES = {
    "datasetTypes": "[String!]!",
    "collections": "[String!]!",
    "element": "String!",
    "dimensions": "[String!]!",
    "datasets": "[DatasetSearchInput!]",
    "repositories": "[String!]",
    "where": "String",
    "bind": "JSONObject",
    "dataId": "JSONObject",
    "findFirst": "Boolean",
    "orderBy": "[String!]",
    "first": "Int",
    "after": "String",
}

Names = str | Iterable[str]


class Searches:
    """What can be searched for, in some repositories as one.

    Parameters
    ----------
    transport : `Transport`
        The user's connection.
    repositories : `~collections.abc.Sequence` [ `str` ] or `None`
        Names of the repositories, in the order in which they are searched; `None` for all that the user may read.
    """

    def __init__(self, transport: Transport, repositories: Sequence[str] | None) -> None:
        self._transport = transport
        self._repositories = repositories

    def search(
        self,
        dataset_type: Names,
        collections: Names,
        *,
        where: str | None = None,
        bind: Mapping[str, Any] | None = None,
        data_id: Mapping[str, Any] | DataCoordinate | None = None,
        find_first: bool = True,
        order_by: Names = (),
        limit: int | None = None,
        records: Names = (),
    ) -> Table:
        """Search for datasets.

        Parameters
        ----------
        dataset_type : `str` or `~collections.abc.Iterable` [ `str` ]
            Names of dataset types and globs.
        collections : `str` or `~collections.abc.Iterable` [ `str` ]
            Collections to search, in this order, whichever repository has them.
        where : `str`, optional
            Butler expression, such as ``"instrument = 'HSC' AND visit > 903300"``.
        bind : `~collections.abc.Mapping`, optional
            Values of the ``:names`` in ``where``.
        data_id : `~collections.abc.Mapping`, optional
            Dimension values that every dataset has.
        find_first : `bool`, optional
            Only the dataset of the earliest collection for each dataset type and data ID.
        order_by : `str` or `~collections.abc.Iterable` [ `str` ], optional
            Dimensions or fields to sort by; a leading ``-`` reverses.
        limit : `int`, optional
            Number of datasets at most. The default is all.
        records : `str` or `~collections.abc.Iterable` [ `str` ], optional
            Dimension elements whose records come along, such as ``"visit"``: columns ``visit.exposure_time``, ….

        Returns
        -------
        table : `~astropy.table.Table`
            A row for each dataset: its type, data ID, run, repository and UUID.

        Raises
        ------
        SatelliteError
            Raised where the gateway refuses, or one of the repositories does not answer.
        """
        elements = _names(records)
        arguments = {
            "datasetTypes": _names(dataset_type),
            "collections": _names(collections),
            **_selection(where, bind, data_id),
            "findFirst": find_first,
            "orderBy": _names(order_by),
        }
        fields = "uuid run dataId fullDataId datasetType {name} repository {name}"
        if elements:
            fields += " records {element values region timespan {beginNs endNs}}"
        return dataset_table(self._rows("datasets", arguments, fields, limit), elements)

    def records(
        self,
        element: str,
        *,
        where: str | None = None,
        bind: Mapping[str, Any] | None = None,
        data_id: Mapping[str, Any] | DataCoordinate | None = None,
        order_by: Names = (),
        limit: int | None = None,
    ) -> Table:
        """Search for dimension records: visits, detectors, tracts, patches, ….

        Parameters
        ----------
        element : `str`
            Name of the dimension element.
        where : `str`, optional
            Butler expression.
        bind : `~collections.abc.Mapping`, optional
            Values of the ``:names`` in ``where``.
        data_id : `~collections.abc.Mapping`, optional
            Dimension values that every record has.
        order_by : `str` or `~collections.abc.Iterable` [ `str` ], optional
            Dimensions or fields to sort by; a leading ``-`` reverses.
        limit : `int`, optional
            Number of records at most. The default is all.

        Returns
        -------
        table : `~astropy.table.Table`
            A row for each record, with units, times as `~astropy.time.Time` and regions as
            `lsst.sphgeom.Region`.
        """
        arguments = {"element": element, **_selection(where, bind, data_id), "orderBy": _names(order_by)}
        fields = "element values region timespan {beginNs endNs} repository {name}"
        return record_table(self._rows("dimensionRecords", arguments, fields, limit), element)

    def data_ids(
        self,
        dimensions: Names,
        *,
        datasets: Mapping[str, Names] | None = None,
        where: str | None = None,
        bind: Mapping[str, Any] | None = None,
        data_id: Mapping[str, Any] | DataCoordinate | None = None,
        order_by: Names = (),
        limit: int | None = None,
    ) -> Table:
        """Search for combinations of dimension values that exist, joined along space and time.

        Parameters
        ----------
        dimensions : `str` or `~collections.abc.Iterable` [ `str` ]
            Dimensions of the data IDs, such as ``["visit", "detector"]``.
        datasets : `~collections.abc.Mapping` [ `str`, names ], optional
            Collections by dataset type: only data IDs for which each of these has a dataset.
        where : `str`, optional
            Butler expression.
        bind : `~collections.abc.Mapping`, optional
            Values of the ``:names`` in ``where``.
        data_id : `~collections.abc.Mapping`, optional
            Dimension values that every row has.
        order_by : `str` or `~collections.abc.Iterable` [ `str` ], optional
            Dimensions or fields to sort by; a leading ``-`` reverses.
        limit : `int`, optional
            Number of data IDs at most. The default is all.

        Returns
        -------
        table : `~astropy.table.Table`
            A row for each data ID, implied values too.
        """
        joined = [{"datasetType": name, "collections": _names(where)} for name, where in (datasets or {}).items()]
        arguments = {
            "dimensions": _names(dimensions),
            "datasets": joined,
            **_selection(where, bind, data_id),
            "orderBy": _names(order_by),
        }
        fields = "fullDataId repository {name}"
        return data_id_table(self._rows("dataIds", arguments, fields, limit))

    def _rows(self, field: str, arguments: Node, fields: str, limit: int | None) -> list[Node]:
        """Ask all pages; warnings are told once."""
        given = {**arguments, "repositories": self._repositories}
        given = {name: value for name, value in given.items() if value is not None}
        declared = ", ".join(f"${name}: {_TYPES[name]}" for name in (*given, "first", "after"))
        passed = ", ".join(f"{name}: ${name}" for name in (*given, "first", "after"))
        document = (
            f"query ({declared}) {{{field}({passed}) "
            f"{{nodes {{{fields}}} pageInfo {{hasNextPage endCursor}} warnings}}}}"
        )
        rows: list[Node] = []
        warned: set[str] = set()
        after: str | None = None
        while limit is None or len(rows) < limit:
            first = _PAGE if limit is None else min(_PAGE, limit - len(rows))
            page = self._transport.ask(document, **given, first=first, after=after)[field]
            rows += page["nodes"]
            for warning in page["warnings"]:
                if warning not in warned:
                    warned.add(warning)
                    say(f"Warning: {warning}")
            if not page["pageInfo"]["hasNextPage"]:
                break
            after = page["pageInfo"]["endCursor"]
        return rows


def selection_json(
    dataset_type: Names,
    collections: Names,
    where: str | None,
    bind: Mapping[str, Any] | None,
    data_id: Mapping[str, Any] | DataCoordinate | None,
    find_first: bool,
) -> Node:
    """Make the input of a change that is about the datasets of a search.

    Parameters
    ----------
    dataset_type, collections, where, bind, data_id, find_first
        As in `Searches.search`.

    Returns
    -------
    json : `dict`
        A ``DatasetSelectionInput``.
    """
    search = {
        "datasetTypes": _names(dataset_type),
        "collections": _names(collections),
        **_selection(where, bind, data_id),
        "findFirst": find_first,
    }
    return {name: value for name, value in search.items() if value is not None}


def _selection(
    where: str | None, bind: Mapping[str, Any] | None, data_id: Mapping[str, Any] | DataCoordinate | None
) -> Node:
    return {
        "where": where,
        "bind": None if bind is None else {name: bind_json(value) for name, value in bind.items()},
        "dataId": None if data_id is None else data_id_json(data_id),
    }


def _names(names: Names) -> list[str]:
    return [names] if isinstance(names, str) else list(names)
