"""A graph whose quanta are executed, and what a process has open for it."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import sys
import uuid
from typing import Any

from lsst.daf.butler import ButlerConfig, Quantum, QuantumBackedButler
from lsst.pipe.base.quantum_graph import PredictedQuantumGraph, PredictedQuantumGraphComponents
from lsst.pipe.base.quantum_graph._predicted import PredictedQuantumGraphReader

from .datastores import OneDatastore

#: What a formatter imports with the first file that it reads, by the formatter's module: longer work than a quantum.
_LATE_IMPORTS = {"lsst.daf.butler.formatters.parquet": "pyarrow.dataset"}


@dataclasses.dataclass
class OpenGraph:
    """A graph that is known to this process and those forked from it."""

    path: str
    components: PredictedQuantumGraphComponents
    config: ButlerConfig
    #: Opened by each process for itself: a file that two share has one position.
    reader: PredictedQuantumGraphReader | None = None
    #: Opened by each process for itself, too.
    datastore: OneDatastore | None = None
    #: Keeps the reader's file open.
    files: contextlib.ExitStack = dataclasses.field(default_factory=contextlib.ExitStack)

    def butler_for(self, quantum: Quantum) -> QuantumBackedButler:
        """Make a butler that knows of this quantum's datasets only; the one before is not used any more."""
        if self.datastore is None:
            self.datastore = OneDatastore(self.config, self.components.pipeline_graph.universe, self.dataset_types())
        return self.datastore.butler_for(quantum)

    def close_datastore(self) -> None:
        """Have the next quantum open another one."""
        if self.datastore is not None:
            self.datastore.close()
        self.datastore = None

    def dataset_types(self) -> dict[str, Any]:
        """Give all dataset types of the pipeline, by name."""
        return {node.name: node.dataset_type for node in self.components.pipeline_graph.dataset_types.values()}

    def butler_for_outputs(self) -> QuantumBackedButler:
        """Make a butler that reads what quanta have made."""
        return QuantumBackedButler.from_predicted(
            config=self.config,
            predicted_inputs=[],
            predicted_outputs=[],
            dimensions=self.components.pipeline_graph.universe,
            datastore_records={},
            dataset_types=self.dataset_types(),
        )

    def import_formatters(self) -> None:
        """Import what reads and writes files of its dataset types."""
        with contextlib.closing(self.butler_for_outputs()) as butler:
            butler._datastore.validateConfiguration(self.dataset_types().values())
        for name in _LATE_IMPORTS:
            if name in sys.modules:
                importlib.import_module(_LATE_IMPORTS[name])

    def at_hand(self) -> PredictedQuantumGraphReader:
        """Give what reads of the file what this process needs."""
        if self.reader is None:
            self.reader = self.files.enter_context(PredictedQuantumGraph.open(self.path))
        return self.reader

    def of(self, quantum_id: uuid.UUID) -> PredictedQuantumGraph:
        """Give the graph with one quantum in it: what was read of others is not kept."""
        reader = self.at_hand()
        reader.components.quantum_datasets.clear()
        reader.read_quantum_datasets([quantum_id])
        one = {quantum_id: reader.components.quantum_datasets[quantum_id]}
        return dataclasses.replace(self.components, quantum_datasets=one).assemble()
