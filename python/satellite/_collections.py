"""Collections of official and own data; changes are made in the satellite."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from lsst.daf.butler import CollectionType, MissingCollectionError
from lsst.daf.butler.direct_butler import DirectButler
from lsst.daf.butler.remote_butler._defaults import DefaultsHolder
from lsst.daf.butler.remote_butler._http_connection import RemoteButlerHttpConnection
from lsst.daf.butler.remote_butler._remote_butler_collections import RemoteButlerCollections

from ._storage import Storage


class SatelliteCollections(RemoteButlerCollections):
    """Collections of official and own data.

    Parameters
    ----------
    defaults : `DefaultsHolder`
        The Butler's default collections.
    connection : `RemoteButlerHttpConnection`
        Its connection to the gateway.
    storage : `Storage`
        The satellite.
    """

    def __init__(self, defaults: DefaultsHolder, connection: RemoteButlerHttpConnection, storage: Storage) -> None:
        super().__init__(defaults, connection)
        self._storage = storage

    def register(self, name: str, type: CollectionType = CollectionType.RUN, doc: str | None = None) -> bool:
        return self._storage.write(lambda butler: butler.collections.register(name, type, doc))

    def x_remove(self, name: str) -> None:
        self._write(lambda butler: butler.collections.x_remove(name))

    def extend_chain(self, parent_collection_name: str, child_collection_names: str | Iterable[str]) -> None:
        self._write(lambda butler: butler.collections.extend_chain(parent_collection_name, child_collection_names))

    def prepend_chain(self, parent_collection_name: str, child_collection_names: str | Iterable[str]) -> None:
        self._write(lambda butler: butler.collections.prepend_chain(parent_collection_name, child_collection_names))

    def redefine_chain(self, parent_collection_name: str, child_collection_names: str | Iterable[str]) -> None:
        self._write(lambda butler: butler.collections.redefine_chain(parent_collection_name, child_collection_names))

    def remove_from_chain(self, parent_collection_name: str, child_collection_names: str | Iterable[str]) -> None:
        self._write(lambda butler: butler.collections.remove_from_chain(parent_collection_name, child_collection_names))

    def _write(self, action: Callable[[DirectButler], None]) -> None:
        write_to_own(self._storage, action)


def write_to_own(storage: Storage, action: Callable[[DirectButler], None]) -> None:
    """Change collections of a satellite, and say what to do where one is not in it.

    Parameters
    ----------
    storage : `Storage`
        The satellite.
    action : `~collections.abc.Callable`
        Changes them.
    """
    with noted(
        "Only the satellite's own collections can be changed, or be in its chains. To search official ones too, "
        "name them in `collections`; satellite.transfer(…) brings their datasets and chains into it, by reference."
    ):
        storage.write(action)


@contextmanager
def noted(note: str) -> Iterator[None]:
    """Say what to do where a collection is missing: a context.

    Parameters
    ----------
    note : `str`
        Is added to the error.
    """
    try:
        yield
    except MissingCollectionError as error:
        error.add_note(note)
        raise
