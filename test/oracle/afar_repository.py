"""Write what alice publishes from a repository that no gateway reaches: all that stock Butler can put into one.

``afar_repository.py ROOT OFFICIAL`` fills the empty repository at ROOT, which `published_content.py make` made with
`afar_composite` disassembled; stock Butler has to be set up with the storage class StructuredMetrics. Dimension records,
with their regions, come from the official repository at OFFICIAL.

What it holds: `u/alice/run` and `u/alice/more` (datasets of one file, of one for each component, of a member of a zip,
without dimensions, without a file, of a band of which no other has a physical filter), the TAGGED `u/alice/tags`, the
CALIBRATION `u/alice/calib` with ranges that end, that have no begin and that have no end, and the CHAINED `u/alice/all`
over these and another chain. `u/alice/with-official` holds an official chain as well, whose RUN has datasets whose files
are not in the repository, but in the directory of the same name with `-elsewhere`.
"""

import sys
import tempfile
from pathlib import Path

import astropy.time
import numpy as np
from astropy.table import Table
from lsst.daf.butler import Butler, CollectionType, DatasetType, FileDataset, Timespan
from lsst.daf.butler.tests import MetricsExample

RUN, MORE, BIASES = "u/alice/run", "u/alice/more", "u/alice/biases"
OFFICIAL_CHAIN, OFFICIAL_RUN, OFFICIAL_TYPE = "LSSTCam/runs/nightly", "LSSTCam/runs/nightly/20251203", "nightReport"

# In the order in which they refer to each other.
ELEMENTS = {
    "instrument": "",
    "physical_filter": "instrument = 'HSC'",
    "detector": "instrument = 'HSC'",
    "day_obs": "",
    "visit_system": "instrument = 'HSC'",
    "visit": "instrument = 'HSC'",
    "visit_detector_region": "instrument = 'HSC'",
    "skymap": "",
    "tract": "skymap = 'hsc_rings_v1'",
    "patch": "skymap = 'hsc_rings_v1'",
}

DATASET_TYPES = (
    ("afar_config", (), "StructuredDataDict", False),
    ("afar_table", ("instrument", "visit", "detector"), "ArrowAstropy", False),
    ("afar_composite", ("instrument", "visit"), "StructuredMetrics", False),
    ("afar_object", ("skymap", "tract", "patch", "band"), "StructuredDataDict", False),
    ("afar_bias", ("instrument", "detector"), "StructuredDataDict", True),
)


def tai(date: str) -> astropy.time.Time:
    return astropy.time.Time(date, scale="tai")


def copy_records(butler: Butler, official: Butler) -> None:
    for element, where in ELEMENTS.items():
        records = official.query_dimension_records(element, where=where, explain=False, limit=None)
        butler.registry.insertDimensionData(element, *records)


def put_datasets(butler: Butler) -> None:
    for name, dimensions, storage_class, is_calibration in DATASET_TYPES:
        dataset_type = DatasetType(
            name, dimensions, storage_class, universe=butler.dimensions, isCalibration=is_calibration
        )
        butler.registry.registerDatasetType(dataset_type)
    butler.collections.register(RUN, doc="Made where no gateway is: été, 日本")
    butler.collections.register(MORE)
    rng = np.random.default_rng(3)
    butler.put({"version": 1}, "afar_config", run=RUN)
    butler.put({"version": 2}, "afar_config", run=MORE)
    for footprint in butler.query_dimension_records("visit_detector_region", order_by=["-visit", "detector"], limit=6):
        table = Table({"id": np.arange(9, dtype=np.int64), "flux": rng.normal(1, 0.1, 9)})
        butler.put(table, "afar_table", footprint.dataId, run=RUN)
        # Another dataset of the same content.
        butler.put(table, "afar_table", footprint.dataId, run=MORE)
    for visit in butler.query_dimension_records("visit", order_by="visit", limit=2):
        metrics = MetricsExample({"visit": visit.id}, {"iterations": [1, 2]}, [1.0, 2.0, 3.0])
        butler.put(metrics, "afar_composite", visit.dataId, run=RUN)
    for patch in butler.query_dimension_records("patch", order_by=["tract", "patch"], limit=2):
        butler.put({"patch": patch.id}, "afar_object", patch.dataId, band="g", run=RUN)


def put_into_zip(butler: Butler) -> None:
    """Exchange files of their own for members of one zip."""
    refs = butler.query_datasets("afar_object", RUN)
    with tempfile.TemporaryDirectory() as directory:
        zipped = butler.retrieve_artifacts_zip(refs, destination=directory)
        butler.pruneDatasets(refs, purge=True, unstore=True, disassociate=True)
        butler.ingest_zip(zipped, transfer="copy")


def organize(butler: Butler) -> None:
    butler.collections.register(BIASES)
    biases = [
        butler.put({"detector": detector}, "afar_bias", instrument="HSC", detector=detector, run=BIASES)
        for detector in range(4)
    ]
    butler.collections.register("u/alice/calib", CollectionType.CALIBRATION, doc="Biases")
    for refs, begin, end in (
        (biases[:2], None, "2013-08-01T00:00:00.000000001"),
        (biases[1:2], "2013-08-01T00:00:00.000000001", "2016-01-01"),
        (biases[2:3], "2016-01-01", None),
        (biases[3:], None, None),
    ):
        butler.registry.certify("u/alice/calib", refs, Timespan(begin and tai(begin), end and tai(end)))
    butler.collections.register("u/alice/tags", CollectionType.TAGGED, doc="Picked by hand")
    butler.registry.associate("u/alice/tags", butler.query_datasets("afar_table", MORE, order_by=["visit", "detector"], limit=2))
    butler.registry.associate("u/alice/tags", butler.query_datasets("afar_composite", RUN, order_by="visit", limit=1))
    for name, children in (("inner", ["tags", "run"]), ("all", ["more", "inner", "calib", "biases"])):
        butler.collections.register(f"u/alice/{name}", CollectionType.CHAINED, doc=f"{name} of it")
        butler.collections.redefine_chain(f"u/alice/{name}", [f"u/alice/{child}" for child in children])
    # The registry goes on knowing it.
    unstored = butler.query_datasets("afar_table", RUN, order_by=["visit", "detector"], limit=1)
    butler.pruneDatasets(unstored, unstore=True, disassociate=False)


def refer_to_official(butler: Butler, official: Butler, directory: Path) -> None:
    butler.registry.registerDatasetType(official.get_dataset_type(OFFICIAL_TYPE))
    refs = official.query_datasets(OFFICIAL_TYPE, OFFICIAL_RUN)
    butler.collections.register(OFFICIAL_RUN)
    directory.mkdir()
    for ref in refs:
        path = directory / f"{ref.id}.yaml"
        path.write_text("{report: official}")
        butler.ingest(FileDataset(path, [ref]), transfer="direct")
    for name, children in ((OFFICIAL_CHAIN, [OFFICIAL_RUN]), ("u/alice/with-official", ["u/alice/all", OFFICIAL_CHAIN])):
        butler.collections.register(name, CollectionType.CHAINED)
        butler.collections.redefine_chain(name, children)


def main(root: str, official_root: str) -> None:
    with (
        Butler.from_config(root, writeable=True) as butler,
        Butler.from_config(official_root, without_datastore=True) as official,
    ):
        copy_records(butler, official)
        put_datasets(butler)
        put_into_zip(butler)
        organize(butler)
        refer_to_official(butler, official, Path(f"{root}-elsewhere"))


if __name__ == "__main__":
    main(*sys.argv[1:])
