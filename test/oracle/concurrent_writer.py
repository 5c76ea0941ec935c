"""A stock writer beside others: ``concurrent_writer.py ROOT NUMBER COUNT FILE``; see ``concurrent-writer.ts``, which does the same."""

from __future__ import annotations

import hashlib
import json
import sys
import uuid
import warnings
from collections import Counter

from lsst.daf.butler import (
    Butler,
    DataCoordinate,
    DatasetRef,
    DatasetType,
    FileDataset,
    MissingCollectionError,
    MissingDatasetTypeError,
    Timespan,
)
from lsst.daf.butler.registry import ConflictingDefinitionError
from lsst.resources import ResourcePath
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

root, number, count, file_uri = sys.argv[1:]
warnings.simplefilter("ignore")
butler = Butler.from_config(root, writeable=True)
registry = butler.registry


def uuid_of(text: str) -> uuid.UUID:
    digits = hashlib.sha256(text.encode()).hexdigest()
    return uuid.UUID(f"{digits[:8]}-{digits[8:12]}-7{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}")


def ref(id: uuid.UUID, run: str, detector: int) -> DatasetRef:
    dataset_type = butler.get_dataset_type("bias")
    data_id = DataCoordinate.standardize(instrument="Cam1", detector=detector, dimensions=dataset_type.dimensions)
    return DatasetRef(dataset_type, data_id, run=run, id=id)


def step(i: int) -> None:
    dimensions = [["instrument", "detector"], ["instrument"], ["instrument", "physical_filter"]][i % 3]
    detector = 1 + i % 4
    shared = uuid_of(f"shared {detector}")
    match i % 6:
        case 0:
            name = f"type_{i % 7}_{len(dimensions)}"
            calibration = i % 2 == 0
            registry.registerDatasetType(
                DatasetType(
                    name, dimensions, "StructuredDataDict", universe=butler.dimensions, isCalibration=calibration
                )
            )
        case 1:
            run = f"run/{number}/{i}"
            butler.collections.register(run)
            change = butler.collections.extend_chain if i % 12 < 6 else butler.collections.prepend_chain
            change("all", [run])
            own = uuid_of(f"{number} {i}")
            file = FileDataset(
                ResourcePath(file_uri),
                [ref(own, run, detector)],
                formatter="lsst.daf.butler.formatters.yaml.YamlFormatter",
            )
            butler.ingest(file, transfer="direct", record_validation_info=False)
        case 2:
            registry._importDatasets([ref(shared, "shared", detector)], expand=False)
            registry.associate("tag", [ref(shared, "shared", detector)])
        case 3:
            begin = 10 * (i % 20)
            timespan = Timespan(None, None, _nsec=(begin, begin + 15))
            registry.certify("calib", [ref(shared, "shared", detector)], timespan)
        case 4:
            record = {"instrument": "Cam1", "name": f"filter-{i % 9}", "band": "r"}
            registry.insertDimensionData("physical_filter", record, skip_existing=True)
        case 5:
            name = f"run/{number}/{i - 4}"
            butler.removeRuns([name], unlink_from_chains=True)


# What stock writers who meet are told: duplicate tables and keys come as errors of the database too.
HONEST = (
    ConflictingDefinitionError, IntegrityError, MissingCollectionError, MissingDatasetTypeError, OperationalError,
    ProgrammingError,
)  # fmt: skip

told: Counter[str] = Counter()
for i in range(int(count)):
    try:
        step(i)
    except HONEST as error:
        told[type(error).__name__] += 1
print(json.dumps(told))
