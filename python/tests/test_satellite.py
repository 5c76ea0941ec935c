"""Satellites as a whole: made, searched, shared, emptied, deleted, brought back."""

from __future__ import annotations

from collections.abc import Iterator

import astropy.units as u
import numpy as np
import pytest
from astropy.time import Time
from lsst.daf.butler import Timespan
from lsst.sphgeom import Region

import satellite

pytestmark = pytest.mark.live

OFFICIAL = "HSC/defaults"


@pytest.fixture(scope="module")
def work(gateway: satellite.Gateway) -> Iterator[satellite.Satellite]:
    """Give a satellite that knows an instrument and holds official datasets."""
    made = gateway.create("whole", official="dp1", instruments=["HSC"], progress=False)
    made.transfer("source_catalog", OFFICIAL, where="instrument = 'HSC'", progress=False)
    yield made
    made.delete(purge=True)


def test_making_it_again_is_a_conflict_or_gives_what_is_there(
    gateway: satellite.Gateway, work: satellite.Satellite
) -> None:
    with pytest.raises(satellite.ConflictError) as caught:
        gateway.create("whole", official="dp1")
    assert caught.value.code == "CONFLICT"
    again = gateway.create("whole", official="dp1", exist_ok=True)
    assert again.uri == work.uri and again.state == "READY"
    assert "whole" in [one.name for one in gateway.satellites()]
    assert gateway.repositories()["dp1"] == "OFFICIAL"


def test_a_search_gives_own_and_official_datasets_as_one_table(work: satellite.Satellite) -> None:
    own = work.search("source_catalog", OFFICIAL, where="instrument = 'HSC'", order_by=["visit", "detector"])
    assert set(own["repository"]) == {"whole"} or set(own["repository"]) == {"alice~whole"}
    assert own["visit"].dtype == np.int64 and sorted(own["visit"]) == list(own["visit"])
    both = work.search(["source_catalog", "calexp_metrics"], OFFICIAL, where="instrument = 'HSC'")
    assert set(both["dataset_type"]) == {"source_catalog", "calexp_metrics"}
    assert "dp1" in set(both["repository"])


def test_a_search_walks_all_pages_or_stops_at_a_limit(
    work: satellite.Satellite, monkeypatch: pytest.MonkeyPatch
) -> None:
    everything = work.search("source_catalog", OFFICIAL, where="instrument = 'HSC'")
    monkeypatch.setattr("satellite._searches._PAGE", 4)
    paged = work.search("source_catalog", OFFICIAL, where="instrument = 'HSC'")
    assert len(everything) > 20 and sorted(paged["uuid"]) == sorted(everything["uuid"])
    assert len(work.search("source_catalog", OFFICIAL, where="instrument = 'HSC'", limit=6)) == 6
    assert len(work.search("source_catalog", OFFICIAL, limit=0)) == 0


def test_times_regions_and_lists_can_be_bound(work: satellite.Satellite) -> None:
    visits = work.records("visit", where="instrument = 'HSC'")
    begin = visits["timespan.begin"]
    known = visits[~np.asarray(begin.mask)] if begin.masked else visits
    first = known["timespan.begin"].min()
    assert isinstance(first, Time)
    span = Timespan(first, first + 10 * u.s)
    found = work.records("visit", where="instrument = 'HSC' AND visit.timespan OVERLAPS :span", bind={"span": span})
    assert 0 < len(found) < len(visits)
    chosen = sorted(known["id"])[:2]
    some = work.records("visit", where="instrument = 'HSC' AND visit IN (:ids)", bind={"ids": np.array(chosen)})
    assert sorted(some["id"]) == chosen
    regions = [region for region in visits["region"] if region is not None]
    assert regions and all(isinstance(region, Region) for region in regions)
    there = work.records("visit", where="instrument = 'HSC' AND visit.region OVERLAPS :here", bind={"here": regions[0]})
    assert len(there) >= 1


def test_records_come_along_with_datasets_and_are_drawn(work: satellite.Satellite) -> None:
    pytest.importorskip("matplotlib").use("agg")
    table = work.search(
        "source_catalog", OFFICIAL, where="instrument = 'HSC'", records=["visit", "visit_detector_region"]
    )
    assert str(table["visit.exposure_time"].unit) == "s"
    axes = satellite.plot_sky(table)
    assert axes.get_xlabel() == "RA (deg)" and len(axes.lines) > 20


def test_data_ids_are_joined_to_datasets(work: satellite.Satellite) -> None:
    table = work.data_ids(
        ["visit", "detector"], datasets={"source_catalog": OFFICIAL}, data_id={"instrument": "HSC"}, limit=5
    )
    assert table.colnames[:3] == ["instrument", "detector", "visit"] and len(table) == 5


def test_a_query_that_is_wrong_is_an_error_in_the_user_s_words(work: satellite.Satellite) -> None:
    with pytest.raises(satellite.RefusedError) as caught:
        work.search("source_catalog", OFFICIAL, where="instrument = ")
    assert caught.value.code == "INVALID_QUERY"
    with pytest.raises(satellite.NotFoundError, match="HSC/default"):
        work.search("source_catalog", "HSC/default")


def test_it_is_shared_and_not_any_more(
    gateway: satellite.Gateway, bob: satellite.Gateway, work: satellite.Satellite
) -> None:
    with pytest.raises(satellite.NotFoundError):
        bob.satellite("alice~whole")
    grant = work.share("bob", until=Time.now() + 30 * u.day, note="for the paper")
    assert "shared with bob until 20" in str(grant) and work.grants() == [grant]
    his = bob.satellite("alice~whole")
    assert his.uri is None and len(his.search("source_catalog", OFFICIAL, limit=3)) == 3
    with pytest.raises(satellite.SatelliteError, match="another's"):
        his.butler()
    assert work.access(user="bob") and "bob" in str(work.access(user="bob"))
    work.unshare(grant)
    assert not work.access(user="bob")
    with pytest.raises(satellite.NotFoundError):
        bob.satellite("alice~whole")


def test_jobs_are_picked_up_again(gateway: satellite.Gateway, work: satellite.Satellite) -> None:
    started = work.transfer("calexp_metrics", OFFICIAL, where="instrument = 'HSC'", wait=False)
    assert isinstance(started, satellite.Job)
    done = gateway.job(started.id).wait(progress=False)
    assert done.state == "COMPLETED" and (done.result or {})["datasets"] > 0
    assert started.id in [job.id for job in work.jobs()] and started.id in [job.id for job in gateway.jobs()]
    assert "<table>" in work.jobs()._repr_html_()
    with pytest.raises(satellite.NotFoundError):
        gateway.job("00000000-0000-0000-0000-000000000000")


def test_it_tells_how_much_it_holds(work: satellite.Satellite) -> None:
    usage = work.usage()
    own = usage[(usage["type"] == "RUN") & (usage["dataset_type"] == "source_catalog")]
    assert sum(own["datasets"]) == len(work.search("source_catalog", OFFICIAL, where="instrument = 'HSC'"))
    assert sum(own["bytes"]) == 0 < sum(own["referenced_bytes"])
    assert usage["referenced_bytes"].unit == u.byte


def test_it_is_emptied_deleted_and_brought_back(work: satellite.Satellite) -> None:
    held = work.search("source_catalog", OFFICIAL, where="instrument = 'HSC'")
    plan = work.reset(dry_run=True)
    assert plan.references >= len(held) and work.state == "READY"
    work.reset()
    assert set(work.search("source_catalog", OFFICIAL, where="instrument = 'HSC'")["repository"]) == {"dp1"}
    work.restore()
    assert work.delete(dry_run=True).datasets == plan.datasets
    work.delete()
    assert work.state == "DELETED"
    assert work.restore().state == "READY"
    back = work.search("source_catalog", OFFICIAL, where="instrument = 'HSC'")
    assert sorted(back["uuid"]) == sorted(held["uuid"]) and "dp1" not in set(back["repository"])


def test_it_shows_itself_in_a_notebook(gateway: satellite.Gateway, work: satellite.Satellite) -> None:
    html = work.refresh()._repr_html_()
    assert "whole" in html and "writeable=True" in html and "datasets" in html
    assert "dp1" in gateway._repr_html_()
