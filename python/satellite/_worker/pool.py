"""A process that imports the stack once, and workers that are forked from it.

Lines that it reads:

``{"op": "enter", "socket": PATH, "readable": […], "writeable": […], "id": 0}``
    Know that this is a sandbox (`satellite._worker.sandbox`); the answer is the ``port`` that leads to the socket.
``{"op": "fork", "worker": 0, "memory": BYTES or null}``
    Start a worker; it needs no import again, so that one that was killed is replaced at once.
``{"op": "open", "graph": PATH, "butler": CONFIG, "addresses": {"from": URL, "to": URL}, "id": 1}``
    Make a graph known to the workers that are forked from now on (`satellite._worker.execution`).
``{"op": "prepare", "id": 2}``
    Import what quanta of that graph need besides their tasks, for those workers.
``{"op": "retire", "worker": 0}``
    End a worker that is asked nothing.
``{"op": "kill", "worker": 0}``
    End a worker in the middle of what it does, with the processes that it has started.
``{"op": OPERATION, "worker": 0, "id": 3, …}``
    Have a worker do something: an operation of `OPERATIONS`.

Lines that it writes: ``{"id": 3, "answer": …}`` or ``{"id": 3, "error": {"type", "message"}}``, at any time before them
``{"id": 3, "log": LINE}``, ``{"worker": 0, "ended": "signal 9"}`` when a worker is gone, and ``{"notice": TEXT}`` when
code in a sandbox wanted more than there is. When standard input ends, everything ends,
and the directory for temporary files goes that is its argument.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import logging
import os
import resource
import selectors
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from . import execution, graphs, kept_inputs, provenance
from .sandbox import Watch, bound, forward

#: A request, or an answer.
Line = dict[str, Any]
#: Tells of progress.
Log = Callable[[str], None]

#: What a worker can be asked, by name.
OPERATIONS: Mapping[str, Callable[[Line, Log], object]] = {
    "pipeline": graphs.pipeline,
    "build": graphs.build,
    "stored": execution.stored,
    "init": execution.init,
    "quantum": execution.quantum,
    "provenance": provenance.provenance,
}

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
#: Processes and threads of a sandbox.
_MOST_PROCESSES = 2048

_watch: Watch | None = None


def enter(request: Line, log: Log) -> object:
    """Know that this process is in a sandbox."""
    global _watch
    port = forward(request["socket"])
    bound(_MOST_PROCESSES)
    _watch = Watch(request["readable"], request["writeable"])
    return {"port": port}


class Lines:
    """Whole lines out of a file descriptor that is read piece by piece."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._rest = b""

    def read(self) -> list[bytes] | None:
        """Read what is there; `None` at the end."""
        piece = os.read(self.descriptor, 1 << 16)
        if not piece:
            return None
        *lines, self._rest = (self._rest + piece).split(b"\n")
        return lines

    def __iter__(self) -> Iterator[bytes]:
        while (lines := self.read()) is not None:
            yield from lines


def write(descriptor: int, line: Line) -> None:
    """Write one line, all of it."""
    data = json.dumps(line).encode() + b"\n"
    while data:
        data = data[os.write(descriptor, data) :]


@dataclass
class Worker:
    """A forked process, from the pool's side."""

    pid: int
    requests: int
    answers: Lines

    def kill(self) -> None:
        """End it at once, with what it has started: also what has left its group of processes."""
        left = descendants(self.pid)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def descendants(ancestor: int) -> list[int]:
    """Find the processes that one has started, and those that they have; on Linux."""
    parents: dict[int, int] = {}
    for name in filter(str.isdecimal, os.listdir("/proc") if sys.platform == "linux" else ()):
        with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as file:
            parents[int(name)] = int(file.read().rpartition(b")")[2].split()[1])
    family = [ancestor]
    # A list is walked through what is added to it meanwhile, too.
    for member in family:
        family += [pid for pid, parent in parents.items() if parent == member]
    return family[1:]


class Pool:
    """The workers that are there, and what they are asked."""

    def __init__(self, requests: int, answers: int) -> None:
        self._requests = Lines(requests)
        self._answers = answers
        self._workers: dict[int, Worker] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(requests, selectors.EVENT_READ, None)

    def run(self) -> None:
        """Serve until the requests end."""
        while True:
            for key, _ in self._selector.select():
                if key.data is not None:
                    self._pass_on(key.data)
                elif (lines := self._requests.read()) is None:
                    return
                else:
                    for line in lines:
                        self._handle(json.loads(line), line)

    def kill(self) -> None:
        """End all workers, in the middle of whatever they do."""
        for worker in self._workers.values():
            worker.kill()
        for worker in self._workers.values():
            os.waitpid(worker.pid, 0)

    def _handle(self, request: Line, line: bytes) -> None:
        op = request["op"]
        if op == "fork":
            self._fork(request["worker"], request["memory"])
        elif op == "open":
            answer(self._answers, request, execution.open_graph)
        elif op == "prepare":
            answer(self._answers, request, execution.prepare)
        elif op == "enter":
            answer(self._answers, request, enter)
            tell_of_notices(self._answers)
        elif worker := self._workers.get(request["worker"]):
            if op == "retire":
                os.close(worker.requests)
                worker.requests = -1
                return
            if op == "kill":
                worker.kill()
                return
            try:
                data = line + b"\n"
                while data:
                    data = data[os.write(worker.requests, data) :]
            except BrokenPipeError:
                # That it is gone is told when its answers end.
                pass

    def _pass_on(self, number: int) -> None:
        worker = self._workers[number]
        lines = worker.answers.read()
        if lines is not None:
            for line in lines:
                data = line + b"\n"
                while data:
                    data = data[os.write(self._answers, data) :]
            return
        self._selector.unregister(worker.answers.descriptor)
        os.close(worker.answers.descriptor)
        if worker.requests >= 0:
            os.close(worker.requests)
        del self._workers[number]
        # What it started and did not end writes no more; its own end, which has begun, stays as it is.
        worker.kill()
        _, status = os.waitpid(worker.pid, 0)
        kept_inputs.remove_of(worker.pid)
        code = os.waitstatus_to_exitcode(status)
        write(self._answers, {"worker": number, "ended": f"signal {-code}" if code < 0 else f"status {code}"})

    def _fork(self, number: int, memory: int | None) -> None:
        requests, to_worker = os.pipe()
        from_worker, answers = os.pipe()
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid == 0:
            self._close_all()
            os.close(to_worker)
            os.close(from_worker)
            become_worker(requests, answers, parent, memory)
        os.close(requests)
        os.close(answers)
        # Here too, as it may be killed before it has come to that itself.
        with contextlib.suppress(OSError):
            os.setpgid(pid, pid)
        self._workers[number] = Worker(pid, to_worker, Lines(from_worker))
        self._selector.register(from_worker, selectors.EVENT_READ, number)

    def _close_all(self) -> None:
        """Keep what is the pool's from a worker: else another's requests would never end."""
        self._selector.close()
        os.close(self._requests.descriptor)
        os.close(self._answers)
        for worker in self._workers.values():
            if worker.requests >= 0:
                os.close(worker.requests)
            os.close(worker.answers.descriptor)


def become_worker(requests: int, answers: int, parent: int, memory: int | None) -> NoReturn:
    """Serve requests until they end; never returns."""
    os.setpgid(0, 0)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    if memory is not None:
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    tell_of_notices(answers)
    os.register_at_fork(after_in_child=lambda: let_go(requests, answers))
    for line in Lines(requests):
        request = json.loads(line)
        answer(answers, request, OPERATIONS[request["op"]])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def let_go(*descriptors: int) -> None:
    """Lead a pool's pipes nowhere in a process that a worker forked: they end with the worker."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(nowhere, descriptor, inheritable=False)
    os.close(nowhere)


def tell_of_notices(descriptor: int) -> None:
    """Have what this process notices told there."""
    if _watch is not None:
        _watch.tell = lambda text: write(descriptor, {"notice": text})


def answer(descriptor: int, request: Line, operation: Callable[[Line, Log], object]) -> None:
    """Do what is asked, and say how it went."""
    id_ = request["id"]
    try:
        done = operation(request, lambda text: write(descriptor, {"id": id_, "log": text}))
    except BaseException as error:
        # A task may raise anything, or want to exit: the process is not its own.
        write(descriptor, {"id": id_, "error": execution.described(error)})
    else:
        write(descriptor, {"id": id_, "answer": done})


def main() -> None:
    """Serve standard input and output."""
    # What workers leave behind stays below this process, where whoever ends it finds it.
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    # What tasks print is no answer.
    requests, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    for descriptor in (requests, answers):
        os.set_inheritable(descriptor, False)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    logging.captureWarnings(True)
    pool = Pool(requests, answers)
    try:
        pool.run()
    finally:
        pool.kill()
        # Whoever made it does it too, but may have been killed.
        for temporary in sys.argv[1:]:
            shutil.rmtree(temporary, ignore_errors=True)
