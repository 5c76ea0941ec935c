"""Files of inputs that a worker has fetched, for its next quanta: calibrations and catalogues are read by many."""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
from collections import Counter, OrderedDict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from uuid import UUID

from lsst.daf.butler import DatasetRef, DatasetType, StorageClass
from lsst.daf.butler.datastore.cache_manager import AbstractDatastoreCacheManager
from lsst.resources import ResourcePath

#: Bytes that a worker keeps.
_MOST_BYTES = 256 << 20
#: Bytes of the place for temporary files that workers leave free, or the part of one that is small, such as memory.
_FREE_BYTES = 4 << 30
_FREE_PART = 8


class KeptInputs(AbstractDatastoreCacheManager):
    """Keeps what was used last, for one process.

    Stock's own keeps four datasets, and looks through its directory whenever it takes one.

    Parameters
    ----------
    stock : `lsst.daf.butler.datastore.cache_manager.AbstractDatastoreCacheManager`
        Says of which datasets files are worth keeping.
    """

    def __init__(self, stock: AbstractDatastoreCacheManager) -> None:
        self._stock = stock
        self._directory = tempfile.mkdtemp(prefix=_prefix(os.getpid()))
        #: Bytes by name of the file, those that were used last at the end.
        self._files: OrderedDict[str, int] = OrderedDict()
        self._bytes = 0
        self._in_use: Counter[str] = Counter()
        #: UUIDs of datasets that the graph has records of. What quanta made is not kept: others may make it anew.
        self.recorded: Collection[UUID] = ()

    @property
    def cache_size(self) -> int:
        """Bytes that are kept."""
        return self._bytes

    @property
    def file_count(self) -> int:
        """Files that are kept."""
        return len(self._files)

    @property
    def download_directory(self) -> ResourcePath:
        """Where files are fetched to, so that a move is enough to keep them."""
        return ResourcePath(self._directory, forceDirectory=True)

    def should_be_cached(self, entity: DatasetRef | DatasetType | StorageClass) -> bool:
        """Tell whether its file is worth keeping."""
        return isinstance(entity, DatasetRef) and entity.id in self.recorded and self._stock.should_be_cached(entity)

    def known_to_cache(self, ref: DatasetRef, extension: str | None = None) -> bool:
        """Tell whether its file is kept."""
        return extension is not None and _name(ref, extension) in self._files

    def move_to_cache(self, uri: ResourcePath, ref: DatasetRef) -> ResourcePath | None:
        """Keep a file, which is moved; `None` where it is not worth it."""
        size = uri.size()
        if size > _MOST_BYTES or not self.should_be_cached(ref):
            return None
        name = _name(ref, uri.getExtension())
        if name not in self._files and not self._make_room(size):
            return None
        os.replace(uri.ospath, self._path(name))
        self._files[name] = size
        self._files.move_to_end(name)
        return ResourcePath(self._path(name))

    @contextmanager
    def find_in_cache(self, ref: DatasetRef, extension: str) -> Iterator[ResourcePath | None]:
        """Give the file, which stays there meanwhile, or `None`."""
        name = _name(ref, extension)
        if name not in self._files:
            yield None
            return
        self._files.move_to_end(name)
        self._in_use[name] += 1
        try:
            yield ResourcePath(self._path(name))
        finally:
            self._in_use[name] -= 1

    def remove_from_cache(self, ref: DatasetRef | Iterable[DatasetRef]) -> None:
        """Do nothing: what is recorded does not change."""

    def close(self) -> None:
        """Remove all of it."""
        shutil.rmtree(self._directory, ignore_errors=True)

    def __str__(self) -> str:
        return f"{self.file_count} files of inputs"

    def _make_room(self, size: int) -> bool:
        # The file is there already, and counts as one that is kept.
        usage = shutil.disk_usage(self._directory)
        free = usage.free - min(_FREE_BYTES, usage.total // _FREE_PART)
        most = min(_MOST_BYTES, self._bytes + size + free) - size
        while self._bytes > most and (old := next((of for of in self._files if not self._in_use[of]), None)):
            self._bytes -= self._files.pop(old)
            os.unlink(self._path(old))
        if self._bytes > most:
            return False
        self._bytes += size
        return True

    def _path(self, name: str) -> str:
        return os.path.join(self._directory, name)


def remove_of(pid: int) -> None:
    """Remove what a process kept that has ended."""
    for directory in glob.glob(f"{glob.escape(tempfile.gettempdir())}/{_prefix(pid)}*"):
        shutil.rmtree(directory, ignore_errors=True)


def _prefix(pid: int) -> str:
    return f"satellite-inputs-{pid}-"


def _name(ref: DatasetRef, extension: str) -> str:
    return f"{ref.id}_{ref.datasetType.component() or ''}{extension}"
