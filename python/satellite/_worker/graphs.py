"""Pipelines and graphs: what runs of a pipeline will do, before they do it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Any

import astropy.table
from lsst.daf.butler import Butler
from lsst.daf.butler.remote_butler._factory import RemoteButlerFactory
from lsst.pipe.base import Pipeline
from lsst.pipe.base.all_dimensions_quantum_graph_builder import (
    AllDimensionsQuantumGraphBuilder,
    DatasetQueryConstraintVariant,
)
from lsst.pipe.base.pipeline_graph import PipelineGraph

from . import addresses, find_dataset
from .binds import bind_values

#: Lines that say why a graph is empty; stock's explanations are shorter.
_KEPT_REASONS = 50


class Reasons(logging.Handler):
    """Passes on what is logged, and keeps what is said of missing data."""

    def __init__(self, log: Callable[[str], None]) -> None:
        super().__init__(logging.INFO)
        self._log = log
        self.kept: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Take a record."""
        text = record.getMessage()
        self._log(text)
        if record.levelno >= logging.WARNING and len(self.kept) < _KEPT_REASONS:
            self.kept.append(text)


def pipeline(request: dict[str, Any], log: Callable[[str], None]) -> object:
    """Expand a pipeline, with its configuration.

    Parameters
    ----------
    request : `dict`
        With ``spec`` (of the run); with ``butler`` and ``token`` dataset types are resolved against that repository.
    log : `~collections.abc.Callable`
        Not called.

    Returns
    -------
    graph : `dict`
        ``pipeline``, all of it as text, and ``graph``: tasks and dataset types in the form of ``.qg`` files.
    """
    expanded = read_pipeline(request["spec"])
    graph = expanded.to_graph()
    if request.get("butler"):
        graph.resolve(connect(request).registry)
    return {"pipeline": str(expanded), "graph": serialized(graph)}


def serialized(graph: PipelineGraph) -> object:
    """Give a pipeline graph in the form that it has in ``.qg`` files."""
    from lsst.pipe.base.pipeline_graph.io import SerializedPipelineGraph

    return SerializedPipelineGraph.serialize(graph).model_dump(mode="json")


def build(request: dict[str, Any], log: Callable[[str], None]) -> object:
    """Build a graph, without records of where its inputs' files are.

    Parameters
    ----------
    request : `dict`
        With ``butler`` (address of a Butler server), ``token``, ``addresses`` (`addresses.take`), ``spec`` and
        ``graph``: where the file goes.
    log : `~collections.abc.Callable`
        Is told what the stack logs.

    Returns
    -------
    built : `dict`
        ``quanta`` and ``datasets`` (numbers), ``pipeline`` (all of it as text) and, where there are no quanta,
        ``reasons``; then no file is written.
    """
    reasons = Reasons(log)
    logger = logging.getLogger("lsst.pipe.base")
    logger.addHandler(reasons)
    try:
        return _build(request, reasons)
    finally:
        logger.removeHandler(reasons)


def _build(request: dict[str, Any], reasons: Reasons) -> object:
    spec = request["spec"]
    expanded = read_pipeline(spec)
    butler = connect(request)
    run, extend = spec["outputRun"], spec["extend"]
    skip_existing_in = [*spec["skipExistingIn"], *([run] if extend else [])]
    where = spec["where"] or ""
    # What `pipetask qgraph` notes, too.
    metadata = {
        "butler_argument": request["butler"],
        "extend_run": extend,
        "skip_existing_in": skip_existing_in,
        "skip_existing": extend,
        "data_query": where,
    }
    components = AllDimensionsQuantumGraphBuilder(
        expanded.to_graph(),
        butler,
        where=where,
        bind=bind_values(spec["bind"]),
        skip_existing_in=skip_existing_in,
        clobber=extend,
        dataset_query_constraint=constraint(spec["constrainBy"]),
        input_collections=spec["inputs"],
        output_run=run,
        data_id_tables=data_id_tables(spec["dataIds"]),
    ).finish(spec["output"], metadata=metadata, attach_datastore_records=False)
    header = components.header
    built = {"quanta": header.n_quanta, "datasets": header.n_datasets, "pipeline": str(expanded)}
    if header.n_quanta == 0:
        return {**built, "reasons": reasons.kept}
    writing = request["graph"].removesuffix(".qg") + f".{os.getpid()}.qg"
    components.write(writing)
    os.replace(writing, request["graph"])
    return built


def read_pipeline(spec: dict[str, Any]) -> Pipeline:
    """Read a run's pipeline: its text may be Python, which runs now."""
    of = spec["pipeline"]
    read = Pipeline.fromFile(of["path"]) if "path" in of else Pipeline.fromString(of["yaml"])
    for override in spec["configuration"]:
        label, _, rest = override.partition(":")
        key, _, value = rest.partition("=")
        if not (label and key and _):
            raise ValueError(f"A configuration override is written label:field=value, and {override!r} is not.")
        read.addConfigOverride(label, key, value)
    return read


def connect(request: dict[str, Any]) -> Butler:
    """Open a repository at its server, with the token of this request only."""
    find_dataset.mend()
    addresses.take(request["addresses"])
    factory = RemoteButlerFactory.create_factory_for_url(addresses.asked(request["butler"]))
    butler: Butler = factory.create_butler_for_access_token(request["token"])
    return butler


def constraint(names: list[str] | None) -> DatasetQueryConstraintVariant:
    """Which dataset types constrain the first query: all, none, or those named."""
    return DatasetQueryConstraintVariant.fromExpression("all" if names is None else ",".join(names) or "off")


def data_id_tables(data_ids: list[dict[str, Any]] | None) -> list[astropy.table.Table]:
    """Put data IDs into tables: one for each set of dimensions that is given."""
    by_names: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for data_id in data_ids or []:
        by_names.setdefault(tuple(sorted(data_id)), []).append(data_id)
    return [
        astropy.table.Table(rows=[[of[name] for name in names] for of in rows], names=names)
        for names, rows in by_names.items()
    ]
