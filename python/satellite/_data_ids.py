"""Data IDs in the forms in which a satellite is asked for them."""

from __future__ import annotations

from typing import Any, cast

from lsst.daf.butler import Butler, DataCoordinate, DataId, DatasetType
from lsst.daf.butler.direct_butler import DirectButler


def by_keys(
    butler: Butler, dataset_type: DatasetType, data_id: DataId | None, more: dict[str, Any]
) -> DataCoordinate | dict[str, Any]:
    """Give a data ID by the keys of dimensions alone, as it is for all that a Butler reads.

    What a data ID says by records, such as ``exposure.obs_id`` or the name of a detector, is looked up as stock
    Butler does it, but not in the satellite alone: it knows some of the records only, of which one may be taken
    for the only one that was meant.

    Parameters
    ----------
    butler : `~lsst.daf.butler.Butler`
        Reads official and own data.
    dataset_type : `~lsst.daf.butler.DatasetType`
        What the data ID is of.
    data_id, more
        As they are given to `~lsst.daf.butler.Butler.put`.
    """
    # It asks nothing of the Butler that one of the gateway could not answer.
    rewrite = DirectButler._rewrite_data_id
    found, _ = rewrite(cast(DirectButler, butler), data_id, dataset_type, **more)
    return bare(found) if isinstance(found, DataCoordinate) else dict(found or {})


def bare(data_id: DataCoordinate) -> DataCoordinate:
    """Give a data ID without its records: where there are any, nobody looks whether a satellite has them."""
    return DataCoordinate.standardize(dict(data_id.required), dimensions=data_id.dimensions)
