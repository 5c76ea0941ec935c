"""Reads what a run left in a satellite, with stock Python: each dataset of its RUN in full, and the raw images by reference."""

import json
import sys
from collections import Counter

from lsst.daf.butler import Butler


def main(root: str, output: str) -> None:
    butler = Butler.from_config(root)
    found: Counter[str] = Counter()
    chain = list(butler.collections.get_info(output).children)
    for run in [name for name in chain if name.startswith(f"{output}/")]:
        for ref in butler.query_all_datasets(run, limit=None):
            butler.get(ref)
            found[ref.datasetType.name] += 1
    raws = butler.query_datasets("mini_raw", collections="Mini/defaults", explain=False)
    print(json.dumps({"datasets": found, "chain": chain, "inputs": len(raws)}))


if __name__ == "__main__":
    main(*sys.argv[1:])
