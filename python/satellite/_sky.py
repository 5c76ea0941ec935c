"""Pictures of where things are on the sky."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from astropy.table import Table
from lsst.sphgeom import Angle, Box, Circle, ConvexPolygon, LonLat, NormalizedAngle, Region, UnionRegion, UnitVector3d

from ._errors import SatelliteError

Points = npt.NDArray[np.float64]


def plot_sky(table: Table, column: str | None = None, color_by: str | None = "repository", axes: Any = None) -> Any:
    """Draw the regions of a table on the sky.

    Parameters
    ----------
    table : `~astropy.table.Table`
        What a search gave, with a column of regions: of ``records("patch")``, or of
        ``search(..., records="visit_detector_region")``.
    column : `str`, optional
        Name of the column. The default is the only or the last one that holds regions.
    color_by : `str`, optional
        Column whose values have a colour each, and a line in the legend.
    axes : `matplotlib.axes.Axes`, optional
        Where to draw. The default is a new figure.

    Returns
    -------
    axes : `matplotlib.axes.Axes`
        Right ascension and declination in degrees, east to the left.

    Raises
    ------
    SatelliteError
        Raised where there is no column of regions, or no matplotlib.
    """
    try:
        import matplotlib.pyplot as plt
    except ImportError:
        raise SatelliteError("Pictures need matplotlib: pip install matplotlib.") from None
    columns = [name for name in table.colnames if name == "region" or name.endswith(".region")]
    if column is None and not columns:
        raise SatelliteError(
            "The table has no regions: ask search(..., records='visit_detector_region'), or records('patch')."
        )
    regions = table[column or columns[-1]]
    groups = table[color_by] if color_by in table.colnames else np.full(len(table), "")
    outlines = [(str(group), line) for group, region in zip(groups, regions, strict=True) for line in _outlines(region)]
    centre = _centre(np.concatenate([line[:, 0] for _, line in outlines])) if outlines else 0.0
    if axes is None:
        _, axes = plt.subplots()
    colours = {group: f"C{i % 10}" for i, group in enumerate(dict.fromkeys(group for group, _ in outlines))}
    for group, line in outlines:
        # What lies on both sides of RA 0 stays together.
        ra = centre + (line[:, 0] - centre + 180) % 360 - 180
        axes.plot(ra, line[:, 1], color=colours[group], linewidth=1)
    for group, colour in colours.items():
        if group:
            axes.plot([], [], color=colour, label=group)
    if any(colours):
        axes.legend()
    axes.set(xlabel="RA (deg)", ylabel="Dec (deg)")
    if not axes.xaxis_inverted():
        axes.invert_xaxis()
    return axes


def _outlines(region: Region | None) -> Iterator[Points]:
    """Give the closed outlines of a region: RA and Dec in degrees, a point a row."""
    match region:
        case None:
            return
        case ConvexPolygon():
            yield _closed(LonLat(vertex) for vertex in region.getVertices())
        case Box():
            lon, lat = region.getLon(), region.getLat()
            corners = [
                (lon.getA(), lat.getA()),
                (lon.getB(), lat.getA()),
                (lon.getB(), lat.getB()),
                (lon.getA(), lat.getB()),
            ]
            yield _closed(LonLat(NormalizedAngle(a.asDegrees() * np.pi / 180), b) for a, b in corners)
        case Circle():
            yield _closed(_around(region.getCenter(), region.getOpeningAngle()))
        case UnionRegion():
            for i in range(region.nOperands()):
                yield from _outlines(region.cloneOperand(i))
        case _:
            yield from _outlines(region.getBoundingCircle())


def _around(centre: UnitVector3d, opening: Angle) -> Iterator[LonLat]:
    start = centre.rotatedAround(UnitVector3d.orthogonalTo(centre), opening)
    for turn in np.linspace(0, 2 * np.pi, 48, endpoint=False):
        yield LonLat(start.rotatedAround(centre, Angle(float(turn))))


def _closed(points: Iterable[LonLat]) -> Points:
    degrees = [(point.getLon().asDegrees(), point.getLat().asDegrees()) for point in points]
    return np.array([*degrees, degrees[0]])


def _centre(ra: Points) -> float:
    """Give the mean direction of right ascensions in degrees."""
    return float(np.degrees(np.angle(np.exp(1j * np.radians(ra)).mean())) % 360)
