"""Who else may read a satellite."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime

from astropy.time import Time

from ._errors import NotFoundError
from ._plans import Access, Grant
from ._transport import Transport


class Sharing(ABC):
    """What can be shared with others."""

    _transport: Transport

    @property
    @abstractmethod
    def name(self) -> str:
        """Its name (`str`)."""

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
        return Grant.read(self._transport.change("grantAccess", inputs, f"grant {{{Grant.FIELDS}}}")["grant"])

    def unshare(self, grant: Grant | str) -> None:
        """End a grant.

        Parameters
        ----------
        grant : `Grant` or `str`
            The grant, or its identifier.
        """
        identifier = grant.id if isinstance(grant, Grant) else grant
        self._transport.change("revokeAccess", {"grant": identifier}, "grant {id}")

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
