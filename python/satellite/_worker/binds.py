"""Values for the names in a where-expression, from the gateway's JSON to what `lsst.daf.butler` takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from astropy.time import Time
from lsst.daf.butler import Timespan
from lsst.daf.butler.time_utils import TimeConverter


def _tai(text: str) -> Time:
    return Time(text, format="isot", scale="tai")


def _of_nsec(nsec: str | int) -> Time:
    return TimeConverter().nsec_to_astropy(int(nsec))


def _span(ends: list[Any], time: Callable[[Any], Time]) -> Timespan:
    begin, end = (None if of is None else time(of) for of in ends)
    return Timespan(begin, end)


#: By the tag of its JSON object; those of regions and positions have no form that graphs are built with.
_TAGGED: Mapping[str, Callable[[Any], object]] = {
    "$int": int,
    "$float": float,
    "$uuid": UUID,
    "$time": _tai,
    "$time_utc": lambda text: Time(text, format="isot", scale="utc"),
    "$time_nsec": _of_nsec,
    "$timespan": lambda ends: _span(ends, _tai),
    "$timespan_nsec": lambda ends: _span(ends, _of_nsec),
}


def bind_values(bind: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Convert all values.

    Parameters
    ----------
    bind : `~collections.abc.Mapping` or `None`
        JSON by name.

    Returns
    -------
    values : `dict` or `None`
        The same as stock Butler takes them; `None` where there are none.

    Raises
    ------
    ValueError
        Raised where there is no such value.
    """
    return {name: _value(of) for name, of in bind.items()} if bind else None


def _value(of: Any) -> object:
    if isinstance(of, list):
        return [_value(one) for one in of]
    if not isinstance(of, dict):
        return of
    [(tag, content)] = of.items() if len(of) == 1 else [("", None)]
    if tag not in _TAGGED:
        raise ValueError(f"A graph cannot be built with a value such as {of!r} in bind.")
    return _TAGGED[tag](content)
