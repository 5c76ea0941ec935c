"""Requests: errors in the user's words, tries that are made again, jobs that are watched."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Server

import satellite
from satellite._job import Job
from satellite._token import Token
from satellite._transport import Transport


@pytest.fixture
def transport(server: Server, monkeypatch: pytest.MonkeyPatch) -> Transport:
    """Give a connection to the server; nobody waits."""
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    return Transport(server.url, Token("secret", server.url))


def job(state: str, done: int = 0, **more: object) -> dict[str, Any]:
    """Make a job as the gateway tells it."""
    progress = {"done": done, "total": 2, "unit": "datasets"}
    return {"id": "j1", "kind": "transferDatasets", "state": state, "progress": progress, "error": None, **more}


def events(*jobs: dict[str, Any], cut: bool = False) -> Callable[[Any], None]:
    """Make a stream of a job's states, complete or cut off."""

    def write(to: Any) -> None:
        for one in jobs:
            to.write(f"event: next\ndata: {json.dumps({'data': {'jobProgress': one}})}\n\n".encode())
        if not cut:
            to.write(b"event: complete\ndata:\n\n")

    return write


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("CONFLICT", satellite.ConflictError),
        ("NOT_FOUND", satellite.NotFoundError),
        ("MISSING_COLLECTION", satellite.NotFoundError),
        ("UNAUTHENTICATED", satellite.SignInError),
        ("QUOTA_EXCEEDED", satellite.RefusedError),
    ],
)
def test_an_error_of_the_gateway_is_raised_with_its_words_and_code(
    server: Server, transport: Transport, code: str, kind: type[satellite.SatelliteError]
) -> None:
    server.answer(None, **{code: "That is so."})
    with pytest.raises(kind, match="That is so") as caught:
        transport.ask("{viewer {username}}")
    assert caught.value.code == code
    assert caught.value._render_traceback_() == [f"{kind.__name__}: That is so."]


def test_a_part_of_an_answer_is_an_error_too(server: Server, transport: Transport) -> None:
    server.answer({"datasets": {"nodes": []}}, UPSTREAM_UNAVAILABLE="Repository 'dp1' does not answer.")
    with pytest.raises(satellite.RefusedError, match="dp1"):
        transport.ask("{datasets {nodes {uuid}}}")


def test_a_gateway_that_is_not_there_is_told_of_without_the_client_s_traceback(transport: Transport) -> None:
    away = Transport("http://127.0.0.1:1", transport.token)
    with pytest.raises(satellite.NotReachedError, match="cannot be reached") as caught:
        away.ask("{viewer {username}}")
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("status", [404, 502])
def test_what_answers_and_is_no_gateway_is_told_of(server: Server, transport: Transport, status: int) -> None:
    server.answers.append((status, {"Content-Type": "text/html"}, "<html>"))
    with pytest.raises(satellite.NotReachedError, match=str(status)):
        transport.ask("{viewer {username}}")


def test_who_asks_too_much_waits_as_long_as_the_gateway_says(
    server: Server, transport: Transport, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    server.answers.append((429, {"Retry-After": "7"}, "{}"))
    server.answer({"viewer": {"username": "alice"}})
    assert transport.ask("{viewer {username}}") == {"viewer": {"username": "alice"}}
    assert waited == [7.0]


def test_a_change_that_is_sent_again_carries_the_same_key(server: Server, transport: Transport) -> None:
    server.answers.append((503, {"Retry-After": "1"}, ""))
    server.answer({"checkinSatellite": {"satellite": None}})
    transport.change("checkinSatellite", {"satellite": "work", "left": None}, "satellite {name}")
    inputs = [body["variables"]["input"] for _, _, body in server.requests]
    assert len(inputs) == 2 and inputs[0] == inputs[1]
    assert set(inputs[0]) == {"satellite", "idempotencyKey"}


def test_a_job_is_waited_for_over_connections_that_break(
    server: Server, transport: Transport, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("satellite._progress._bar", lambda job: None)
    server.answers = [
        (200, {}, events(job("RUNNING", 1), cut=True)),
        (200, {}, events(job("COMPLETED", 2, result={"datasets": 2}))),
    ]
    done = Job(transport, job("QUEUED")).wait()
    assert done.state == "COMPLETED" and done.result == {"datasets": 2}
    assert capsys.readouterr().err.splitlines() == [
        "transferDatasets running: 1 of 2 datasets",
        "transferDatasets completed: 2 of 2 datasets",
    ]


@pytest.mark.parametrize(
    ("state", "words"), [("FAILED", "failed: no room"), ("HELD", "waits: no room"), ("CANCELLED", "was cancelled")]
)
def test_a_job_that_does_not_come_to_its_end_is_an_error_that_says_what_to_do(
    server: Server, transport: Transport, state: str, words: str
) -> None:
    error = {"code": "QUOTA_EXCEEDED", "message": "no room"}
    server.answers.append((200, {}, events(job(state, 1, error=error))))
    with pytest.raises(satellite.JobError, match=words) as caught:
        Job(transport, job("QUEUED")).wait(progress=False)
    assert "retry()" in str(caught.value)
    assert caught.value.job.state == state


def test_ctrl_c_ends_the_waiting_and_says_how_to_find_the_job_again(
    transport: Transport, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(self: Transport, id: str) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(Transport, "watch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Job(transport, job("RUNNING", 1)).wait(progress=False)
    assert "gateway.job('j1')" in capsys.readouterr().err


def test_a_job_shows_itself_with_what_others_wrote_escaped(transport: Transport) -> None:
    error = {"code": "CONFLICT", "message": "<script>"}
    html = Job(transport, job("FAILED", error=error, result=None))._repr_html_()
    assert "&lt;script&gt;" in html and "<script>" not in html


def test_a_notebook_shows_the_words_of_an_error_alone(capsys: pytest.CaptureFixture[str]) -> None:
    shell = pytest.importorskip("IPython.core.interactiveshell").InteractiveShell()
    shell.run_cell("import satellite; raise satellite.ConflictError('The name is taken.', 'CONFLICT')")
    assert capsys.readouterr().out.strip() == "ConflictError: The name is taken."
