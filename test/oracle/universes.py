"""Write test/data/universes.json.gz: every dimension universe that stock Butler ships, and what it makes of it.

Each has its document as a repository stores it and as GET /v1/universe gives it, and all elements in universe order.

Run with the Python that has lsst-daf-butler installed:  python test/oracle/universes.py
"""

import gzip
import json
from pathlib import Path

from lsst.daf.butler import DimensionConfig, DimensionUniverse
from lsst.resources import ResourcePath

ROOT = ResourcePath("resource://lsst.daf.butler/configs/", forceDirectory=True)


def describe(universe, element):
    keys = element.unique_keys if element.name in universe.dimensions else []
    return {
        "name": element.name,
        "required": list(element.required.names),
        "implied": list(element.implied.names),
        "fields": [[c.name, c.type] for c in element.schema.remainder],
        "keys": [c.name for c in keys],
        "governor": None if element.governor is None else element.governor.name,
        "has_table": element.has_own_table,
        "view_of": element.implied_union_target.name if element.implied_union_target else None,
        "spatial": element.spatial.name if element.spatial else None,
        "temporal": element.temporal.name if element.temporal else None,
        "defines_relationships": element.defines_relationships,
        "populated_by": element.populated_by.name if element.populated_by else None,
        "group": list(element.minimal_group.names),
        "group_required": list(element.minimal_group.required),
        "group_elements": list(element.minimal_group.elements),
    }


out = []
for version in range(9):
    config = DimensionConfig(ROOT.join(f"old_dimensions/daf_butler_universe{version}.yaml"))
    universe = DimensionUniverse(config)
    out.append(
        {
            "stored": json.loads(config.dump(format="json")),
            "rest": universe.dimensionConfig.to_simple().model_dump(mode="json", by_alias=True),
            "elements": [describe(universe, e) for e in universe.elements if not e.name[-1].isdigit()],
            "order": [e.name for e in universe.elements],
        }
    )

path = Path(__file__).parent.parent / "data" / "universes.json.gz"
path.write_bytes(gzip.compress(json.dumps(out, sort_keys=True).encode(), mtime=0))
print(path.stat().st_size)
