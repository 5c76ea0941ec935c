"""Ask a repository and RemoteButler servers of it for the records of sky pixels, as stock Python clients do.

Prints a JSON list of what a server answered otherwise than stock Butler on the repository itself.
"""

import argparse
import json
import os

import numpy as np
from lsst.daf.butler import Butler
from lsst.sphgeom import ConvexPolygon, Region

RUN = "u/alice/run1"
# Dataset type, its pixels
SEARCHES = [("hips", "healpix9"), ("refcat", "htm7")]


def answers(butler: Butler) -> dict[str, list[tuple[int, Region]]]:
    found = {}
    for dataset_type, element in SEARCHES:

        def pixels(data_ids, element=element):
            records = [data_id.records[element] for data_id in data_ids]
            return sorted(((record.id, record.region) for record in records), key=lambda record: record[0])

        refs = butler.query_datasets(dataset_type, RUN, with_dimension_records=True)
        found[f"{dataset_type}: datasets"] = pixels(ref.dataId for ref in refs)
        plain = [ref.dataId for ref in butler.query_datasets(dataset_type, RUN)]
        found[f"{dataset_type}: expanded data IDs"] = pixels(map(butler.registry.expandDataId, plain))
        one = [butler.find_dataset(dataset_type, data_id, collections=RUN, dimension_records=True) for data_id in plain]
        found[f"{dataset_type}: one dataset"] = pixels(ref.dataId for ref in one)
        with butler.query() as query:
            query = query.join_dataset_search(dataset_type, RUN)
            data_ids = query.data_ids([element]).with_dimension_records()
            found[f"{dataset_type}: data IDs"] = pixels(data_ids)
            records = sorted((record.id, record.region) for record in query.dimension_records(element))
            found[f"{dataset_type}: records"] = records
    return found


def is_same(a: list[tuple[int, Region]], b: list[tuple[int, Region]]) -> bool:
    return [pixel for pixel, _ in a] == [pixel for pixel, _ in b] and all(
        # numpy, of which HEALPix pixels are made, rounds otherwise on every processor
        isinstance(y, ConvexPolygon) and np.allclose(corners(x), corners(y), rtol=0, atol=1e-14)
        for (_, x), (_, y) in zip(a, b, strict=True)
    )


def corners(region: ConvexPolygon) -> list[list[float]]:
    return [[v.x(), v.y(), v.z()] for v in region.getVertices()]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("repository")
    parser.add_argument("servers", nargs="+")
    parser.add_argument("--token", required=True)
    options = parser.parse_args()
    os.environ["BUTLER_RUBIN_ACCESS_TOKEN"] = options.token
    expected = answers(Butler.from_config(options.repository))
    assert all(expected.values()), "nothing would be compared"
    wrong = []
    for server in options.servers:
        given = answers(Butler.from_config(server))
        wrong += [f"{server} {name}" for name, pixels in expected.items() if not is_same(pixels, given[name])]
    print(json.dumps(wrong))


if __name__ == "__main__":
    main()
