from __future__ import annotations

import json
import logging
import subprocess
import sys
from uuid import UUID

import pytest
from astropy.time import Time
from lsst.daf.butler import Timespan

from satellite._binds import bind_json
from satellite._worker import addresses, graphs
from satellite._worker.binds import bind_values

VALUES = {
    "visit": 903334,
    "many": [1, 2, 3],
    "band": "i",
    "limit": 2.0,
    "id": UUID(int=7),
    "begin": Time("2026-01-01T00:00:00", scale="tai"),
    "span": Timespan(Time("2026-01-01T00:00:00", scale="tai"), None),
}


def test_binds_are_those_that_a_notebook_gave() -> None:
    given = {name: bind_json(value) for name, value in VALUES.items()}
    assert bind_values(json.loads(json.dumps(given))) == VALUES
    assert bind_values({}) is None


def test_a_bind_that_no_graph_can_have_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be built"):
        bind_values({"where": {"$region_hex": "00"}})


def test_data_ids_become_one_table_for_each_set_of_dimensions() -> None:
    tables = graphs.data_id_tables([{"visit": 1, "detector": 2}, {"tract": 5}, {"detector": 3, "visit": 4}])
    assert [table.colnames for table in tables] == [["detector", "visit"], ["tract"]]
    assert list(tables[0]["visit"]) == [1, 4]


def test_an_override_that_is_none_is_refused() -> None:
    spec = {"pipeline": {"yaml": "description: none\ntasks: {}"}, "configuration": ["calibrate.gain=3"]}
    with pytest.raises(ValueError, match="label:field=value"):
        graphs.read_pipeline(spec)


def test_the_way_to_the_gateway_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    addresses.take({"from": "https://gateway", "to": "http://127.0.0.1:1/secret"})
    try:
        assert addresses.asked("https://gateway/files/x") == "http://127.0.0.1:1/secret/files/x"
        assert addresses.asked("u/alice/file") == "u/alice/file"
        with caplog.at_level(logging.WARNING):
            logging.getLogger("task").warning("no %s (url: %s)", "http://127.0.0.1:1/secret/files/x", "/secret/files/x")
        assert caplog.messages == ["no https://gateway/files/x (url: /files/x)"]
    finally:
        addresses.take(None)
        logging.setLogRecordFactory(logging.LogRecord)


def ask(*requests: object) -> list[object]:
    """Ask a worker process, and give its answers in the order in which it says them."""
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    process = subprocess.Popen(
        [sys.executable, "-m", "satellite.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(lines)
    process.stdin.flush()
    first = json.loads(process.stdout.readline())
    process.stdin.close()
    rest = process.stdout.read()
    assert process.wait() == 0
    return [first, *map(json.loads, rest.splitlines())]


def test_a_worker_says_what_a_pipeline_raised() -> None:
    spec = {"pipeline": {"yaml": "tasks: {a: no.such.Task}"}, "configuration": []}
    fork = {"op": "fork", "worker": 0, "memory": None}
    [answer] = ask(fork, {"op": "pipeline", "worker": 0, "id": 7, "spec": spec})
    assert isinstance(answer, dict)
    assert answer["id"] == 7
    assert "Error" in answer["error"]["type"]
