"""Collections of a satellite that are published after a review."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Self

from ._errors import NotFoundError
from ._html import card
from ._job import Job
from ._searches import Names
from ._transport import JOB_FIELDS, Node, Transport

_FIELDS = f"id version state reason digest title repository checks {{code state message}} job {{{JOB_FIELDS}}}"


class Publication:
    """Collections that are published together, after a review.

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
        """Ask for a publication.

        Parameters
        ----------
        transport : `Transport`
            The user's connection.
        id : `str`
            Its identifier.

        Returns
        -------
        publication : `Publication`
            The publication as it is now.

        Raises
        ------
        NotFoundError
            Raised where there is none that the user may see.
        """
        node = transport.ask(f"query ($id: ID!) {{publication(id: $id) {{{_FIELDS}}}}}", id=id)["publication"]
        if node is None:
            raise NotFoundError(f"There is no publication {id} that you may see.", "NOT_FOUND")
        return cls(transport, node)

    @property
    def id(self) -> str:
        """Identifier, which stays over its versions (`str`)."""
        return str(self._node["id"])

    @property
    def version(self) -> int:
        """Number of its latest version, from 1 (`int`)."""
        return int(self._node["version"])

    @property
    def state(self) -> str:
        """Such as ``DRAFT``, ``SUBMITTED``, ``CHANGES_REQUESTED`` or ``PUBLISHED`` (`str`)."""
        return str(self._node["state"])

    @property
    def reason(self) -> str | None:
        """Why it is in this state, where somebody or something decided so (`str` or `None`)."""
        reason: str | None = self._node["reason"]
        return reason

    @property
    def digest(self) -> str | None:
        """SHA-256 of what reviewers approve; `None` while that is being written down (`str` or `None`)."""
        digest: str | None = self._node["digest"]
        return digest

    @property
    def checks(self) -> list[dict[str, str]]:
        """What was checked: ``code``, ``state``, ``message`` (`list` [ `dict` ])."""
        checks: list[dict[str, str]] = self._node["checks"]
        return checks

    @property
    def url(self) -> str:
        """Address of its page, for its owner and its reviewers (`str`)."""
        return f"{self._transport.url}/publications/{self.id}"

    def refresh(self) -> Self:
        """Ask how it is now.

        Returns
        -------
        self : `Publication`
            This publication.
        """
        self._node = self.find(self._transport, self.id)._node
        return self

    def wait(self, progress: bool = True) -> Self:
        """Wait for what the gateway does about it: to write it down and check it, and to bring over what was approved.

        For a reviewer's decision nobody waits here: it may take days.

        Parameters
        ----------
        progress : `bool`, optional
            Show how far it is.

        Returns
        -------
        self : `Publication`
            This publication as it is then.

        Raises
        ------
        JobError
            Raised where that did not come to its end.
        """
        if self.refresh()._node["job"] is not None:
            Job(self._transport, self._node["job"]).wait(progress)
        return self.refresh()

    def withdraw(self, reason: str | None = None, progress: bool = True) -> Self:
        """Give it up, or take what is published out of the repository again.

        Parameters
        ----------
        reason : `str`, optional
            Why; needed for what is published, of which it stays behind with the title.
        progress : `bool`, optional
            Show how far it is.

        Returns
        -------
        self : `Publication`
            This publication, cancelled or withdrawn.
        """
        inputs = {"publication": self.id, "comment": reason}
        payload = self._transport.change("withdrawPublication", inputs, f"job {{{JOB_FIELDS}}}")
        if payload["job"] is not None:
            Job(self._transport, payload["job"]).wait(progress)
        return self.refresh()

    def __repr__(self) -> str:
        return f"<Publication {self.id}, version {self.version}: {self.state.lower()}, {self._node['title']}>"

    def _repr_html_(self) -> str:
        facts: dict[str, Any] = {"state": self.state.lower(), "reason": self.reason, "page": self.url}
        found = {check["code"]: check["message"] for check in self.checks if check["state"] != "PASSED"}
        return card(f"publication {self._node['title']}", {**facts, **found})


class Publishing(ABC):
    """What can be published."""

    _transport: Transport

    @property
    @abstractmethod
    def name(self) -> str:
        """Its name (`str`)."""

    def publish(
        self,
        collections: Names,
        *,
        title: str,
        description: str | None = None,
        licence: str | None = None,
        readers: Iterable[str] | None = None,
        groups: Iterable[str] | None = None,
        repository: str | None = None,
        publication: Publication | str | None = None,
        wait: bool = True,
        progress: bool = True,
    ) -> Publication:
        """Ask for collections to be published: exactly what is in them now. Reviewers decide about it.

        Parameters
        ----------
        collections : `str` or `~collections.abc.Iterable` [ `str` ]
            The collections, chains with all that is below them.
        title : `str`
            What it is called.
        description : `str`, optional
            What it is.
        licence : `str`, optional
            Under which terms others may use it.
        readers, groups : `~collections.abc.Iterable` [ `str` ], optional
            Users, and groups of users, who may read it. The default is all users, and for a later version whoever
            was to read the one before.
        repository : `str`, optional
            Name of the published repository. The default is the only one.
        publication : `Publication` or `str`, optional
            What this is a new version of.
        wait : `bool`, optional
            Wait until it is written down and checked. Ctrl-C ends the waiting, not the work.
        progress : `bool`, optional
            Show how far it is.

        Returns
        -------
        publication : `Publication`
            The publication: ``SUBMITTED``, or ``DRAFT`` where its ``checks`` failed.
        """
        named = {key: list(names) for key, names in (("users", readers), ("groups", groups)) if names is not None}
        inputs = {
            "satellite": self.name,
            "collections": [collections] if isinstance(collections, str) else list(collections),
            "title": title,
            "description": description,
            "licence": licence,
            "readers": named or None,
            "repository": repository,
            "publication": publication.id if isinstance(publication, Publication) else publication,
        }
        payload = self._transport.change("submitPublication", inputs, f"publication {{{_FIELDS}}}")
        made = Publication(self._transport, payload["publication"])
        return made.wait(progress) if wait else made
