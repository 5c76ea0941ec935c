"""Builds quantum graphs of the tests' pipeline, for the benchmarks.

Reads one JSON object a line, `{"butler": URI}`, builds the graph of all official data of that repository, and answers with
one line, `{"milliseconds": …, "quanta": …}`: the time of the build alone.
"""

import functools
import json
import os
import sys
import time

from lsst.daf.butler import Butler
from lsst.pipe.base import Pipeline
from lsst.pipe.base.all_dimensions_quantum_graph_builder import AllDimensionsQuantumGraphBuilder

PIPELINE = os.path.join(os.path.dirname(__file__), "..", "test", "graphs", "pipeline.yaml")


@functools.cache
def open_butler(uri: str) -> Butler:
    return Butler.from_config(uri)


for line in sys.stdin:
    butler = open_butler(json.loads(line)["butler"])
    pipeline_graph = Pipeline.fromFile(PIPELINE).to_graph()
    begin = time.perf_counter()
    builder = AllDimensionsQuantumGraphBuilder(
        pipeline_graph,
        butler,
        where="skymap = 'mini_sky'",
        input_collections=["Mini/defaults"],
        output_run="u/alice/run",
    )
    components = builder.finish(attach_datastore_records=False)
    elapsed = time.perf_counter() - begin
    print(json.dumps({"milliseconds": elapsed * 1000, "quanta": components.header.n_quanta}), flush=True)
