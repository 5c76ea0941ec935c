from __future__ import annotations

import contextlib
import json
import logging
import os
import pathlib
import subprocess
import sys
import time
import types
from uuid import UUID

import pytest
from astropy.time import Time
from lsst.daf.butler import DataCoordinate, DatasetRef, DatasetType, DimensionUniverse, Timespan
from lsst.daf.butler.datastore.cache_manager import DatastoreDisabledCacheManager
from lsst.resources import ResourcePath

from satellite._binds import bind_json
from satellite._worker import addresses, graphs, kept_inputs, pool
from satellite._worker.binds import bind_values
from satellite._worker.kept_inputs import KeptInputs

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


class Stock(DatastoreDisabledCacheManager):
    """Would keep everything."""

    def should_be_cached(self, entity: object) -> bool:
        return True


def fetched(kept: KeptInputs, ref: DatasetRef, content: str) -> bool:
    """Fetch a file as datastores do, and tell whether it is kept."""
    assert kept.download_directory is not None
    path = f"{kept.download_directory.ospath}/download.yaml"
    with open(path, "w") as file:
        file.write(content)
    return kept.move_to_cache(ResourcePath(path), ref) is not None


def read(kept: KeptInputs, ref: DatasetRef) -> str | None:
    with kept.find_in_cache(ref, ".yaml") as file:
        return None if file is None else file.read().decode()


def test_what_is_read_again_is_kept_and_what_was_used_longest_ago_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_inputs, "_MOST_BYTES", 10)
    universe = DimensionUniverse()
    kind = DatasetType("bias", (), "StructuredDataDict", universe=universe)
    one, two, three, made = [DatasetRef(kind, DataCoordinate.make_empty(universe), "run") for _ in range(4)]
    kept = KeptInputs(Stock("", universe))
    try:
        kept.recorded = {one.id, two.id, three.id}
        assert fetched(kept, one, "1111") and fetched(kept, two, "2222")
        assert not fetched(kept, made, "m") and read(kept, made) is None
        assert not fetched(kept, three, "longer than all")
        with kept.find_in_cache(two, ".yaml") as file:
            assert read(kept, one) == "1111"
            # The second was used longer ago, but is in use.
            assert fetched(kept, three, "3333")
            assert file is not None and file.read() == b"2222"
        assert [read(kept, ref) for ref in (one, two, three)] == [None, "2222", "3333"]
        assert (kept.file_count, kept.cache_size) == (2, 8)
    finally:
        kept_inputs.remove_of(os.getpid())
    assert kept.download_directory is not None and not kept.download_directory.exists()


def test_what_a_quantum_forked_keeps_nobody_waiting_and_ends_with_its_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    def leave(request: pool.Line, log: pool.Log) -> int:
        if (pid := os.fork()) == 0:
            os.setsid()
            time.sleep(3600)
        return pid

    monkeypatch.setattr(pool, "OPERATIONS", {"leave": leave})
    requests, asking = os.pipe()
    answering, answers = os.pipe()
    if (serving := os.fork()) == 0:
        os.close(asking)
        os.close(answering)
        pool.Pool(requests, answers).run()
        os._exit(0)
    os.close(requests)
    os.close(answers)
    with os.fdopen(asking, "wb", buffering=0) as ask, os.fdopen(answering, "rb") as said:
        for request in ({"op": "fork", "memory": None}, {"op": "leave", "id": 1}):
            pool.write(ask.fileno(), {"worker": 1, **request})
        left = json.loads(said.readline())["answer"]
        pool.write(ask.fileno(), {"worker": 1, "op": "kill"})
        assert json.loads(said.readline()) == {"worker": 1, "ended": "signal 9"}
    os.waitpid(serving, 0)
    with contextlib.suppress(FileNotFoundError):
        assert pathlib.Path(f"/proc/{left}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def test_inputs_are_not_kept_where_the_place_for_temporary_files_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    universe = DimensionUniverse()
    kind = DatasetType("bias", (), "StructuredDataDict", universe=universe)
    one, two = [DatasetRef(kind, DataCoordinate.make_empty(universe), "run") for _ in range(2)]
    kept = KeptInputs(Stock("", universe))
    usage = {"total": 80, "free": 20}
    monkeypatch.setattr("shutil.disk_usage", lambda _: types.SimpleNamespace(**usage))
    try:
        kept.recorded = {one.id, two.id}
        assert fetched(kept, one, "1111")
        usage["free"] = 5
        assert not fetched(kept, two, "2222") and kept.file_count == 0
    finally:
        kept.close()


def test_temporary_files_go_with_whoever_asked_for_them_also_when_that_was_killed(tmp_path: pathlib.Path) -> None:
    temporary = tmp_path / "work"
    (temporary / "satellite-inputs-1-x").mkdir(parents=True)
    command = [sys.executable, "-m", "satellite.worker", str(temporary)]
    subprocess.run(command, input=b"", check=True)
    assert not temporary.exists()
