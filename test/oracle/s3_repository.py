"""Stock Butler on a repository whose files are in S3 (S3_ENDPOINT_URL and AWS_* in the environment).

``s3_repository.py make ROOT DATASTORE`` makes one: datasets `note` of four detectors, those of the last two in a zip.
``s3_repository.py get ROOT`` prints what stock Butler reads of each: detector -> content, null where it is not stored.
``s3_repository.py prune ROOT`` removes all datasets with their files.
"""

import json
import sys
import tempfile

from lsst.daf.butler import Butler, Config, DatasetType
from lsst.resources import ResourcePath

RUN = "u/alice/run 1"


def fresh(root: str, datastore: str | None) -> Butler:
    config = Config()
    if datastore is not None:
        config["datastore", "root"] = datastore
    Butler.makeRepo(root, config=config, forceConfigRoot=False)
    butler = Butler.from_config(root, writeable=True, run=RUN)
    butler.registry.insertDimensionData("instrument", {"name": "Cam", "detector_max": 9, "visit_max": 9, "exposure_max": 9, "class_name": "Cam"})
    for i in range(6):
        butler.registry.insertDimensionData("detector", {"instrument": "Cam", "id": i, "full_name": f"D{i}"})
    butler.registry.registerDatasetType(DatasetType("note", ("instrument", "detector"), "StructuredDataDict", universe=butler.dimensions))
    return butler


def make(root: str, datastore: str) -> None:
    butler = fresh(root, datastore)
    for detector in (0, 1):
        butler.put({"detector": detector}, "note", instrument="Cam", detector=detector)
    with tempfile.TemporaryDirectory() as directory:
        source = fresh(f"{directory}/source", f"{directory}/source")
        refs = [source.put({"detector": i, "text": "x" * 10_000}, "note", instrument="Cam", detector=i) for i in (2, 3)]
        zip = source.retrieve_artifacts_zip(refs, destination=ResourcePath(directory, forceDirectory=True))
        butler.ingest_zip(zip, transfer="copy")


def main() -> None:
    command, root, *rest = sys.argv[1:]
    if command == "make":
        make(root, *rest)
        return
    butler = Butler.from_config(root, writeable=command == "prune", collections=RUN)
    refs = sorted(butler.query_datasets("note", RUN, explain=False), key=lambda ref: ref.dataId["detector"])
    if command == "prune":
        butler.pruneDatasets(refs, disassociate=True, unstore=True, purge=True)
    else:
        stored = butler.stored_many(refs)
        print(json.dumps({str(ref.dataId["detector"]): butler.get(ref) if stored[ref] else None for ref in refs}))


if __name__ == "__main__":
    main()
