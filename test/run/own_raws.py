"""Raw images of a user's own that stand for official ones.

``own_raws.py put SATELLITE OFFICIAL`` puts those of half of the visits into `u/alice/raws` of the satellite, with stock Python.
``own_raws.py read SATELLITE OUTPUT`` prints, as JSON, the children of the chain OUTPUT, how many raw images it leads to by the
RUN that has them, and of how many calibrated images the brightness is that of an own raw image, by visit.
"""

import json
import sys
from collections import Counter

from lsst.daf.butler import Butler, DatasetType

#: Far from what official raw images have.
VALUE = 1.0e6
VISITS = (1000, 1001)


def put(satellite: str, official: str) -> None:
    with Butler.from_config(official) as source, Butler.from_config(satellite, writeable=True) as butler:
        where = f"instrument = 'MiniCam' AND visit IN ({', '.join(map(str, VISITS))})"
        dimensions = ["instrument", "visit", "detector"]
        data_ids = source.query_data_ids(dimensions, where=where, with_dimension_records=True)
        butler.transfer_dimension_records_from(source, data_ids)
        raw = DatasetType("mini_raw", dimensions, "StructuredDataDict", universe=butler.dimensions)
        butler.registry.registerDatasetType(raw)
        butler.collections.register("u/alice/raws")
        for data_id in data_ids:
            butler.put({"value": VALUE}, raw, data_id, run="u/alice/raws")


def read(satellite: str, output: str) -> None:
    with Butler.from_config(satellite) as butler:
        raws = Counter(ref.run for ref in butler.query_datasets("mini_raw", collections=output, limit=None))
        bright: Counter[int] = Counter()
        for ref in butler.query_datasets("mini_calexp", collections=output, limit=None):
            bright[ref.dataId["visit"]] += butler.get(ref)["value"] > VALUE / 2
        print(json.dumps({"chain": butler.collections.get_info(output).children, "raws": raws, "bright": bright}))


if __name__ == "__main__":
    {"put": put, "read": read}[sys.argv[1]](*sys.argv[2:])
