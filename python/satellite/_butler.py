"""A Butler that reads official and own data as one, and writes to the satellite."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from types import EllipsisType
from typing import Any, NoReturn, TextIO, cast

from lsst.daf.butler import (
    Butler,
    ButlerMetrics,
    DataCoordinate,
    DataId,
    DatasetProvenance,
    DatasetRef,
    DatasetType,
    FileDataset,
    LimitedButler,
    MissingDatasetTypeError,
)
from lsst.daf.butler.datastores.file_datastore.retrieve_artifacts import ZipIndex
from lsst.daf.butler.direct_butler import DirectButler
from lsst.daf.butler.registry import (
    CollectionArgType,
    ConflictingDefinitionError,
    DataIdError,
    Registry,
)
from lsst.daf.butler.remote_butler import RemoteButler
from lsst.daf.butler.transfers import RepoExportContext
from lsst.resources import ResourcePath, ResourcePathExpression

from ._collections import SatelliteCollections, noted, write_to_own
from ._data_ids import by_keys
from ._dimension_records import bring_records, with_all_elements
from ._errors import OfficialDataError
from ._files import FilesOfTheGateway
from ._registry import SatelliteRegistry, register
from ._storage import Storage


class SatelliteButler(FilesOfTheGateway):
    """A Butler for official data and a satellite as one repository.

    It reads through the gateway, and writes to the satellite itself, as stock ``lsst.daf.butler`` does. What the
    satellite must know for a dataset that is put into it, and only the official repository knows yet (its dataset
    type, the dimension records of its data ID), is brought along.

    Official data cannot be changed, nor be in the satellite's tagged collections, calibrations and chains:
    `Satellite.transfer` brings it into the satellite first, by reference.

    What is read in a `transaction` is what was there before it.
    """

    _storage: Storage

    def __new__(cls, remote: RemoteButler, storage: Storage) -> SatelliteButler:
        self = cast(
            SatelliteButler,
            super().__new__(
                cls,
                connection=remote._connection,
                defaults=remote._registry_defaults.get(),
                cache=remote._cache,
                metrics=remote._metrics,
            ),
        )
        self._storage = storage
        return self

    def isWriteable(self) -> bool:
        return True

    @property
    def collections(self) -> SatelliteCollections:
        return SatelliteCollections(self._registry_defaults, self._connection, self._storage)

    @property
    def registry(self) -> Registry:
        return SatelliteRegistry(self)

    def _expand_data_ids(self, data_ids: Iterable[DataCoordinate]) -> list[DataCoordinate]:
        return [with_all_elements(data_id) for data_id in super()._expand_data_ids(data_ids)]

    def put(
        self,
        obj: Any,
        datasetRefOrType: DatasetRef | DatasetType | str,
        /,
        dataId: DataId | None = None,
        *,
        run: str | None = None,
        provenance: DatasetProvenance | None = None,
        **kwargs: Any,
    ) -> DatasetRef:
        if isinstance(datasetRefOrType, DatasetRef):
            ref = datasetRefOrType
            with self._putting() as butler:
                self._bring([ref.datasetType], [ref.dataId])
                return butler.put(obj, ref, provenance=provenance)
        dataset_type = self._type_of(datasetRefOrType)
        given = by_keys(self, dataset_type, dataId, kwargs)
        if not isinstance(given, DataCoordinate):
            given = {**self._defaults_for(dataset_type), **given}
        with self._putting() as butler:
            own_type = dataset_type.conform_to(butler.dimensions)
            try:
                expanded = butler.registry.expandDataId(given, dimensions=own_type.dimensions)
            except DataIdError:
                expanded = self.registry.expandDataId(given, dimensions=dataset_type.dimensions)
            self._bring([dataset_type], [expanded])
            return butler.put(obj, own_type, given, run=run or self.run, provenance=provenance)

    def ingest(
        self,
        *datasets: FileDataset,
        transfer: str | None = "auto",
        record_validation_info: bool = True,
        skip_existing: bool = False,
    ) -> None:
        refs = [ref for dataset in datasets for ref in dataset.refs]
        with self._putting() as butler:
            self._bring({ref.datasetType for ref in refs}, [ref.dataId for ref in refs])
            butler.ingest(
                *datasets,
                transfer=transfer,
                record_validation_info=record_validation_info,
                skip_existing=skip_existing,
            )

    def ingest_zip(
        self,
        zip_file: ResourcePathExpression,
        transfer: str = "auto",
        *,
        transfer_dimensions: bool = False,
        dry_run: bool = False,
        skip_existing: bool = False,
    ) -> None:
        refs = ZipIndex.from_zip_file(ResourcePath(zip_file)).refs.to_refs(universe=self.dimensions)
        # Stock Butler fails where the zip has none.
        brings_own = transfer_dimensions and all(ref.dataId.hasRecords() for ref in refs)
        with self._putting() as butler:
            if not dry_run:
                self._bring({ref.datasetType for ref in refs}, [] if brings_own else [ref.dataId for ref in refs])
            butler.ingest_zip(
                zip_file,
                transfer,
                transfer_dimensions=brings_own,
                dry_run=dry_run,
                skip_existing=skip_existing,
            )

    def import_(
        self,
        *,
        directory: ResourcePathExpression | None = None,
        filename: ResourcePathExpression | TextIO | None = None,
        format: str | None = None,
        transfer: str | None = None,
        skip_dimensions: set[str] | None = None,
        record_validation_info: bool = True,
        without_datastore: bool = False,
    ) -> None:
        self._storage.write(
            lambda butler: butler.import_(
                directory=directory,
                filename=filename,
                format=format,
                transfer=transfer,
                skip_dimensions=skip_dimensions,
                record_validation_info=record_validation_info,
                without_datastore=without_datastore,
            )
        )

    @contextmanager
    def export(
        self,
        *,
        directory: str | None = None,
        filename: str | None = None,
        format: str | None = None,
        transfer: str | None = None,
    ) -> Iterator[RepoExportContext]:
        """Export what is the satellite's own, as the context of the stock method."""
        with (
            self._storage.held() as butler,
            butler.export(directory=directory, filename=filename, format=format, transfer=transfer) as context,
        ):
            save = context.saveDatasets
            # What is not there would be a KeyError.
            vars(context)["saveDatasets"] = lambda refs, *args, **more: save(self._own(refs), *args, **more)
            yield context

    def transfer_from(
        self,
        source_butler: LimitedButler,
        source_refs: Iterable[DatasetRef],
        transfer: str = "auto",
        skip_missing: bool = True,
        register_dataset_types: bool = False,
        transfer_dimensions: bool = False,
        dry_run: bool = False,
    ) -> Collection[DatasetRef]:
        return self._storage.write(
            lambda butler: butler.transfer_from(
                source_butler,
                source_refs,
                transfer,
                skip_missing,
                register_dataset_types,
                transfer_dimensions,
                dry_run,
            )
        )

    def transfer_dimension_records_from(
        self, source_butler: LimitedButler | Butler, source_refs: Iterable[DatasetRef | DataCoordinate]
    ) -> None:
        self._storage.write(lambda butler: butler.transfer_dimension_records_from(source_butler, source_refs))

    def removeRuns(self, names: Iterable[str], *args: Any, **kwargs: Any) -> None:
        runs = list(names)
        write_to_own(self._storage, lambda butler: butler.removeRuns(runs, *args, **kwargs))

    def pruneDatasets(
        self,
        refs: Iterable[DatasetRef],
        *,
        disassociate: bool = True,
        unstore: bool = False,
        tags: Iterable[str] = (),
        purge: bool = False,
    ) -> None:
        own = self._own(refs)
        self._storage.write(
            lambda butler: butler.pruneDatasets(own, disassociate=disassociate, unstore=unstore, tags=tags, purge=purge)
        )

    def validateConfiguration(
        self,
        logFailures: bool = False,
        datasetTypeNames: Iterable[str] | None = None,
        ignore: Iterable[str] | None = None,
    ) -> None:
        self._storage.write(lambda butler: butler.validateConfiguration(logFailures, datasetTypeNames, ignore))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do several changes of the satellite together or not at all: a context."""
        with self._storage.held() as butler, butler.transaction():
            yield

    @contextmanager
    def _caching_context(self) -> Iterator[None]:
        # Reads go through the gateway, which keeps what may be kept.
        yield

    def clone(
        self,
        *,
        collections: CollectionArgType | EllipsisType | None = ...,
        run: str | EllipsisType | None = ...,
        inferDefaults: bool | EllipsisType = ...,
        dataId: dict[str, str] | EllipsisType = ...,
        metrics: ButlerMetrics | None = None,
    ) -> SatelliteButler:
        remote = super().clone(
            collections=collections, run=run, inferDefaults=inferDefaults, dataId=dataId, metrics=metrics
        )
        return SatelliteButler(remote, self._storage)

    def close(self) -> None:
        self._storage.close()

    def get_datastore_names(self) -> tuple[str, ...]:
        return self._storage.write(lambda butler: butler.get_datastore_names())

    def get_datastore_roots(self) -> dict[str, ResourcePath | None]:
        return self._storage.write(lambda butler: butler.get_datastore_roots())

    def __reduce__(self) -> NoReturn:
        raise TypeError("A token is not written down: connect again where it is needed, and copy by clone().")

    def __str__(self) -> str:
        return f"SatelliteButler({self._connection.server_url})"

    @contextmanager
    def _putting(self) -> Iterator[DirectButler]:
        """Make datasets in the satellite, and say what to do where their RUN is not in it: a context.

        Yields
        ------
        butler : `~lsst.daf.butler.direct_butler.DirectButler`
            The satellite's own repository.
        """
        with (
            noted(
                "Datasets are put into RUNs of the satellite, never into official ones. Name another `run`, which "
                "butler.collections.register(…) makes where it is not there."
            ),
            self._storage.held() as butler,
            butler.record_metrics(self._metrics),
        ):
            yield butler

    def _type_of(self, given: DatasetType | str) -> DatasetType:
        """Give a dataset type; one that is not registered is an error of stock Butler's, and says what to do."""
        if isinstance(given, DatasetType):
            return given
        try:
            return self.get_dataset_type(given)
        except MissingDatasetTypeError as error:
            error.add_note(
                "Register it first, once: butler.registry.registerDatasetType(DatasetType(name, dimensions, "
                "storage_class, universe=butler.dimensions))."
            )
            raise

    def _defaults_for(self, dataset_type: DatasetType) -> dict[str, Any]:
        defaults = self._registry_defaults.get().dataId
        return {name: defaults[name] for name in defaults.dimensions.names & dataset_type.dimensions.names}

    def _bring(self, dataset_types: Iterable[DatasetType], data_ids: Iterable[DataCoordinate]) -> None:
        """Bring what the satellite must know for datasets, and only the official repository knows.

        Parameters
        ----------
        dataset_types : `~collections.abc.Iterable` [ `~lsst.daf.butler.DatasetType` ]
            Their types: those that the satellite does not have, and the official repository has, are registered.
        data_ids : `~collections.abc.Iterable` [ `~lsst.daf.butler.DataCoordinate` ]
            Their data IDs: the records that it lacks come.
        """
        with self._storage.held() as butler:
            for dataset_type in dataset_types:
                try:
                    butler.get_dataset_type(dataset_type.name)
                except MissingDatasetTypeError:
                    self._register(self._type_of(dataset_type.name))
            bring_records(butler, self, data_ids)

    def _register(self, dataset_type: DatasetType) -> bool:
        """Register a dataset type in the satellite, unless the official repository has another one of that name.

        Raises
        ------
        SatelliteError
            Raised as by `register`.
        """
        # Another notebook may have removed the one of that name that is remembered.
        self._forget_dataset_types()
        try:
            known = self.get_dataset_type(dataset_type.name)
        except MissingDatasetTypeError:
            known = dataset_type
        if known != dataset_type:
            raise ConflictingDefinitionError(
                f"There is another dataset type {known.name!r} in what this Butler reads: {known}."
            )
        with self._storage.held() as butler:
            return register(butler, dataset_type)

    def _forget_dataset_types(self) -> None:
        """Ask for dataset types anew: stock RemoteButler, and all its clones, remember them for ever."""
        with self._cache.access() as cache:
            cache.dataset_types.clear()

    def _own(self, refs: Iterable[DatasetRef]) -> list[DatasetRef]:
        """Check that datasets are the satellite's.

        Raises
        ------
        OfficialDataError
            Raised where one is not.
        """
        refs = list(refs)
        with self._storage.held() as butler:
            known = {ref.id for ref in butler.get_many_datasets([ref.id for ref in refs])}
        foreign = [ref for ref in refs if ref.id not in known]
        if foreign:
            raise OfficialDataError(
                f"{len(foreign)} of these {len(refs)} datasets are not in the satellite, such as {foreign[0]}. "
                "Only what is in it can be changed, tagged or certified: satellite.transfer(uuids=[…]) brings official "
                "datasets into it, by reference."
            )
        return refs
