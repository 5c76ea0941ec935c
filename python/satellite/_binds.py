"""Values of a query in the form that they have in the gateway's JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.time import Time
from lsst.daf.butler import DataCoordinate, Timespan
from lsst.daf.butler.time_utils import TimeConverter
from lsst.sphgeom import LonLat, Region

from ._errors import SatelliteError

#: The largest number that JSON holds exactly.
_EXACT = 2**53


def bind_json(value: Any) -> Any:
    """Convert a value of ``bind``, as ``lsst.daf.butler`` takes it, to JSON.

    Parameters
    ----------
    value : `object`
        A string, number, `bool`, `~uuid.UUID`, `~astropy.time.Time`, `~lsst.daf.butler.Timespan`,
        `~lsst.sphgeom.Region`, `~lsst.sphgeom.LonLat`, `~astropy.coordinates.SkyCoord`, `bytes`, or several of
        one kind.

    Returns
    -------
    json : `object`
        The same in the gateway's tagged form, where JSON has no such kind of value.

    Raises
    ------
    SatelliteError
        Raised where it is of another kind.
    """
    match value:
        case np.ndarray():
            return bind_json(value.tolist())
        case np.generic():
            return bind_json(value.item())
        case bool() | str():
            return value
        case int():
            return value if abs(value) <= _EXACT else {"$int": str(value)}
        case float():
            return {"$float": repr(value)}
        case UUID():
            return {"$uuid": str(value)}
        case bytes():
            return {"$bytes": value.hex()}
        case Time() if value.isscalar:
            return {"$time_nsec": str(TimeConverter().astropy_to_nsec(value))}
        case Timespan():
            return {"$timespan_empty": True} if value.isEmpty() else {"$timespan_nsec": [str(ns) for ns in value.nsec]}
        case Region():
            return {"$region_hex": value.encode().hex()}
        case LonLat():
            return {"$lonlat": [value.getLon().asDegrees(), value.getLat().asDegrees()]}
        case SkyCoord() if value.isscalar:
            return {"$lonlat": [value.icrs.ra.deg, value.icrs.dec.deg]}
        case range():
            return {"$range": [value.start, value.stop, value.step]}
        case Iterable() if not isinstance(value, Mapping):
            return [bind_json(one) for one in value]
    raise SatelliteError(f"A query cannot be about a {type(value).__name__}: {value!r}.", "BAD_USER_INPUT")


def data_id_json(data_id: Mapping[str, Any] | DataCoordinate) -> dict[str, Any]:
    """Convert a data ID to JSON.

    Parameters
    ----------
    data_id : `~collections.abc.Mapping` or `~lsst.daf.butler.DataCoordinate`
        The data ID.

    Returns
    -------
    json : `dict`
        Its values by dimension.
    """
    values = data_id.mapping if isinstance(data_id, DataCoordinate) else data_id
    return {name: value.item() if isinstance(value, np.generic) else value for name, value in values.items()}
