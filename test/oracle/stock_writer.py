"""A stock Butler that writes to a repository: an instrument, then RUNs with a dataset each.

    python stock_writer.py ROOT NAME OPERATIONS

Prints what it reads back of them.
"""

import sys

from lsst.daf.butler import Butler, DatasetType

root, name, operations = sys.argv[1], sys.argv[2], int(sys.argv[3])
with Butler.from_config(root, writeable=True) as butler:
    butler.registry.syncDimensionData("instrument", {"name": f"Cam-{name}", "detector_max": 10})
    dataset_type = DatasetType("thing", ["instrument"], "StructuredDataDict", universe=butler.dimensions)
    butler.registry.registerDatasetType(dataset_type)
    for i in range(operations):
        run = f"{name}/{i}"
        butler.collections.register(run)
        butler.put({"number": i}, dataset_type, instrument=f"Cam-{name}", run=run)
    found = [butler.get("thing", instrument=f"Cam-{name}", collections=f"{name}/{i}")["number"] for i in range(operations)]
    print(len(found) == operations and sum(found))
