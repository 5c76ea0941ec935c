"""A run: a pipeline over official and own data, from its quantum graph to its results in a satellite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Self

from ._errors import NotFoundError, SatelliteError
from ._html import card
from ._job import Job
from ._transport import JOB_FIELDS, Node, Transport

_FIELDS = f"""id state directory output outputRun quanta {{total succeeded failed blocked}}
  explain {{reason suggestions}} error {{code message}} job {{{JOB_FIELDS}}}"""


class RunError(SatelliteError):
    """A run did not come to its end; ``run`` is the run as it is."""

    def __init__(self, message: str, code: str, run: Run) -> None:
        super().__init__(message, code)
        self.run = run


class Run:
    """A pipeline over official and own data, from its quantum graph to its results in a satellite.

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
    def create(cls, transport: Transport, inputs: Mapping[str, Any]) -> Self:
        """Make a run.

        Parameters
        ----------
        transport : `Transport`
            The user's connection.
        inputs : `~collections.abc.Mapping`
            Input of the mutation ``createRun``.

        Returns
        -------
        run : `Run`
            The run, of which nothing is computed yet.
        """
        return cls(transport, transport.change("createRun", inputs, f"run {{{_FIELDS}}}")["run"])

    @classmethod
    def find(cls, transport: Transport, id: str) -> Self:
        """Ask for a run.

        Parameters
        ----------
        transport : `Transport`
            The user's connection.
        id : `str`
            Its identifier.

        Returns
        -------
        run : `Run`
            The run as it is now.

        Raises
        ------
        NotFoundError
            Raised where there is no such run on a satellite of the user's.
        """
        node = transport.ask(f"query ($id: ID!) {{run(id: $id) {{{_FIELDS}}}}}", id=id)["run"]
        if node is None:
            raise NotFoundError(f"There is no run {id} on a satellite of yours.", "NOT_FOUND")
        return cls(transport, node)

    @property
    def id(self) -> str:
        """Identifier (`str`)."""
        return str(self._node["id"])

    @property
    def state(self) -> str:
        """Such as ``CREATED``, ``BUILT``, ``EXECUTING``, ``COMPLETED`` or ``FAILED`` (`str`)."""
        return str(self._node["state"])

    @property
    def directory(self) -> str:
        """Where its graph, its logs and ``run.json`` are (`str`)."""
        return str(self._node["directory"])

    @property
    def output(self) -> str:
        """The CHAINED collection of its outputs (`str`)."""
        return str(self._node["output"])

    @property
    def output_run(self) -> str:
        """The RUN collection of its outputs (`str`)."""
        return str(self._node["outputRun"])

    @property
    def quanta(self) -> dict[str, int] | None:
        """Numbers of quanta: ``total``, ``succeeded``, ``failed``, ``blocked``; `None` before it is built (`dict`)."""
        quanta = self._node["quanta"]
        return None if quanta is None else {name: int(number) for name, number in quanta.items()}

    @property
    def error(self) -> str | None:
        """Why it failed, or what it waits for (`str` or `None`)."""
        error = self._node["error"]
        return None if error is None else str(error["message"])

    @property
    def explanation(self) -> str | None:
        """Why its graph has no quanta; `None` where it has some (`str` or `None`)."""
        explain = self._node["explain"]
        if explain is None:
            return None
        return "\n".join([str(explain["reason"]), *(f"- {text}" for text in explain["suggestions"])])

    @property
    def plan(self) -> str | None:
        """Which repository gives which input, and how many quanta there are at most, as tables (`str` or `None`).

        It is made by `build`, if the gateway builds the graph; it is `None` for a graph that was made elsewhere.
        """
        node = self._transport.ask("query ($id: ID!) {run(id: $id) {plan}}", id=self.id)["run"]
        plan: str | None = node["plan"]
        return plan

    @property
    def failures(self) -> list[dict[str, str]]:
        """Quanta that failed: ``quantum``, ``task``, ``exception``, ``message`` (`list` [ `dict` ])."""
        fields = "failures {quantum task exception message}"
        node = self._transport.ask(f"query ($id: ID!) {{run(id: $id) {{{fields}}}}}", id=self.id)["run"]
        failures: list[dict[str, str]] = node["failures"]
        return failures

    def refresh(self) -> Self:
        """Ask where it stands now.

        Returns
        -------
        self : `Run`
            This run.
        """
        self._node = self.find(self._transport, self.id)._node
        return self

    def build(self, progress: bool = True) -> Self:
        """Build its quantum graph.

        Parameters
        ----------
        progress : `bool`, optional
            Show how far it is.

        Returns
        -------
        self : `Run`
            This run, built; where its graph has no quanta, ``explanation`` says why.

        Raises
        ------
        RefusedError
            Raised where the gateway runs no users' code; it says which command does it here.
        """
        return self._stage("buildRun", {}, progress)

    def execute(self, progress: bool = True) -> Self:
        """Execute its quanta; those that were executed before are left out.

        Parameters
        ----------
        progress : `bool`, optional
            Show how many are done.

        Returns
        -------
        self : `Run`
            This run, executed.
        """
        return self._stage("executeRun", {}, progress)

    def transfer(self, inputs: str = "REFERENCE", progress: bool = True) -> Self:
        """Bring what it made into the satellite's registry.

        Parameters
        ----------
        inputs : `str`, optional
            How what it read comes along: ``NONE``, ``REFERENCE`` or ``COPY``.
        progress : `bool`, optional
            Show how far it is.

        Returns
        -------
        self : `Run`
            This run, completed.
        """
        return self._stage("transferRun", {"inputs": inputs}, progress)

    def go(self, inputs: str = "REFERENCE", progress: bool = True) -> Self:
        """Do all that is left: build, execute, transfer.

        Parameters
        ----------
        inputs : `str`, optional
            How what it read comes along: ``NONE``, ``REFERENCE`` or ``COPY``.
        progress : `bool`, optional
            Show how far it is.

        Returns
        -------
        self : `Run`
            This run, completed.

        Raises
        ------
        RunError
            Raised where a step failed, some quanta did, or there is nothing to run.
        """
        if self.quanta is None:
            self.build(progress)
        if self.explanation is not None:
            raise RunError(f"There is nothing to run. {self.explanation}", "RUN_FAILED", self)
        if self.quanta is not None and self.quanta["succeeded"] < self.quanta["total"]:
            self.execute(progress)
        return self if self.state == "COMPLETED" else self.transfer(inputs, progress)

    def retry(self, progress: bool = True) -> Self:
        """Do again what did not end well: of an execution, the quanta that are missing.

        Parameters
        ----------
        progress : `bool`, optional
            Show how far it is.

        Returns
        -------
        self : `Run`
            This run.
        """
        return self._stage("retryRun", {}, progress)

    def cancel(self) -> Self:
        """Stop what it does. What it has done so far stays.

        Returns
        -------
        self : `Run`
            This run.
        """
        self._node = self._transport.change("cancelRun", {"run": self.id}, f"run {{{_FIELDS}}}")["run"]
        return self

    def remove(self, *, dry_run: bool = False, progress: bool = True) -> dict[str, Any]:
        """Remove it with everything that it made. This cannot be undone.

        Parameters
        ----------
        dry_run : `bool`, optional
            Only say what would go.
        progress : `bool`, optional
            Show how far it is.

        Returns
        -------
        plan : `dict`
            What goes: ``datasets``, ``files``, ``bytes``, ``collections``.
        """
        fields = f"plan {{datasets files bytes collections}} job {{{JOB_FIELDS}}}"
        payload = self._transport.change("removeRun", {"run": self.id, "dryRun": dry_run}, fields)
        if payload["job"] is not None:
            Job(self._transport, payload["job"]).wait(progress)
        plan: dict[str, Any] = payload["plan"]
        return plan

    def _stage(self, mutation: str, inputs: Mapping[str, Any], progress: bool) -> Self:
        payload = self._transport.change(mutation, {"run": self.id, **inputs}, f"job {{{JOB_FIELDS}}}")
        try:
            if payload["job"] is not None:
                Job(self._transport, payload["job"]).wait(progress)
        except SatelliteError as error:
            self.refresh()
            if self.state not in ("FAILED", "HELD", "CANCELLED"):
                raise
            raise RunError(self.error or str(error), error.code, self) from error
        return self.refresh()

    def __repr__(self) -> str:
        return f"<Run {self.id}: {self.state.lower()}, {self.output_run}>"

    def _repr_html_(self) -> str:
        quanta = self.quanta
        counts = "not built yet" if quanta is None else ", ".join(f"{number} {name}" for name, number in quanta.items())
        facts = {"state": self.state.lower(), "quanta": counts, "output": self.output_run, "directory": self.directory}
        return card(f"run {self.id}", {**facts, "error": self.error, "empty because": self.explanation})


def run_input(
    satellite: str,
    pipeline: str | None,
    inputs: Iterable[str],
    output: str,
    **options: Any,
) -> dict[str, Any]:
    """Give the input of ``createRun``.

    Parameters
    ----------
    satellite : `str`
        Name of the satellite.
    pipeline : `str` or `None`
        The pipeline's text, or a pipeline file of the gateway's.
    inputs : `~collections.abc.Iterable` [ `str` ]
        Collections to take inputs from.
    output : `str`
        Name of the CHAINED collection of the outputs.
    **options
        Further fields.

    Returns
    -------
    input : `dict`
        What has a value.
    """
    given = None if pipeline is None else {"yaml": pipeline} if "\n" in pipeline else {"path": pipeline}
    fields = {"satellite": satellite, "pipeline": given, "inputs": list(inputs), "output": output, **options}
    return {name: value for name, value in fields.items() if value is not None}
