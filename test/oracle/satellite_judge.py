"""What stock Butler finds in repositories: ``satellite_judge.py ROOT...`` writes a JSON list, of one object for each.

``satellite_judge.py ROOT --register RUN...`` registers RUNs; ``satellite_judge.py ROOT --prune TYPE...`` purges all datasets of
the types; ``satellite_judge.py ROOT --digests UUID...`` writes the digests of
these datasets alone.  Fails where an SQLite database is corrupt, or where the file of a dataset that is not elsewhere is gone or cut short.
"""

import hashlib
import json
import sqlite3
import sys
import warnings
from pathlib import Path
from uuid import UUID

from lsst.daf.butler import Butler
from lsst.resources import ResourcePath

warnings.simplefilter("ignore")


def digest(uris: list[ResourcePath]) -> str:
    return hashlib.sha256(b"".join(uri.read() for uri in uris)).hexdigest()


def judge(root: str) -> dict[str, object]:
    with Butler.from_config(root) as butler:
        collections = sorted(butler.collections.query("*"))
        runs = [info.name for info in butler.collections.query_info("*") if info.type.name == "RUN"]
        types = butler.registry.queryDatasetTypes()
        refs = [ref for t in types if runs for ref in butler.registry.queryDatasets(t, collections=runs, findFirst=False)]
        digests = {}
        for ref in refs:
            uris = list(butler.getURIs(ref).iter_all())
            if any(uri.scheme.startswith("http") for uri in uris):
                continue
            [exported] = butler._datastore.export_records([ref]).values()
            [stored] = [list(tables.values()) for tables in exported.records.values()]
            sizes = sorted(info.file_size for infos in stored for info in infos)
            assert sizes == sorted(uri.size() for uri in uris), (root, ref)
            digests[str(ref.id)] = digest(uris)
    if Path(root, "gen3.sqlite3").exists():
        database = sqlite3.connect(f"file:{root}/gen3.sqlite3?mode=ro", uri=True)
        checked = database.execute("PRAGMA integrity_check").fetchall()
        broken = database.execute("PRAGMA foreign_key_check").fetchall()
        database.close()
        assert checked == [("ok",)] and broken == [], (root, checked, broken)
    return {"datasets": len(refs), "copied": len(digests), "digests": digests, "collections": collections}


if sys.argv[2:3] == ["--register"]:
    with Butler.from_config(sys.argv[1], writeable=True) as writer:
        for run in sys.argv[3:]:
            writer.collections.register(run)
    sys.exit()
if sys.argv[2:3] == ["--prune"]:
    with Butler.from_config(sys.argv[1], writeable=True) as writer:
        refs = [ref for t in sys.argv[3:] for ref in writer.registry.queryDatasets(t, collections="*", findFirst=False)]
        writer.pruneDatasets(refs, disassociate=True, unstore=True, purge=True)
    sys.exit()
if sys.argv[2:3] == ["--digests"]:
    with Butler.from_config(sys.argv[1]) as butler:
        found = {uuid: butler.getURIs(butler.get_dataset(UUID(uuid))) for uuid in sys.argv[3:]}
        print(json.dumps({uuid: digest(list(uris.iter_all())) for uuid, uris in found.items()}))
    sys.exit()
print(json.dumps([judge(root) for root in sys.argv[1:]]))
