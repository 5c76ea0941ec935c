"""What alice has in her satellite for a run, beside what is official, and what came of the run there; all by stock Python.

``own_scenarios.py put SATELLITE OFFICIAL KIND ...`` puts datasets into `u/alice/KIND` of the satellite: `raws` and `calexps` of
one visit, all `warps`, all `templates`, or `calib`, biases of two detectors. Records come from the official repository: only those
without which the datasets could not be there.
``own_scenarios.py read ROOT RUN [CHAIN]`` reads all datasets of RUN and prints, as JSON, its `outputs` (UUID and SHA-256 by dataset
type and data ID), of how many of them, by dataset type, the content is `own`: such as only data of alice's gives; and of CHAIN the
children, `chain`, and what else it leads to, `inputs` (numbers by dataset type and RUN).
``own_scenarios.py bring OFFICIAL GRAPH ROOT`` does what a user of the stock tools does to have the outputs of a graph in ROOT.
"""

import hashlib
import json
import sys
import warnings
from collections import Counter

from lsst.daf.butler import Butler, CollectionType, DatasetType, Timespan
from lsst.pipe.base.script.transfer_from_graph import transfer_from_graph

#: Far from what official data have or give.
FAR = 1.0e6
VISIT = 1000
CAMERA, SKY = {"instrument": "MiniCam"}, {"skymap": "mini_sky"}

#: Dataset type, dimensions, which data IDs, content.
KINDS = {
    "raws": ("mini_raw", ["instrument", "visit", "detector"], {**CAMERA, "visit": VISIT}, {"value": FAR}),
    "calexps": (
        "mini_calexp",
        ["instrument", "visit", "detector"],
        {**CAMERA, "visit": VISIT},
        {"value": FAR, "stars": 0},
    ),
    "warps": (
        "mini_warp",
        ["instrument", "visit", "skymap", "tract", "patch"],
        {**CAMERA, **SKY},
        {"sum": FAR, "images": 1},
    ),
    "templates": ("mini_template", ["skymap", "tract", "patch", "band"], CAMERA | SKY, {"value": 3 * FAR}),
    "calib": ("mini_bias", ["instrument", "detector"], CAMERA, {"level": FAR}),
}


def put(satellite: str, official: str, *kinds: str) -> None:
    with Butler.from_config(official) as source, Butler.from_config(satellite, writeable=True) as butler:
        for kind in kinds:
            name, dimensions, where, content = KINDS[kind]
            is_calibration = kind == "calib"
            dataset_type = DatasetType(
                name, dimensions, "StructuredDataDict", universe=butler.dimensions, isCalibration=is_calibration
            )
            data_ids = source.query_data_ids(dimensions, with_dimension_records=True, **where)
            if is_calibration:
                data_ids = sorted(data_ids, key=lambda data_id: data_id.required_values)[:2]
            butler.transfer_dimension_records_from(source, data_ids)
            butler.registry.registerDatasetType(dataset_type)
            run = f"u/alice/{kind}" + ("/run" if is_calibration else "")
            butler.collections.register(run)
            refs = [butler.put(content, dataset_type, data_id, run=run) for data_id in data_ids]
            if is_calibration:
                butler.collections.register("u/alice/calib", CollectionType.CALIBRATION)
                butler.registry.certify("u/alice/calib", refs, Timespan(None, None))


def read(root: str, run: str, chain: str | None = None) -> None:
    outputs: dict[str, list[str]] = {}
    own: Counter[str] = Counter()
    found = {"outputs": outputs, "own": own}
    with Butler.from_config(root) as butler:
        for ref in butler.query_all_datasets(run, limit=None):
            content = butler.get(ref)
            outputs[f"{ref.datasetType.name} {ref.dataId}"] = [
                str(ref.id),
                hashlib.sha256(butler.getURI(ref).read()).hexdigest(),
            ]
            if isinstance(content, dict) and abs(content.get("value", content.get("sum", 0))) > FAR / 2:
                own[ref.datasetType.name] += 1
        if chain:
            inputs = butler.query_all_datasets(chain, find_first=False, limit=None)
            found["inputs"] = Counter(f"{ref.datasetType.name} of {ref.run}" for ref in inputs if ref.run != run)
            found["chain"] = butler.collections.get_info(chain).children
    print(json.dumps(found))


def bring(official: str, graph: str, root: str) -> None:
    with Butler.from_config(official) as source, Butler.from_config(root, writeable=True) as butler:
        data_ids = source.query_data_ids(
            ["instrument", "visit", "detector", "skymap", "tract", "patch"], **CAMERA, **SKY, with_dimension_records=True
        )
        butler.transfer_dimension_records_from(source, data_ids)
    transfer_from_graph(
        graph,
        root,
        register_dataset_types=True,
        transfer_dimensions=False,
        update_output_chain=False,
        dry_run=False,
        dataset_type=(),
    )


if __name__ == "__main__":
    warnings.filterwarnings("ignore", message="Constructing day_obs records")
    {"put": put, "read": read, "bring": bring}[sys.argv[1]](*sys.argv[2:])
