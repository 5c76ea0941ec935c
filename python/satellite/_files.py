"""Where the files of datasets are, and whether they are there, as the gateway says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lsst.daf.butler import DataId, DatasetExistence, DatasetNotFoundError, DatasetRef, DatasetType
from lsst.daf.butler.datastore import DatasetRefURIs
from lsst.daf.butler.remote_butler import RemoteButler
from lsst.resources import ResourcePath


class FilesOfTheGateway(RemoteButler):
    """A RemoteButler that asks the gateway for files."""

    def exists(
        self,
        dataset_ref_or_type: DatasetRef | DatasetType | str,
        /,
        data_id: DataId | None = None,
        *,
        full_check: bool = True,
        collections: Any = None,
        **kwargs: Any,
    ) -> DatasetExistence:
        if not full_check:
            return super().exists(dataset_ref_or_type, data_id, full_check=False, collections=collections, **kwargs)
        ref = dataset_ref_or_type
        if not isinstance(ref, DatasetRef):
            # Not `find_dataset`: of a calibration, that one that `get` would give is meant.
            try:
                info = self._get_file_info(ref, data_id, collections, None, kwargs)
            except DatasetNotFoundError:
                return DatasetExistence.UNRECOGNIZED
            ref = DatasetRef.from_simple(info.dataset_ref, universe=self.dimensions)
        return self._exists_many([ref])[ref]

    def _exists_many(
        self, refs: Iterable[DatasetRef], /, *, full_check: bool = True
    ) -> dict[DatasetRef, DatasetExistence]:
        refs = list(refs)
        if not full_check:
            return super()._exists_many(refs, full_check=False)
        # The stock method looks where the files are now: without the token, and by addresses that are signed for GET
        # alone. The gateway says at its own addresses whether they are there.
        files = self._file_transfer_source.get_file_info_for_transfer([ref.id for ref in refs])
        is_there = ResourcePath.mexists(file.location.uri for of in files.values() for file in of)
        recorded = {ref.id for ref in self.get_many_datasets([ref.id for ref in refs if ref.id not in files])}
        existence = {}
        for ref in refs:
            if ref.id not in files:
                known = ref.id in recorded
                existence[ref] = DatasetExistence.RECORDED if known else DatasetExistence.UNRECOGNIZED
            elif all(is_there[file.location.uri] for file in files[ref.id]):
                existence[ref] = DatasetExistence.VERIFIED
            else:
                existence[ref] = DatasetExistence.RECORDED | DatasetExistence.DATASTORE
        return existence

    def stored(self, ref: DatasetRef) -> bool:
        return self.stored_many([ref])[ref]

    def stored_many(self, refs: Iterable[DatasetRef]) -> dict[DatasetRef, bool]:
        return {ref: bool(found) for ref, found in self._exists_many(refs).items()}

    def get_many_uris(
        self, refs: Iterable[DatasetRef], predict: bool = False, allow_missing: bool = False
    ) -> dict[DatasetRef, DatasetRefURIs]:
        found = {}
        for ref in refs:
            try:
                found[ref] = self.getURIs(ref, predict=predict)
            except (DatasetNotFoundError, FileNotFoundError):
                if not allow_missing:
                    raise
        return found
