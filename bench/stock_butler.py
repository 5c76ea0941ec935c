"""The benchmarks' peer: stock Butler, in process on a repository or as a RemoteButler client.

Reads one JSON object a line, `{"butler": URI, "dataset_type": NAME, "collections": NAME, "limit": N}`, asks for these
datasets, and answers with one line, `{"milliseconds": …, "rows": …}`: the time of the query alone.
"""

import functools
import json
import sys
import time

from lsst.daf.butler import Butler


@functools.cache
def open_butler(uri: str) -> Butler:
    return Butler.from_config(uri)


for line in sys.stdin:
    request = json.loads(line)
    butler = open_butler(request["butler"])
    begin = time.perf_counter()
    refs = butler.query_datasets(
        request["dataset_type"], collections=request["collections"], limit=request["limit"], explain=False
    )
    elapsed = time.perf_counter() - begin
    print(json.dumps({"milliseconds": elapsed * 1000, "rows": len(refs)}), flush=True)
