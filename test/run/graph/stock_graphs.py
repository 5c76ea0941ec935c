"""Quantum graphs by stock Python, for ``StockWriter``: a line `[command, arguments]` is answered by a line of JSON.

``make {directory}``: makes a repository in `DIRECTORY/repository`, and builds graphs of mocked tasks for it: `plain.qg`, and
`dictionary.qg`, which has a dictionary.
``read {path}``: what stock Python reads of a graph, as JSON text in which large integers stay exact.
``execute {repository, path}``: runs a graph, as a user does, and gives the number of outputs that are there and not.
"""

import json
import sys

from lsst.ctrl.mpexec.cli.pipetask import cli as pipetask
from lsst.daf.butler import Butler, Timespan
from lsst.daf.butler.cli.utils import LogCliRunner
from lsst.resources import ResourcePath
from lsst.pipe.base.pipeline_graph import TaskImportMode
from lsst.pipe.base.quantum_graph import PredictedQuantumGraph
from lsst.pipe.base.quantum_graph._provenance import ProvenanceQuantumGraphReader
from lsst.pipe.base.tests.mocks import DirectButlerRepo, DynamicConnectionConfig


def connection(name, dimensions, **options):
    return DynamicConnectionConfig(dataset_type_name=name, dimensions=dimensions, **options)


def make(butler, path, more_tasks=0, **options):
    """Measure, warp and coadd, with a schema and a catalogue, and some more tasks."""
    detector, patch = ["visit", "detector"], ["tract", "patch"]
    repository = DirectButlerRepo(butler, use_import_collections_as_input=False)
    repository.add_task(
        "measure",
        dimensions=detector,
        inputs={"raw": connection("raw_image", detector)},
        prerequisite_inputs={"catalogue": connection("catalogue", ["htm7"], multiple=True, minimum=0)},
        init_outputs={"schema": connection("source_schema", [])},
        outputs={"image": connection("image", detector), "source": connection("source", detector)},
    )
    repository.add_task(
        "warp",
        dimensions=["visit", *patch],
        inputs={"images": connection("image", detector, multiple=True)},
        init_inputs={"schema": connection("source_schema", [])},
        outputs={"warp": connection("warp", ["visit", *patch])},
    )
    repository.add_task(
        "coadd",
        dimensions=[*patch, "band"],
        inputs={"warps": connection("warp", ["visit", *patch], multiple=True)},
        outputs={"coadd": connection("coadd", [*patch, "band"])},
    )
    for i in range(more_tasks):
        names = ["source", *(f"source{k}" for k in range(more_tasks))]
        repository.add_task(
            f"refine{i}",
            dimensions=detector,
            inputs={"coarse": connection(names[i], detector)},
            outputs={"fine": connection(names[i + 1], detector)},
        )
    builder = repository.make_quantum_graph_builder(output_run="u/someone/run")
    components = builder.finish(output="u/someone", attach_datastore_records=True)
    components.write(path, **options)


def json_value(value):
    match value:
        case Timespan():
            return list(value.nsec)
        case bytes():
            return value.hex()
        case _ if hasattr(value, "encode") and not isinstance(value, str):
            return value.encode().hex()
        case _:
            return value


def data_id(coordinate):
    return dict(coordinate.mapping)


def read_pipeline(pipeline):
    def edges(*edges):
        return {
            edge.connection_name: [edge.parent_dataset_type_name, getattr(edge, "component", None), edge.storage_class_name]
            for edge in edges
        }

    return {
        "description": pipeline.description,
        "tasks": [
            {
                "label": task.label,
                "class": task.task_class_name,
                "config": task.get_config_str(),
                "dimensions": list(task.dimensions.names),
                "inputs": edges(*task.inputs.values()),
                "prerequisites": edges(*task.prerequisite_inputs.values()),
                "outputs": edges(*task.iter_all_outputs()),
                "initInputs": edges(*task.init.iter_all_inputs()),
                "initOutputs": edges(*task.init.iter_all_outputs()),
            }
            for task in pipeline.tasks.values()
        ],
        "datasetTypes": {
            name: [
                list(node.dimensions.names),
                node.storage_class_name,
                node.is_calibration,
                node.is_prerequisite,
                node.is_initial_query_constraint,
            ]
            for name, node in pipeline.dataset_types.items()
        },
        "subsets": {
            label: [sorted(subset), subset.description] for label, subset in pipeline.task_subsets.items()
        },
    }


def read_header(header):
    return header.model_dump(mode="json", exclude={"version", "graph_type", "int_size"})


def read_predicted(path):
    with PredictedQuantumGraph.open(path, import_mode=TaskImportMode.DO_NOT_IMPORT) as reader:
        reader.read_all()
        reader.read_init_quanta()
        graph = reader.finish()
        components = reader.components
        # what executors do, who open a graph for some quanta only
        some = list(components.quantum_datasets)[:: max(1, len(components.quantum_datasets) // 5)]
    with PredictedQuantumGraph.open(path, import_mode=TaskImportMode.DO_NOT_IMPORT) as reader:
        reader.read_quantum_datasets(some)
        assert set(reader.components.quantum_datasets) == set(some)
    pipeline = components.pipeline_graph

    def dataset(model):
        ref = graph.bipartite_xgraph.nodes.get(model.dataset_id)
        return [
            str(model.dataset_id),
            model.dataset_type_name,
            model.run,
            data_id(ref["data_id"]) if ref else {},
        ]

    def quantum(model):
        node = graph.quantum_only_xgraph.nodes.get(model.quantum_id)
        return {
            "uuid": str(model.quantum_id),
            "task": model.task_label,
            "dataId": data_id(node["data_id"]) if node else {},
            "inputs": {name: [dataset(d) for d in of] for name, of in model.inputs.items()},
            "outputs": {name: [dataset(d) for d in of] for name, of in model.outputs.items()},
            "files": {
                datastore: {
                    str(dataset_id): [
                        [info.path, info.formatter, info.storageClass.name, info.component, info.checksum, info.file_size]
                        for infos in tables.values()
                        for info in infos
                    ]
                    for dataset_id, tables in records.records.items()
                }
                for datastore, records in model.deserialize_datastore_records().items()
            },
        }

    return {
        "header": read_header(components.header),
        "pipeline": read_pipeline(pipeline),
        "init": [quantum(model) for model in components.init_quanta.root],
        "quanta": [quantum(model) for model in components.quantum_datasets.values()],
        "thin": {
            task: [[str(quantum_id), data_id(coordinate)] for coordinate, quantum_id in of.items()]
            for task, of in graph.quanta_by_task.items()
        },
        "edges": sorted([str(a), str(b)] for a, b in graph.quantum_only_xgraph.edges),
        "records": {
            element: [
                {name: json_value(getattr(record, name)) for name in record.definition.schema.names}
                for record in records
            ]
            for element, records in graph.dimension_data.deserializers.items()
        },
    }


def read_provenance(path):
    with ProvenanceQuantumGraphReader.open(path, import_mode=TaskImportMode.DO_NOT_IMPORT) as reader:
        reader.read_full_graph()
        graph = reader.graph
        nodes = graph.bipartite_xgraph.nodes(data=True)
        quanta = {node: info for node, info in graph.quantum_only_xgraph.nodes(data=True)}
        logs = reader.fetch_logs(quanta)
    return {
        "header": read_header(graph.header),
        "quanta": {
            str(quantum_id): {
                "task": info["task_label"],
                "dataId": data_id(info["data_id"]),
                "status": info["status"].name,
                "attempts": [attempt.model_dump(mode="json") for attempt in info["attempts"]],
                "caveats": [[flag.name for flag in attempt.caveats or ()] for attempt in info["attempts"]],
                "logs": [
                    records and [[r.name, r.levelname, r.message, r.exc_info] for r in records]
                    for records in logs.get(quantum_id, [])
                ],
            }
            for quantum_id, info in quanta.items()
        },
        "datasets": {
            str(node): [info["dataset_type_name"], info["run"], data_id(info["data_id"]), info["produced"]]
            for node, info in nodes
            if "dataset_type_name" in info
        },
    }


def execute(repository, path):
    for command in ("pre-exec-init-qbb", "run-qbb"):
        result = LogCliRunner().invoke(pipetask, [command, repository, path])
        assert result.exit_code == 0, (result.output, result.exception)
    with PredictedQuantumGraph.open(path) as reader:
        reader.read_all()
        graph = reader.finish()
    butler = graph.make_init_qbb(repository)
    refs = [ref for quantum in graph.build_execution_quanta().values() for of in quantum.outputs.values() for ref in of]
    refs += [ref for task in ["", *graph.pipeline_graph.tasks] for ref in graph.get_init_outputs(task).values()]
    stored = butler._datastore.mexists(refs)
    return {"there": sum(stored.values()), "missing": len(refs) - sum(stored.values())}


def make_all(directory):
    Butler.makeRepo(f"{directory}/repository")
    with Butler.from_config(f"{directory}/repository", writeable=True) as butler:
        for name in ("base.yaml", "spatial.yaml"):
            butler.import_(filename=ResourcePath(f"resource://lsst.daf.butler/tests/registry_data/{name}"))
        make(butler, f"{directory}/plain.qg")
        # Unless told otherwise, it takes 512 quanta to have a dictionary; test/data/graphs has such a graph.
        make(butler, f"{directory}/dictionary.qg", 8, zstd_dict_n_inputs=64, zstd_dict_size=4096)


def read(path):
    return json.dumps(read_provenance(path) if "provenance" in path else read_predicted(path))


COMMANDS = {"make": make_all, "read": read, "execute": execute}

for line in sys.stdin:
    command, arguments = json.loads(line)
    try:
        answer = {"ok": COMMANDS[command](**arguments)}
    except Exception as error:
        answer = {"error": type(error).__name__, "message": str(error)}
    print(json.dumps(answer), flush=True)
