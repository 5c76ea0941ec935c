"""What stock Butler finds of some collections, in a form that two repositories can be compared by.

``published_content.py make ROOT [CONFIG]`` makes an empty repository in the directory ROOT, with CONFIG (JSON) in its configuration.
``published_content.py content REPOSITORY COLLECTION...`` prints, as JSON, all that it finds of the collections and of what is below
them: their types, documentation and children; datasets with UUIDs, types, runs, data IDs, dimension records and the hashes of
their files' bytes; memberships and validity ranges. REPOSITORY is a directory, or the address of a Butler server. A server
does not tell memberships of CALIBRATION collections apart from datasets in them: they are left out there.
"""

import hashlib
import io
import json
import sys
import zipfile
from typing import Any

from lsst.daf.butler import (
    Butler,
    CollectionType,
    Config,
    DatasetRef,
    DimensionRecord,
    MissingCollectionError,
)
from lsst.resources import ResourcePath


def make(root: str, config: str = "{}") -> None:
    parsed = Config()
    for key, value in json.loads(config).items():
        parsed[tuple(key.split("."))] = value
    Butler.makeRepo(root, config=parsed, forceConfigRoot=False)


def record_text(record: DimensionRecord) -> dict[str, str]:
    return {
        name: repr(value)
        for name, value in sorted(record.toDict(splitTimespan=True).items())
    }


def hashes(butler: Butler, ref: DatasetRef) -> dict[str, str]:
    try:
        primary, components = butler.getURIs(ref)
    except FileNotFoundError:
        return {}
    uris = {"": primary, **components} if primary is not None else dict(components)
    return {name: hashlib.sha256(content_of(uri)).hexdigest() for name, uri in uris.items()}


def content_of(uri: ResourcePath) -> bytes:
    if not uri.fragment.startswith("zip-path="):
        return uri.read()
    with zipfile.ZipFile(io.BytesIO(uri.replace(fragment="").read())) as archive:
        return archive.read(uri.fragment.removeprefix("zip-path="))


def content(repository: str, *names: str) -> None:
    with Butler.from_config(repository) as butler:
        try:
            infos = {
                info.name: info
                for name in names
                for chains in (True, False)
                for info in butler.collections.query_info(
                    name,
                    flatten_chains=not chains,
                    include_chains=True,
                    include_doc=True,
                )
            }
        except MissingCollectionError as error:
            print(json.dumps({"missing": str(error)}))
            return
        leaves = [
            name
            for name, info in infos.items()
            if info.type is not CollectionType.CHAINED
        ]
        # Without any dataset type, a glob is an error.
        is_empty = not butler.registry.queryDatasetTypes()
        everything = [] if is_empty else butler.query_all_datasets(leaves, name="*", find_first=False, limit=None)
        found = {ref.id: ref for ref in everything}
        expanded: dict[str, Any] = {}
        for name in sorted({ref.datasetType.name for ref in found.values()}):
            refs = butler.query_datasets(
                name,
                leaves,
                find_first=False,
                limit=None,
                with_dimension_records=True,
                explain=False,
            )
            for ref in {ref.id: ref for ref in refs}.values():
                dataset_type = ref.datasetType
                expanded[str(ref.id)] = {
                    "type": name,
                    "dimensions": sorted(dataset_type.dimensions.names),
                    "storageClass": dataset_type.storageClass_name,
                    "isCalibration": dataset_type.isCalibration(),
                    "run": ref.run,
                    "dataId": {
                        key: str(value)
                        for key, value in sorted(ref.dataId.mapping.items())
                    },
                    "records": {
                        element: record_text(record)
                        for element in sorted(ref.dataId.dimensions.elements)
                        if (record := ref.dataId.records[element]) is not None
                    },
                    "bytes": hashes(butler, ref),
                }
        memberships = []
        for name, info in sorted(infos.items()):
            if info.type is CollectionType.TAGGED:
                refs = butler.query_all_datasets(
                    name, name="*", find_first=False, limit=None
                )
                memberships.extend([name, str(ref.id), None, None] for ref in refs)
            if info.type is CollectionType.CALIBRATION and "://" not in repository:
                for dataset_type in butler.registry.queryDatasetTypes():
                    if dataset_type.isCalibration():
                        for row in butler.registry.queryDatasetAssociations(
                            dataset_type, name
                        ):
                            nsec = row.timespan.nsec if row.timespan else (None, None)
                            memberships.append(
                                [name, str(row.ref.id), *(str(value) for value in nsec)]
                            )
        print(
            json.dumps(
                {
                    "collections": {
                        name: [info.type.name, info.doc or "", list(info.children)]
                        for name, info in sorted(infos.items())
                    },
                    "datasets": expanded,
                    "found": sorted(str(uuid) for uuid in found),
                    "memberships": sorted(memberships, key=str),
                },
                sort_keys=True,
            )
        )


if __name__ == "__main__":
    {"make": make, "content": content}[sys.argv[1]](*sys.argv[2:])
