"""The older face of a Butler's registry: reads through the gateway, writes to the satellite."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lsst.daf.butler import (
    CollectionType,
    DataId,
    DatasetId,
    DatasetIdGenEnum,
    DatasetRef,
    DatasetType,
    DimensionElement,
    DimensionRecord,
    Timespan,
)
from lsst.daf.butler.direct_butler import DirectButler
from lsst.daf.butler.remote_butler._registry import RemoteButlerRegistry

from ._collections import write_to_own
from ._errors import SatelliteError

if TYPE_CHECKING:
    from ._butler import SatelliteButler


class SatelliteRegistry(RemoteButlerRegistry):
    """The registry of official and own data.

    Parameters
    ----------
    butler : `SatelliteButler`
        The Butler whose registry it is.
    """

    def __init__(self, butler: SatelliteButler) -> None:
        super().__init__(butler, butler._registry_defaults, butler._connection)
        self._satellite = butler
        self._storage = butler._storage

    def isWriteable(self) -> bool:
        return True

    def refresh(self) -> None:
        self._satellite._forget_dataset_types()
        self._storage.refresh()

    def refresh_collection_summaries(self) -> None:
        self._storage.write(lambda butler: butler.registry.refresh_collection_summaries())

    @contextmanager
    def transaction(self, *, savepoint: bool = False) -> Iterator[None]:
        with self._storage.held() as butler, butler.registry.transaction(savepoint=savepoint):
            yield

    def registerCollection(
        self, name: str, type: CollectionType = CollectionType.TAGGED, doc: str | None = None
    ) -> bool:
        return self._satellite.collections.register(name, type, doc)

    def registerRun(self, name: str, doc: str | None = None) -> bool:
        return self._satellite.collections.register(name, CollectionType.RUN, doc)

    def removeCollection(self, name: str) -> None:
        self._satellite.collections.x_remove(name)

    def setCollectionChain(self, parent: str, children: Any, *, flatten: bool = False) -> None:
        write_to_own(
            self._storage,
            lambda butler: butler.registry.setCollectionChain(parent, children, flatten=flatten),
        )

    def setCollectionDocumentation(self, collection: str, doc: str | None) -> None:
        write_to_own(self._storage, lambda butler: butler.registry.setCollectionDocumentation(collection, doc))

    def registerDatasetType(self, datasetType: DatasetType) -> bool:
        return self._satellite._register(datasetType)

    def removeDatasetType(self, name: str | tuple[str, ...]) -> None:
        self._storage.write(lambda butler: butler.registry.removeDatasetType(name))
        self._satellite._forget_dataset_types()

    def supportsIdGenerationMode(self, mode: DatasetIdGenEnum) -> bool:
        return self._storage.write(lambda butler: butler.registry.supportsIdGenerationMode(mode))

    def insertDatasets(
        self,
        datasetType: DatasetType | str,
        dataIds: Iterable[DataId],
        run: str | None = None,
        expand: bool = True,
        idGenerationMode: DatasetIdGenEnum = DatasetIdGenEnum.UNIQUE,
    ) -> list[DatasetRef]:
        found = self._satellite._type_of(datasetType)
        coordinates = [self.expandDataId(data_id, dimensions=found.dimensions) for data_id in dataIds]
        run = run or self.defaults.run
        with self._satellite._putting() as butler:
            self._satellite._bring([found], coordinates)
            return butler.registry.insertDatasets(found.name, coordinates, run, expand, idGenerationMode)

    def _importDatasets(
        self, datasets: Iterable[DatasetRef], expand: bool = True, assume_new: bool = False
    ) -> list[DatasetRef]:
        refs = list(datasets)
        with self._satellite._putting() as butler:
            self._satellite._bring({ref.datasetType for ref in refs}, [ref.dataId for ref in refs])
            return butler.registry._importDatasets(refs, expand, assume_new)

    def _fetch_run_dataset_ids(self, run: str) -> list[DatasetId]:
        return self._storage.write(lambda butler: butler.registry._fetch_run_dataset_ids(run))

    def removeDatasets(self, refs: Iterable[DatasetRef]) -> None:
        own = self._satellite._own(refs)
        self._storage.write(lambda butler: butler.registry.removeDatasets(own))

    def associate(self, collection: str, refs: Iterable[DatasetRef]) -> None:
        own = self._satellite._own(refs)
        write_to_own(self._storage, lambda butler: butler.registry.associate(collection, own))

    def disassociate(self, collection: str, refs: Iterable[DatasetRef]) -> None:
        own = self._satellite._own(refs)
        write_to_own(self._storage, lambda butler: butler.registry.disassociate(collection, own))

    def certify(self, collection: str, refs: Iterable[DatasetRef], timespan: Timespan) -> None:
        own = self._satellite._own(refs)
        write_to_own(self._storage, lambda butler: butler.registry.certify(collection, own, timespan))

    def decertify(
        self,
        collection: str,
        datasetType: str | DatasetType,
        timespan: Timespan,
        *,
        dataIds: Iterable[DataId] | None = None,
    ) -> None:
        chosen = None if dataIds is None else list(dataIds)
        write_to_own(
            self._storage,
            lambda butler: butler.registry.decertify(collection, datasetType, timespan, dataIds=chosen),
        )

    def getDatasetLocations(self, ref: DatasetRef) -> Iterable[str]:
        return self._storage.write(lambda butler: butler.registry.getDatasetLocations(ref))

    def insertDimensionData(
        self,
        element: DimensionElement | str,
        *data: Mapping[str, Any] | DimensionRecord,
        conform: bool = True,
        replace: bool = False,
        skip_existing: bool = False,
    ) -> None:
        self._storage.write(
            lambda butler: butler.registry.insertDimensionData(
                element, *data, conform=conform, replace=replace, skip_existing=skip_existing
            )
        )

    def syncDimensionData(
        self,
        element: DimensionElement | str,
        row: Mapping[str, Any] | DimensionRecord,
        conform: bool = True,
        update: bool = False,
    ) -> bool | dict[str, Any]:
        return self._storage.write(lambda butler: butler.registry.syncDimensionData(element, row, conform, update))


def register(butler: DirectButler, dataset_type: DatasetType) -> bool:
    """Register a dataset type in a satellite.

    Raises
    ------
    SatelliteError
        Raised in a transaction, where its dimensions need tables that the satellite does not have yet.
    """
    try:
        return butler.registry.registerDatasetType(dataset_type.conform_to(butler.dimensions))
    except AssertionError:
        if not butler._registry._db.isInTransaction():
            raise
        raise SatelliteError(
            f"{dataset_type.name!r} is the satellite's first dataset type of its dimensions: tables are made for it, "
            "which is not possible in a transaction. Before it, do "
            "butler.registry.registerDatasetType(…), of butler.get_dataset_type(…) where it is an official one."
        ) from None
