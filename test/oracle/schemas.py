"""The schema that stock Python's makeRepo gives, for each universe that it ships: JSON on standard output.

With an argument, the URL of a PostgreSQL database: the newest universe only, in the schema `stock` of that database; what
is printed are its dataset types.  Each repository has dataset types of several dimension groups.
"""

import json
import sqlite3
import sys
import tempfile
from pathlib import Path

from lsst.daf.butler import Butler, Config, DatasetType, DimensionConfig
from lsst.resources import ResourcePath

ROOT = ResourcePath("resource://lsst.daf.butler/configs/", forceDirectory=True)
GROUPS = [["detector"], ["visit", "detector"], [], ["patch", "physical_filter"], ["htm7"], ["tract", "visit"]]
CALIBRATIONS = [["detector", "physical_filter"], []]


def shipped(version):
    return DimensionConfig(ROOT.join(f"old_dimensions/daf_butler_universe{version}.yaml"))


def make(root, dimensions, config):
    Butler.makeRepo(root, config=config, dimensionConfig=dimensions)
    with Butler.from_config(root, writeable=True) as butler:
        universe = butler.dimensions
        groups = []
        for calibration, names in [(False, g) for g in GROUPS] + [(True, g) for g in CALIBRATIONS]:
            kind = "calibration" if calibration else "plain"
            name = "_".join([kind, *names])
            butler.registry.registerDatasetType(
                DatasetType(name, universe.conform(names), "StructuredDataDict", isCalibration=calibration)
            )
            groups.append({"dimensions": names, "calibration": calibration, "name": name})
    return groups


def read(root, groups):
    db = sqlite3.connect(Path(root) / "gen3.sqlite3")
    texts = dict(db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name"))
    keys = dict(db.execute("SELECT name, dimensions_key FROM dataset_type"))
    for group in groups:
        group["key"] = keys[group.pop("name")]
    attributes = dict(db.execute("SELECT name, value FROM butler_attributes"))
    return {"texts": texts, "groups": groups, "attributes": attributes}


if len(sys.argv) > 1:
    config = Config({"registry": {"db": sys.argv[1], "namespace": "stock"}})
    with tempfile.TemporaryDirectory() as root:
        print(json.dumps(make(root, shipped(8), config)))
else:
    out = []
    for version in range(9):
        with tempfile.TemporaryDirectory() as root:
            out.append(read(root, make(root, shipped(version), None)))
    json.dump(out, sys.stdout)
