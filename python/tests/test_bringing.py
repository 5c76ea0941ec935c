"""What the satellite lacks for a dataset comes along with it, against a real gateway and a real Butler server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from lsst.daf.butler import Butler, CollectionType, DatasetRef, DatasetType, MissingCollectionError

import satellite

pytestmark = pytest.mark.live

OFFICIAL = "HSC/defaults"
RUN = "u/alice/tries"
WHERE = "instrument = 'HSC'"


@pytest.fixture(scope="module")
def butler(gateway: satellite.Gateway) -> Iterator[satellite.SatelliteButler]:
    """Give the Butler of a satellite that knows the instrument with its detectors, as satellites do as a rule."""
    work = gateway.create("bringing", official="dp1", instruments=["HSC"], progress=False)
    with work.butler(collections=[RUN, OFFICIAL], run=RUN) as made:
        dimensions = made.dimensions.conform(["visit", "detector"])
        made.registry.registerDatasetType(DatasetType("bright", dimensions, "ArrowAstropy"))
        yield made
    work.delete(purge=True)


@pytest.fixture(scope="module")
def refs(butler: satellite.SatelliteButler) -> list[DatasetRef]:
    """Give official datasets of several detectors of one visit."""
    found = butler.query_datasets("source_catalog", OFFICIAL, where=f"{WHERE} AND visit = 903346")
    assert len(found) > 2
    return sorted(found)


def regions(butler: satellite.SatelliteButler) -> set[tuple[object, object]]:
    """Give visits and detectors that the satellite itself knows the regions of."""
    found = butler._storage.write(lambda own: own.query_dimension_records("visit_detector_region", explain=False))
    return {(record.dataId["visit"], record.dataId["detector"]) for record in found}


def test_each_detector_s_region_comes_though_its_visit_is_known(
    butler: satellite.SatelliteButler, refs: list[DatasetRef]
) -> None:
    table = butler.get(refs[0])[:1]
    for ref in refs[:2]:
        butler.put(table, "bright", ref.dataId)
    expanded = butler.registry.expandDataId(refs[2].dataId)
    butler.put(table, DatasetRef(butler.get_dataset_type("bright"), expanded, RUN))
    assert regions(butler) == {(ref.dataId["visit"], ref.dataId["detector"]) for ref in refs[:3]}


def test_what_has_no_region_is_put_too(butler: satellite.SatelliteButler, refs: list[DatasetRef]) -> None:
    table = butler.get(refs[0])[:1]
    known = regions(butler)
    found = butler.query_datasets("source_catalog", OFFICIAL, where=WHERE)
    pairs = {(ref.dataId["visit"], ref.dataId["detector"]) for ref in found}
    detector = next(
        record.id
        for record in butler.query_dimension_records("detector", where=WHERE)
        if (refs[0].dataId["visit"], record.id) not in pairs
    )
    butler.put(table, "bright", visit=refs[0].dataId["visit"], detector=detector)
    # Of an official visit that the satellite does not know yet, too.
    visit = next(visit for visit, _ in pairs if (visit, detector) not in pairs and visit != refs[0].dataId["visit"])
    butler.put(table, "bright", visit=visit, detector=detector)
    own = {"instrument": "HSC", "id": 1, "name": "mine", "physical_filter": "HSC-R", "day_obs": 20130617}
    butler.registry.insertDimensionData("visit", own)
    ref = butler.put(table, "bright", visit=1, detector=detector)
    assert butler.query_datasets("bright", RUN, where=f"{WHERE} AND visit = 1") == [ref]
    assert {(visit, detector), (1, detector)}.isdisjoint(regions(butler)) and known <= regions(butler)


def test_a_dataset_type_that_contradicts_the_registered_one_is_not_put(
    butler: satellite.SatelliteButler, refs: list[DatasetRef]
) -> None:
    other = DatasetType("bright", refs[0].datasetType.dimensions, "SkyMap")
    with pytest.raises(ValueError, match="inconsistent with"):
        butler.put(butler.get(refs[0])[:1], other, refs[0].dataId)


def _get(ref: DatasetRef, own: Butler) -> Any:
    return own.get(ref)


def test_an_official_run_does_not_come_along_and_the_user_is_told_where_to_put_a_dataset(
    butler: satellite.SatelliteButler, refs: list[DatasetRef]
) -> None:
    data_id, run = refs[0].dataId, refs[0].run
    table = butler.get(refs[0])[:1]
    bright = butler.get_dataset_type("bright")
    puts: list[Callable[[], object]] = [
        lambda: butler.put(table, bright, data_id, run=run),
        lambda: butler.put(table, DatasetRef(bright, data_id, run=run)),
        lambda: butler.registry.insertDatasets(bright, [data_id], run=run),
    ]
    for put in puts:
        with pytest.raises(MissingCollectionError) as caught:
            put()
        assert any("official" in note and "collections.register" in note for note in caught.value.__notes__)


@pytest.mark.parametrize("transfers", [False, True], ids=["plain", "with dimensions"])
def test_a_zip_of_official_datasets_is_ingested(
    gateway: satellite.Gateway, refs: list[DatasetRef], tmp_path: Path, transfers: bool
) -> None:
    work = gateway.create(f"zipped-{transfers}".lower(), official="dp1", progress=False)
    with work.butler(collections=[RUN, OFFICIAL], run=RUN) as butler:
        file = butler.retrieve_artifacts_zip(refs[:2], str(tmp_path))
        butler.ingest_zip(file, transfer="copy", transfer_dimensions=transfers)
        assert len(regions(butler)) == 2
        for ref in refs[:2]:
            assert len(butler._storage.write(partial(_get, ref))) > 0
        official = butler.collections.query("*", collection_types={CollectionType.RUN})
        with pytest.raises(MissingCollectionError) as caught:
            butler.removeRuns([next(run for run in official if run not in {ref.run for ref in refs})])
        assert "satellite.transfer" in caught.value.__notes__[0]
    work.delete(purge=True)
