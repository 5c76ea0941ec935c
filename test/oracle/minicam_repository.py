"""Make the repository that graph builds were recorded on (``test/conformance/recorded``), and an empty one.

``minicam_repository.py ROOT DATASTORE`` makes ROOT/main with its files below the URI DATASTORE, and ROOT/empty without any
data: 4 visits of 9 detectors over 2 tracts of 9 patches; `mini_raw`, the calibration `mini_bias` and the reference catalogue
`mini_refcat` behind the CHAINED `Mini/defaults`; what a first run of a pipeline left behind.
"""

import sys

import astropy.time
import astropy.units as u
import numpy as np
from lsst.daf.butler import Butler, CollectionType, Config, DatasetRef, DatasetType, Timespan
from lsst.sphgeom import ConvexPolygon, HtmPixelization, LonLat, UnitVector3d

VISITS, DETECTORS, TRACTS, SIDE = range(1000, 1004), range(9), range(2), 3
CHIP, PATCH = 0.2, 0.4
BANDS = "gri"
NIGHT = astropy.time.Time("2026-01-01T12:00:00", scale="tai")
BEGIN = astropy.time.Time("2026-01-01T20:00:00", scale="tai")
DATASET_TYPES = (
    ("mini_raw", ("visit", "detector"), "StructuredDataDict", False),
    ("mini_bias", ("instrument", "detector"), "StructuredDataDict", True),
    ("mini_refcat", ("htm7",), "StructuredDataDict", False),
    ("mini_warp", ("visit", "patch"), "StructuredDataDict", False),
    ("mini_template", ("patch", "band"), "StructuredDataDict", False),
    ("calibrate_config", (), "Config", False),
)
RUNS = ("Mini/raw/all", "Mini/calib/run1", "refcats/run1", "u/alice/warps", "u/alice/templates")
CONFIGURED = "u/alice/run1/20261124T131055Z"


def box(ra: float, dec: float, width: float, height: float) -> ConvexPolygon:
    corners = ((ra, dec), (ra + width, dec), (ra + width, dec + height), (ra, dec + height))
    return ConvexPolygon([UnitVector3d(LonLat.fromDegrees(x, y)) for x, y in corners])


def insert_dimension_records(butler: Butler) -> None:
    insert = butler.registry.insertDimensionData
    camera = {"instrument": "MiniCam"}
    insert("instrument", {"name": "MiniCam", "visit_max": 10**9, "exposure_max": 10**9, "detector_max": 1000})
    insert("physical_filter", *({**camera, "name": f"Mini-{band}", "band": band} for band in BANDS))
    insert("detector", *({**camera, "id": d, "full_name": f"R00_S{d:03}"} for d in DETECTORS))
    insert("day_obs", {**camera, "id": 20260101, "timespan": Timespan(NIGHT, NIGHT + 1 * u.day)})
    insert("skymap", {"name": "mini_sky", "hash": b"0" * 20, "tract_max": 1000, "patch_nx_max": 50, "patch_ny_max": 50})
    sky, width = {"skymap": "mini_sky"}, SIDE * PATCH
    insert("tract", *({**sky, "id": t, "region": box(10 + t * width, 0, width, width)} for t in TRACTS))
    for t in TRACTS:
        for patch in range(SIDE**2):
            y, x = divmod(patch, SIDE)
            region = box(10 + t * width + x * PATCH, y * PATCH, PATCH, PATCH)
            insert("patch", {**sky, "tract": t, "id": patch, "cell_x": x, "cell_y": y, "region": region})
    random = np.random.default_rng(1)
    for n, visit in enumerate(VISITS):
        begin = BEGIN + n * 40 * u.s
        ra = 10 + random.random() * (len(TRACTS) * width - SIDE * CHIP)
        dec = random.random() * (width - SIDE * CHIP)
        record = {**camera, "id": visit, "name": f"v{visit}", "physical_filter": f"Mini-{BANDS[n % 3]}", "seq_num": n}
        record |= {"day_obs": 20260101, "exposure_time": 30.0, "target_name": "T", "observation_reason": "science"}
        record |= {"timespan": Timespan(begin, begin + 30 * u.s), "region": box(ra, dec, SIDE * CHIP, SIDE * CHIP)}
        insert("visit", record)
        for detector in DETECTORS:
            y, x = divmod(detector, SIDE)
            region = box(ra + x * CHIP, dec + y * CHIP, CHIP, CHIP)
            insert("visit_detector_region", {**camera, "visit": visit, "detector": detector, "region": region})


def put_data(butler: Butler) -> None:
    for name, dimensions, storage_class, is_calibration in DATASET_TYPES:
        group = butler.dimensions.conform(dimensions)
        butler.registry.registerDatasetType(DatasetType(name, group, storage_class, isCalibration=is_calibration))
    for run in (*RUNS, CONFIGURED):
        butler.collections.register(run)
    for footprint in butler.query_dimension_records("visit_detector_region"):
        butler.put({"value": float(footprint.detector)}, "mini_raw", footprint.dataId, run=RUNS[0])
    biases = [butler.put({"level": 0.5}, "mini_bias", instrument="MiniCam", detector=d, run=RUNS[1]) for d in DETECTORS]
    butler.collections.register("Mini/calib", CollectionType.CALIBRATION)
    begin, end = (astropy.time.Time(date, scale="tai") for date in ("2025-01-01", "2027-01-01"))
    butler.registry.certify("Mini/calib", biases, Timespan(begin, end))
    pixels: set[int] = set()
    for tract in butler.query_dimension_records("tract"):
        for first, last in HtmPixelization(7).envelope(tract.region):
            pixels.update(range(first, last))
    insert = butler.registry.insertDatasets
    insert("mini_refcat", [{"htm7": pixel} for pixel in pixels], run=RUNS[2])
    butler.collections.register("Mini/defaults", CollectionType.CHAINED)
    butler.collections.redefine_chain("Mini/defaults", ["Mini/raw/all", "Mini/calib", "refcats/run1"])
    patches = butler.query_dimension_records("patch")
    templates = [{**patch.dataId.required, "band": band} for patch in patches for band in BANDS[:2]]
    insert("mini_template", templates, run=RUNS[4])
    overlapping = butler.query_data_ids(["visit", "patch"], where="instrument = 'MiniCam' AND skymap = 'mini_sky'")
    insert("mini_warp", overlapping, run=RUNS[3])
    configuration = DatasetRef(
        butler.get_dataset_type("calibrate_config"), butler.registry.expandDataId(), run=CONFIGURED
    )
    butler.registry._importDatasets([configuration])


def main() -> None:
    root, datastore = sys.argv[1:]
    config = Config()
    config["datastore", "root"] = datastore
    Butler.makeRepo(f"{root}/main", config=config, forceConfigRoot=False)
    Butler.makeRepo(f"{root}/empty")
    with Butler.from_config(f"{root}/main", writeable=True) as butler:
        insert_dimension_records(butler)
        put_data(butler)


if __name__ == "__main__":
    main()
