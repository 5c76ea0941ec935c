"""What a change is going to do, and what is shared: small values that read well."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

from ._html import card, readable_bytes
from ._transport import Node


class _Shown:
    """A value that a notebook shows as a table."""

    def _repr_html_(self) -> str:
        facts = {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]
        return card(
            str(self).split("\n", 1)[0],
            {name: fact for name, fact in facts.items() if fact not in ((), None)},
        )


@dataclass(frozen=True)
class TransferPlan(_Shown):
    """What a transfer is going to do."""

    datasets: int
    """Number of datasets chosen."""
    bytes: int
    """Bytes of their files, of which none are copied by reference."""
    new_bytes: int
    """Bytes of the files of those that are new: what a copy writes."""
    new: int
    """Number of datasets that the satellite does not have yet."""
    conflicts: tuple[dict[str, Any], ...]
    """What cannot come, each with its ``reason``: the first 100."""

    FIELDS = "datasets bytes newBytes new conflicts"

    @classmethod
    def read(cls, node: Node) -> Self:
        """Read the gateway's answer.

        Parameters
        ----------
        node : `dict`
            The answer.

        Returns
        -------
        plan : `TransferPlan`
            The plan.
        """
        datasets, size, new_bytes, new = (int(node[name]) for name in ("datasets", "bytes", "newBytes", "new"))
        return cls(datasets, size, new_bytes, new, tuple(node["conflicts"]))

    def __str__(self) -> str:
        text = f"{self.new} of {self.datasets} datasets ({readable_bytes(self.new_bytes)}) are new to the satellite."
        lines = [f"  {conflict['reason']}" for conflict in self.conflicts]
        return "\n".join([text, *(["In the way:", *lines] if lines else [])])


@dataclass(frozen=True)
class SatellitePlan(_Shown):
    """What a change to a whole satellite concerns."""

    datasets: int
    """Number of datasets."""
    bytes: int
    """Bytes of its own files."""
    references: int
    """Number of datasets that it only refers to."""
    collections: tuple[str, ...]
    """Names of the collections."""
    referenced_by: tuple[str, ...]
    """Other satellites that refer to datasets of this one."""

    FIELDS = "datasets bytes references collections referencedBy"

    @classmethod
    def read(cls, node: Node) -> Self:
        """Read the gateway's answer.

        Parameters
        ----------
        node : `dict`
            The answer.

        Returns
        -------
        plan : `SatellitePlan`
            The plan.
        """
        return cls(
            int(node["datasets"]),
            int(node["bytes"]),
            int(node["references"]),
            tuple(node["collections"]),
            tuple(node["referencedBy"]),
        )

    def __str__(self) -> str:
        text = (
            f"{self.datasets} datasets ({readable_bytes(self.bytes)} of its own files, {self.references} by reference) "
            f"in {len(self.collections)} collections."
        )
        users = f"\n{', '.join(self.referenced_by)} refer to them." if self.referenced_by else ""
        return text + users


@dataclass(frozen=True)
class Grant(_Shown):
    """That others may read a satellite, or some of its collections."""

    id: str
    """Identifier, which `Satellite.unshare` takes."""
    satellite: str
    """The satellite, as others call it: ``owner~name``."""
    collection: str | None
    """A collection, or those whose names begin with a text that ends in ``/``; `None` for all of it."""
    user: str | None
    """The user who is allowed it."""
    group: str | None
    """The group whose members are allowed it."""
    right: str
    """``READ`` or ``WRITE``."""
    expires: str | None
    """When it ends, ISO-8601 UTC."""
    note: str | None
    """What its owner wrote about it."""

    FIELDS = "id satellite collection user group right expiresAt note"

    @classmethod
    def read(cls, node: Node) -> Self:
        """Read the gateway's answer.

        Parameters
        ----------
        node : `dict`
            The answer.

        Returns
        -------
        grant : `Grant`
            The grant.
        """
        return cls(**{("expires" if name == "expiresAt" else name): value for name, value in node.items()})

    def __str__(self) -> str:
        what = self.satellite if self.collection is None else f"{self.collection} of {self.satellite}"
        whom = self.user or (f"group {self.group}" if self.group else "all users")
        how = ", for writing too" if self.right == "WRITE" else ""
        return f"{what} is shared with {whom}{how}{f' until {self.expires}' if self.expires else ''}"


@dataclass(frozen=True)
class Access(_Shown):
    """Whether somebody may read something, and why."""

    allowed: bool
    """Whether they may."""
    reasons: tuple[str, ...]
    """Why, or why not, in words."""

    def __bool__(self) -> bool:
        return self.allowed

    def __str__(self) -> str:
        return "\n".join(["Yes." if self.allowed else "No.", *self.reasons])
