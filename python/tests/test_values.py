"""Values on their way to the gateway and back: binds, tables, pictures, plans."""

from __future__ import annotations

import builtins
from typing import Any
from uuid import UUID

import astropy.units as u
import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from astropy.table import Table
from astropy.time import Time
from lsst.daf.butler import Timespan
from lsst.sphgeom import Angle, Box, Circle, ConvexPolygon, Ellipse, LonLat, UnionRegion, UnitVector3d

import satellite
from satellite import plot_sky
from satellite._binds import bind_json
from satellite._plans import SatellitePlan, TransferPlan
from satellite._tables import dataset_table, record_table

SQUARE = ConvexPolygon(
    [UnitVector3d(LonLat.fromDegrees(lon, lat)) for lon, lat in ((359, 0), (1, 0), (1, 2), (359, 2))]
)


@pytest.mark.parametrize(
    ("value", "json"),
    [
        ("HSC", "HSC"),
        (True, True),
        (3, 3),
        (2**60, {"$int": str(2**60)}),
        (1.0, {"$float": "1.0"}),
        (np.int64(3), 3),
        (np.array([1, 2]), [1, 2]),
        ([1, 2], [1, 2]),
        (("a", "b"), ["a", "b"]),
        (range(1, 9, 2), {"$range": [1, 9, 2]}),
        (UUID(int=5), {"$uuid": "00000000-0000-0000-0000-000000000005"}),
        (b"\x01\xff", {"$bytes": "01ff"}),
        (Time("1970-01-01T00:00:01", scale="tai"), {"$time_nsec": "1000000000"}),
        (Timespan.makeEmpty(), {"$timespan_empty": True}),
        (SQUARE, {"$region_hex": SQUARE.encode().hex()}),
        (SkyCoord(10 * u.deg, -5 * u.deg), {"$lonlat": [10.0, -5.0]}),
    ],
)
def test_a_bind_keeps_its_kind(value: Any, json: Any) -> None:
    assert bind_json(value) == json


@pytest.mark.parametrize("value", [None, object(), {"a": 1}])
def test_what_no_query_can_be_about_is_refused(value: Any) -> None:
    with pytest.raises(satellite.SatelliteError, match="cannot be about"):
        bind_json(value)


def visit(id: int, begin: str | None, exposure_time: float | None) -> dict[str, Any]:
    """Make a record as the gateway tells it."""
    values = {"instrument": "HSC", "id": id, "exposure_time": exposure_time}
    timespan = {"beginNs": begin, "endNs": None}
    return {"element": "visit", "values": values, "region": SQUARE.encode().hex(), "timespan": timespan}


def test_records_have_units_times_and_regions() -> None:
    nodes = [visit(1, "1384000000123456789", 30.0) | {"repository": {"name": "dp1"}}]
    nodes += [visit(2**55, None, None) | {"repository": {"name": "work"}}]
    table = record_table(nodes, "visit")
    assert table["exposure_time"].unit == u.s and "seconds" in table["exposure_time"].description
    assert table["exposure_time"][0] == 30.0 and table["exposure_time"].mask.tolist() == [False, True]
    assert table["id"].tolist() == [1, 2**55]
    begin = table["timespan.begin"]
    assert begin.scale == "tai" and begin.mask.tolist() == [False, True]
    exact = begin[0] - Time("2013-11-09T12:26:40", scale="tai")
    assert abs(exact.to_value(u.ns) - 123456789) < 1
    assert table["region"][0] == SQUARE
    assert table["repository"].tolist() == ["dp1", "work"]


def test_whole_numbers_that_come_as_text_are_numbers_again() -> None:
    nodes: list[dict[str, Any]] = [
        {"datasetType": {"name": "a"}, "fullDataId": {"instrument": "HSC", "visit": str(2**60)}},
        {"datasetType": {"name": "b"}, "fullDataId": None, "dataId": {"instrument": "HSC"}},
    ]
    table = dataset_table([{**node, "run": "r", "uuid": "u", "repository": {"name": "x"}} for node in nodes], [])
    assert table["visit"][0] == 2**60 and table["visit"].mask.tolist() == [False, True]
    assert table.colnames == ["dataset_type", "instrument", "visit", "run", "repository", "uuid"]


def test_nothing_found_is_an_empty_table() -> None:
    assert len(dataset_table([], ["visit"])) == 0
    assert len(record_table([], "visit")) == 0


@pytest.mark.parametrize(
    ("region", "points"),
    [
        (SQUARE, 5),
        (Box.fromDegrees(359, -1, 1, 1), 5),
        (Circle(UnitVector3d(LonLat.fromDegrees(0, 0)), Angle.fromDegrees(1)), 49),
        (Ellipse(UnitVector3d(LonLat.fromDegrees(0, 0)), Angle.fromDegrees(1)), 49),
        (None, 0),
    ],
)
def test_a_sky_plot_keeps_together_what_lies_on_both_sides_of_ra_0(region: Any, points: int) -> None:
    pytest.importorskip("matplotlib").use("agg")
    column = np.empty(1, dtype=object)
    column[0] = region
    axes = plot_sky(Table({"region": column, "repository": ["dp1"]}))
    lines = [line.get_xydata() for line in axes.lines if len(line.get_xydata())]
    assert [len(line) for line in lines] == ([points] if points else [])
    for line in lines:
        assert np.ptp(line[:, 0]) == pytest.approx(2, abs=0.01)
    assert axes.xaxis_inverted()


def test_a_region_of_several_parts_has_several_outlines() -> None:
    pytest.importorskip("matplotlib").use("agg")
    column = np.empty(1, dtype=object)
    column[0] = UnionRegion(SQUARE, Box.fromDegrees(10, 10, 11, 11))
    assert len(plot_sky(Table({"region": column})).lines) == 2


def test_without_matplotlib_or_regions_the_user_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(satellite.SatelliteError, match="visit_detector_region"):
        plot_sky(Table({"visit": [1]}))
    imported = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return imported(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(satellite.SatelliteError, match="pip install matplotlib"):
        plot_sky(Table({"visit": [1]}))


def test_plans_read_as_sentences() -> None:
    conflict = {"reason": "Another dataset is in its place.", "uuid": "1"}
    sizes = {"datasets": 10, "bytes": "2000000", "newBytes": "1500000", "new": 7}
    plan = TransferPlan.read({**sizes, "conflicts": [conflict]})
    assert str(plan) == (
        "7 of 10 datasets (1.5 MB) are new to the satellite.\nIn the way:\n  Another dataset is in its place."
    )
    assert "7 of 10 datasets" in plan._repr_html_()
    node = {"datasets": 3, "bytes": 12, "references": 2, "collections": ["a"], "referencedBy": ["bob~his"]}
    assert str(SatellitePlan.read(node)) == (
        "3 datasets (12 bytes of its own files, 2 by reference) in 1 collections.\nbob~his refer to them."
    )
