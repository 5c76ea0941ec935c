"""Make the demo's official repository: the real exports that lsst-daf-butler ships for its own tests, and real files.

``official_repository.py ROOT DATASTORE`` makes a repository with a SQLite registry in the directory ROOT and its files
below the URI DATASTORE (``s3://bucket/prefix``, with S3_ENDPOINT_URL and AWS_* in the environment).

What it holds: the instruments Cam1, HSC and LSSTCam; three sky maps with tracts and patches, of which `discrete/ci_hsc` lies
under HSC's visits; visits and detectors with regions; `HSC/runs/DRP/w42` and `w43` (w43 shadows half of w42), the TAGGED `HSC/tags/best`, the CALIBRATION `HSC/calib`
(two epochs) and `Cam1/calib`, and nested CHAINED collections up to `defaults`.
"""

import argparse
import warnings
from collections.abc import Iterable
from typing import Any

import astropy.time
import numpy as np
from astropy.table import Table
from lsst.daf.butler import Butler, CollectionType, Config, DatasetRef, DatasetType, Timespan
from lsst.daf.butler.tests import MetricsExample
from lsst.sphgeom import ConvexPolygon, LonLat, Region, UnitVector3d

# In the order in which they refer to each other.
EXPORTS = (
    "base",
    "datasets",
    "spatial",
    "hsc-rc2-subset-v0",
    "ci_hsc-subset",
    "ci_hsc-subset-skymap",
    "lsstcam-subset",
)

OLD_RUN = "HSC/runs/DRP/w42"
NEW_RUN = "HSC/runs/DRP/w43"
CI_RUN = "HSC/runs/ci_hsc/20240806T180642Z"

# In degrees: where HSC's visits are, and a lattice of patches that covers it.
FIELD = (320.0, -1.0, 321.0, 1.0)
FIRST_PATCH, PATCH_SIDE, PATCHES = (320.5, -0.65), 0.24, (3, 2)

DATASET_TYPES = {
    "run_config": ((), "StructuredDataDict"),
    "calexp_metrics": (("instrument", "visit", "detector"), "StructuredDataDict"),
    "source_catalog": (("instrument", "visit", "detector"), "ArrowAstropy"),
    "visit_table": (("instrument", "visit"), "ArrowAstropy"),
    "object_table": (("skymap", "tract", "patch"), "ArrowAstropy"),
    "metrics_composite": (("instrument", "visit"), "StructuredMetrics"),
}


def tai(date: str) -> astropy.time.Time:
    return astropy.time.Time(date, scale="tai")


def repository_config(datastore: str) -> Config:
    config = Config()
    config["datastore", "cls"] = "lsst.daf.butler.datastores.fileDatastore.FileDatastore"
    config["datastore", "root"] = datastore
    config["datastore", "cached", "default"] = False
    # A composite whose components become files of their own; its Python type ships with lsst-daf-butler.
    config["storageClasses"] = {
        "StructuredMetrics": {
            "pytype": "lsst.daf.butler.tests.MetricsExample",
            "delegate": "lsst.daf.butler.tests.MetricsDelegate",
            "components": {
                "summary": "StructuredDataDict",
                "output": "StructuredDataDict",
                "data": "StructuredDataList",
            },
        }
    }
    config["datastore", "formatters"] = {"StructuredDataList": "lsst.daf.butler.formatters.yaml.YamlFormatter"}
    config["datastore", "composites"] = {"default": False, "disassembled": {"metrics_composite": True}}
    return config


def source_table(
    rng: np.random.Generator, rows: int, within: tuple[float, float, float, float] = FIELD
) -> Table:
    west, south, east, north = within
    return Table(
        {
            "id": np.arange(rows, dtype=np.int64),
            "ra": rng.uniform(west, east, rows),
            "dec": rng.uniform(south, north, rows),
            "flux": rng.lognormal(5, 1, rows).astype(np.float32),
        }
    )


def detector_metrics(run: str, detector: int) -> dict[str, Any]:
    return {"run": run, "psf_fwhm": 0.6 + detector / 100, "n_sources": 100 + detector}


def bounds(region: Region) -> tuple[float, float, float, float]:
    box = region.getBoundingBox()
    ra, dec = box.getLon(), box.getLat()
    return (ra.getA().asDegrees(), dec.getA().asDegrees(), ra.getB().asDegrees(), dec.getB().asDegrees())


def insert_patches(butler: Butler) -> None:
    """Divide the tract under HSC's visits into patches, which its export leaves out."""
    for y, x in np.ndindex(PATCHES[::-1]):
        ra, dec = (first + PATCH_SIDE * step for first, step in zip(FIRST_PATCH, (x, y), strict=True))
        corners = ((0, 0), (PATCH_SIDE, 0), (PATCH_SIDE, PATCH_SIDE), (0, PATCH_SIDE))
        region = ConvexPolygon([UnitVector3d(LonLat.fromDegrees(ra + i, dec + j)) for i, j in corners])
        patch = {"skymap": "discrete/ci_hsc", "tract": 0, "id": y * PATCHES[0] + x, "cell_x": x, "cell_y": y}
        butler.registry.insertDimensionData("patch", patch | {"region": region})


def put_data_release(butler: Butler) -> None:
    """Put what two data release productions left behind."""
    for name, (dimensions, storage_class) in DATASET_TYPES.items():
        dataset_type = DatasetType(name, dimensions, storage_class, universe=butler.dimensions)
        butler.registry.registerDatasetType(dataset_type)
    butler.collections.register(OLD_RUN, doc="HSC data release production, week 42")
    butler.collections.register(NEW_RUN, doc="HSC data release production, week 43: detectors with even numbers only")

    rng = np.random.default_rng(1)
    footprints = butler.query_dimension_records("visit_detector_region", where="instrument = 'HSC'")
    for footprint in footprints:
        data_id = {"instrument": "HSC", "visit": footprint.visit, "detector": footprint.detector}
        for run in (OLD_RUN, NEW_RUN) if footprint.detector % 2 == 0 else (OLD_RUN,):
            butler.put(detector_metrics(run, footprint.detector), "calexp_metrics", data_id, run=run)
            catalog = source_table(rng, 200, bounds(footprint.region))
            butler.put(catalog, "source_catalog", data_id, run=run)
    for visit in sorted({footprint.visit for footprint in footprints}):
        data_id = {"instrument": "HSC", "visit": visit}
        for run in (OLD_RUN, NEW_RUN):
            butler.put(source_table(rng, 30), "visit_table", data_id, run=run)
        metrics = MetricsExample({"visit": visit}, {"iterations": [1, 2]}, [1.0, 2.0, 3.0])
        butler.put(metrics, "metrics_composite", data_id, run=OLD_RUN)
    for patch in butler.query_dimension_records("patch"):
        butler.put(source_table(rng, 500), "object_table", patch.dataId, run=OLD_RUN)
    for run in (OLD_RUN, NEW_RUN):
        butler.put({"version": run, "tasks": ["isr", "characterizeImage"]}, "run_config", run=run)


def certify_calibrations(butler: Butler) -> None:
    """Put HSC defects of two epochs, and certify them and Cam1's bias and flat (which have no files)."""
    defects = DatasetType(
        "defects",
        ("instrument", "detector"),
        "StructuredDataDict",
        universe=butler.dimensions,
        isCalibration=True,
    )
    butler.registry.registerDatasetType(defects)
    butler.collections.register("HSC/calib", CollectionType.CALIBRATION, doc="HSC calibrations")
    footprints = butler.query_dimension_records("visit_detector_region", where="instrument = 'HSC'")
    detectors = sorted({footprint.detector for footprint in footprints})
    epochs = (Timespan(None, tai("2013-08-01")), Timespan(tai("2013-08-01"), tai("2016-01-01")))
    for epoch, timespan in enumerate(epochs):
        run = f"HSC/calib/gen{epoch}"
        butler.collections.register(run)
        refs = [
            butler.put(
                {"epoch": epoch, "detector": detector, "bad_columns": [detector, detector + 1]},
                "defects",
                {"instrument": "HSC", "detector": detector},
                run=run,
            )
            for detector in detectors
        ]
        butler.registry.certify("HSC/calib", refs, timespan)

    butler.collections.register("Cam1/calib", CollectionType.CALIBRATION, doc="Cam1 bias and flat")
    for name, run, timespan in (
        ("bias", "imported_g", Timespan(None, tai("2020-01-01"))),
        ("bias", "imported_r", Timespan(tai("2020-01-01"), None)),
        ("flat", "imported_g", Timespan(tai("2020-01-01"), tai("2022-01-01"))),
    ):
        butler.registry.certify("Cam1/calib", butler.query_datasets(name, run), timespan)


def tag_and_chain(butler: Butler) -> None:
    def first(refs: Iterable[DatasetRef]) -> list[DatasetRef]:
        return sorted(refs, key=lambda ref: ref.dataId.required_values)[:10]

    butler.collections.register("HSC/tags/best", CollectionType.TAGGED, doc="Picked by hand")
    for name, run in (("calexp_metrics", NEW_RUN), ("source_catalog", OLD_RUN)):
        butler.registry.associate("HSC/tags/best", first(butler.query_datasets(name, run)))
    for name, children, doc in (
        ("HSC/defaults", [NEW_RUN, OLD_RUN, "HSC/calib", CI_RUN, "skymaps"], "What HSC users search"),
        ("Cam1/defaults", ["Cam1/calib", "imported_g", "imported_r"], "What Cam1 users search"),
        ("defaults", ["HSC/defaults", "Cam1/defaults"], "Everything"),
    ):
        butler.collections.register(name, CollectionType.CHAINED, doc=doc)
        butler.collections.redefine_chain(name, children)


def unstore_one(butler: Butler) -> None:
    """Take the file of one dataset away: the registry goes on knowing it, as happens in real repositories."""
    refs = butler.query_datasets("calexp_metrics", OLD_RUN)
    last = max(refs, key=lambda ref: ref.dataId.required_values)
    butler.pruneDatasets([last], unstore=True, disassociate=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("root")
    parser.add_argument("datastore")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", message="Constructing day_obs records")
    # forceConfigRoot would put the files below ROOT
    Butler.makeRepo(arguments.root, config=repository_config(arguments.datastore), forceConfigRoot=False)
    with Butler.from_config(arguments.root, writeable=True) as butler:
        for name in EXPORTS:
            export = f"resource://lsst.daf.butler/tests/registry_data/{name}.yaml"
            butler.import_(filename=export, without_datastore=True)
        put_data_release(butler)
        insert_patches(butler)
        certify_calibrations(butler)
        tag_and_chain(butler)
        unstore_one(butler)


if __name__ == "__main__":
    main()
