"""Reads what a run made, with stock Butler: ``read_outputs.py GRAPH ROOT`` prints each output that ROOT has as JSON.

The answer has the contents of coadds by data ID, those of `mini_found`, and the number of stored datasets of every type.
"""

import itertools
import json
import sys
from collections import Counter

from lsst.daf.butler import QuantumBackedButler
from lsst.pipe.base.quantum_graph import PredictedQuantumGraph


def main(path: str, root: str) -> None:
    with PredictedQuantumGraph.open(path) as reader:
        reader.read_all()
    graph = reader.components
    refs = [
        graph.make_dataset_ref(dataset)
        for quantum in itertools.chain(graph.quantum_datasets.values(), graph.init_quanta.root)
        for of_connection in quantum.outputs.values()
        for dataset in of_connection
    ]
    butler = QuantumBackedButler.from_predicted(
        config=root,
        predicted_inputs=[ref.id for ref in refs],
        predicted_outputs=[],
        dimensions=graph.pipeline_graph.universe,
        datastore_records={},
        dataset_types={node.name: node.dataset_type for node in graph.pipeline_graph.dataset_types.values()},
    )
    stored = [ref for ref, is_stored in butler.stored_many(refs).items() if is_stored]
    coadds = {str(ref.dataId): butler.get(ref) for ref in stored if ref.datasetType.name == "mini_coadd"}
    found = [butler.get(ref) for ref in stored if ref.datasetType.name == "mini_found"]
    counts = Counter(ref.datasetType.name for ref in stored)
    print(json.dumps({"coadds": coadds, "counts": counts, "found": found}, sort_keys=True))


main(*sys.argv[1:])
