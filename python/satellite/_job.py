"""Work that goes on at the gateway."""

from __future__ import annotations

from typing import Any, Self

from ._errors import JobError, NotFoundError
from ._html import card, table
from ._progress import Progress, say
from ._transport import JOB_FIELDS, Node, Transport

_AT_REST = ("COMPLETED", "FAILED", "CANCELLED", "HELD")


class Job:
    """Work that goes on at the gateway, whether this notebook lives or not.

    Parameters
    ----------
    transport : `Transport`
        The user's connection.
    node : `dict`
        What the gateway said of it.
    """

    def __init__(self, transport: Transport, node: Node) -> None:
        self._transport = transport
        self._node = node

    @classmethod
    def find(cls, transport: Transport, id: str) -> Self:
        """Ask for a job.

        Parameters
        ----------
        transport : `Transport`
            The user's connection.
        id : `str`
            Its identifier.

        Returns
        -------
        job : `Job`
            The job as it is now.

        Raises
        ------
        NotFoundError
            Raised where there is no such job of the user's.
        """
        node = transport.ask(f"query ($id: ID!) {{job(id: $id) {{{JOB_FIELDS}}}}}", id=id)["job"]
        if node is None:
            raise NotFoundError(f"There is no job {id} of yours.", "NOT_FOUND")
        return cls(transport, node)

    @property
    def id(self) -> str:
        """Identifier (`str`)."""
        return str(self._node["id"])

    @property
    def kind(self) -> str:
        """The mutation that started it, such as ``transferDatasets`` (`str`)."""
        return str(self._node["kind"])

    @property
    def state(self) -> str:
        """``QUEUED``, ``RUNNING``, ``COMPLETED``, ``FAILED``, ``CANCELLED`` or ``HELD`` (`str`)."""
        return str(self._node["state"])

    @property
    def done(self) -> int:
        """How much is done, in ``unit`` (`int`)."""
        return int(self._node["progress"]["done"])

    @property
    def total(self) -> int | None:
        """How much there is to do; `None` while that is not known (`int` or `None`)."""
        total = self._node["progress"]["total"]
        return None if total is None else int(total)

    @property
    def unit(self) -> str:
        """What is counted, such as ``datasets`` (`str`)."""
        return str(self._node["progress"]["unit"])

    @property
    def error(self) -> str | None:
        """Why it failed, or what it waits for (`str` or `None`)."""
        error = self._node["error"]
        return None if error is None else str(error["message"])

    @property
    def result(self) -> dict[str, Any] | None:
        """What came of it; `None` before it is completed (`dict` or `None`)."""
        result: dict[str, Any] | None = self._node["result"]
        return result

    def refresh(self) -> Self:
        """Ask how far it is now.

        Returns
        -------
        self : `Job`
            This job.
        """
        self._node = self.find(self._transport, self.id)._node
        return self

    def wait(self, progress: bool = True) -> Self:
        """Wait until it is done. Ctrl-C (the notebook's stop button) ends the waiting, not the job.

        Parameters
        ----------
        progress : `bool`, optional
            Show how far it is.

        Returns
        -------
        self : `Job`
            This job, completed.

        Raises
        ------
        JobError
            Raised where it failed, was cancelled, or is held until something is done about it.
        """
        try:
            with Progress(progress) as shown:
                if self.state not in _AT_REST:
                    for node in self._transport.watch(self.id):
                        self._node = node
                        shown.update(self)
        except KeyboardInterrupt:
            say(f"The job goes on: gateway.job({self.id!r}) finds it again, to wait() for it or to cancel() it.")
            raise
        if self.state == "COMPLETED":
            return self
        what = {
            "FAILED": "Job {id} ({kind}) failed: {error} gateway.job({id!r}).retry() goes on where it stopped.",
            "CANCELLED": "Job {id} ({kind}) was cancelled. gateway.job({id!r}).retry() goes on where it stopped.",
            "HELD": "Job {id} ({kind}) waits: {error} It goes on by itself, or by gateway.job({id!r}).retry().",
        }[self.state]
        code = (self._node["error"] or {}).get("code", self.state)
        raise JobError(what.format(id=self.id, kind=self.kind, error=self.error), code, self)

    def cancel(self) -> Self:
        """Stop it. What it has done so far stays.

        Returns
        -------
        self : `Job`
            This job.
        """
        return self._change("cancelJob")

    def retry(self) -> Self:
        """Start it again where it stopped, if it failed, was cancelled or is held.

        Returns
        -------
        self : `Job`
            This job.
        """
        return self._change("retryJob")

    def _change(self, mutation: str) -> Self:
        self._node = self._transport.change(mutation, {"job": self.id}, f"job {{{JOB_FIELDS}}}")["job"]
        return self

    def __str__(self) -> str:
        if self.total is None and self.done == 0:
            return f"{self.kind} {self.state.lower()}"
        total = "?" if self.total is None else self.total
        return f"{self.kind} {self.state.lower()}: {self.done} of {total} {self.unit}"

    def __repr__(self) -> str:
        return f"<Job {self.id}: {self}>"

    def _facts(self) -> dict[str, object]:
        progress = f"{self.done} of {'?' if self.total is None else self.total} {self.unit}"
        return {"state": self.state.lower(), "progress": progress, "error": self.error, "result": self.result}

    def _repr_html_(self) -> str:
        return card(f"{self.kind} {self.id}", self._facts())


class Jobs(list[Job]):
    """Jobs, the newest first, which a notebook shows as a table."""

    def _repr_html_(self) -> str:
        return table({"job": job.id, "kind": job.kind, **job._facts()} for job in self)
