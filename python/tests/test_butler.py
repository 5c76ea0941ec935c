"""The Butler of official and own data, on every kind of satellite, against a real gateway and a real Butler server."""

from __future__ import annotations

import logging
import os
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from astropy.time import Time
from lsst.daf.butler import (
    Butler,
    CollectionType,
    DataIdValueError,
    DatasetExistence,
    DatasetRef,
    DatasetType,
    FileDataset,
    MissingCollectionError,
    MissingDatasetTypeError,
    Timespan,
)
from lsst.daf.butler.registry import ConflictingDefinitionError

import satellite

pytestmark = pytest.mark.live

OFFICIAL = "HSC/defaults"
RUN = "u/alice/tries"
WHERE = "instrument = 'HSC'"


def secret_names() -> set[str]:
    """Give the variables that may hold credentials."""
    return {name for name in os.environ if name.startswith(("AWS_", "LSST_DB_AUTH", "S3_"))}


BEFORE = secret_names()


@pytest.fixture(
    scope="module",
    params=["sqlite-files", "sqlite-s3", "postgresql-files", "postgresql-s3", "exclusive"],
)
def work(request: pytest.FixtureRequest) -> Iterator[satellite.Satellite]:
    """Give an empty satellite of each kind."""
    kind: str = request.param
    if kind == "exclusive":
        gateway: satellite.Gateway = request.getfixturevalue("exclusive")
        made = gateway.create(kind, official="dp1", progress=False)
    else:
        gateway = request.getfixturevalue("gateway")
        database, artifacts = kind.split("-")
        made = gateway.create(kind, official="dp1", database=database, artifacts=artifacts, progress=False)
    yield made
    made.delete(purge=True)


@pytest.fixture(scope="module")
def butler(work: satellite.Satellite) -> Iterator[satellite.SatelliteButler]:
    """Give its Butler, which searches own data first."""
    with work.butler(collections=[RUN, OFFICIAL], run=RUN) as made:
        yield made


@pytest.fixture(scope="module")
def refs(butler: satellite.SatelliteButler) -> list[DatasetRef]:
    """Give some official datasets."""
    return sorted(butler.query_datasets("source_catalog", collections=OFFICIAL, where=WHERE, find_first=True))


@pytest.fixture(scope="module")
def bright(butler: satellite.SatelliteButler, refs: list[DatasetRef]) -> DatasetType:
    """Register a dataset type of one's own."""
    made = DatasetType("bright", refs[0].datasetType.dimensions, "ArrowAstropy", isCalibration=True)
    assert butler.registry.registerDatasetType(made)
    return butler.get_dataset_type("bright")


def test_what_was_put_is_there_for_get_and_query_beside_the_official(
    butler: satellite.SatelliteButler, refs: list[DatasetRef], bright: DatasetType
) -> None:
    catalog = butler.get(refs[0])
    # The satellite knows no visit yet: what it lacks comes along.
    ref = butler.put(catalog[:3], "bright", refs[0].dataId)
    assert ref.run == RUN
    assert len(butler.get("bright", refs[0].dataId)) == 3
    assert len(butler.getDeferred(ref).get()) == 3
    assert butler.stored_many([ref, refs[0]]) == {ref: True, refs[0]: True}
    assert butler.exists("bright", refs[0].dataId) is DatasetExistence.VERIFIED
    assert butler.exists(ref, full_check=False) is DatasetExistence.KNOWN
    assert butler.exists("bright", refs[1].dataId) is DatasetExistence.UNRECOGNIZED
    with butler.query() as query:
        joined = query.join_dataset_search("bright", RUN).join_dataset_search("source_catalog", OFFICIAL)
        assert [d["visit"] for d in joined.data_ids(["visit", "detector"])] == [refs[0].dataId["visit"]]


def test_stock_python_finds_it_in_the_satellite_itself(
    work: satellite.Satellite, butler: satellite.SatelliteButler, refs: list[DatasetRef], bright: DatasetType
) -> None:
    found = butler._storage.write(lambda own: own.find_dataset(bright.name, refs[0].dataId, collections=RUN))
    assert found is not None
    if work._node["database"] == "SQLITE" and work._node["artifacts"] == "FILES":
        with Butler.from_config(work.uri) as stock:
            assert len(stock.get(bright.name, refs[0].dataId, collections=RUN)) == 3


def test_a_better_official_dataset_of_one_s_own_is_found_first(
    butler: satellite.SatelliteButler, refs: list[DatasetRef]
) -> None:
    # Its dataset type is the official one's, which the satellite gets to know.
    own = butler.put(butler.get(refs[1])[:1], "source_catalog", refs[1].dataId)
    found = butler.find_dataset("source_catalog", refs[1].dataId)
    assert found is not None and found.id == own.id
    official = butler.find_dataset("source_catalog", refs[1].dataId, collections=OFFICIAL)
    assert official is not None and official.id == refs[1].id


def test_default_data_ids_are_those_of_all_that_is_searched(
    butler: satellite.SatelliteButler, refs: list[DatasetRef], bright: DatasetType
) -> None:
    assert butler.registry.defaults.dataId["instrument"] == "HSC"
    visit, detector = refs[2].dataId["visit"], refs[2].dataId["detector"]
    ref = butler.put(butler.get(refs[2])[:1], "bright", visit=visit, detector=detector)
    assert butler.find_dataset("bright", visit=visit, detector=detector) == ref


def test_a_data_id_by_records_that_only_the_official_repository_has_brings_them(
    butler: satellite.SatelliteButler,
) -> None:
    butler.registry.registerDatasetType(
        DatasetType("noise", butler.dimensions.conform(["detector", "exposure"]), "StructuredDataDict")
    )
    own = butler._storage.write(lambda own: set(own.query_dimension_records("exposure", explain=False)))
    exposure = max(set(butler.query_dimension_records("exposure", instrument="HSC")) - own)
    detector, another = butler.query_dimension_records("detector", instrument="HSC")[:2]
    ref = butler.put({"a": 1}, "noise", instrument="HSC", detector=detector.full_name, exposure=exposure.obs_id)
    assert (ref.dataId["detector"], ref.dataId["exposure"]) == (detector.id, exposure.id)
    assert butler.get("noise", instrument="HSC", detector=detector.id, exposure=exposure.id) == {"a": 1}
    by_record = {"instrument": "HSC", "detector": another.id, "exposure.obs_id": exposure.obs_id}
    assert butler.put({"a": 2}, "noise", by_record).dataId["exposure"] == exposure.id
    with pytest.raises(ValueError, match="nothing_such"):
        butler.put({}, "noise", instrument="HSC", detector=detector.id, exposure="nothing_such")


def test_a_data_id_that_nobody_knows_is_an_error_of_the_stock_kind(
    butler: satellite.SatelliteButler, bright: DatasetType
) -> None:
    with pytest.raises(DataIdValueError):
        butler.put({}, "bright", instrument="HSC", visit=1, detector=1)
    unregistered = DatasetType("nothing_such", butler.dimensions.conform(["instrument"]), "StructuredDataDict")
    for given in ("nothing_such", unregistered):
        with pytest.raises(MissingDatasetTypeError) as caught:
            butler.put({}, given, instrument="HSC")
        assert any("butler.registry.registerDatasetType" in note for note in caught.value.__notes__)


def test_a_dataset_type_cannot_contradict_the_official_one(butler: satellite.SatelliteButler) -> None:
    other = DatasetType("source_catalog", butler.dimensions.conform(["instrument"]), "ArrowAstropy")
    with pytest.raises(ConflictingDefinitionError, match="source_catalog"):
        butler.registry.registerDatasetType(other)


def test_a_dataset_type_that_was_removed_is_registered_differently(
    work: satellite.Satellite, butler: satellite.SatelliteButler
) -> None:
    def passing(*dimensions: str) -> DatasetType:
        return DatasetType("passing", butler.dimensions.conform(dimensions), "StructuredDataDict")

    first, second, third = passing("instrument"), passing("instrument", "detector"), passing("instrument", "visit")
    butler.registry.registerDatasetType(first)
    ref = butler.put({"a": 1}, "passing", instrument="HSC")
    butler.pruneDatasets([ref], unstore=True, purge=True, disassociate=True)
    butler.registry.removeDatasetType("passing")
    with pytest.raises(MissingDatasetTypeError):
        butler.get_dataset_type("passing")
    assert butler.registry.registerDatasetType(second)
    assert butler.clone().get_dataset_type("passing") == second
    # In another notebook, whose Butlers remember nothing for these.
    work._own_storage().write(lambda own: own.registry.removeDatasetType("passing"))
    butler.registry.refresh()
    with pytest.raises(MissingDatasetTypeError):
        butler.get_dataset_type("passing")
    assert butler.registry.registerDatasetType(second)
    assert butler.get_dataset_type("passing") == second
    work._own_storage().write(lambda own: own.registry.removeDatasetType("passing"))
    assert butler.registry.registerDatasetType(third)
    assert butler.get_dataset_type("passing") == third
    butler.registry.removeDatasetType("passing")


def test_collections_are_made_tagged_chained_and_certified_in_the_satellite(
    butler: satellite.SatelliteButler, refs: list[DatasetRef], bright: DatasetType
) -> None:
    ref = butler.find_dataset("bright", refs[0].dataId)
    assert ref is not None
    butler.collections.register("u/alice/tag", CollectionType.TAGGED)
    butler.registry.associate("u/alice/tag", [ref])
    assert butler.query_datasets("bright", collections="u/alice/tag") == [ref]
    butler.registry.disassociate("u/alice/tag", [ref])
    assert butler.query_datasets("bright", collections="u/alice/tag", explain=False) == []
    butler.collections.register("u/alice/calib", CollectionType.CALIBRATION)
    span = Timespan(Time("2013-01-01", scale="tai"), Time("2014-01-01", scale="tai"))
    butler.registry.certify("u/alice/calib", [ref], span)
    at = Timespan.fromInstant(Time("2013-06-01", scale="tai"))
    found = butler.find_dataset("bright", refs[0].dataId, collections="u/alice/calib", timespan=at)
    assert found is not None and found.id == ref.id
    # The visit says at what time.
    assert butler.exists("bright", refs[0].dataId, collections="u/alice/calib") is DatasetExistence.VERIFIED
    assert len(butler.get("bright", refs[0].dataId, collections="u/alice/calib")) == 3
    butler.registry.decertify("u/alice/calib", "bright", span)
    assert butler.find_dataset("bright", refs[0].dataId, collections="u/alice/calib", timespan=at) is None
    butler.collections.register("u/alice/chain", CollectionType.CHAINED)
    butler.collections.redefine_chain("u/alice/chain", [RUN, "u/alice/tag"])
    butler.collections.remove_from_chain("u/alice/chain", "u/alice/tag")
    assert butler.collections.get_info("u/alice/chain").children == (RUN,)
    butler.collections.x_remove("u/alice/chain")
    assert butler.collections.query("u/alice/chain*") == []


def test_official_data_is_not_changed_and_the_user_is_told_what_to_do(
    butler: satellite.SatelliteButler, refs: list[DatasetRef]
) -> None:
    butler.collections.register("u/alice/tag", CollectionType.TAGGED)
    changes: list[Callable[[], None]] = [
        lambda: butler.registry.associate("u/alice/tag", [refs[0]]),
        lambda: butler.pruneDatasets([refs[0]], unstore=True, purge=True, disassociate=True),
        lambda: butler.registry.removeDatasets([refs[0]]),
    ]
    for change in changes:
        with pytest.raises(satellite.OfficialDataError, match=r"satellite\.transfer"):
            change()
    butler.collections.register("u/alice/other", CollectionType.CHAINED)
    with pytest.raises(MissingCollectionError) as caught:
        butler.collections.redefine_chain("u/alice/other", [OFFICIAL])
    assert "satellite.transfer" in caught.value.__notes__[0]
    assert butler.find_dataset("source_catalog", refs[0].dataId, collections=OFFICIAL) is not None


def test_files_are_ingested_and_datasets_pruned(
    butler: satellite.SatelliteButler, bright: DatasetType, refs: list[DatasetRef], tmp_path: Path
) -> None:
    file = tmp_path / "own.parq"
    butler.get(refs[3])[:2].write(file, format="parquet")
    ref = DatasetRef(bright, refs[3].dataId, run=RUN)
    butler.ingest(FileDataset(str(file), [ref]), transfer="copy")
    assert len(butler.get(ref)) == 2
    butler.pruneDatasets([ref], unstore=True, purge=True, disassociate=True)
    assert butler.get_dataset(ref.id) is None


def test_a_transaction_is_done_as_a_whole_or_not_at_all(
    butler: satellite.SatelliteButler, bright: DatasetType, refs: list[DatasetRef]
) -> None:
    table = butler.get(refs[4])
    with pytest.raises(ZeroDivisionError), butler.transaction():
        butler.put(table, "bright", refs[4].dataId)
        raise ZeroDivisionError
    assert butler.find_dataset("bright", refs[4].dataId) is None
    with butler.transaction():
        butler.put(table, "bright", refs[4].dataId)
        butler.put(table, "bright", refs[5].dataId)
    assert butler.find_dataset("bright", refs[5].dataId) is not None


def test_a_transaction_that_cannot_make_tables_says_what_to_do_before_it(
    butler: satellite.SatelliteButler,
) -> None:
    known = butler._storage.write(lambda own: {one.dimensions for one in own.registry.queryDatasetTypes()})
    lacking = [one for one in butler.registry.queryDatasetTypes() if one.dimensions not in known]
    official = next(ref for one in lacking for ref in butler.query_datasets(one, "*", find_first=False, explain=False))
    thing = butler.get(official)

    def put_all() -> None:
        with butler.transaction():
            butler.put(thing, official.datasetType.name, official.dataId)

    with pytest.raises(satellite.SatelliteError, match="registerDatasetType"):
        put_all()
    assert butler.registry.registerDatasetType(butler.get_dataset_type(official.datasetType.name))
    put_all()
    assert butler.find_dataset(official.datasetType, official.dataId, collections=RUN) is not None


def test_a_clone_writes_to_another_run(
    butler: satellite.SatelliteButler, bright: DatasetType, refs: list[DatasetRef]
) -> None:
    butler.collections.register("u/alice/second")
    second = butler.clone(run="u/alice/second", collections=["u/alice/second"])
    ref = second.put(butler.get(refs[0])[:1], "bright", refs[0].dataId)
    assert ref.run == "u/alice/second"
    assert second.find_dataset("bright", refs[0].dataId) == ref
    butler.removeRuns(["u/alice/second"], unlink_from_chains=True)
    assert butler.collections.query("u/alice/second*") == []


def test_what_the_gateway_changes_is_seen_and_what_it_brings_can_be_tagged(
    work: satellite.Satellite, butler: satellite.SatelliteButler, refs: list[DatasetRef]
) -> None:
    plan = work.transfer(uuids=[refs[6].id], dry_run=True)
    assert isinstance(plan, satellite.TransferPlan) and (plan.datasets, plan.new, plan.conflicts) == (1, 1, ())
    work.transfer(uuids=[refs[6].id], progress=False)
    inputs = {
        "satellite": work.name,
        "name": "by_gateway",
        "dimensions": ["instrument"],
        "storageClass": "ArrowAstropy",
    }
    work._change("registerDatasetType", inputs, "datasetType {name}")
    work._change(
        "createCollection", {"satellite": work.name, "name": "u/alice/gw", "type": "TAGGED"}, "collection {name}"
    )
    butler.registry.associate("u/alice/gw", [refs[6]])
    assert [ref.id for ref in butler.query_datasets("source_catalog", collections="u/alice/gw")] == [refs[6].id]
    table = butler.get(refs[6])
    butler.put(table, "by_gateway", instrument="HSC")
    assert len(butler.get("by_gateway", instrument="HSC")) == len(table)


def test_the_satellite_is_sound_after_all_that(work: satellite.Satellite) -> None:
    report = work.verify(progress=False)
    assert report["sound"], report


def test_where_one_process_writes_at_a_time_each_change_checks_out_and_in(
    work: satellite.Satellite, butler: satellite.SatelliteButler, bright: DatasetType, refs: list[DatasetRef]
) -> None:
    if work.name != "exclusive":
        pytest.skip("the database of this satellite keeps writers apart itself")
    database = Path(work.uri or "") / "gen3.sqlite3"
    assert not database.stat().st_mode & stat.S_IWUSR
    before = database.stat().st_ino
    table = butler.get(refs[0])[:1]
    butler.put(table, "bright", refs[7].dataId)
    assert not database.stat().st_mode & stat.S_IWUSR and database.stat().st_ino != before
    assert work.refresh().state == "READY"
    with work.checked_out():
        assert work.refresh().state == "CHECKED_OUT"
        held = database.stat().st_ino
        for ref in refs[8:10]:
            butler.put(table, "bright", ref.dataId)
        assert database.stat().st_ino == held
        with pytest.raises(satellite.ConflictError, match="checked out"):
            work.transfer(uuids=[refs[10].id], progress=False)
    assert work.refresh().state == "READY"
    work.transfer(uuids=[refs[10].id], progress=False)
    assert {ref.dataId["visit"] for ref in butler.query_datasets("bright")} >= {r.dataId["visit"] for r in refs[7:10]}


def test_the_token_goes_to_the_gateway_alone(
    work: satellite.Satellite,
    butler: satellite.SatelliteButler,
    bright: DatasetType,
    refs: list[DatasetRef],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    sent: dict[tuple[str, int], bytearray] = {}

    def recorded(method: str) -> None:
        original = getattr(socket.socket, method)

        def send(self: socket.socket, data: Any, *args: Any) -> Any:
            if self.family == socket.AF_INET:
                sent.setdefault(self.getpeername()[:2], bytearray()).extend(data)
            return original(self, data, *args)

        monkeypatch.setattr(socket.socket, method, send)

    recorded("send")
    recorded("sendall")
    fresh = work.butler(collections=[RUN, OFFICIAL], run=RUN)
    fresh.put(fresh.get(refs[0])[:1], "bright", refs[11].dataId)
    fresh.get("bright", refs[11].dataId)
    work.search("source_catalog", OFFICIAL, limit=1)
    token = work._transport.token.reveal().encode()
    url = urlsplit(work._transport.url)
    to_gateway = {peer: data for peer, data in sent.items() if peer == (url.hostname, url.port)}
    assert any(token in data for data in to_gateway.values())
    others = {peer: data for peer, data in sent.items() if peer not in to_gateway}
    assert others, "official files are in the object store of the official server"
    assert [peer for peer, data in others.items() if token in data] == []
    said = capfd.readouterr()
    assert token.decode() not in caplog.text + said.out + said.err
    assert token.decode() not in repr([fresh, str(fresh), vars(work), vars(fresh._storage)])


def test_credentials_stay_out_of_the_process_s_environment(work: satellite.Satellite) -> None:
    assert secret_names() == BEFORE
