"""Mends a defect of the stock client, for pipelines that look up prerequisites for each quantum.

`RemoteButler.find_dataset` fails on an expanded data ID that has more dimensions than the dataset type (`assert dataId ==
self.dataId`), which DirectButler takes.
"""

from lsst.daf.butler import DataCoordinate, DatasetRef
from lsst.daf.butler.remote_butler import RemoteButler


def install() -> None:
    stock = RemoteButler.find_dataset

    def find_dataset(self, dataset_type, data_id=None, **options) -> DatasetRef | None:
        if not (isinstance(data_id, DataCoordinate) and data_id.hasRecords()):
            return stock(self, dataset_type, data_id, **options)
        bare = DataCoordinate.from_full_values(data_id.dimensions, data_id.full_values)
        ref = stock(self, dataset_type, bare, **options)
        if ref is None or not ref.dimensions <= data_id.dimensions:
            return ref
        return ref.expanded(data_id.subset(ref.dimensions))

    RemoteButler.find_dataset = find_dataset
