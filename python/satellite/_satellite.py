"""A satellite: a repository of one's own beside the official one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Self, cast
from uuid import UUID

from astropy.time import Time
from lsst.daf.butler import DataCoordinate, LabeledButlerFactory
from lsst.daf.butler.remote_butler import RemoteButler

from ._butler import SatelliteButler
from ._errors import NotFoundError, SatelliteError
from ._html import card, readable_bytes
from ._job import Job, Jobs
from ._plans import Access, Grant, SatellitePlan, TransferPlan
from ._searches import Names, Searches, selection_json
from ._storage import Storage
from ._transport import JOB_FIELDS, Node, Transport

FIELDS = (
    "name owner group state database artifacts official uri quotaBytes warnings purgeAt "
    "usage {datasets bytes referencedBytes}"
)


class Satellite(Searches):
    """A satellite, and the official repository that it was made from, as one.

    Parameters
    ----------
    transport : `Transport`
        The user's connection.
    node : `dict`
        What the gateway said of it.
    """

    def __init__(self, transport: Transport, node: Node) -> None:
        self._node = node
        super().__init__(transport, self._path)
        face = f"{transport.url}/api/butler/repo/"
        joined, own = ("+".join(names) for names in (self._path, self._path[:1]))
        self._factory = LabeledButlerFactory({"joined": face + joined, "own": face + own})
        self._storage: Storage | None = None

    @classmethod
    def find(cls, transport: Transport, name: str) -> Self:
        """Ask for a satellite.

        Parameters
        ----------
        transport : `Transport`
            The user's connection.
        name : `str`
            Its name, or ``owner~name``.

        Returns
        -------
        satellite : `Satellite`
            The satellite.

        Raises
        ------
        NotFoundError
            Raised where there is none, or it is not shared with the user.
        """
        node = transport.ask(f"query ($name: String!) {{satellite(name: $name) {{{FIELDS}}}}}", name=name)["satellite"]
        if node is None:
            raise NotFoundError(f"There is no satellite {name!r}, or it is not shared with you.", "NOT_FOUND")
        return cls(transport, node)

    @property
    def name(self) -> str:
        """Its name, for others ``owner~name`` (`str`)."""
        name = str(self._node["name"])
        return name if self._is_own else f"{self.owner}~{name}"

    @property
    def owner(self) -> str:
        """Whose it is (`str`)."""
        return str(self._node["owner"])

    @property
    def state(self) -> str:
        """``READY``, ``CHECKED_OUT``, ``DELETED``, … (`str`)."""
        return str(self._node["state"])

    @property
    def official(self) -> str | None:
        """Name of the repository that it was made from (`str` or `None`)."""
        official: str | None = self._node["official"]
        return official

    @property
    def uri(self) -> str | None:
        """What stock Python takes in ``Butler(...)``; `None` for others' (`str` or `None`)."""
        uri: str | None = self._node["uri"]
        return uri

    @property
    def _is_own(self) -> bool:
        return self.uri is not None

    @property
    def _path(self) -> list[str]:
        """Names of the repositories that are searched, in order."""
        return [self.name, *([self.official] if self.official else [])]

    def refresh(self) -> Self:
        """Ask for its present state.

        Returns
        -------
        self : `Satellite`
            This satellite.
        """
        self._node = self.find(self._transport, self.name)._node
        return self

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
        this does nothing.

        Yields
        ------
        satellite : `Satellite`
            This satellite.
        """
        with self._own_storage().held():
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

    def share(
        self,
        user: str | None = None,
        *,
        group: str | None = None,
        all_users: bool = False,
        collection: str | None = None,
        write: bool = False,
        until: datetime | Time | str | None = None,
        note: str | None = None,
    ) -> Grant:
        """Let others read it, or some of its collections.

        Parameters
        ----------
        user : `str`, optional
            A user.
        group : `str`, optional
            A group that you are a member of.
        all_users : `bool`, optional
            All users of the gateway.
        collection : `str`, optional
            A collection, or a text that ends in ``/``: all whose names begin with it. The default is all of it.
        write : `bool`, optional
            Let them change what is in it, too, where the gateway's operator allows that.
        until : `~datetime.datetime`, `~astropy.time.Time` or `str`, optional
            When it ends.
        note : `str`, optional
            What it is for.

        Returns
        -------
        grant : `Grant`
            What `unshare` takes.
        """
        if isinstance(until, Time):
            until = until.utc.isot + "Z"
        elif isinstance(until, datetime):
            until = until.isoformat()
        inputs = {
            "satellite": self.name,
            "collection": collection,
            "user": user,
            "group": group,
            "allUsers": all_users or None,
            "right": "WRITE" if write else None,
            "expiresAt": until,
            "note": note,
        }
        return Grant.read(self._change("grantAccess", inputs, f"grant {{{Grant.FIELDS}}}")["grant"])

    def unshare(self, grant: Grant | str) -> None:
        """End a grant.

        Parameters
        ----------
        grant : `Grant` or `str`
            The grant, or its identifier.
        """
        identifier = grant.id if isinstance(grant, Grant) else grant
        self._change("revokeAccess", {"grant": identifier}, "grant {id}")

    def grants(self) -> list[Grant]:
        """Give what is shared of it with whom.

        Returns
        -------
        grants : `list` [ `Grant` ]
            The newest first.
        """
        document = f"query ($name: String!) {{satellite(name: $name) {{grants(first: 10000) {{{Grant.FIELDS}}}}}}}"
        node = self._transport.ask(document, name=self.name)["satellite"]
        if node is None or node["grants"] is None:
            raise NotFoundError(f"There is no satellite {self.name!r} of yours.", "NOT_FOUND")
        return [Grant.read(grant) for grant in node["grants"]]

    def access(self, collection: str | None = None, user: str | None = None) -> Access:
        """Say whether somebody may read it, and why.

        Parameters
        ----------
        collection : `str`, optional
            A collection in it. The default is anything in it.
        user : `str`, optional
            Who. The default is yourself.

        Returns
        -------
        access : `Access`
            True where they may, with the reasons.
        """
        document = (
            "query ($satellite: String!, $collection: String, $user: String) "
            "{effectiveAccess(satellite: $satellite, collection: $collection, user: $user) {allowed reasons}}"
        )
        answer = self._transport.ask(document, satellite=self.name, collection=collection, user=user)
        return Access(answer["effectiveAccess"]["allowed"], tuple(answer["effectiveAccess"]["reasons"]))

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

    def __repr__(self) -> str:
        return f"<Satellite {self.name}: {self.state.lower()}, of {self.official}>"

    def _repr_html_(self) -> str:
        usage = self._node["usage"]
        held = usage and (
            f"{usage['datasets']} datasets, {readable_bytes(int(usage['bytes']))} of its own, "
            f"{readable_bytes(int(usage['referencedBytes']))} by reference"
        )
        warnings: Sequence[str] = self._node["warnings"]
        facts = {
            "state": self.state.lower(),
            "owner": self.owner,
            "made from": self.official,
            "database": self._node["database"],
            "files": self._node["artifacts"],
            "holds": held,
            "quota": self._node["quotaBytes"] and readable_bytes(int(self._node["quotaBytes"])),
            "stock Python": self.uri and f"Butler({self.uri!r}, writeable=True)",
            "mind": " ".join(warnings) or None,
        }
        return card(f"Satellite {self.name}", facts)
