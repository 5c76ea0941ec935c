"""Make a repository of 200 000 datasets for the benchmarks, with stock Butler: registry rows only, no files.

``scaled_repository.py ROOT`` makes it in the directory ROOT: the instrument SimCam with 500 visits of 100 detectors, each with
regions, and for each pair one dataset of each of four dataset types, in the RUN `SimCam/runs/big` behind the CHAINED
`SimCam/defaults`.  The same arguments give the same data IDs; UUIDs differ.
"""

import argparse
import math
import warnings

import astropy.time
import astropy.units as u
import numpy as np
from lsst.daf.butler import Butler, CollectionType, DataCoordinate, DatasetType, Timespan
from lsst.sphgeom import ConvexPolygon, LonLat, UnitVector3d

VISITS, DETECTORS, BANDS, VISITS_A_NIGHT = 500, 100, "ugrizy", 50
DATASET_TYPES = {
    "sim_calexp": "ExposureF",
    "sim_source": "ArrowAstropy",
    "sim_metadata": "StructuredDataDict",
    "sim_background": "StructuredDataDict",
}
RUN = "SimCam/runs/big"
FIRST_NIGHT = astropy.time.Time("2025-10-01T12:00:00", scale="tai")


def square(ra: float, dec: float, side: float) -> ConvexPolygon:
    """A region of that side around a position, all in degrees."""
    half_width, half_height = side / 2 / math.cos(math.radians(dec)), side / 2
    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
    return ConvexPolygon(
        [UnitVector3d(LonLat.fromDegrees(ra + x * half_width, dec + y * half_height)) for x, y in corners]
    )


def insert_dimension_records(butler: Butler) -> None:
    insert = butler.registry.insertDimensionData
    sim = {"instrument": "SimCam"}
    insert("instrument", {"name": "SimCam", "visit_max": 10**9, "exposure_max": 10**9, "detector_max": DETECTORS})
    insert("physical_filter", *({**sim, "name": f"Sim-{band}", "band": band} for band in BANDS))
    insert("detector", *({**sim, "id": d, "full_name": f"R{d // 10:02}_S{d % 10:02}"} for d in range(DETECTORS)))
    nights = [FIRST_NIGHT + k * u.day for k in range(VISITS // VISITS_A_NIGHT)]
    days = [int(night.strftime("%Y%m%d")) for night in nights]
    insert(
        "day_obs",
        *({**sim, "id": d, "timespan": Timespan(n, n + 1 * u.day)} for d, n in zip(days, nights, strict=True)),
    )
    random = np.random.default_rng(7)
    visits, regions = [], []
    for k in range(VISITS):
        night, of_night = divmod(k, VISITS_A_NIGHT)
        begin = nights[night] + of_night * 10 * u.min
        ra, dec = random.uniform(0, 360), random.uniform(-60, 5)
        visit = {**sim, "id": 100000 + k, "name": f"SIM{100000 + k}", "day_obs": days[night]}
        visits.append(
            visit
            | {"physical_filter": f"Sim-{BANDS[k % 6]}", "exposure_time": 30.0, "target_name": f"field{k % 10}"}
            | {"timespan": Timespan(begin, begin + 30 * u.s), "region": square(ra, dec, 1.0)}
        )
        for d in range(DETECTORS):
            region = square(ra + (d % 10 - 4.5) / 10, dec + (d // 10 - 4.5) / 10, 0.1)
            regions.append({**sim, "visit": 100000 + k, "detector": d, "region": region})
    insert("visit", *visits)
    insert("visit_detector_region", *regions)


def insert_datasets(butler: Butler) -> None:
    butler.collections.register(RUN)
    for name, storage_class in DATASET_TYPES.items():
        dataset_type = DatasetType(
            name, ["instrument", "visit", "detector"], storage_class, universe=butler.dimensions
        )
        butler.registry.registerDatasetType(dataset_type)
        data_ids = [
            DataCoordinate.standardize(
                instrument="SimCam", visit=100000 + k, detector=d, universe=butler.dimensions
            )
            for k in range(VISITS)
            for d in range(DETECTORS)
        ]
        butler.registry.insertDatasets(dataset_type, data_ids, run=RUN)
    butler.collections.register("SimCam/defaults", CollectionType.CHAINED)
    butler.collections.redefine_chain("SimCam/defaults", [RUN])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("root")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", message="Constructing day_obs records")
    Butler.makeRepo(arguments.root)
    with Butler.from_config(arguments.root, writeable=True) as butler:
        insert_dimension_records(butler)
        insert_datasets(butler)


if __name__ == "__main__":
    main()
