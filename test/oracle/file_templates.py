"""Write random datasets with the paths that stock Butler's default templates give them, one JSON object per line.

    python test/oracle/file_templates.py --seed 1 --count 200 > paths.jsonl
"""

import argparse
import json
import random
import string
from uuid import uuid4

from lsst.daf.butler import Config, DataCoordinate, DatasetRef, DatasetType, DimensionUniverse, StorageClass
from lsst.daf.butler.datastore.file_templates import FileTemplates, FileTemplatesConfig
from lsst.resources import ResourcePath

ALPHABET = string.ascii_letters + string.digits + ' <>:"\\|?*/._-#+é'
GROUPS = [
    ["physical_filter", "detector", "exposure"], ["detector", "exposure"], ["exposure"], ["visit"], ["visit", "detector"],
    ["band"], ["physical_filter"], ["tract"], ["patch", "band"], ["patch", "visit"], ["htm7"], ["healpix9", "band"],
    ["htm7", "healpix9"], ["detector", "htm7"], [], ["instrument"], ["day_obs"], ["group", "detector"], ["subfilter", "patch"],
    ["ssp_hypothesis_table"], ["ssp_hypothesis_bundle"], ["ssp_balanced_index"], ["visit", "exposure"], ["skymap", "instrument"],
    ["visit_system", "visit"], ["exposure", "detector", "band", "htm7"],
]  # fmt: skip
COMPONENTS = ["summary", "data"]
ENDINGS = ["a.fits", "a.fits.gz", "dir.x/a", "a.b.parq", "a.tar.bz2", "a.fits.fz", ".hidden", "a."]


class Record:
    """What templates ask of a record."""

    def __init__(self, columns: dict[str, object]) -> None:
        self.__dict__.update(columns)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    universe = DimensionUniverse()
    composite = StorageClass("Composite", pytype=dict, components={name: StorageClass(name, pytype=dict) for name in COMPONENTS})
    config = Config("resource://lsst.daf.butler/configs/datastores/fileDatastore.yaml")
    templates = FileTemplates(FileTemplatesConfig(config["datastore", "templates"]), universe=universe)

    def text() -> str:
        return "".join(rng.choices(ALPHABET, k=rng.randint(1, 12)))

    for _ in range(args.count):
        dimensions = universe.conform(rng.choice(GROUPS))
        values = {
            name: rng.randint(0, 10**9) if universe.dimensions[name].primaryKey.getPythonType() is int else text()
            for name in dimensions.names
        }
        columns = {
            "exposure": {"obs_id": text(), "day_obs": rng.randint(0, 10**8)},
            "visit": {"day_obs": rng.randint(0, 10**8)},
            "detector": {"full_name": text()},
        }
        records = {name: columns[name] for name in columns if name in dimensions.names}
        data_id = DataCoordinate.standardize(values, dimensions=dimensions, universe=universe)
        data_id = data_id.expanded({name: Record(records.get(name, {})) for name in dimensions.elements})
        run = "/".join(text().strip("/") or "r" for _ in range(rng.randint(1, 3)))
        kind = DatasetType(rng.choice(["raw", "calexp", "deepCoadd_obj"]), dimensions, composite)
        if rng.random() < 0.3:
            kind = kind.makeComponentDatasetType(rng.choice(COMPONENTS))
        ref = DatasetRef(kind, data_id, run=run, id=uuid4())
        path = templates.getTemplate(ref).format(ref)
        ending = rng.choice(ENDINGS)
        print(
            json.dumps(
                {
                    "datasetType": ref.datasetType.nameAndComponent()[0],
                    "component": ref.datasetType.component(),
                    "run": run,
                    "dimensions": list(dimensions.names),
                    "dataId": values,
                    "records": records,
                    "path": path,
                    "fileName": ending,
                    "extension": ResourcePath(ending, forceAbsolute=False).getExtension(),
                }
            )
        )


if __name__ == "__main__":
    main()
