"""What somebody finds with stock Butler, asked again and again in one session, as in a notebook that stays open.

Each line of the standard input is a JSON object of ``address`` (of a repository), ``run``, ``datasetType``, ``dataId`` and
``uuid``, each line of the output the answer: what is found by a Butler that is opened anew, by the one with which something was
found there first, and at the address of the file that this one was given then, by each way of asking.  An error is told by its
class: ``{"error": NAME}``.
"""

import json
import sys
from collections.abc import Callable
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from lsst.daf.butler import Butler, DatasetRef


def attempt(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except Exception as error:  # noqa: BLE001 -- whatever it is, it is told
        return {"error": type(error).__name__}


def id_of(ref: DatasetRef | None) -> str | None:
    return None if ref is None else str(ref.id)


def ask(
    butler: Butler, wanted: dict[str, Any], ref: DatasetRef | None
) -> dict[str, Any]:
    run, dataset_type, data_id = wanted["run"], wanted["datasetType"], wanted["dataId"]

    def count() -> int:
        with butler.query() as query:
            return query.datasets(dataset_type, [run], find_first=False).count()

    asked: dict[str, Callable[[], Any]] = {
        "collections": lambda: [
            name
            for name in butler.collections.query("*")
            if name.startswith("u/alice/")
        ],
        "query": lambda: [
            str(r.id)
            for r in butler.query_datasets(
                dataset_type, run, find_first=False, explain=False
            )
        ],
        "count": count,
        "find_dataset": lambda: id_of(
            butler.find_dataset(dataset_type, data_id, collections=run)
        ),
        "get_dataset": lambda: id_of(butler.get_dataset(wanted["uuid"])),
        "get": lambda: repr(butler.get(dataset_type, data_id, collections=run)),
    }
    if ref is not None:
        asked["get of a reference"] = lambda: repr(butler.get(ref))
        asked["file of a reference"] = lambda: len(butler.getURI(ref).read())
    return {name: attempt(way) for name, way in asked.items()}


def status_of(url: str) -> int:
    try:
        with urlopen(url) as answer:
            return answer.status
    except HTTPError as error:
        return error.code


def opened(
    address: str, wanted: dict[str, Any], ref: DatasetRef | None
) -> dict[str, Any]:
    """Ask a new Butler; a server may let nobody open one."""
    butler = attempt(lambda: Butler.from_config(address))
    return ask(butler, wanted, ref) if isinstance(butler, Butler) else {"open": butler}


def main() -> None:
    kept: dict[str, tuple[Butler, DatasetRef, str]] = {}
    for line in sys.stdin:
        wanted = json.loads(line)
        address = wanted["address"]
        if address not in kept:
            butler = attempt(lambda address=address: Butler.from_config(address))
            ref = attempt(
                lambda butler=butler, wanted=wanted: butler.get_dataset(wanted["uuid"])
            )
            if isinstance(ref, DatasetRef):
                kept[address] = (butler, ref, str(butler.getURI(ref)))
        before, ref, url = kept.get(address, (None, None, None))
        answer = {
            "anew": opened(address, wanted, ref),
            "before": {} if before is None else ask(before, wanted, ref),
            "url": url,
            "status": None if url is None else status_of(url),
        }
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
