"""Dimension records of official data that a satellite needs for its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from lsst.daf.butler import Butler, DataCoordinate
from lsst.daf.butler.direct_butler import DirectButler
from lsst.daf.butler.registry import DataIdError

from ._data_ids import bare


def bring_records(own: DirectButler, source: Butler, data_ids: Iterable[DataCoordinate]) -> None:
    """Bring the dimension records of data IDs that a satellite lacks.

    Parameters
    ----------
    own : `~lsst.daf.butler.direct_butler.DirectButler`
        The satellite's own repository.
    source : `~lsst.daf.butler.Butler`
        Has the records.
    data_ids : `~collections.abc.Iterable` [ `~lsst.daf.butler.DataCoordinate` ]
        The data IDs.
    """
    unknown = set()
    #: Such as the region of a detector in a visit, without which a data ID is known all the same.
    optional: defaultdict[str, set[DataCoordinate]] = defaultdict(set)
    for data_id in {bare(data_id) for data_id in data_ids}:
        try:
            records = own.registry.expandDataId(data_id).records
        except DataIdError:
            unknown.add(data_id)
            continue
        for name in data_id.dimensions.elements:
            element = own.dimensions[name]
            if element.has_own_table and records[name] is None:
                optional[name].add(data_id.subset(element.minimal_group))
    if unknown:
        own.transfer_dimension_records_from(source, unknown)
    for name, keys in optional.items():
        with source.query() as query:
            found = list(query.join_data_coordinates(keys).dimension_records(name))
        own.registry.insertDimensionData(name, *found, skip_existing=True)


def with_all_elements(data_id: DataCoordinate) -> DataCoordinate:
    """Say of all that a data ID may have a record of that there is none, where none was found.

    Stock Butler leaves it out, and then fails to transfer the others.
    """
    records = {name: data_id.records.get(name) for name in data_id.dimensions.elements}
    # One that is expanded stays as it is.
    return DataCoordinate.from_full_values(data_id.dimensions, data_id.full_values).expanded(records)
