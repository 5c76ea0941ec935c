"""What became of the quanta of a graph, as the provenance graph that ``butler aggregate-graph`` writes.

Stock's aggregator registers outputs in a repository meanwhile, which there is none of here: so only its writer is used.
"""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import logging
import os
from collections.abc import Callable, Iterator
from graphlib import TopologicalSorter
from typing import Any
from uuid import UUID

import zstandard
from lsst.daf.butler import QuantumBackedButler
from lsst.pipe.base import automatic_connection_constants as connections
from lsst.pipe.base.log_on_close import LogOnClose
from lsst.pipe.base.quantum_graph import (
    PredictedQuantumDatasetsModel,
    PredictedQuantumGraphComponents,
    ProvenanceQuantumGraphWriter,
)
from lsst.pipe.base.quantum_graph._provenance import (
    ProvenanceQuantumScanData,
    ProvenanceQuantumScanModels,
    ProvenanceQuantumScanStatus,
)

from . import execution

#: From so many quanta on, a dictionary is made of the first ones, of so many bytes; as stock does.
_DICTIONARY_QUANTA = 512
_DICTIONARY_BYTES = 32768

_log = logging.getLogger("satellite.worker")


def provenance(request: dict[str, Any], log: Callable[[str], None]) -> object:
    """Write the provenance graph of what was executed, by the metadata and logs that quanta left.

    Parameters
    ----------
    request : `dict`
        With ``output``, the file to write, and ``log``, the file that says why it cannot be.
    log : `~collections.abc.Callable`
        Not called.
    """
    with execution.captured(request["log"]):
        try:
            _write(request["output"])
        except Exception:
            _log.exception("The provenance cannot be written.")
            raise
    return {}


def _write(output: str) -> None:
    writing = f"{output}.{os.getpid()}.part"
    try:
        _write_whole(writing)
        os.replace(writing, output)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(writing)


def _write_whole(path: str) -> None:
    graph = execution.opened()
    reader = graph.at_hand()
    reader.read_thin_graph()
    reader.read_quantum_datasets()
    components = dataclasses.replace(
        graph.components,
        thin_graph=reader.components.thin_graph,
        quantum_datasets=reader.components.quantum_datasets,
    )
    with contextlib.ExitStack() as files:
        butler = files.enter_context(contextlib.closing(graph.butler_for_outputs()))
        found = scans(components, butler)
        first = list(itertools.islice(found, _DICTIONARY_QUANTA))
        writer = ProvenanceQuantumGraphWriter(
            path,
            exit_stack=files,
            log_on_close=LogOnClose(_log.log),
            predicted=components,
            cdict_data=dictionary(first),
        )
        writer.write_overall_inputs()
        writer.write_packages()
        for scan in itertools.chain(first, found):
            writer.write_scan_data(scan)
        writer.write_init_outputs()


def scans(
    components: PredictedQuantumGraphComponents, butler: QuantumBackedButler
) -> Iterator[ProvenanceQuantumScanData]:
    """Say of each quantum how it went, after those whose outputs it reads."""
    before: dict[UUID, list[UUID]] = {quantum_id: [] for quantum_id in components.quantum_datasets}
    for first, second in components.thin_graph.edges:
        before[second].append(first)
    unmade: set[UUID] = set()
    for quantum_id in TopologicalSorter(before).static_order():
        predicted = components.quantum_datasets[quantum_id]
        logs = read(components, butler, predicted, connections.LOG_OUTPUT_CONNECTION_NAME)
        metadata = read(components, butler, predicted, connections.METADATA_OUTPUT_CONNECTION_NAME)
        if metadata is None:
            unmade.add(quantum_id)
        if metadata is None and logs is None and not unmade.isdisjoint(before[quantum_id]):
            yield ProvenanceQuantumScanData(quantum_id, ProvenanceQuantumScanStatus.BLOCKED)
            continue
        scan = ProvenanceQuantumScanModels.from_metadata_and_logs(predicted, metadata, logs)
        for output in itertools.chain.from_iterable(predicted.outputs.values()):
            if output.dataset_id not in scan.output_existence:
                scan.output_existence[output.dataset_id] = butler.stored(components.make_dataset_ref(output))
        yield scan.to_scan_data(predicted)


def read(
    components: PredictedQuantumGraphComponents,
    butler: QuantumBackedButler,
    predicted: PredictedQuantumDatasetsModel,
    connection: str,
) -> Any:
    """Read what a quantum has written of itself; `None` where it has not."""
    [of] = predicted.outputs[connection]
    try:
        return butler.get(components.make_dataset_ref(of))
    except FileNotFoundError:
        return None


def dictionary(samples: list[ProvenanceQuantumScanData]) -> bytes | None:
    """Make a compression dictionary of what is to be compressed; `None` where there is too little."""
    if len(samples) < _DICTIONARY_QUANTA:
        return None
    texts: list[bytes | bytearray | memoryview] = [
        text for of in samples for text in (of.quantum, of.metadata, of.logs) if text
    ]
    trained: bytes = zstandard.train_dictionary(_DICTIONARY_BYTES, texts).as_bytes()
    return trained
