"""What stock Butler does where the gateway transfers.

``stock_transfer.py transfer SOURCE ROOT MODE SELECTION`` makes a repository in the directory ROOT, where there is none, and transfers into it, from
the repository or RemoteButler server SOURCE, the datasets of SELECTION, as JSON: [[dataset type, collections, where], ...].
Prints how many seconds the query and the transfer took.

``stock_transfer.py get ROOT`` reads every dataset of the repository in the directory ROOT and prints, as JSON, for each UUID what came.
"""

import hashlib
import json
import os
import sys
import time

from lsst.daf.butler import Butler, Config, StorageClassFactory


def repository_config() -> Config:
    """As in stack/official_repository.py: a storage class that stock Butler does not define by itself."""
    config = Config()
    config["storageClasses", "StructuredMetrics"] = {
        "pytype": "lsst.daf.butler.tests.MetricsExample",
        "delegate": "lsst.daf.butler.tests.MetricsDelegate",
        "components": {
            "summary": "StructuredDataDict",
            "output": "StructuredDataDict",
            "data": "StructuredDataList",
        },
    }
    config["datastore", "formatters"] = {
        "StructuredDataList": "lsst.daf.butler.formatters.yaml.YamlFormatter"
    }
    return config


def transfer(source: str, root: str, mode: str, selection: str) -> None:
    StorageClassFactory().addFromConfig(repository_config())
    if not os.path.exists(os.path.join(root, "butler.yaml")):
        Butler.makeRepo(root, config=repository_config())
    with (
        Butler.from_config(source) as remote,
        Butler.from_config(root, writeable=True) as satellite,
    ):
        start = time.perf_counter()
        refs = {
            ref.id: ref
            for name, collections, where in json.loads(selection)
            for ref in remote.query_datasets(
                name,
                collections,
                where=where,
                find_first=False,
                with_dimension_records=True,
                limit=None,
                explain=False,
            )
        }
        satellite.transfer_from(
            remote,
            list(refs.values()),
            transfer=mode,
            skip_missing=False,
            register_dataset_types=True,
            transfer_dimensions=True,
        )
        print(time.perf_counter() - start)


def get(root: str) -> None:
    StorageClassFactory().addFromConfig(repository_config())
    with Butler.from_config(root) as butler:
        found = {}
        for ref in butler.query_all_datasets("*", find_first=False, limit=None):
            try:
                value = butler.get(ref)
            except FileNotFoundError:
                found[str(ref.id)] = None
                continue
            text = repr(sorted(value.items()) if isinstance(value, dict) else value)
            found[str(ref.id)] = hashlib.sha256(text.encode()).hexdigest()
        print(json.dumps(found))


if __name__ == "__main__":
    {"transfer": transfer, "get": get}[sys.argv[1]](*sys.argv[2:])
