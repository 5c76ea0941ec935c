"""Mends a defect of the stock client, for pipelines that look up prerequisites for each quantum.

`RemoteButler.find_dataset` fails on an expanded data ID that has more dimensions than the dataset type, which
DirectButler takes (``assert dataId == self.dataId`` in `DatasetRef.expanded`). Only where it has failed so is it asked
in another way.
"""

from __future__ import annotations

from typing import Any

from lsst.daf.butler import DataCoordinate, DatasetRef, DatasetType
from lsst.daf.butler.remote_butler import RemoteButler


def mend() -> None:
    """Mend it for this process."""
    stock = RemoteButler.find_dataset

    def find_dataset(
        self: RemoteButler, dataset_type: DatasetType | str, data_id: Any = None, **options: Any
    ) -> DatasetRef | None:
        try:
            return stock(self, dataset_type, data_id, **options)
        except AssertionError:
            if not (isinstance(data_id, DataCoordinate) and data_id.hasRecords()):
                raise
        bare = DataCoordinate.from_full_values(data_id.dimensions, data_id.full_values)
        ref = stock(self, dataset_type, bare, **options)
        if ref is None or not ref.dimensions <= data_id.dimensions:
            return ref
        return ref.expanded(data_id.subset(ref.dimensions))

    RemoteButler.find_dataset = find_dataset  # type: ignore[method-assign]
