"""Make an official repository of any size for graphs, with stock Butler.

``make_repository.py ROOT --visits V --detectors D --tracts T --patches P`` makes it in the directory ROOT. Detectors are
squares of 0.2 degrees side by side, patches squares of 0.4, P times P of them in a tract. `Mini/defaults` is the CHAINED
collection of raw images, biases and the reference catalogue; with ``--warps``, `Mini/warps` has a warp wherever a visit
and a patch overlap. There are registry rows only; with ``--files URI`` they have files, below that URI (``s3://…`` needs
its environment). The same arguments give the same data IDs; UUIDs differ.
"""

import argparse
import hashlib
import math
import warnings

import astropy.table
import astropy.time
import astropy.units as u
import numpy as np
from lsst.daf.butler import Butler, CollectionType, Config, DataCoordinate, DatasetType, Timespan
from lsst.sphgeom import ConvexPolygon, HtmPixelization, LonLat, UnitVector3d

BANDS = "gri"
DETECTOR_SIDE, PATCH_SIDE, FIRST_RA = 0.2, 0.4, 10.0
SKYMAP, CAMERA = "mini_sky", {"instrument": "MiniCam"}
NIGHT = astropy.time.Time("2026-01-01T12:00:00", scale="tai")


def box(ra: float, dec: float, width: float, height: float) -> ConvexPolygon:
    """A region between meridians and great circles, all in degrees."""
    corners = ((ra, dec), (ra + width, dec), (ra + width, dec + height), (ra, dec + height))
    return ConvexPolygon([UnitVector3d(LonLat.fromDegrees(x, y)) for x, y in corners])


def insert_camera(butler: Butler, detectors: int) -> None:
    insert = butler.registry.insertDimensionData
    limits = {"visit_max": 10**9, "exposure_max": 10**9, "detector_max": 1000}
    insert("instrument", {"name": "MiniCam", "class_name": "minipipe.MiniCam", **limits})
    insert("physical_filter", *({**CAMERA, "name": f"Mini-{band}", "band": band} for band in BANDS))
    insert("detector", *({**CAMERA, "id": d, "full_name": f"S{d:03}"} for d in range(detectors)))
    insert("day_obs", {**CAMERA, "id": 20260101, "timespan": Timespan(NIGHT, NIGHT + 1 * u.day)})


def insert_sky_map(butler: Butler, name: str, tracts: int, patches: int) -> None:
    insert = butler.registry.insertDimensionData
    sky = {"skymap": name}
    size = patches * PATCH_SIDE
    hashed = hashlib.sha1(name.encode()).digest()
    insert("skymap", {"name": name, "hash": hashed, "tract_max": 1000, "patch_nx_max": 50, "patch_ny_max": 50})
    for t in range(tracts):
        left = FIRST_RA + t * size
        insert("tract", {**sky, "id": t, "region": box(left, 0, size, size)})
        cells = [(y * patches + x, x, y) for y in range(patches) for x in range(patches)]
        insert(
            "patch",
            *(
                {**sky, "tract": t, "id": i, "cell_x": x, "cell_y": y}
                | {"region": box(left + x * PATCH_SIDE, y * PATCH_SIDE, PATCH_SIDE, PATCH_SIDE)}
                for i, x, y in cells
            ),
        )


def insert_visits(butler: Butler, visits: int, detectors: int, width: float, height: float) -> None:
    side = math.ceil(math.sqrt(detectors))
    size = side * DETECTOR_SIDE
    random = np.random.default_rng(1)
    records, regions = [], []
    for k in range(visits):
        ra = FIRST_RA + random.random() * max(width - size, 0.01)
        dec = random.random() * max(height - size, 0.01)
        begin = NIGHT + 8 * u.hour + k * 40 * u.s
        visit = {**CAMERA, "id": 1000 + k, "name": f"v{1000 + k}", "day_obs": 20260101, "seq_num": k}
        records.append(
            visit
            | {"physical_filter": f"Mini-{BANDS[k % 3]}", "exposure_time": 30.0}
            | {"timespan": Timespan(begin, begin + 30 * u.s), "region": box(ra, dec, size, size)}
        )
        for d in range(detectors):
            x, y = ra + d % side * DETECTOR_SIDE, dec + d // side * DETECTOR_SIDE
            region = box(x, y, DETECTOR_SIDE, DETECTOR_SIDE)
            regions.append({**CAMERA, "visit": 1000 + k, "detector": d, "region": region})
    butler.registry.insertDimensionData("visit", *records)
    butler.registry.insertDimensionData("visit_detector_region", *regions)


def insert_datasets(butler: Butler, dataset_type: DatasetType, run: str, data_ids: list[dict]) -> list:
    """Registers them, without files."""
    butler.registry.registerDatasetType(dataset_type)
    butler.collections.register(run)
    universe, dimensions = butler.dimensions, dataset_type.dimensions
    coordinates = [DataCoordinate.standardize(d, dimensions=dimensions, universe=universe) for d in data_ids]
    return butler.registry.insertDatasets(dataset_type, coordinates, run=run)


def insert_all(butler: Butler, visits: int, detectors: int, tracts: int, patches: int) -> None:
    width, height = tracts * patches * PATCH_SIDE, patches * PATCH_SIDE
    insert_camera(butler, detectors)
    insert_sky_map(butler, SKYMAP, tracts, patches)
    insert_visits(butler, visits, detectors, width, height)
    universe = butler.dimensions
    raw = DatasetType("mini_raw", ["instrument", "visit", "detector"], "StructuredDataDict", universe=universe)
    raws = [{**CAMERA, "visit": 1000 + v, "detector": d} for v in range(visits) for d in range(detectors)]
    insert_datasets(butler, raw, "Mini/raw/all", raws)
    bias = DatasetType(
        "mini_bias", ["instrument", "detector"], "StructuredDataDict", universe=universe, isCalibration=True
    )
    biases = insert_datasets(
        butler, bias, "Mini/calib/run1", [{**CAMERA, "detector": d} for d in range(detectors)]
    )
    butler.collections.register("Mini/calib", CollectionType.CALIBRATION)
    butler.registry.certify("Mini/calib", biases, Timespan(NIGHT - 1 * u.year, NIGHT + 1 * u.year))
    refcat = DatasetType("mini_refcat", ["htm7"], "ArrowAstropy", universe=universe)
    shards = HtmPixelization(7).envelope(box(FIRST_RA, 0, width, height))
    pixels = [{"htm7": i} for begin, end in shards for i in range(begin, end)]
    insert_datasets(butler, refcat, "refcats/run1", pixels)
    butler.collections.register("Mini/defaults", CollectionType.CHAINED)
    butler.collections.redefine_chain("Mini/defaults", ["Mini/raw/all", "Mini/calib", "refcats/run1"])


def insert_warps(butler: Butler) -> None:
    dimensions = ["instrument", "visit", "skymap", "tract", "patch"]
    warp = DatasetType("mini_warp", dimensions, "StructuredDataDict", universe=butler.dimensions)
    data_ids = butler.query_data_ids(dimensions, instrument="MiniCam", skymap=SKYMAP)
    insert_datasets(butler, warp, "Mini/warps", [dict(d.required) for d in data_ids])


def put_files(butler: Butler) -> None:
    """Gives all inputs files: numbers that tell them apart, so that what is made of them can be checked."""
    for dataset_type in butler.registry.queryDatasetTypes():
        name = dataset_type.name
        for ref in butler.registry.queryDatasets(name, collections=...):
            data_id = dict(ref.dataId.required)
            if name == "mini_refcat":
                content = astropy.table.Table({"flux": np.arange(data_id["htm7"] % 5 + 1, dtype=float)})
            elif name == "mini_bias":
                content = {"level": data_id["detector"] / 10}
            elif name == "mini_warp":
                content = {"sum": float(data_id["visit"]), "images": 1}
            else:
                content = {"value": float(data_id["visit"] + data_id["detector"])}
            butler.put(content, butler.get_dataset(ref.id, dimension_records=True))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("root")
    for name, default in {"visits": 4, "detectors": 9, "tracts": 2, "patches": 3}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--warps", action="store_true")
    parser.add_argument("--files")
    options = vars(parser.parse_args())
    root, warps, files = (options.pop(name) for name in ("root", "warps", "files"))
    warnings.filterwarnings("ignore", message="Constructing day_obs records")
    config = Config()
    if files:
        config["datastore", "cls"] = "lsst.daf.butler.datastores.fileDatastore.FileDatastore"
        config["datastore", "root"] = files
    Butler.makeRepo(root, config=config, forceConfigRoot=not files)
    with Butler.from_config(root, writeable=True) as butler:
        insert_all(butler, **options)
        if warps:
            insert_warps(butler)
        if files:
            put_files(butler)


if __name__ == "__main__":
    main()
