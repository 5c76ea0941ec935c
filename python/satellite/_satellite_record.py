"""What the gateway tells of a satellite."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from astropy.table import Table

from ._errors import NotFoundError
from ._html import card, readable_bytes
from ._searches import Searches
from ._tables import usage_table
from ._transport import Node, Transport

FIELDS = (
    "name owner group state database artifacts official uri quotaBytes warnings purgeAt "
    "usage {datasets bytes referencedBytes}"
)


class SatelliteRecord(Searches):
    """What the gateway tells of a satellite; searches go through it and the official repository that it was made from.

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

    def usage(self) -> Table:
        """Tell how much it holds.

        Returns
        -------
        table : `~astropy.table.Table`
            The datasets of each dataset type in each collection, with the bytes of their files in the satellite, and of
            those elsewhere that it refers to. What is in a TAGGED or CALIBRATION collection is in its RUN too.
        """
        amounts = "datasets bytes referencedBytes"
        fields = f"parts {{run datasetType {amounts}}} memberships {{collection type datasetType {amounts}}}"
        document = f"query ($name: String!) {{satellite(name: $name) {{usage {{{fields}}}}}}}"
        found = self._transport.ask(document, name=self.name)["satellite"]
        if found is None or found["usage"] is None:
            raise NotFoundError(f"There is no satellite {self.name!r} of yours.", "NOT_FOUND")
        return usage_table(found["usage"])

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
