"""Methods of stock Butler that are easily forgotten, on the Butler of official and own data."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from lsst.daf.butler import DatasetNotFoundError, DatasetRef

import satellite

pytestmark = pytest.mark.live

OFFICIAL = "HSC/defaults"
RUN = "u/alice/tries"


@pytest.fixture(scope="module")
def butler(gateway: satellite.Gateway) -> Iterator[satellite.SatelliteButler]:
    """Give the Butler of a satellite of its own."""
    work = gateway.create("stock-methods", official="dp1", progress=False)
    with work.butler(collections=[RUN, OFFICIAL], run=RUN) as made:
        yield made
    work.delete(purge=True)


@pytest.fixture(scope="module")
def official(butler: satellite.SatelliteButler) -> DatasetRef:
    """Give an official dataset."""
    return min(butler.query_datasets("source_catalog", OFFICIAL, where="instrument = 'HSC'"))


@pytest.fixture(scope="module")
def own(butler: satellite.SatelliteButler, official: DatasetRef) -> DatasetRef:
    """Give a dataset of one's own, of the same data ID."""
    return butler.put(butler.get(official)[:2], official.datasetType.name, official.dataId)


def test_what_is_put_is_measured_too(butler: satellite.SatelliteButler, own: DatasetRef, official: DatasetRef) -> None:
    butler.collections.register("u/alice/measured")
    with butler.record_metrics() as metrics:
        table = butler.get(own)
        butler.put(table, official.datasetType.name, official.dataId, run="u/alice/measured")
    assert (metrics.n_get, metrics.n_put) == (1, 1)


def test_addresses_of_many_datasets(butler: satellite.SatelliteButler, own: DatasetRef, official: DatasetRef) -> None:
    found = butler.get_many_uris([own, official])
    assert list(found) == [own, official]
    assert all(uris.primaryURI is not None and uris.primaryURI.exists() for uris in found.values())
    missing = DatasetRef(own.datasetType, own.dataId, RUN)
    assert butler.get_many_uris([own, missing], allow_missing=True).keys() == {own}
    with pytest.raises(DatasetNotFoundError):
        butler.get_many_uris([missing])
    roots = butler.get_datastore_roots()
    assert tuple(roots) == butler.get_datastore_names()


def test_one_s_own_is_exported_and_the_user_is_told_how_to_bring_what_is_official(
    butler: satellite.SatelliteButler, own: DatasetRef, official: DatasetRef, tmp_path: Path
) -> None:
    for ref in (own, official):
        file = tmp_path / f"{ref.id}.yaml"
        with butler.export(directory=str(tmp_path), filename=str(file), transfer="copy") as export:
            if ref is official:
                with pytest.raises(satellite.OfficialDataError, match=r"satellite\.transfer"):
                    export.saveDatasets([ref])
            else:
                export.saveDatasets([ref])
                assert any(path.suffix == ".parq" for path in tmp_path.rglob("*"))


def test_the_older_registry_imports_into_the_satellite(butler: satellite.SatelliteButler, own: DatasetRef) -> None:
    butler.collections.register("u/alice/imported")
    ref = DatasetRef(own.datasetType, own.dataId, "u/alice/imported")
    assert [one.id for one in butler.registry._importDatasets([ref])] == [ref.id]
    assert butler.registry._fetch_run_dataset_ids("u/alice/imported") == [ref.id]


@pytest.mark.parametrize("attempt", [copy.copy, pickle.dumps], ids=["copied", "pickled"])
def test_it_is_not_written_down(butler: satellite.SatelliteButler, attempt: object) -> None:
    with pytest.raises(TypeError, match=r"A token is not written down.*clone\(\)"):
        attempt(butler)  # type: ignore[operator]
