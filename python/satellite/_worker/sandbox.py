"""A sandbox from inside: the way to the gateway out of it, and what looks like an attempt to see more than there is.

The sandbox itself is made by whoever starts this process: files that are not to be seen are not there, and there is no
network. What is noticed here is noticed of Python code that does not hide; nothing depends on it.
"""

from __future__ import annotations

import os
import re
import resource
import socket
import sys
import threading
from collections.abc import Callable
from typing import Any

#: Different attempts that are told; more say nothing new.
_KEPT = 100
#: The longest file that a run can write.
_MOST_FILE_BYTES = 1 << 36
#: What Python and the stack look at anywhere, beside what the run's own is.
_TEMPORARY = "/tmp"
_USUAL = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc", "/dev", _TEMPORARY, "/run/satellite", "/sys", "/proc")
_OTHERS_PROCESS = re.compile(r"/proc/(?!self/|thread-self/)(\d+)/(environ|mem|maps|smaps|root|cwd|fd|fdinfo)\b")
_PATHS = {"open", "os.listdir", "os.scandir", "os.chdir", "shutil.rmtree"}
_CHANGES = {
    "os.remove",
    "os.rmdir",
    "os.mkdir",
    "os.chmod",
    "os.chown",
    "os.truncate",
    "os.rename",
    "os.link",
    "os.symlink",
}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def forward(path: str) -> int:
    """Listen on this sandbox's loopback, in a process of its own, and pass on to a Unix socket.

    Parameters
    ----------
    path : `str`
        The socket.

    Returns
    -------
    port : `int`
        Where it listens.
    """
    listening = socket.create_server(("127.0.0.1", 0))
    port: int = listening.getsockname()[1]
    if os.fork() > 0:
        listening.close()
        return port
    while True:
        client, _ = listening.accept()
        gateway = socket.socket(socket.AF_UNIX)
        try:
            gateway.connect(path)
        except OSError:
            client.close()
            continue
        for source, target in ((client, gateway), (gateway, client)):
            threading.Thread(target=_pump, args=(source, target), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # One side is gone: so is the connection.
        for end in (source, target):
            end.close()


class Watch:
    """Tells of what code does that its sandbox has no place for.

    Parameters
    ----------
    readable, writeable : `list` [`str`]
        Directories and files that the run may see, and change.
    """

    def __init__(self, readable: list[str], writeable: list[str]) -> None:
        stack = (sys.prefix, sys.base_prefix, *filter(None, sys.path))
        self._readable = (*_USUAL, *stack, *readable, *writeable)
        self._writeable = ("/dev", _TEMPORARY, *writeable)
        self._told: set[str] = set()
        #: Whom it is told; a worker has its own.
        self.tell: Callable[[str], None] = lambda _: None
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _PATHS:
            self._path(event, arguments)
        elif event in _CHANGES:
            if not self._within(arguments[0], self._writeable):
                self._notice(event, arguments[0])
        elif event == "socket.connect":
            address = arguments[1]
            if not isinstance(address, tuple) or address[0] not in ("127.0.0.1", "localhost"):
                self._notice(event, address[0] if isinstance(address, tuple) else address)
        elif event == "socket.getaddrinfo" and arguments[0] not in (None, "127.0.0.1", "localhost"):
            self._notice(event, arguments[0])

    def _path(self, event: str, arguments: tuple[Any, ...]) -> None:
        path = arguments[0]
        writes = event == "open" and bool((arguments[2] or 0) & _WRITING)
        if not self._within(path, self._writeable if writes else self._readable):
            self._notice("write" if writes else "read", path)

    def _within(self, path: object, places: tuple[str, ...]) -> bool:
        if not isinstance(path, str | bytes | os.PathLike):
            return True
        text = os.path.abspath(os.fsdecode(path))
        if (found := _OTHERS_PROCESS.match(text)) and int(found[1]) != os.getpid():
            return False
        if any(text == place or text.startswith(place.rstrip("/") + "/") for place in places if place != _TEMPORARY):
            return True
        if _TEMPORARY not in places or not f"{text}/".startswith(_TEMPORARY + "/"):
            return False
        # The sandbox's own; what was never put there is somebody else's outside.
        return places is self._writeable or not os.path.isabs(os.fsdecode(path)) or os.path.lexists(text)

    def _notice(self, what: str, of: object) -> None:
        text = f"{what} {os.fsdecode(of) if isinstance(of, str | bytes | os.PathLike) else of}"[:300]
        if text in self._told or len(self._told) >= _KEPT:
            return
        self._told.add(text)
        self.tell(text)


def bound(processes: int) -> None:
    """Bound what this process and those that it starts can take of the machine."""
    resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (_MOST_FILE_BYTES, _MOST_FILE_BYTES))
    # Where memory ends, a sandbox goes first.
    with open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")
