"""Make a repository of 1 000 files of 1 MB for the benchmarks, with stock Butler.

``files_repository.py ROOT DATASTORE`` makes it in the directory ROOT, with its files below the URI DATASTORE
(``s3://bucket/prefix``, with S3_ENDPOINT_URL and AWS_* in the environment): the instrument SimCam, and for each of its
1 000 detectors one dataset `sim_raw`, a JSON string of random digits, in the RUN `SimCam/files`.
"""

import argparse
import pathlib
import random
import tempfile

from lsst.daf.butler import Butler, Config, DataCoordinate, DatasetRef, DatasetType, FileDataset
from lsst.daf.butler.formatters.json import JsonFormatter

FILES, BYTES = 1000, 1_000_000
RUN = "SimCam/files"


def repository_config(datastore: str) -> Config:
    config = Config()
    config["datastore", "cls"] = "lsst.daf.butler.datastores.fileDatastore.FileDatastore"
    config["datastore", "root"] = datastore
    return config


def ingest_files(butler: Butler) -> None:
    detectors = [{"instrument": "SimCam", "id": k, "full_name": f"D{k:04}"} for k in range(FILES)]
    butler.registry.insertDimensionData("instrument", {"name": "SimCam", "detector_max": FILES})
    butler.registry.insertDimensionData("detector", *detectors)
    dataset_type = DatasetType("sim_raw", ["instrument", "detector"], "StructuredDataDict", universe=butler.dimensions)
    butler.registry.registerDatasetType(dataset_type)
    butler.collections.register(RUN)
    generator = random.Random(7)
    with tempfile.TemporaryDirectory() as directory:
        files = []
        for k in range(FILES):
            path = pathlib.Path(directory, f"{k}.json")
            path.write_text(f'"{generator.randbytes(BYTES // 2 - 1).hex()}"')
            data_id = DataCoordinate.standardize(instrument="SimCam", detector=k, universe=butler.dimensions)
            ref = DatasetRef(dataset_type, data_id, run=RUN)
            files.append(FileDataset(str(path), ref, formatter=JsonFormatter))
        butler.ingest(*files, transfer="copy")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root")
    parser.add_argument("datastore")
    arguments = parser.parse_args()
    # forceConfigRoot would put the files below ROOT
    Butler.makeRepo(arguments.root, config=repository_config(arguments.datastore), forceConfigRoot=False)
    with Butler.from_config(arguments.root, writeable=True) as butler:
        ingest_files(butler)


if __name__ == "__main__":
    main()
