"""Quanta of a graph, executed in this process with a `QuantumBackedButler`."""

from __future__ import annotations

import contextlib
import logging
import os
import resource
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from lsst.daf.butler import ButlerConfig, DatasetRef, Quantum, QuantumBackedButler
from lsst.daf.butler.datastore.stored_file_info import StoredFileInfo
from lsst.pipe.base.quantum_graph import PredictedQuantumGraph
from lsst.pipe.base.single_quantum_executor import SingleQuantumExecutor
from lsst.utils.introspection import get_full_type_name
from lsst.utils.threads import disable_implicit_threading

from . import addresses
from .open_graph import OpenGraph

_FORMAT = "%(levelname)s %(asctime)s %(name)s: %(message)s"
#: Characters of an exception's message that are passed on; its log has all of it.
_KEPT_CHARACTERS = 2000

_open: OpenGraph | None = None


def opened() -> OpenGraph:
    """Give the graph of this process."""
    assert _open is not None, "no graph was opened"
    return _open


def open_graph(request: dict[str, Any], log: Callable[[str], None]) -> object:
    """Read what all quanta of a graph have in common, and import its tasks.

    Parameters
    ----------
    request : `dict`
        With ``graph``, ``butler`` (a configuration that says where outputs go) and ``addresses`` (`addresses.take`).
    log : `~collections.abc.Callable`
        Not called.

    Returns
    -------
    answer : `dict`
        ``quanta``, their number.
    """
    global _open
    disable_implicit_threading()
    with PredictedQuantumGraph.open(request["graph"]) as reader:
        reader.read_init_quanta()
        reader.read_dimension_data()
    config = ButlerConfig(request["butler"])
    _open = OpenGraph(request["graph"], reader.components, config)
    addresses.take(request["addresses"])
    return {"quanta": reader.components.header.n_quanta}


def prepare(request: dict[str, Any], log: Callable[[str], None]) -> object:
    """Import what quanta need besides their tasks, so that workers that are forked from now on have it.

    Parameters
    ----------
    request : `dict`
        Asks nothing further.
    log : `~collections.abc.Callable`
        Not called.

    Returns
    -------
    answer : `dict`
        Nothing.
    """
    try:
        opened().import_formatters()
    except Exception:
        # A quantum that needs it will say what is wrong.
        logging.getLogger("satellite.worker").warning("Formatters cannot be imported.", exc_info=True)
    return {}


def init(request: dict[str, Any], log: Callable[[str], None]) -> object:
    """Write what is written before any quantum: configurations, schemas, versions. What is there is compared."""
    graph = opened()
    with captured(request["log"]), graph.components.assemble().make_init_qbb(graph.config) as butler:
        graph.components.assemble().init_output_run(butler)
    return {}


def stored(request: dict[str, Any], log: Callable[[str], None]) -> object:
    """Look which quanta have been executed, by the files that they leave.

    Parameters
    ----------
    request : `dict`
        Asks nothing further.
    log : `~collections.abc.Callable`
        Not called.

    Returns
    -------
    answer : `dict`
        ``succeeded`` and ``failed``: UUIDs of quanta with metadata, and of those with a log only.
    """
    graph = opened()
    tasks = graph.components.pipeline_graph.tasks
    metadata: dict[uuid.UUID, DatasetRef] = {}
    logs: dict[uuid.UUID, DatasetRef] = {}
    reader = graph.at_hand()
    reader.read_quantum_datasets()
    for quantum_id, datasets in reader.components.quantum_datasets.items():
        task = tasks[datasets.task_label]
        for edge, refs in ((task.metadata_output, metadata), (task.log_output, logs)):
            if edge is not None:
                [of] = datasets.outputs[edge.connection_name]
                refs[quantum_id] = graph.components.make_dataset_ref(of)
    reader.components.quantum_datasets.clear()
    all_refs = [*metadata.values(), *logs.values()]
    butler = QuantumBackedButler.from_predicted(
        config=graph.config,
        predicted_inputs=[],
        predicted_outputs=[ref.id for ref in all_refs],
        dimensions=graph.components.pipeline_graph.universe,
        datastore_records={},
        dataset_types=graph.dataset_types(),
    )
    with contextlib.closing(butler):
        there = butler.stored_many(all_refs)
    succeeded = [str(id_) for id_, ref in metadata.items() if there[ref]]
    failed = [str(id_) for id_, ref in logs.items() if there[ref] and not there[metadata[id_]]]
    return {"succeeded": succeeded, "failed": failed}


def quantum(request: dict[str, Any], log: Callable[[str], None]) -> object:
    """Execute a quantum, unless its metadata says that it was.

    Parameters
    ----------
    request : `dict`
        With ``quantum``, its UUID, and ``log``, the file that has what it logs and prints.
    log : `~collections.abc.Callable`
        Not called.

    Returns
    -------
    answer : `dict`
        ``status`` (``succeeded``, ``skipped`` or ``failed``), ``exception`` of one that failed, ``seconds`` and
        ``memory``: the most that this process has had so far, in bytes.
    """
    graph = opened()
    quantum_id = uuid.UUID(request["quantum"])
    begin = time.monotonic()
    answer: dict[str, Any] = {"status": "succeeded"}
    try:
        # A log that cannot be opened fails this quantum, not all of them.
        with captured(request["log"]):
            answer.update(execute(graph, quantum_id))
    except OSError as error:
        answer = {"status": "failed", "exception": described(error)}
    answer["seconds"] = round(time.monotonic() - begin, 4)
    answer["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return answer


def execute(graph: OpenGraph, quantum_id: uuid.UUID) -> dict[str, Any]:
    """Execute a quantum, and say how it went; what it raises is in its log."""
    try:
        of = graph.of(quantum_id)
        [built] = of.build_execution_quanta([quantum_id]).values()
        redirect(built)
        label = of.quantum_only_xgraph.nodes[quantum_id]["task_label"]
        # A new one each time: it would note in each log all that came before.
        executor = SingleQuantumExecutor(
            limited_butler_factory=graph.butler_for, skip_existing=True, clobber_outputs=True
        )
        result = executor.execute(graph.components.pipeline_graph.tasks[label], built, quantum_id)
    except BaseException as error:
        # What it was in the middle of is nothing for the next one.
        graph.close_datastore()
        logging.getLogger("satellite.worker").exception("The quantum failed.")
        return {"status": "failed", "exception": described(error)}
    return {"status": "skipped"} if result.skipped_existing else {}


def redirect(built: Quantum) -> None:
    """Have inputs that are at the gateway read where this process asks it."""
    for of_datastore in built.datastore_records.values():
        for tables in of_datastore.records.values():
            for records in tables.values():
                for i, record in enumerate(records):
                    if isinstance(record, StoredFileInfo) and record.path is not None:
                        records[i] = record.update(path=addresses.asked(record.path))


def described(error: BaseException) -> dict[str, str]:
    """Give an exception's type and the beginning of its message."""
    return {"type": get_full_type_name(error), "message": addresses.known(str(error))[:_KEPT_CHARACTERS]}


@contextlib.contextmanager
def captured(path: str) -> Iterator[None]:
    """Have a file take what is logged and printed, by whatever means."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    taken = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    kept = os.dup(1), os.dup(2)
    root = logging.getLogger()
    before = root.handlers[:]
    handler = logging.StreamHandler(os.fdopen(os.dup(taken), "w"))
    handler.setFormatter(logging.Formatter(_FORMAT))
    try:
        os.dup2(taken, 1)
        os.dup2(taken, 2)
        root.handlers[:] = [handler]
        yield
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        root.handlers[:] = before
        handler.close()
        handler.stream.close()
        for descriptor, saved in zip((1, 2), kept, strict=True):
            os.dup2(saved, descriptor)
            os.close(saved)
        os.close(taken)
