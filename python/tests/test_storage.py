"""A satellite that several threads of a notebook write to, where it is handed out and back."""

from __future__ import annotations

import stat
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from lsst.daf.butler import Butler

from satellite._storage import Storage


class HandedOut:
    """A repository that is read-only while it is the gateway's, and what was done with it."""

    def __init__(self, root: Path) -> None:
        Butler.makeRepo(str(root))
        self.events: list[str] = []
        self._file = root / "gen3.sqlite3"
        self._file.chmod(0o444)
        self.storage = Storage("work", str(root), dict, self._hand("out", 0o644), self._hand("in", 0o444))

    def is_the_gateways(self) -> bool:
        return not self._file.stat().st_mode & stat.S_IWUSR

    def _hand(self, event: str, mode: int) -> Callable[[], None]:
        def handed() -> None:
            self.events.append(event)
            self._file.chmod(mode)

        return handed


@pytest.fixture
def handed_out(tmp_path: Path) -> Iterator[HandedOut]:
    """Give such a repository."""
    made = HandedOut(tmp_path / "repository")
    yield made
    made.storage.close()


def test_it_is_given_back_only_when_no_thread_changes_it_any_more(handed_out: HandedOut) -> None:
    storage = handed_out.storage
    changing, go_on = threading.Event(), threading.Event()

    def change() -> None:
        with storage.held() as butler:
            changing.set()
            assert go_on.wait(60)
            assert not handed_out.is_the_gateways()
            butler.collections.register("u/alice/second")

    with ThreadPoolExecutor(1) as pool:
        with storage.kept():
            second = pool.submit(change)
            assert changing.wait(60)
        assert handed_out.events == ["out"]
        go_on.set()
        second.result()
    assert handed_out.events == ["out", "in"] and handed_out.is_the_gateways()
    assert "u/alice/second" in storage.write(lambda butler: butler.collections.query("*"))


def test_threads_change_it_one_after_another(handed_out: HandedOut) -> None:
    storage = handed_out.storage
    names = [f"u/alice/{number}" for number in range(16)]
    inside: list[str] = []

    def register(name: str) -> list[str]:
        with storage.held() as butler:
            inside.append(name)
            with butler.transaction():
                butler.collections.register(name + "/tag")
                butler.collections.register(name)
            return [inside.pop(), *inside]

    with ThreadPoolExecutor(4) as pool, storage.kept():
        # Nobody else is inside when a thread has done its part.
        assert list(pool.map(register, names)) == [[name] for name in names]
    assert handed_out.events == ["out", "in"]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(register, [f"{name}/again" for name in names]))
    assert handed_out.is_the_gateways() and handed_out.events[-1] == "in"
    assert handed_out.events.count("out") == handed_out.events.count("in")
    found = storage.write(lambda butler: set(butler.collections.query("u/alice/*")))
    assert len(found) == 64


def test_a_repository_that_cannot_be_opened_is_given_back(handed_out: HandedOut, tmp_path: Path) -> None:
    (tmp_path / "repository" / "butler.yaml").unlink()
    with pytest.raises(Exception, match="not at"):
        handed_out.storage.write(lambda butler: None)
    assert handed_out.events == ["out", "in"] and handed_out.is_the_gateways()
