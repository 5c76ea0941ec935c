"""The datastore of a worker, which one quantum after another uses."""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import chain

from lsst.daf.butler import (
    ButlerConfig,
    DatasetRef,
    DatasetType,
    DimensionUniverse,
    Quantum,
    QuantumBackedButler,
)
from lsst.daf.butler.datastores.fileDatastore import FileDatastore

from .kept_inputs import KeptInputs

#: Of the environment: how the user wants datastores to keep what they fetch.
_CACHE_SETTINGS = ("DAF_BUTLER_CACHE_DIRECTORY", "DAF_BUTLER_CACHE_EXPIRATION_MODE")


class OneDatastore:
    """Makes butlers as `QuantumBackedButler.initialize` does, all with one datastore: opening one takes long.

    Parameters
    ----------
    config : `lsst.daf.butler.ButlerConfig`
        Says where outputs go.
    universe : `lsst.daf.butler.DimensionUniverse`
        The graph's.
    dataset_types : `~collections.abc.Mapping` [`str`, `lsst.daf.butler.DatasetType`]
        All of the graph, by name.
    """

    def __init__(
        self, config: ButlerConfig, universe: DimensionUniverse, dataset_types: Mapping[str, DatasetType]
    ) -> None:
        self._universe = universe
        self._dataset_types = dataset_types
        self._empty = QuantumBackedButler.from_predicted(
            config=config,
            predicted_inputs=[],
            predicted_outputs=[],
            dimensions=universe,
            datastore_records={},
            dataset_types=dataset_types,
        )
        #: What the datastore has records of.
        self._known: list[DatasetRef] = []
        self._kept: KeptInputs | None = None
        datastore = self._empty._datastore
        if isinstance(datastore, FileDatastore) and not any(name in os.environ for name in _CACHE_SETTINGS):
            self._kept = KeptInputs(datastore.cacheManager)
            datastore.cacheManager = self._kept

    def butler_for(self, quantum: Quantum) -> QuantumBackedButler:
        """Make a butler that knows of this quantum's datasets only; those that were made before must not be used."""
        datastore = self._empty._datastore
        datastore.forget(self._known)
        inputs = [*chain.from_iterable(quantum.inputs.values()), *quantum.initInputs.values()]
        outputs = [*chain.from_iterable(quantum.outputs.values())]
        self._known = [*inputs, *outputs]
        datastore.import_records(quantum.datastore_records)
        if self._kept is not None:
            self._kept.recorded = {id_ for of in quantum.datastore_records.values() for id_ in of.records}
        return QuantumBackedButler(
            [ref.id for ref in inputs],
            [ref.id for ref in outputs],
            self._universe,
            datastore,
            self._empty.storageClasses,
            self._dataset_types,
        )

    def close(self) -> None:
        """Give up what it holds."""
        self._empty.close()
        if self._kept is not None:
            self._kept.close()
