"""Reading through the face what a client writes to its satellite beside it."""

import uuid

import astropy.time
from client_behaviours import DETECTOR, VISIT, Place, behaviour, raises, same
from lsst.daf.butler.tests.hybrid_butler import HybridButler

from lsst.daf.butler import Butler, CollectionType, DatasetNotFoundError, DatasetType, Timespan

OWN = ("satellite", "both")


def new_run() -> str:
    return f"u/alice/hybrid/{uuid.uuid4().hex[:8]}"


def hybrid(place: Place, **options: object) -> HybridButler:
    return HybridButler(Butler.from_config(place.url, **options), Butler.from_config(place.root, writeable=True, **options))


@behaviour("what was put into the satellite is got through the face at once", *OWN)
def _(place: Place) -> None:
    run = new_run()
    butler = hybrid(place, run=run)
    official = place.butler.get("calexp_metrics", DETECTOR)
    ref = butler.put(official | {"run": run}, "calexp_metrics", DETECTOR)
    same(butler.get(ref), official | {"run": run})
    same(butler.get("calexp_metrics", DETECTOR), official | {"run": run})


@behaviour("a new dataset type is known through the face at once", *OWN)
def _(place: Place) -> None:
    butler = hybrid(place, run=new_run())
    name = f"note_{uuid.uuid4().hex[:8]}"
    butler.registry.registerDatasetType(
        DatasetType(name, ["visit"], "StructuredDataDict", universe=butler.dimensions)
    )
    butler.put({"note": 1}, name, VISIT)
    same(butler.get(name, VISIT), {"note": 1})
    same(butler.get_dataset_type(name).dimensions.required, {"instrument", "visit"})


@behaviour("own datasets shadow official ones where their collection comes first", "both")
def _(place: Place) -> None:
    run = new_run()
    butler = hybrid(place, run=run)
    data_id = DETECTOR | {"visit": 903334, "detector": 22}
    butler.put({"mine": True}, "calexp_metrics", data_id)
    same(butler.get("calexp_metrics", data_id, collections=[run, "HSC/defaults"]), {"mine": True})
    assert "mine" not in butler.get("calexp_metrics", data_id, collections=["HSC/defaults", run])


@behaviour("what was pruned from the satellite is gone through the face at once", *OWN)
def _(place: Place) -> None:
    butler = hybrid(place, run=new_run())
    ref = butler.put({"a": 1}, "calexp_metrics", DETECTOR)
    assert butler.exists(ref, full_check=False)
    butler.pruneDatasets([ref], disassociate=True, unstore=True, purge=True)
    assert not butler.exists(ref, full_check=False)
    same(butler.find_dataset("calexp_metrics", DETECTOR), None)


@behaviour("what was unstored is still recorded", *OWN)
def _(place: Place) -> None:
    butler = hybrid(place, run=new_run())
    ref = butler.put({"a": 1}, "calexp_metrics", DETECTOR)
    butler.pruneDatasets([ref], disassociate=False, unstore=True)
    same(butler.find_dataset("calexp_metrics", DETECTOR), ref)
    raises(DatasetNotFoundError, lambda: butler.get(ref), "artifact is not available")


@behaviour("collections that are made in the satellite are found through the face at once", *OWN)
def _(place: Place) -> None:
    butler = hybrid(place)
    run = new_run()
    butler.collections.register(run)
    chain = f"{run}-chain"
    butler.collections.register(chain, CollectionType.CHAINED)
    butler.collections.redefine_chain(chain, [run, place.run])
    same(list(butler.collections.get_info(chain).children), [run, place.run])
    butler.collections.prepend_chain(chain, place.tag)
    same(list(butler.collections.get_info(chain).children), [place.tag, run, place.run])


@behaviour("tags of the satellite are searched through the face at once", *OWN)
def _(place: Place) -> None:
    butler = hybrid(place, run=new_run())
    ref = butler.put({"a": 1}, "calexp_metrics", DETECTOR)
    tag = f"{ref.run}-tag"
    butler.collections.register(tag, CollectionType.TAGGED)
    butler.registry.associate(tag, [ref])
    same(butler.query_datasets("calexp_metrics", tag), [ref])
    butler.registry.disassociate(tag, [ref])
    same(butler.query_datasets("calexp_metrics", tag, explain=False), [])


@behaviour("own calibrations are found through the face by their validity ranges", *OWN)
def _(place: Place) -> None:
    butler = hybrid(place, run=new_run())
    ref = butler.put({"bad_columns": [99]}, "defects", instrument="HSC", detector=16)
    calibrations = f"{ref.run}-calib"
    butler.collections.register(calibrations, CollectionType.CALIBRATION)
    begin, end = (astropy.time.Time(date, scale="tai") for date in ("2030-01-01", "2031-01-01"))
    butler.registry.certify(calibrations, [ref], Timespan(begin, end))
    instant = Timespan.fromInstant(astropy.time.Time("2030-06-01", scale="tai"))
    find = {"instrument": "HSC", "detector": 16, "collections": calibrations}
    same(butler.find_dataset("defects", timespan=instant, **find), ref)
    earlier = Timespan.fromInstant(astropy.time.Time("2029-06-01", scale="tai"))
    same(butler.find_dataset("defects", timespan=earlier, **find), None)


@behaviour("dimension records of the satellite alone are queried through the face", *OWN)
def _(place: Place) -> None:
    butler = hybrid(place)
    name = f"own_sky_{uuid.uuid4().hex[:8]}"
    sky = {"name": name, "hash": uuid.uuid4().bytes + b"0000", "tract_max": 1, "patch_nx_max": 1, "patch_ny_max": 1}
    butler.registry.insertDimensionData("skymap", sky)
    same([record.name for record in butler.query_dimension_records("skymap", skymap=name)], [name])


@behaviour("a transaction of the satellite that fails leaves nothing to be seen", *OWN)
def _(place: Place) -> None:
    butler = hybrid(place, run=new_run())

    def fail() -> None:
        with butler.transaction():
            butler.put({"a": 1}, "calexp_metrics", DETECTOR)
            raise RuntimeError("on purpose")

    raises(RuntimeError, fail)
    same(butler.find_dataset("calexp_metrics", DETECTOR), None)


@behaviour("runs that are removed from the satellite are gone through the face at once", *OWN)
def _(place: Place) -> None:
    butler = hybrid(place, run=new_run())
    ref = butler.put({"a": 1}, "calexp_metrics", DETECTOR)
    butler.removeRuns([ref.run])
    same(list(butler.collections.query(f"{ref.run}*")), [])


@behaviour("a satellite copies official datasets through the face, and gives them back", "both")
def _(place: Place) -> None:
    remote = Butler.from_config(place.url, collections="HSC/defaults", instrument="HSC")
    ref = remote.find_dataset("visit_table", VISIT, dimension_records=True)
    how = {"transfer": "copy", "register_dataset_types": True, "transfer_dimensions": True}
    with place.writer() as satellite:
        satellite.transfer_from(remote, [ref], **how)
        same(len(satellite.get(ref)), 30)
    same(len(Butler.from_config(place.url.replace("alice+dp1", "alice")).get(ref)), 30)
