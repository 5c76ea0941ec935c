"""Adds an instrument to a repository, with one dataset of a type in a new run.

    python new_instrument.py ROOT DATASET_TYPE RUN
"""

import sys

from lsst.daf.butler import Butler

root, dataset_type, run = sys.argv[1:]
butler = Butler.from_config(root, writeable=True)
butler.registry.insertDimensionData(
    "instrument", {"name": "NewCam", "visit_max": 1, "exposure_max": 1, "detector_max": 1, "visit_system": None, "class_name": "x"}
)
butler.collections.register(run)
butler.registry.insertDatasets(dataset_type, [{"instrument": "NewCam"}], run=run)
