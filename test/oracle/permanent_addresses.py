"""Stock Butler over references at permanent addresses.

``permanent_addresses.py zip_one ROOT`` puts one dataset of the repository in the directory ROOT into a zip, and
prints its UUID.

``permanent_addresses.py refer ROOT OFFICIAL`` makes a repository in the directory ROOT with references to some datasets of
the RemoteButler server at OFFICIAL, as ``transfer_from(..., transfer="unsafe_direct")`` records them.

``permanent_addresses.py read ROOT OFFICIAL`` does with them what users do, and prints what came of it, as JSON.

``permanent_addresses.py remove ROOT UUID`` takes a dataset out of the repository in the directory ROOT.
"""

import itertools
import json
import sys
import tempfile
import uuid
from pathlib import Path
from typing import Any

import numpy as np
from astropy.table import Table
from lsst.daf.butler import Butler, Config, DatasetRef
from lsst.resources import ResourcePath

def refer(root: str, official: str) -> None:
    config = Config()
    # As in stack/official_repository.py: a storage class that stock Butler does not define by itself.
    config["storageClasses", "StructuredMetrics"] = {
        "pytype": "lsst.daf.butler.tests.MetricsExample",
        "delegate": "lsst.daf.butler.tests.MetricsDelegate",
        "components": {
            "summary": "StructuredDataDict",
            "output": "StructuredDataDict",
            "data": "StructuredDataList",
        },
    }
    Butler.makeRepo(root, config=config)
    with Butler.from_config(root, writeable=True) as satellite, Butler.from_config(official) as remote:
        refs = [
            ref
            for name in ("calexp_metrics", "source_catalog", "metrics_composite")
            for ref in first_of(remote, name)
        ]
        satellite.transfer_from(
            remote, refs, transfer="unsafe_direct", register_dataset_types=True, transfer_dimensions=True
        )


def first_of(butler: Butler, name: str) -> list[DatasetRef]:
    refs = butler.query_datasets(name, "*", find_first=False, with_dimension_records=True)
    # A dataset is found in every collection that holds it.
    ordered = sorted(set(refs), key=lambda ref: ref.id)
    return list(itertools.islice((ref for ref in ordered if butler.exists(ref, full_check=False)), 2))


def zip_one(root: str) -> str:
    with Butler.from_config(root, writeable=True) as butler, tempfile.TemporaryDirectory() as directory:
        refs = first_of(butler, "calexp_metrics")[:1]
        file = butler.retrieve_artifacts_zip(refs, directory)
        butler.pruneDatasets(refs, disassociate=True, unstore=True, purge=True)
        butler.ingest_zip(file)
        return str(refs[0].id)


def same(mine: Any, theirs: Any) -> bool:
    if isinstance(mine, Table):
        return mine.colnames == theirs.colnames and all(np.array_equal(mine[c], theirs[c]) for c in mine.colnames)
    return bool(mine == theirs)


def read(root: str, official: str) -> dict[str, Any]:
    with Butler.from_config(root) as satellite, Butler.from_config(official) as remote:
        refs = [ref for name in satellite.registry.queryDatasetTypes() for ref in all_of(satellite, name.name)]
        stored = satellite.stored_many(refs)
        found: dict[str, Any] = {}
        for ref in refs:
            uris = satellite.getURIs(ref)
            uri = uris.primaryURI or next(iter(uris.componentURIs.values()))
            with uri.open("rb") as handle:
                handle.seek(-7, 2)
                tail = handle.read(7)
            whole = uri.read()
            found[str(ref.id)] = {
                "type": ref.datasetType.name,
                "same": same(satellite.get(ref), remote.get(ref)),
                "stored": stored[ref],
                "exists": bool(satellite.exists(ref, full_check=True)),
                "sized": uri.size() == len(whole),
                "ranged": tail == whole[-7:],
                "handle": type(handle).__name__,
            }
        with tempfile.TemporaryDirectory() as directory:
            retrieved = satellite.retrieveArtifacts(refs, directory, preserve_path=False, transfer="auto")
            names = sorted(ResourcePath(path).basename() for path in retrieved)
            sizes = sorted(Path(path.ospath).stat().st_size for path in retrieved)
        return {"datasets": found, "names": names, "sizes": sizes}


def all_of(butler: Butler, name: str) -> list[Any]:
    return list(set(butler.query_datasets(name, "*", find_first=False, explain=False)))


def remove(root: str, dataset: str) -> None:
    with Butler.from_config(root, writeable=True) as butler:
        ref = butler.get_dataset(uuid.UUID(dataset))
        assert ref is not None
        butler.pruneDatasets([ref], disassociate=True, unstore=True, purge=True)


def is_gone(root: str, dataset: str) -> dict[str, Any]:
    with Butler.from_config(root) as satellite:
        ref = satellite.get_dataset(uuid.UUID(dataset))
        assert ref is not None
        try:
            satellite.get(ref)
            failure = None
        except Exception as error:  # what a user sees, whatever it is
            failure = f"{type(error).__name__}: {error}"
        return {"stored": satellite.stored(ref), "failure": failure}


if __name__ == "__main__":
    step, *arguments = sys.argv[1:]
    steps = {"zip_one": zip_one, "refer": refer, "read": read, "remove": remove, "is_gone": is_gone}
    json.dump(steps[step](*arguments), sys.stdout)
