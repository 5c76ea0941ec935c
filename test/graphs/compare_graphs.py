"""What two predicted quantum graphs have in common, but for the UUIDs and run names that are made anew for each."""

from collections import Counter

from lsst.pipe.base.quantum_graph import PredictedQuantumGraph, PredictedQuantumGraphComponents


def read_graph(path: str) -> PredictedQuantumGraphComponents:
    with PredictedQuantumGraph.open(path) as reader:
        reader.read_all()
    return reader.components


def outputs_of(graph: PredictedQuantumGraphComponents) -> set:
    return {i for quantum in graph.quantum_datasets.values() for i in quantum.iter_output_dataset_ids()}


def quanta_of(graph: PredictedQuantumGraphComponents) -> dict:
    """Data ID of each quantum -> its inputs, with their UUIDs unless the graph itself makes them, and its outputs."""
    made = outputs_of(graph)

    def datasets(connections: dict, with_ids: bool) -> list:
        return sorted(
            (connection, dataset.dataset_type_name, *map(str, dataset.data_coordinate))
            + (("made" if dataset.dataset_id in made else str(dataset.dataset_id),) if with_ids else ())
            for connection, of_connection in connections.items()
            for dataset in of_connection
        )

    return {
        (quantum.task_label, *map(str, quantum.data_coordinate)): (
            datasets(quantum.inputs, True),
            datasets(quantum.outputs, False),
        )
        for quantum in graph.quantum_datasets.values()
    }


def records_of(graph: PredictedQuantumGraphComponents) -> dict[str, list[str]]:
    return {
        element: sorted(map(str, records))
        for element, records in graph.dimension_data.serialized().root.items()
        if records
    }


def differences(mine: PredictedQuantumGraphComponents, theirs: PredictedQuantumGraphComponents) -> list[str]:
    """What differs, in words; empty for identical graphs."""
    found = []
    for what, read in {"quantum": quanta_of, "dimension records of": records_of}.items():
        a, b = read(mine), read(theirs)
        unequal = [key for key in a.keys() | b.keys() if a.get(key) != b.get(key)]
        found += [f"{what} {key}: {a.get(key)} and not {b.get(key)}" for key in unequal]
    return found


def summary(graph: PredictedQuantumGraphComponents) -> dict:
    """Numbers of quanta by task, and of overall inputs by dataset type and run."""
    made = outputs_of(graph)
    inputs = {
        (dataset.dataset_id, dataset.dataset_type_name, dataset.run)
        for quantum in graph.quantum_datasets.values()
        for of_connection in quantum.inputs.values()
        for dataset in of_connection
        if dataset.dataset_id not in made
    }
    return {
        "quanta": dict(Counter(quantum.task_label for quantum in graph.quantum_datasets.values())),
        "inputs": dict(Counter(f"{name} of {run}" for _, name, run in inputs)),
    }
