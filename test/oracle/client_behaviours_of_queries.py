"""Finding things: the convenience methods, and ``with butler.query()``."""

import uuid

import astropy.time
from client_behaviours import DETECTOR, VISIT, Place, behaviour, raises, same

from lsst.daf.butler import (
    Butler,
    CalibrationLookupError,
    EmptyQueryResultError,
    InvalidQueryError,
    MissingCollectionError,
    MissingDatasetTypeError,
    Timespan,
)
from lsst.daf.butler.registry import NoDefaultCollectionError
from lsst.sphgeom import Region

HSC = "instrument = 'HSC'"
OF_VISIT = f"{HSC} AND visit = 903334"


def night(place: Place) -> Timespan:
    return Timespan.fromInstant(astropy.time.Time("2013-06-17T13:00:00", scale="tai"))


@behaviour("find_dataset gives the first of the searched collections that has one")
def _(place: Place) -> None:
    same(place.butler.find_dataset("calexp_metrics", DETECTOR).run, place.run)


@behaviour("find_dataset gives None where there is none")
def _(place: Place) -> None:
    same(place.butler.find_dataset("calexp_metrics", DETECTOR | {"detector": 99}), None)


@behaviour("find_dataset chooses a calibration by its validity range")
def _(place: Place) -> None:
    butler = place.butler
    ref = butler.find_dataset("defects", instrument="HSC", detector=16, timespan=night(place))
    same(butler.get(ref)["bad_columns"], place.bad_columns)


@behaviour("find_dataset without a timespan does not search calibrations")
def _(place: Place) -> None:
    same(place.butler.find_dataset("defects", instrument="HSC", detector=16, collections=place.calibrations), None)


@behaviour("find_dataset over several validity ranges is ambiguous", "official", "both")
def _(place: Place) -> None:
    ever = Timespan(None, None)
    find = lambda: place.butler.find_dataset(  # noqa: E731
        "defects", instrument="HSC", detector=16, collections="HSC/calib", timespan=ever
    )
    raises(CalibrationLookupError, find)


@behaviour("find_dataset expands the data ID where dimension records are asked")
def _(place: Place) -> None:
    ref = place.butler.find_dataset("calexp_metrics", DETECTOR, dimension_records=True)
    same((ref.dataId.hasRecords(), ref.dataId.records["physical_filter"].band), (True, "r"))


@behaviour("find_dataset of an unknown collection fails by its type")
def _(place: Place) -> None:
    raises(MissingCollectionError, lambda: place.butler.find_dataset("calexp_metrics", DETECTOR, collections="nope"))


@behaviour("find_dataset of an unknown dataset type fails by its type")
def _(place: Place) -> None:
    raises(MissingDatasetTypeError, lambda: place.butler.find_dataset("nope", DETECTOR))


@behaviour("query_datasets gives one dataset a data ID, or all")
def _(place: Place) -> None:
    butler = place.butler
    runs = [place.run, "HSC/runs/DRP/w42"] if place.name != "satellite" else [place.run]
    first = butler.query_datasets("calexp_metrics", runs, where=f"{OF_VISIT} AND detector = 16")
    every = butler.query_datasets("calexp_metrics", runs, find_first=False, where=f"{OF_VISIT} AND detector = 16")
    same(([ref.run for ref in first], len(every)), ([place.run], len(runs)))


@behaviour("query_datasets searches the default collections")
def _(place: Place) -> None:
    refs = place.butler.query_datasets("calexp_metrics", where=OF_VISIT)
    same({ref.dataId["visit"] for ref in refs}, {903334})


@behaviour("query_datasets sorts, up and down")
def _(place: Place) -> None:
    butler = place.butler
    up = [ref.dataId["detector"] for ref in butler.query_datasets("calexp_metrics", where=OF_VISIT, order_by="detector")]
    down = butler.query_datasets("calexp_metrics", where=OF_VISIT, order_by=["-detector"])
    assert len(up) > 1
    same((up, [ref.dataId["detector"] for ref in down]), (sorted(up), sorted(up, reverse=True)))


@behaviour("query_datasets keeps to its limit")
def _(place: Place) -> None:
    same(len(place.butler.query_datasets("calexp_metrics", where=HSC, limit=2)), 2)


@behaviour("query_datasets with a negative limit warns where there is more")
def _(place: Place) -> None:
    same(len(place.butler.query_datasets("calexp_metrics", where=HSC, limit=-2)), 2)


@behaviour("query_datasets binds values, also of times")
def _(place: Place) -> None:
    since = Timespan(astropy.time.Time("2013-06-17T00:00:00", scale="tai"), None)
    where = "instrument = i AND visit = v AND visit.timespan OVERLAPS t"
    bind = {"i": "HSC", "v": 903334, "t": since}
    assert place.butler.query_datasets("calexp_metrics", where=where, bind=bind)


@behaviour("query_datasets binds lists of values")
def _(place: Place) -> None:
    butler = place.butler
    refs = butler.query_datasets("calexp_metrics", where=f"{HSC} AND visit IN (vs)", bind={"vs": [903334, 903336]})
    same({ref.dataId["visit"] for ref in refs}, {903334, 903336})


@behaviour("query_datasets brings dimension records where asked")
def _(place: Place) -> None:
    refs = place.butler.query_datasets("calexp_metrics", where=OF_VISIT, with_dimension_records=True)
    same({ref.dataId.visit.name for ref in refs}, {"HSCA90333400"})


@behaviour("query_datasets that finds nothing raises, with the reasons")
def _(place: Place) -> None:
    find = lambda: place.butler.query_datasets("calexp_metrics", where=f"{HSC} AND visit = 1")  # noqa: E731
    assert raises(EmptyQueryResultError, find).reasons is not None


@behaviour("query_datasets that finds nothing gives an empty list where no explanation is wanted")
def _(place: Place) -> None:
    same(place.butler.query_datasets("calexp_metrics", where=f"{HSC} AND visit = 1", explain=False), [])


@behaviour("query_datasets of a wrong expression says so")
def _(place: Place) -> None:
    raises(InvalidQueryError, lambda: place.butler.query_datasets("calexp_metrics", where="visit ="))


@behaviour("query_datasets in a collection that is not there fails by its type")
def _(place: Place) -> None:
    raises(MissingCollectionError, lambda: place.butler.query_datasets("calexp_metrics", "nope"))


@behaviour("query_datasets without any collection says that there is no default")
def _(place: Place) -> None:
    butler = Butler.from_config(place.url)
    raises(NoDefaultCollectionError, lambda: butler.query_datasets("calexp_metrics"))


@behaviour("query_datasets finds by the sky")
def _(place: Place) -> None:
    butler = place.butler
    center = butler.query_dimension_records("visit_detector_region", **DETECTOR)[0].region.getBoundingCircle()
    position = f"POINT({degrees(center)[0]}, {degrees(center)[1]})"
    refs = butler.query_datasets("calexp_metrics", where=f"{HSC} AND visit_detector_region.region OVERLAPS {position}")
    assert (903334, 16) in {(ref.dataId["visit"], ref.dataId["detector"]) for ref in refs}, refs


def degrees(circle: Region) -> tuple[float, float]:
    from lsst.sphgeom import LonLat

    position = LonLat(circle.getCenter())
    return position.getLon().asDegrees(), position.getLat().asDegrees()


@behaviour("query_all_datasets gives several types, of globs too")
def _(place: Place) -> None:
    refs = place.butler.query_all_datasets(place.run, name=["calexp_*", "source_catalog"], find_first=False)
    same({ref.datasetType.name for ref in refs}, {"calexp_metrics", "source_catalog"})


@behaviour("query_all_datasets takes globs of collections without find_first")
def _(place: Place) -> None:
    pattern = f"{place.run[:-2]}*"
    refs = place.butler.query_all_datasets(pattern, name="calexp_metrics", find_first=False)
    assert place.run in {ref.run for ref in refs}


@behaviour("query_all_datasets refuses globs of collections with find_first")
def _(place: Place) -> None:
    raises(InvalidQueryError, lambda: place.butler.query_all_datasets("*", name="calexp_metrics", find_first=True))


@behaviour("query_all_datasets keeps to its limit, and its condition")
def _(place: Place) -> None:
    refs = place.butler.query_all_datasets(place.run, name="calexp_metrics", where=OF_VISIT, limit=2)
    same({ref.dataId["visit"] for ref in refs}, {903334})
    same(len(refs), 2)


@behaviour("query_data_ids gives data IDs, in order")
def _(place: Place) -> None:
    ids = place.butler.query_data_ids(["visit", "detector"], where=OF_VISIT, order_by=["-detector"], limit=3)
    detectors = [data_id["detector"] for data_id in ids]
    same((len(detectors), detectors), (3, sorted(detectors, reverse=True)))


@behaviour("query_data_ids expands data IDs where asked")
def _(place: Place) -> None:
    [data_id] = place.butler.query_data_ids("visit", where=OF_VISIT, with_dimension_records=True)
    same((data_id.hasFull(), data_id.hasRecords(), data_id["band"]), (True, True, "r"))


@behaviour("query_data_ids of nothing raises, or is empty")
def _(place: Place) -> None:
    butler = place.butler
    raises(EmptyQueryResultError, lambda: butler.query_data_ids("visit", where=f"{HSC} AND visit = 1"))
    same(butler.query_data_ids("visit", where=f"{HSC} AND visit = 1", explain=False), [])


@behaviour("query_dimension_records gives records with all their fields")
def _(place: Place) -> None:
    [record] = place.butler.query_dimension_records("visit", **VISIT)
    same((record.name, record.exposure_time, record.dataId["instrument"]), ("HSCA90333400", 30.0, "HSC"))
    assert record.region is not None


@behaviour("query_dimension_records sorts by a field")
def _(place: Place) -> None:
    records = place.butler.query_dimension_records("detector", instrument="HSC", order_by="-full_name", limit=5)
    names = [record.full_name for record in records]
    same(names, sorted(names, reverse=True))


@behaviour("a query joins a search of datasets, and gives their data IDs")
def _(place: Place) -> None:
    with place.butler.query() as query:
        found = query.join_dataset_search("calexp_metrics", place.run).where(VISIT).data_ids(["detector"])
        assert 16 in {data_id["detector"] for data_id in found}


@behaviour("a query joins two searches of datasets")
def _(place: Place) -> None:
    with place.butler.query() as query:
        query = query.join_dataset_search("calexp_metrics", place.run)
        query = query.join_dataset_search("source_catalog", place.run).where(VISIT)
        same({ref.run for ref in query.datasets("source_catalog")}, {place.run})


@behaviour("a query materializes, and goes on from its rows")
def _(place: Place) -> None:
    with place.butler.query() as query:
        kept = query.where(VISIT).join_dimensions(["visit", "detector"]).materialize()
        same(kept.data_ids(["visit"]).count(), 1)
        assert kept.datasets("calexp_metrics", place.run).any()


@behaviour("a query joins data IDs that a client brings")
def _(place: Place) -> None:
    butler = place.butler
    ids = butler.query_data_ids(["visit", "detector"], where=f"{OF_VISIT} AND detector IN (16, 22)")
    with butler.query() as query:
        refs = list(query.join_data_coordinates(ids).datasets("calexp_metrics", place.run))
    same({ref.dataId["visit"] for ref in refs}, {903334})
    assert 1 <= len(refs) <= 2


@behaviour("data IDs that a client brings for one query say nothing of the next")
def _(place: Place) -> None:
    ids = place.butler.query_data_ids(["visit", "detector"], where=f"{OF_VISIT} AND detector = 16")
    with place.butler.query() as query:
        same({data_id["detector"] for data_id in query.join_data_coordinates(ids).data_ids(["detector"])}, {16})
        same({record.detector for record in query.where(VISIT).dimension_records("visit_detector_region")}, {16, 22, 23, 100})


@behaviour("a query takes expressions of the factory x")
def _(place: Place) -> None:
    with place.butler.query() as query:
        x = query.expression_factory
        condition = x.all(x.instrument == "HSC", x.visit == 903334, x.any(x.detector == 16, x.detector == 22))
        found = query.where(condition).dimension_records("visit_detector_region").order_by(x.detector.desc)
        same([record.detector for record in found], [22, 16])


@behaviour("a query compares fields with the factory x, and negates")
def _(place: Place) -> None:
    with place.butler.query() as query:
        x = query.expression_factory
        condition = x.all(x.visit.exposure_time > 10.0, x.not_(x.visit == 903336))
        visits = {record.id for record in query.where(condition, instrument="HSC").dimension_records("visit")}
    assert 903334 in visits and 903336 not in visits, visits


@behaviour("a query finds datasets by their own fields")
def _(place: Place) -> None:
    butler = place.butler
    ref = butler.find_dataset("calexp_metrics", DETECTOR)
    with butler.query() as query:
        x = query.expression_factory
        found = query.datasets("calexp_metrics", place.run).where(x["calexp_metrics"].dataset_id == ref.id)
        same([one.id for one in found], [ref.id])


@behaviour("a query counts, and tells whether there is anything")
def _(place: Place) -> None:
    with place.butler.query() as query:
        found = query.where(OF_VISIT).datasets("calexp_metrics", place.run)
        same((found.count(), found.any()), (len(list(found)), True))
        nothing = query.where(f"{HSC} AND visit = 1").datasets("calexp_metrics", place.run)
        same((nothing.count(), nothing.any()), (0, False))


@behaviour("a query explains why it finds nothing")
def _(place: Place) -> None:
    with place.butler.query() as query:
        nothing = query.where(HSC).datasets("calexp_metrics", [place.calibrations])
        reasons = list(nothing.explain_no_results())
        assert any("calexp_metrics" in reason for reason in reasons), reasons


@behaviour("a query gives rows of dimensions and fields of datasets")
def _(place: Place) -> None:
    with place.butler.query() as query:
        query = query.join_dataset_search("calexp_metrics", place.run).where(DETECTOR)
        rows = query.general(
            ["visit", "detector"],
            dimension_fields={"visit": {"exposure_time"}},
            dataset_fields={"calexp_metrics": {"run", "dataset_id"}},
            find_first=True,
        )
        [row] = rows
    same((row["visit.exposure_time"], row["calexp_metrics.run"]), (30.0, place.run))
    assert isinstance(row["calexp_metrics.dataset_id"], uuid.UUID)


@behaviour("a query joins visits and tracts that overlap", "official", "both")
def _(place: Place) -> None:
    with place.butler.query() as query:
        pairs = list(query.where(instrument="Cam1", skymap="SkyMap1").data_ids(["visit", "tract"]))
    same({(pair["visit"], pair["tract"]) for pair in pairs}, {(1, 0), (2, 0), (2, 1)})
    same(len(pairs), 3)


@behaviour("a query that compares a key with a wrong type fails by its type")
def _(place: Place) -> None:
    raises(InvalidQueryError, lambda: place.butler.query_data_ids("visit", where=f"{HSC} AND visit = 'a'"))


@behaviour("a query that needs an instrument takes it from the defaults, which a keyword overrides")
def _(place: Place) -> None:
    butler = place.butler
    same({one["instrument"] for one in butler.query_data_ids("detector", where="detector = 16")}, {"HSC"})
    same({one["instrument"] for one in butler.query_data_ids("detector", instrument="HSC", where="detector = 16")}, {"HSC"})
