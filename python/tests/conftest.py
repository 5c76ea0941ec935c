"""What the tests share: gateways that are there already, and small servers of their own."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

import satellite


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers", "live: needs a gateway, as test/journeys/python-package.system.test.ts starts it"
    )


@pytest.fixture(scope="session")
def gateway() -> satellite.Gateway:
    """Give the gateway of the environment, as alice."""
    return satellite.connect()


@pytest.fixture(scope="session")
def bob() -> satellite.Gateway:
    """Give the same gateway as bob."""
    return satellite.connect(token=os.environ["TOKEN_OF_BOB"])


@pytest.fixture(scope="session")
def exclusive() -> satellite.Gateway:
    """Give a gateway that lets one process at a time write to a satellite, as on network file systems."""
    return satellite.connect(os.environ["EXCLUSIVE_GATEWAY_URL"])


class Server:
    """A small HTTP server that answers as it is told, and remembers what it was asked."""

    def __init__(self) -> None:
        #: Path, headers and JSON of each request.
        self.requests: list[tuple[str, dict[str, str], Any]] = []
        #: Status, headers and body of the next answers; the last one is given again and again.
        self.answers: list[tuple[int, dict[str, str], str | Callable[[Any], None]]] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", 0))
                server.requests.append((self.path, dict(self.headers), json.loads(self.rfile.read(length) or "null")))
                status, headers, body = server.answers.pop(0) if len(server.answers) > 1 else server.answers[0]
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if callable(body):
                    self.end_headers()
                    body(self.wfile)
                    return
                self.send_header("Content-Length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            do_GET = do_POST

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        threading.Thread(target=self._http.serve_forever, daemon=True).start()

    def answer(self, data: object, **errors: str) -> None:
        """Add a GraphQL answer: data, or errors by code."""
        body = {"errors": [{"message": m, "extensions": {"code": c}} for c, m in errors.items()]} if errors else {}
        self.answers.append((200, {"Content-Type": "application/json"}, json.dumps({**body, "data": data})))

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    """Give a server for one test."""
    made = Server()
    yield made
    made.close()


@pytest.fixture
def second_host() -> Iterator[Server]:
    """Give a server that is not the gateway."""
    made = Server()
    made.answers.append((200, {}, "{}"))
    yield made
    made.close()


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Take away what says where a gateway is, and whose token is good."""
    for name in (
        "SATELLITE_URL",
        "SATELLITE_TOKEN",
        "BUTLER_RUBIN_ACCESS_TOKEN",
        "NUBLADO_TOKEN",
        "ACCESS_TOKEN",
        "EXTERNAL_INSTANCE_URL",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("satellite._token._PLATFORM_FILES", ())
    return monkeypatch
