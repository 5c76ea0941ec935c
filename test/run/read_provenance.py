"""Reads the provenance of a run, with stock Python: of a satellite and a RUN, or a file."""

import json
import sys
from collections import Counter

from lsst.daf.butler import Butler
from lsst.pipe.base.quantum_graph import ProvenanceQuantumGraphReader


def main(place: str, run: str | None = None) -> None:
    if run is None:
        with ProvenanceQuantumGraphReader.open(place) as reader:
            reader.read_full_graph()
            graph = reader.graph
            ids = list(graph.quantum_only_xgraph)
            found = reader.fetch_logs(ids)
    else:
        butler = Butler.from_config(place)
        graph = butler.get("run_provenance", collections=run)
        ids = list(graph.quantum_only_xgraph)
        found = butler.get("run_provenance.logs", collections=run, parameters={"quanta": ids})
    statuses: dict[str, Counter[str]] = {}
    for quantum in graph.quantum_only_xgraph.nodes.values():
        statuses.setdefault(quantum["task_label"], Counter())[quantum["status"].name] += 1
    exceptions = {
        quantum["exception"].type_name for quantum in graph.quantum_only_xgraph.nodes.values() if quantum["exception"]
    }
    logs = [record.message for attempts in found.values() for of in attempts for record in of or []]
    print(json.dumps({"statuses": statuses, "exceptions": sorted(exceptions), "logs": "\n".join(logs)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
