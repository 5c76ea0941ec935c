"""Says when stock Butler finds something: each line of the input is a run and a dataset type, each of the output a Unix time."""

import sys
import time

from lsst.daf.butler import Butler, MissingCollectionError, MissingDatasetTypeError

butler = Butler.from_config(sys.argv[1])
for line in sys.stdin:
    run, dataset_type = line.split()
    print("waiting", flush=True)
    while True:
        try:
            if butler.query_datasets(
                dataset_type, run, find_first=False, explain=False
            ):
                break
        except (MissingCollectionError, MissingDatasetTypeError):
            pass
        time.sleep(0.01)
    print(time.time() * 1000, flush=True)
