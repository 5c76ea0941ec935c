"""Files of graphs by stock Python, and what stock Python does where the gateway brings runs home.

``graph_files.py empty ROOT`` makes a repository.
``graph_files.py prepare ROOT`` completes an official repository of test/graphs/make_repository.py: exposures, which define its
visits, and a file for each dataset.
``graph_files.py graph ROOT FILE OUTPUT RUN [ARGUMENT ...]`` builds a graph with `pipetask qgraph`.
``graph_files.py counts ROOT CASES`` builds a graph for each of CASES, a JSON list of arguments of `pipetask qgraph`, and prints,
as JSON, for each the numbers of quanta by task, or what `pipetask` ended with.
``graph_files.py pipeline ROOT PIPELINE [OVERRIDE ...]`` prints an expanded pipeline in the form that it has in graphs.
``graph_files.py outputs FILE ROOT [DETECTOR]`` writes every output of a graph into the repository ROOT, as its quanta would; quanta of DETECTOR fail, with all that depends on them. Prints the number of files.
``graph_files.py place FILE ROOT`` puts a small file wherever stock Python expects one of an output.
``graph_files.py predict FILE ROOT`` prints, as JSON, for each output where stock Python expects its file and what reads it.
``graph_files.py transfer OFFICIAL FILE ROOT`` brings dimension records from OFFICIAL, then `butler transfer-from-graph`.
Prints how many seconds the latter took.
"""

import json
import logging
import os
import sys
import tempfile
import time
import warnings

import astropy.table
import astropy.units as u
from lsst.ctrl.mpexec.cli.pipetask import cli as pipetask
from lsst.daf.butler import Butler, DatasetRef, QuantumBackedButler, Timespan
from lsst.daf.butler.logging import ButlerLogRecords
from lsst.pex.config import Config
from lsst.pipe.base import Pipeline, TaskMetadata
from lsst.pipe.base.pipeline_graph.io import SerializedPipelineGraph
from lsst.pipe.base.quantum_graph import PredictedQuantumGraph
from lsst.pipe.base.script.transfer_from_graph import transfer_from_graph
from lsst.utils.packages import Packages

CAMERA = {"instrument": "MiniCam"}


def content(ref: DatasetRef):
    """What is written for a dataset: its UUID tells it from others."""
    match ref.datasetType.storageClass_name:
        case "StructuredDataDict":
            return {"uuid": str(ref.id)}
        case "ArrowAstropy":
            return astropy.table.Table({"uuid": [str(ref.id)]})
        case "TaskMetadata":
            return TaskMetadata.from_dict({"uuid": str(ref.id)})
        case "ButlerLogRecords":
            return ButlerLogRecords.from_records([])
        case "Config":
            return Config()
        case "Packages":
            return Packages({"uuid": str(ref.id)})
        case other:
            raise ValueError(other)


def prepare(root: str) -> None:
    with Butler.from_config(root, writeable=True) as butler:
        insert = butler.registry.insertDimensionData
        visits = list(butler.query_dimension_records("visit"))
        insert("visit_system", {**CAMERA, "id": 0, "name": "one-to-one"})
        for visit in visits:
            both = {**CAMERA, "day_obs": visit.day_obs, "physical_filter": visit.physical_filter}
            insert("group", {**CAMERA, "name": f"g{visit.id}"})
            span = Timespan(visit.timespan.begin, visit.timespan.begin + 30 * u.s)
            exposure = {"id": visit.id, "obs_id": f"e{visit.id}", "group": f"g{visit.id}", "seq_num": visit.seq_num}
            insert("exposure", both | exposure | {"timespan": span})
            insert("visit_definition", {**CAMERA, "visit": visit.id, "exposure": visit.id})
            insert("visit_system_membership", {**CAMERA, "visit": visit.id, "visit_system": 0})
        for ref in butler.query_all_datasets("*", find_first=False, limit=None):
            data_id = butler.registry.expandDataId(ref.dataId)
            butler._datastore.put(content(ref), ref.expanded(data_id))


def build(root: str, path: str, output: str, run: str, *arguments: str) -> None:
    command = ["--no-log-tty", "qgraph", "-b", root, "-o", output, "--output-run", run, "-q", path, *arguments]
    if code := pipetask.main(command, standalone_mode=False):
        sys.exit(code)


def counts(root: str, cases: str) -> None:
    results = []
    for i, arguments in enumerate(json.loads(cases)):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "graph.qg")
            try:
                build(root, path, f"u/stock/{i}", f"u/stock/{i}/run", *arguments)
            except (Exception, SystemExit) as error:
                results.append(str(error))
                continue
            with PredictedQuantumGraph.open(path) as reader:
                results.append(dict(reader.header.n_task_quanta))
    print(json.dumps(results))


def print_pipeline(root: str, path: str, *overrides: str) -> None:
    pipeline = Pipeline.from_uri(path)
    for override in overrides:
        label, _, assignment = override.partition(":")
        pipeline.addConfigOverride(label, *assignment.split("="))
    with Butler.from_config(root) as butler:
        graph = pipeline.to_graph(butler.registry)
    print(SerializedPipelineGraph.serialize(graph).model_dump_json())


def read(path: str):
    with PredictedQuantumGraph.open(path) as reader:
        reader.read_all()
        return reader.finish()


def backed(graph, root: str, refs: list[DatasetRef]) -> QuantumBackedButler:
    return QuantumBackedButler.from_predicted(
        config=root,
        predicted_inputs=[],
        predicted_outputs=[ref.id for ref in refs],
        dimensions=graph.pipeline_graph.universe,
        datastore_records={},
        dataset_types={ref.datasetType.name: ref.datasetType for ref in refs},
    )


def init_outputs(graph) -> list[DatasetRef]:
    return [ref for task in ["", *graph.pipeline_graph.tasks] for ref in graph.get_init_outputs(task).values()]


def made(graph, failing: int | None) -> list[DatasetRef]:
    lost, refs = set(), init_outputs(graph)
    for quantum in graph.build_execution_quanta().values():
        outputs = [ref for of in quantum.outputs.values() for ref in of]
        inputs = {ref.id for of in quantum.inputs.values() for ref in of}
        fails = failing is not None and quantum.dataId.get("detector") == failing
        if fails or inputs & lost:
            lost.update(ref.id for ref in outputs)
            if fails:
                refs += [ref for ref in outputs if ref.datasetType.name.endswith("_log")]
        else:
            refs += outputs
    return refs


def write_outputs(path: str, root: str, failing: str | None = None) -> None:
    graph = read(path)
    refs = made(graph, None if failing is None else int(failing))
    with backed(graph, root, refs) as butler:
        for ref in refs:
            butler.put(content(ref), ref)
    print(len(refs))


def place(path: str, root: str) -> None:
    for relative, *_ in predicted(path, root).values():
        file = os.path.join(root, relative)
        os.makedirs(os.path.dirname(file), exist_ok=True)
        with open(file, "w") as stream:
            stream.write("small\n")


def predict(path: str, root: str) -> None:
    print(json.dumps(predicted(path, root)))


def predicted(path: str, root: str) -> dict[str, list[str]]:
    graph = read(path)
    refs = made(graph, None)
    with backed(graph, root, refs) as butler:
        (records,) = butler.export_predicted_datastore_records(refs).values()
    found = {}
    for uuid, tables in records.records.items():
        ((info,),) = tables.values()
        found[str(uuid)] = [info.path, info.formatter, info.storageClass.name]
    return found


def transfer(official: str, path: str, root: str) -> None:
    graph = read(path)
    refs = made(graph, None)
    with Butler.from_config(official) as source, Butler.from_config(root, writeable=True) as satellite:
        satellite.transfer_dimension_records_from(source, {ref.dataId for ref in refs})
    start = time.perf_counter()
    transfer_from_graph(
        path,
        root,
        register_dataset_types=True,
        transfer_dimensions=False,
        update_output_chain=False,
        dry_run=False,
        dataset_type=(),
    )
    print(time.perf_counter() - start)


COMMANDS = {
    "counts": counts,
    "empty": Butler.makeRepo,
    "graph": build,
    "outputs": write_outputs,
    "pipeline": print_pipeline,
    "place": place,
    "predict": predict,
    "prepare": prepare,
    "transfer": transfer,
}

if __name__ == "__main__":
    logging.basicConfig(level=logging.ERROR)
    warnings.filterwarnings("ignore", message="Constructing day_obs records")
    COMMANDS[sys.argv[1]](*sys.argv[2:])
