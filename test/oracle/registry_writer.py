"""Stock Butler as a writer, for tests that compare: one JSON command a line, one JSON answer a line.

A command is ``[name, arguments]``; the answer is ``{"ok": ...}``, or ``{"error": type, "message": text}`` where stock Butler
refused.  Repositories are opened once and kept, by their roots.
"""

from __future__ import annotations

import json
import sys
import uuid
import warnings
from typing import Any

from lsst.daf.butler import (
    Butler,
    CollectionType,
    Config,
    DataCoordinate,
    DatasetRef,
    DatasetType,
    FileDataset,
    Timespan,
)
from lsst.resources import ResourcePath
from lsst.sphgeom import Region

butlers: dict[str, Butler] = {}


def butler(root: str) -> Butler:
    if root not in butlers:
        butlers[root] = Butler.from_config(root, writeable=True)
    return butlers[root]


def make(root: str, db: str | None = None, namespace: str | None = None) -> None:
    """Make an empty repository, as it is after the first writeable open."""
    registry = {k: v for k, v in (("db", db), ("namespace", namespace)) if v is not None}
    Butler.makeRepo(root, config=Config({"registry": registry}) if registry else None)
    butler(root)


def close(root: str) -> None:
    if (open_butler := butlers.pop(root, None)) is not None:
        open_butler.close()


def load(root: str, file: str) -> None:
    """Import a file of daf_butler's ``registry_data``."""
    name = f"resource://lsst.daf.butler/tests/registry_data/{file}"
    butler(root).import_(filename=name, without_datastore=True)


def register_type(root: str, name: str, dimensions: list[str], storage_class: str, calibration: bool) -> bool:
    universe = butler(root).dimensions
    return butler(root).registry.registerDatasetType(
        DatasetType(name, dimensions, storage_class, universe=universe, isCalibration=calibration)
    )


def register_collection(root: str, name: str, type: str, doc: str | None) -> bool:
    return butler(root).collections.register(name, CollectionType[type], doc)


def set_doc(root: str, name: str, doc: str) -> None:
    butler(root).registry.setCollectionDocumentation(name, doc)


def chain(root: str, parent: str, children: list[str], edit: str) -> None:
    collections = butler(root).collections
    {
        "REDEFINE": collections.redefine_chain,
        "EXTEND": collections.extend_chain,
        "PREPEND": collections.prepend_chain,
        "REMOVE": collections.remove_from_chain,
    }[edit](parent, children)


def insert_records(root: str, element: str, records: list[dict[str, Any]], existing: str) -> None:
    registry = butler(root).registry
    record_class = butler(root).dimensions[element].RecordClass
    made = []
    for record in records:
        if record.get("region") is not None:
            record["region"] = Region.decode(bytes.fromhex(record["region"]))
        if record.get("timespan") is not None:
            record["timespan"] = timespan(record["timespan"])
        if record.get("hash") is not None:
            record["hash"] = bytes.fromhex(record["hash"])
        made.append(record_class(**record))
    modes = {"FAIL": {}, "SKIP": {"skip_existing": True}, "REPLACE": {"replace": True}}
    registry.insertDimensionData(element, *made, **modes[existing])


def timespan(bounds: list[str]) -> Timespan:
    return Timespan(None, None, _nsec=(int(bounds[0]), int(bounds[1])))


def ref_of(root: str, dataset: dict[str, Any]) -> DatasetRef:
    dataset_type = butler(root).get_dataset_type(dataset["datasetType"])
    data_id = DataCoordinate.standardize(dataset["dataId"], dimensions=dataset_type.dimensions)
    return DatasetRef(dataset_type, data_id, run=dataset["run"], id=uuid.UUID(dataset["uuid"]))


def import_datasets(root: str, datasets: list[dict[str, Any]]) -> None:
    """Register datasets, and the file of each that has one and is not stored yet, in one transaction."""
    refs = [ref_of(root, dataset) for dataset in datasets]
    files = [
        FileDataset(ResourcePath(dataset["path"]), [ref], formatter=dataset["formatter"])
        for dataset, ref in zip(datasets, refs)
        if dataset.get("path") and not butler(root).stored(ref)
    ]
    with butler(root).transaction():
        butler(root).registry._importDatasets(refs, expand=False)
        if files:
            butler(root).ingest(*files, transfer="direct", record_validation_info=False)


def refs(root: str, uuids: list[str]) -> list[DatasetRef]:
    found = (butler(root).get_dataset(uuid.UUID(text)) for text in uuids)
    return [ref for ref in found if ref is not None]


def associate(root: str, collection: str, uuids: list[str]) -> None:
    butler(root).registry.associate(collection, refs(root, uuids))


def disassociate(root: str, collection: str, uuids: list[str]) -> None:
    butler(root).registry.disassociate(collection, refs(root, uuids))


def certify(root: str, collection: str, uuids: list[str], bounds: list[str]) -> None:
    butler(root).registry.certify(collection, refs(root, uuids), timespan(bounds))


def decertify(
    root: str, collection: str, dataset_type: str, bounds: list[str], data_ids: list[dict[str, Any]] | None
) -> None:
    butler(root).registry.decertify(collection, dataset_type, timespan(bounds), dataIds=data_ids)


def remove_datasets(root: str, uuids: list[str], mode: str) -> None:
    purge = mode == "PURGE"
    butler(root).pruneDatasets(refs(root, uuids), unstore=True, purge=purge, disassociate=purge)


def remove_collection(root: str, name: str, unlink: bool) -> None:
    collections = butler(root).collections
    if collections.get_info(name).type is CollectionType.RUN:
        butler(root).removeRuns([name], unlink_from_chains=unlink)
    else:
        collections.x_remove(name) if not unlink else remove_unlinked(root, name)


def remove_unlinked(root: str, name: str) -> None:
    collections = butler(root).collections
    for parent in sorted(collections.get_info(name, include_parents=True).parents or ()):
        collections.remove_from_chain(parent, name)
    collections.x_remove(name)


def put(root: str, value: Any, dataset_type: str, data_id: dict[str, Any], run: str) -> str:
    return str(butler(root).put(value, dataset_type, data_id, run=run).id)


def get(root: str, dataset: str) -> Any:
    return butler(root).get(butler(root).get_dataset(uuid.UUID(dataset)))


def query_data_ids(root: str, dimensions: list[str]) -> list[list[Any]]:
    """All data IDs of the dimensions; with more than one spatial one, those that overlap."""
    rows = butler(root).query_data_ids(dimensions, limit=None, explain=False)
    return sorted(list(row.required_values) for row in rows)


def query_datasets(root: str, dataset_type: str, collections: list[str], find_first: bool) -> list[str]:
    rows = butler(root).query_datasets(
        dataset_type, collections, find_first=find_first, limit=None, explain=False
    )
    return sorted(str(row.id) for row in rows)


def refresh(root: str) -> None:
    """Forget cached dimension records, which other writers may have added to."""
    butler(root).registry.refresh()


COMMANDS = {
    command.__name__: command
    for command in (
        make, close, load, register_type, register_collection, set_doc, chain, insert_records, import_datasets, associate,
        disassociate, certify, decertify, remove_datasets, remove_collection, put, get, query_data_ids, query_datasets,
        refresh,
    )
}  # fmt: skip


def main() -> None:
    warnings.simplefilter("ignore")
    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        name, arguments = json.loads(line)
        try:
            answer: dict[str, Any] = {"ok": COMMANDS[name](**arguments)}
        except Exception as error:
            answer = {"error": type(error).__name__, "message": str(error)}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
