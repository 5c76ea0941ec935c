"""Make the demo's satellite: a repository of the user alice, made with stock Butler over a SQLite file and plain files.

``satellite_repository.py ROOT OFFICIAL`` makes it in the directory ROOT, with dimension records copied from the official
repository at OFFICIAL: the instrument HSC, one of its visits after the other, a sky map.

What it holds: `u/alice/reprocessing`, whose datasets shadow official ones (the same dataset types and data IDs, better
numbers); `u/alice/psf`, with a dataset type that only alice has; the TAGGED `u/alice/favourites`, the CALIBRATION
`u/alice/calib`, and the CHAINED `u/alice/defaults` over all of them.
"""

import argparse
import warnings

import astropy.time
import numpy as np
from astropy.table import Table
from lsst.daf.butler import Butler, CollectionType, DatasetType, Timespan

VISITS = (903334, 903336, 903986, 904014)
SKYMAP = "hsc_rings_v1"

# With the selection that belongs to each, in the order in which they refer to each other.
ELEMENTS = {
    "instrument": "instrument = 'HSC'",
    "physical_filter": "instrument = 'HSC'",
    "detector": "instrument = 'HSC'",
    "day_obs": "instrument = 'HSC'",
    "visit_system": "instrument = 'HSC'",
    "visit": f"instrument = 'HSC' AND visit IN {VISITS}",
    "visit_detector_region": f"instrument = 'HSC' AND visit IN {VISITS}",
    "skymap": f"skymap = '{SKYMAP}'",
    "tract": f"skymap = '{SKYMAP}'",
    "patch": f"skymap = '{SKYMAP}'",
}

REPROCESSING = "u/alice/reprocessing"
PSF = "u/alice/psf"
DEFECTS = "u/alice/calib/gen0"

DATASET_TYPES = (
    # as in the official repository
    ("calexp_metrics", ("instrument", "visit", "detector"), "StructuredDataDict", False),
    ("source_catalog", ("instrument", "visit", "detector"), "ArrowAstropy", False),
    ("object_table", ("skymap", "tract", "patch"), "ArrowAstropy", False),
    ("defects", ("instrument", "detector"), "StructuredDataDict", True),
    # alice's own
    ("psf_residuals", ("instrument", "visit", "detector"), "ArrowAstropy", False),
    ("visit_notes", ("instrument", "visit"), "StructuredDataDict", False),
)


def copy_dimension_records(satellite: Butler, official: Butler) -> None:
    for element, where in ELEMENTS.items():
        records = official.query_dimension_records(element, where=where, explain=False)
        satellite.registry.insertDimensionData(element, *records)


def put_own_data(satellite: Butler) -> None:
    for name, dimensions, storage_class, is_calibration in DATASET_TYPES:
        satellite.registry.registerDatasetType(
            DatasetType(
                name, dimensions, storage_class, universe=satellite.dimensions, isCalibration=is_calibration
            )
        )
    satellite.collections.register(REPROCESSING, doc="HSC detectors with a better PSF model")
    satellite.collections.register(PSF, doc="What the better PSF model leaves over")
    rng = np.random.default_rng(2)

    def table(rows: int, **columns: float) -> Table:
        values = {name: rng.normal(mean, 0.1, rows) for name, mean in columns.items()}
        return Table({"id": np.arange(rows, dtype=np.int64), **values})

    footprints = satellite.query_dimension_records("visit_detector_region", instrument="HSC")
    for footprint in footprints:
        data_id = footprint.dataId
        metrics = {"run": REPROCESSING, "psf_fwhm": 0.55, "n_sources": 150 + footprint.detector}
        satellite.put(metrics, "calexp_metrics", data_id, run=REPROCESSING)
        satellite.put(table(250, ra=320.5, dec=0.0), "source_catalog", data_id, run=REPROCESSING)
        satellite.put(table(50, e1=0.0, e2=0.0), "psf_residuals", data_id, run=PSF)
    for visit in sorted({footprint.visit for footprint in footprints}):
        satellite.put({"seeing": "fine", "clouds": False}, "visit_notes", instrument="HSC", visit=visit, run=PSF)
    patch = min(satellite.query_dimension_records("patch"), key=lambda record: (record.tract, record.id))
    satellite.put(table(100, ra=320.5, dec=0.0), "object_table", patch.dataId, run=REPROCESSING)


def organize(satellite: Butler) -> None:
    satellite.collections.register(DEFECTS)
    satellite.collections.register("u/alice/calib", CollectionType.CALIBRATION, doc="Defects found by hand")
    detectors = {record.detector for record in satellite.query_dimension_records("visit_detector_region")}
    refs = [
        satellite.put(
            {"epoch": "alice", "detector": detector, "bad_columns": [7]},
            "defects",
            {"instrument": "HSC", "detector": detector},
            run=DEFECTS,
        )
        for detector in sorted(detectors)
    ]
    begin, end = (astropy.time.Time(date, scale="tai") for date in ("2013-01-01", "2014-01-01"))
    satellite.registry.certify("u/alice/calib", refs, Timespan(begin, end))

    satellite.collections.register("u/alice/favourites", CollectionType.TAGGED, doc="Worth a second look")
    residuals = satellite.query_datasets("psf_residuals", PSF)
    satellite.registry.associate("u/alice/favourites", sorted(residuals, key=lambda ref: ref.dataId.required_values)[:3])
    satellite.collections.register("u/alice/defaults", CollectionType.CHAINED, doc="What alice searches")
    satellite.collections.redefine_chain("u/alice/defaults", [REPROCESSING, PSF, "u/alice/favourites", "u/alice/calib"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root")
    parser.add_argument("official")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", message="Constructing day_obs records")
    Butler.makeRepo(arguments.root)
    with (
        Butler.from_config(arguments.root, writeable=True) as satellite,
        Butler.from_config(arguments.official, without_datastore=True) as official,
    ):
        copy_dimension_records(satellite, official)
        put_own_data(satellite)
        organize(satellite)


if __name__ == "__main__":
    main()
