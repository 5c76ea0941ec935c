"""Runs: what is asked of the gateway at each step, and what the user is told where one does not come to its end."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from astropy.time import Time
from conftest import Server

import satellite
from satellite._token import Token
from satellite._transport import Transport

ID = "0199d8e2-7d3b-7c11-8a5e-0c6a5f1f2b11"


@pytest.fixture
def transport(server: Server) -> Transport:
    """Give a connection to the server."""
    return Transport(server.url, Token("secret", server.url))


def node(state: str, **more: object) -> dict[str, Any]:
    """Make a run as the gateway tells it."""
    places = {
        "directory": "/data/alice/runs/r",
        "output": "u/alice/tries",
        "outputRun": "u/alice/tries/20260101T000000Z",
    }
    return {"id": ID, "state": state, **places, "quanta": None, "explain": None, "error": None, "job": None, **more}


def quanta(total: int, succeeded: int = 0, failed: int = 0) -> dict[str, str]:
    """Make counts, as BigInt comes."""
    counts = {"total": total, "succeeded": succeeded, "failed": failed, "blocked": 0}
    return {name: str(count) for name, count in counts.items()}


def job(state: str, **more: object) -> dict[str, Any]:
    """Make a job as the gateway tells it."""
    progress = {"done": 0, "total": 2, "unit": "quanta"}
    return {
        "id": "j1",
        "kind": "executeRun",
        "state": state,
        "progress": progress,
        "error": None,
        "result": None,
        **more,
    }


def stage(server: Server, mutation: str, then: dict[str, Any], **job_end: Any) -> None:
    """Let the server begin a stage, end its job, and tell the run as it is then."""
    ended = job("COMPLETED") | job_end

    def stream(to: Any) -> None:
        event = json.dumps({"data": {"jobProgress": ended}})
        to.write(f"event: next\ndata: {event}\n\nevent: complete\ndata:\n\n".encode())

    server.answer({mutation: {"job": job("RUNNING")}})
    server.answers.append((200, {}, stream))
    server.answer({"run": then})


def asked(server: Server) -> list[tuple[str, dict[str, Any]]]:
    """Give the mutations that the server was asked for, with their input."""
    found = []
    for _, _, body in server.requests:
        if body["query"].startswith("mutation"):
            given = dict(body["variables"]["input"])
            given.pop("idempotencyKey")
            found.append((body["query"].split("{")[1].split("(")[0].strip(), given))
    return found


@pytest.fixture
def work(server: Server, transport: Transport) -> satellite.Satellite:
    """Give a satellite of which the server is asked nothing before it is used."""
    return satellite.Satellite(
        transport, {"name": "work", "owner": "alice", "uri": "/data/alice/work", "official": "dp1"}
    )


@pytest.fixture
def made(transport: Transport) -> Callable[..., satellite.Run]:
    """Give what makes a run in a state."""
    return lambda state, **more: satellite.Run(transport, node(state, **more))


def test_what_is_not_said_of_a_run_is_left_to_the_gateway(server: Server, work: satellite.Satellite) -> None:
    server.answer({"createRun": {"run": node("CREATED")}})
    run = work.run(
        "pipeline.yaml#isr",
        "HSC/defaults",
        "u/alice/tries",
        where="visit.timespan OVERLAPS (:since, NULL)",
        bind={"since": Time("2014-01-01", scale="tai")},
        go=False,
    )
    assert run.state == "CREATED" and run.quanta is None and run.output_run.startswith("u/alice/tries/")
    [(mutation, given)] = asked(server)
    assert mutation == "createRun"
    assert given.pop("bind")["since"] != "2014-01-01"
    assert given == {
        "satellite": "work",
        "pipeline": {"path": "pipeline.yaml#isr"},
        "inputs": ["HSC/defaults"],
        "output": "u/alice/tries",
        "where": "visit.timespan OVERLAPS (:since, NULL)",
        "extend": False,
        "executor": "LOCAL",
    }


def test_the_text_of_a_pipeline_is_sent_as_it_is(server: Server, work: satellite.Satellite) -> None:
    server.answer({"createRun": {"run": node("CREATED")}})
    text = "tasks:\n  isr: mine.IsrTask\n"
    work.run(text, ["u/alice/raws", "HSC/defaults"], "u/alice/tries", configuration=["isr:gain=2"], go=False)
    [(_, given)] = asked(server)
    assert given["pipeline"] == {"yaml": text}
    assert given["inputs"] == ["u/alice/raws", "HSC/defaults"] and given["configuration"] == ["isr:gain=2"]


def test_all_that_is_left_is_done_in_order(server: Server, made: Callable[..., satellite.Run]) -> None:
    stage(server, "buildRun", node("BUILT", quanta=quanta(2)))
    stage(server, "executeRun", node("EXECUTED", quanta=quanta(2, 2)))
    stage(server, "transferRun", node("COMPLETED", quanta=quanta(2, 2)))
    run = made("CREATED").go(inputs="COPY", progress=False)
    assert run.state == "COMPLETED" and run.quanta == {"total": 2, "succeeded": 2, "failed": 0, "blocked": 0}
    assert asked(server) == [
        ("buildRun", {"run": ID}),
        ("executeRun", {"run": ID}),
        ("transferRun", {"run": ID, "inputs": "COPY"}),
    ]


def test_what_is_done_is_not_done_again(server: Server, made: Callable[..., satellite.Run]) -> None:
    done = made("COMPLETED", quanta=quanta(2, 2)).go(progress=False)
    assert done.state == "COMPLETED" and server.requests == []
    stage(server, "transferRun", node("COMPLETED", quanta=quanta(2, 2)))
    made("EXECUTED", quanta=quanta(2, 2)).go(progress=False)
    assert [mutation for mutation, _ in asked(server)] == ["transferRun"]


def test_a_graph_without_quanta_is_not_executed_and_says_why(
    server: Server, made: Callable[..., satellite.Run]
) -> None:
    explain = {"reason": "No raw is in HSC/defaults.", "suggestions": ["Search HSC/raw/all too."]}
    stage(server, "buildRun", node("BUILT", quanta=quanta(0), explain=explain))
    with pytest.raises(satellite.RunError, match=r"HSC/defaults\.\n- Search HSC/raw/all too\.") as caught:
        made("CREATED").go(progress=False)
    assert caught.value.run.state == "BUILT"
    assert [mutation for mutation, _ in asked(server)] == ["buildRun"]


def test_quanta_that_fail_end_the_run_with_their_reasons(server: Server, made: Callable[..., satellite.Run]) -> None:
    error = {"code": "RUN_FAILED", "message": "1 of 2 quanta failed."}
    failed = node("FAILED", quanta=quanta(2, 1, 1), error=error)
    stage(server, "executeRun", failed, state="FAILED", error=error)
    with pytest.raises(satellite.RunError, match="1 of 2 quanta failed") as caught:
        made("BUILT", quanta=quanta(2)).go(progress=False)
    assert caught.value.code == "RUN_FAILED" and caught.value.run.quanta == {
        "total": 2,
        "succeeded": 1,
        "failed": 1,
        "blocked": 0,
    }
    failures = [{"quantum": "q1", "task": "isr", "exception": "ValueError", "message": "no light"}]
    server.answers.clear()
    server.answer({"run": {"failures": failures}})
    assert caught.value.run.failures == failures
    server.answers.clear()
    stage(server, "retryRun", node("EXECUTED", quanta=quanta(2, 2)))
    assert caught.value.run.retry(progress=False).state == "EXECUTED"


def test_a_refusal_of_the_gateway_keeps_its_words(server: Server, made: Callable[..., satellite.Run]) -> None:
    server.answer(None, FORBIDDEN="This gateway runs no users' code: `satellite run go` does it here.")
    with pytest.raises(satellite.RefusedError, match="satellite run go"):
        made("CREATED").build(progress=False)


def test_a_run_that_is_not_there_is_told_of(server: Server, transport: Transport) -> None:
    server.answer({"run": None})
    with pytest.raises(satellite.NotFoundError, match=ID):
        satellite.Gateway(transport, "alice").run(ID)


def test_a_run_is_picked_up_again(server: Server, transport: Transport) -> None:
    server.answer({"run": node("EXECUTING", quanta=quanta(2, 1))})
    run = satellite.Gateway(transport, "alice").run(ID)
    assert run.state == "EXECUTING" and (run.quanta or {})["succeeded"] == 1
    assert server.requests[-1][2]["variables"] == {"id": ID}


def test_the_plan_is_asked_for_when_it_is_read(server: Server, made: Callable[..., satellite.Run]) -> None:
    server.answer({"run": {"plan": "TASK  QUANTA\nisr   2\n"}})
    assert (made("BUILT").plan or "").startswith("TASK")
    assert "plan" in server.requests[0][2]["query"]


def test_removing_says_first_what_would_go(server: Server, made: Callable[..., satellite.Run]) -> None:
    plan = {"datasets": 8, "files": 8, "bytes": 100, "collections": ["u/alice/tries/20260101T000000Z"]}
    server.answer({"removeRun": {"plan": plan, "job": None}})
    assert made("COMPLETED").remove(dry_run=True) == plan
    assert asked(server) == [("removeRun", {"run": ID, "dryRun": True})]


def test_a_run_shows_itself_with_what_others_wrote_escaped(made: Callable[..., satellite.Run]) -> None:
    error = {"code": "RUN_FAILED", "message": "<script>"}
    html = made("FAILED", quanta=quanta(2, 1, 1), error=error)._repr_html_()
    assert "1 failed" in html and "&lt;script&gt;" in html and "<script>" not in html
