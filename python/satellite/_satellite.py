"""A satellite: a repository of one's own beside the official one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self, cast
from uuid import UUID

from lsst.daf.butler import DataCoordinate, LabeledButlerFactory
from lsst.daf.butler.remote_butler import RemoteButler

from ._binds import bind_json
from ._butler import SatelliteButler
from ._errors import SatelliteError
from ._job import Job, Jobs
from ._plans import SatellitePlan, TransferPlan
from ._publishing import Publishing
from ._run import Run, run_input
from ._satellite_record import FIELDS, SatelliteRecord
from ._searches import Names, selection_json
from ._sharing import Sharing
from ._storage import Storage
from ._transport import JOB_FIELDS, Node, Transport


class Satellite(SatelliteRecord, Sharing, Publishing):
    """A satellite, and the official repository that it was made from, as one.

    Parameters
    ----------
    transport : `Transport`
        The user's connection.
    node : `dict`
        What the gateway said of it.
    """

    def __init__(self, transport: Transport, node: Node) -> None:
        super().__init__(transport, node)
        face = f"{transport.url}/api/butler/repo/"
        joined, own = ("+".join(names) for names in (self._path, self._path[:1]))
        self._factory = LabeledButlerFactory({"joined": face + joined, "own": face + own})
        self._storage: Storage | None = None

    def butler(
        self,
        collections: Names | None = None,
        run: str | None = None,
        *,
        official: bool = True,
        **data_id: Any,
    ) -> SatelliteButler:
        """Give a Butler that reads official and own data as one, and writes to the satellite.

        Parameters
        ----------
        collections : `str` or `~collections.abc.Iterable` [ `str` ], optional
            Default collections to search, in this order, own and official ones.
        run : `str`, optional
            RUN collection of the satellite that `put` writes to; it is made where it is not there.
        official : `bool`, optional
            Read the official repository, too.
        **data_id
            Default values of data IDs, such as ``instrument="HSC"``.

        Returns
        -------
        butler : `~lsst.daf.butler.Butler`
            The Butler.

        Raises
        ------
        SatelliteError
            Raised where it is another's, or its files are not on this machine.
        """
        storage = self._own_storage()
        if run is not None:
            storage.write(lambda butler: butler.collections.register(run))
        remote = self._factory.create_butler(
            "joined" if official else "own", access_token=self._transport.token.reveal()
        )
        defaults = remote.clone(collections=collections, run=run, dataId=data_id)
        return SatelliteButler(cast(RemoteButler, defaults), storage)

    @contextmanager
    def checked_out(self) -> Iterator[Self]:
        """Keep the satellite for many changes by its Butlers: a context.

        Where it lies on a network file system, each change else checks it out of the gateway and in again. Elsewhere
        this does nothing. Threads may change it in the block; it is given back when the last such block has ended.

        Yields
        ------
        satellite : `Satellite`
            This satellite.
        """
        with self._own_storage().kept():
            yield self

    def checkout(self) -> Self:
        """Take the satellite out of the gateway, which only reads it until `checkin`.

        Returns
        -------
        self : `Satellite`
            This satellite.
        """
        self._close()
        return self._simple("checkoutSatellite")

    def checkin(self) -> Self:
        """Give the satellite back to the gateway.

        Returns
        -------
        self : `Satellite`
            This satellite.
        """
        self._close()
        return self._simple("checkinSatellite")

    def transfer(
        self,
        dataset_type: Names | None = None,
        collections: Names | None = None,
        *,
        uuids: Iterable[UUID | str] | None = None,
        where: str | None = None,
        bind: Mapping[str, Any] | None = None,
        data_id: Mapping[str, Any] | DataCoordinate | None = None,
        find_first: bool = True,
        source: str | None = None,
        copy: bool = False,
        with_collections: bool = True,
        dry_run: bool = False,
        wait: bool = True,
        progress: bool = True,
    ) -> Job | TransferPlan:
        """Bring datasets into the satellite, by reference (no bytes are copied) or as copies.

        UUIDs, runs and data IDs are kept; what is there already is left as it is.

        Parameters
        ----------
        dataset_type, collections, where, bind, data_id, find_first
            A search for them, as in `search`.
        uuids : `~collections.abc.Iterable` [ `~uuid.UUID` or `str` ], optional
            Their UUIDs, instead of a search; such as the column ``uuid`` of one.
        source : `str`, optional
            Repository to take them from. The default is the one that the satellite was made from.
        copy : `bool`, optional
            Copy the files, too.
        with_collections : `bool`, optional
            Bring the chains that the search names, and the datasets' tags and validity ranges.
        dry_run : `bool`, optional
            Only say what would be done.
        wait : `bool`, optional
            Wait until it is done. Ctrl-C ends the waiting, not the transfer.
        progress : `bool`, optional
            Show how far it is.

        Returns
        -------
        job : `Job` or `TransferPlan`
            The job, completed if it was waited for; in a dry run the plan.

        Raises
        ------
        JobError
            Raised where it did not come to its end.
        """
        search = None
        if uuids is None:
            if dataset_type is None or collections is None:
                raise SatelliteError("Say what to bring: dataset_type and collections, or uuids.", "BAD_USER_INPUT")
            search = selection_json(dataset_type, collections, where, bind, data_id, find_first)
        payload = self._change(
            "transferDatasets",
            {
                "from": source,
                "to": self.name,
                "search": search,
                "uuids": None if uuids is None else [str(uuid) for uuid in uuids],
                "mode": "COPY" if copy else "REFERENCE",
                "collections": with_collections,
                "dryRun": dry_run,
            },
            f"plan {{{TransferPlan.FIELDS}}} job {{{JOB_FIELDS}}}",
        )
        return TransferPlan.read(payload["plan"]) if dry_run else self._job(payload, wait, progress)

    def run(
        self,
        pipeline: str | None,
        inputs: Names,
        output: str,
        *,
        configuration: Iterable[str] | None = None,
        where: str | None = None,
        bind: Mapping[str, Any] | None = None,
        data_ids: Iterable[Mapping[str, Any]] | None = None,
        repositories: Iterable[str] | None = None,
        skip_existing_in: Names | None = None,
        extend: bool = False,
        graph: str | None = None,
        executor: str = "LOCAL",
        go: bool = True,
        progress: bool = True,
    ) -> Run:
        """Run a pipeline over official and own data, with its results in the satellite.

        Parameters
        ----------
        pipeline : `str` or `None`
            The pipeline's text, or a pipeline file of the gateway's (labels of tasks may follow ``#``).
        inputs : `str` or `~collections.abc.Iterable` [ `str` ]
            Collections to take inputs from, in this order, own and official ones.
        output : `str`
            Name of a CHAINED collection for the outputs.
        configuration : `~collections.abc.Iterable` [ `str` ], optional
            Changes of the pipeline's configuration, such as ``"coadd:useTemplate=True"``.
        where, bind
            What is run, as in `search`.
        data_ids : `~collections.abc.Iterable` [ `~collections.abc.Mapping` ], optional
            Only what these data IDs match.
        repositories : `~collections.abc.Iterable` [ `str` ], optional
            Repositories to take inputs from. The default is the satellite, then the one that it was made from.
        skip_existing_in : `str` or `~collections.abc.Iterable` [ `str` ], optional
            Leave out what is done there.
        extend : `bool`, optional
            Put the outputs into the last RUN of ``output``.
        graph : `str`, optional
            A ``.qg`` file in the satellite's directory, instead of a pipeline.
        executor : `str`, optional
            ``LOCAL`` or ``BPS``.
        go : `bool`, optional
            Build, execute and transfer it at once. Else only the run is made.
        progress : `bool`, optional
            Show how far it is.

        Returns
        -------
        run : `Run`
            The run.

        Raises
        ------
        RunError
            Raised where a step failed, some quanta did, or there is nothing to run.
        """
        names = [inputs] if isinstance(inputs, str) else list(inputs)
        skipped = [skip_existing_in] if isinstance(skip_existing_in, str) else skip_existing_in
        asked = run_input(
            self.name,
            pipeline,
            names,
            output,
            configuration=None if configuration is None else list(configuration),
            where=where,
            bind=None if bind is None else {name: bind_json(value) for name, value in bind.items()},
            dataIds=None if data_ids is None else [dict(data_id) for data_id in data_ids],
            repositories=None if repositories is None else list(repositories),
            skipExistingIn=None if skipped is None else list(skipped),
            extend=extend,
            graph=graph,
            executor=executor,
        )
        run = Run.create(self._transport, asked)
        return run.go(progress=progress) if go else run

    def verify(self, *, repair: bool = False, progress: bool = True) -> dict[str, Any]:
        """Check the database against the Butler's rules, the files, and what is referred to.

        Parameters
        ----------
        repair : `bool`, optional
            Mend what can be mended without loss.
        progress : `bool`, optional
            Show how far it is.

        Returns
        -------
        report : `dict`
            ``sound``, ``counts`` of findings by kind, ``repaired``, and the first ``findings``.
        """
        payload = self._change("verifySatellite", {"satellite": self.name, "repair": repair}, f"job {{{JOB_FIELDS}}}")
        return self._job(payload, True, progress).result or {}

    def reset(self, *, dry_run: bool = False) -> SatellitePlan:
        """Empty it: as if it had just been made, and shared with nobody. `restore` undoes it.

        Parameters
        ----------
        dry_run : `bool`, optional
            Only say what would go.

        Returns
        -------
        plan : `SatellitePlan`
            What goes.
        """
        return self._remove("resetSatellite", dry_run)

    def delete(self, *, purge: bool = False, dry_run: bool = False) -> SatellitePlan:
        """Delete it. `restore` undoes it for a while, unless it is purged.

        Parameters
        ----------
        purge : `bool`, optional
            Delete it for good.
        dry_run : `bool`, optional
            Only say what would go.

        Returns
        -------
        plan : `SatellitePlan`
            What goes.
        """
        return self._remove("deleteSatellite", dry_run, purge=purge)

    def restore(self) -> Self:
        """Bring it back as it was before it was deleted, or before its last reset.

        Returns
        -------
        self : `Satellite`
            This satellite.
        """
        self._close()
        payload = self._change("restoreSatellite", {"satellite": self.name}, f"job {{{JOB_FIELDS}}}")
        if payload["job"] is not None:
            self._job(payload, True, True)
        return self.refresh()

    def jobs(self) -> Jobs:
        """Give the jobs that work on it, the newest first.

        Returns
        -------
        jobs : `list` [ `Job` ]
            The jobs.
        """
        document = f"query ($satellite: String) {{jobs(satellite: $satellite) {{{JOB_FIELDS}}}}}"
        nodes = self._transport.ask(document, satellite=self.name)["jobs"]
        return Jobs(Job(self._transport, node) for node in nodes)

    def _own_storage(self) -> Storage:
        if self._storage is None:
            if self.uri is None:
                raise SatelliteError(
                    f"Satellite {self.name!r} is another's: only its owner opens its files.", "FORBIDDEN"
                )
            self._storage = Storage(
                self.name,
                self.uri,
                self._environment,
                lambda: self._simple("checkoutSatellite"),
                lambda: self._simple("checkinSatellite"),
            )
        return self._storage

    def _environment(self) -> Mapping[str, str]:
        document = "query ($name: String!) {satellite(name: $name) {environment}}"
        node = self._transport.ask(document, name=self.name)["satellite"] or {}
        return cast(Mapping[str, str], node.get("environment") or {})

    def _change(self, mutation: str, inputs: Mapping[str, Any], fields: str) -> Node:
        return self._transport.change(mutation, inputs, fields)

    def _simple(self, mutation: str) -> Self:
        self._node = self._change(mutation, {"satellite": self.name}, f"satellite {{{FIELDS}}}")["satellite"]
        return self

    def _remove(self, mutation: str, dry_run: bool, **inputs: Any) -> SatellitePlan:
        if not dry_run:
            self._close()
        payload = self._change(
            mutation,
            {"satellite": self.name, "dryRun": dry_run, **inputs},
            f"plan {{{SatellitePlan.FIELDS}}} job {{{JOB_FIELDS}}} satellite {{{FIELDS}}}",
        )
        if payload["satellite"] is not None:
            self._node = payload["satellite"]
        if payload["job"] is not None:
            self._job(payload, True, True)
        return SatellitePlan.read(payload["plan"])

    def _job(self, payload: Node, wait: bool, progress: bool) -> Job:
        job = Job(self._transport, payload["job"])
        try:
            return job.wait(progress) if wait else job
        finally:
            # Butlers see what it has brought.
            if self._storage is not None:
                self._storage.refresh()

    def _close(self) -> None:
        if self._storage is not None:
            self._storage.close()
