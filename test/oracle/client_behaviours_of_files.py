"""Getting datasets, and bringing their files."""

import os
import tempfile
import uuid

import astropy.table
from client_behaviours import DETECTOR, VISIT, Place, behaviour, raises, same
from lsst.daf.butler import (
    Butler,
    CalibrationLookupError,
    DataIdValueError,
    DatasetExistence,
    DatasetNotFoundError,
    MissingDatasetTypeError,
)


@behaviour("get gives the dataset of a data ID")
def _(place: Place) -> None:
    same(place.butler.get("calexp_metrics", DETECTOR), place.metrics)


@behaviour("get takes data ID values as keywords, and defaults from the Butler")
def _(place: Place) -> None:
    same(place.butler.get("calexp_metrics", visit=903334, detector=16), place.metrics)


@behaviour("get takes a resolved reference")
def _(place: Place) -> None:
    butler = place.butler
    same(butler.get(butler.find_dataset("calexp_metrics", DETECTOR)), place.metrics)


@behaviour("get takes a dataset type in place of its name")
def _(place: Place) -> None:
    butler = place.butler
    same(butler.get(butler.get_dataset_type("calexp_metrics"), DETECTOR), place.metrics)


@behaviour("get searches the collections that it is given, first match first", "official", "both")
def _(place: Place) -> None:
    metrics = place.butler.get("calexp_metrics", DETECTOR, collections=["HSC/runs/DRP/w42", place.run])
    same(metrics["run"], "HSC/runs/DRP/w42")


EXPOSED = {"instrument": "HSC", "detector": 16, "visit": 903334}
#: `epoch` of the `defects` of detector 16 on the night of that visit
EPOCHS = {"official": 0, "satellite": "alice", "both": "alice"}


@behaviour("get of a calibration chooses the one that is valid at the time of the data ID's visit")
def _(place: Place) -> None:
    find = {"collections": place.calibrations}
    same(place.butler.get("defects", EXPOSED, **find)["bad_columns"], place.bad_columns)
    same(place.butler.get("defects", EXPOSED, **find)["epoch"], EPOCHS[place.name])
    same(place.butler.get("defects", visit=903334, detector=16, **find)["epoch"], EPOCHS[place.name])
    # Implied values count only where all are given.
    same(place.butler.get("defects", EXPOSED, physical_filter="none", **find)["epoch"], EPOCHS[place.name])


@behaviour("get of a calibration chooses by the exposure that metadata name", "official", "both")
def _(place: Place) -> None:
    named = {"instrument": "HSC", "detector": 16, "exposure": "HSCA90334200"}
    same(place.butler.get("defects", named, collections=place.calibrations)["epoch"], EPOCHS[place.name])
    by_number = {"instrument": "HSC", "detector": "0_30", "exposure.day_obs": 20130617, "exposure.seq_num": 903342}
    same(place.butler.get("defects", by_number, collections=place.calibrations)["epoch"], EPOCHS[place.name])


@behaviour("get of a calibration without a time gives the only one", "satellite", "both")
def _(place: Place) -> None:
    data_id = {"instrument": "HSC", "detector": 16}
    same(place.butler.get("defects", data_id, collections=place.calibrations)["epoch"], EPOCHS[place.name])


@behaviour("get of a calibration without a time is ambiguous where several are valid some time", "official", "both")
def _(place: Place) -> None:
    data_id = {"instrument": "HSC", "detector": 16}
    raises(CalibrationLookupError, lambda: place.butler.get("defects", data_id, collections="HSC/calib"))


@behaviour("getDeferred, getURI and exists of a calibration take the time of the data ID's visit")
def _(place: Place) -> None:
    butler, find = place.butler, {"collections": place.calibrations}
    same(butler.getDeferred("defects", EXPOSED, **find).get()["epoch"], EPOCHS[place.name])
    assert butler.getURI("defects", EXPOSED, **find).exists()
    same(butler.exists("defects", EXPOSED, **find), DatasetExistence.VERIFIED)


@behaviour("get of a calibration says what is not there of an exposure that nobody has")
def _(place: Place) -> None:
    data_id = {"instrument": "HSC", "detector": 16, "visit": 1}
    raises(DataIdValueError, lambda: place.butler.get("defects", data_id, collections=place.calibrations))


@behaviour("get finds in the later repository what the earlier one does not have", "both")
def _(place: Place) -> None:
    metrics = place.butler.get("calexp_metrics", VISIT | {"visit": 903342, "detector": 4})
    same(metrics["run"], "HSC/runs/DRP/w43")


@behaviour("get of a component reads only its file", "official", "both")
def _(place: Place) -> None:
    same(place.butler.get("metrics_composite.summary", VISIT), {"visit": 903334})


@behaviour("get puts a disassembled composite together", "official", "both")
def _(place: Place) -> None:
    composite = place.butler.get("metrics_composite", VISIT)
    same((composite.summary, composite.data), ({"visit": 903334}, [1.0, 2.0, 3.0]))


@behaviour("get of a derived component of a table: its columns")
def _(place: Place) -> None:
    columns = place.butler.get("source_catalog.columns", DETECTOR)
    assert {"id", "ra", "dec"} <= set(columns), columns


@behaviour("get of a derived component of a table: its number of rows")
def _(place: Place) -> None:
    same(place.butler.get("source_catalog.rowcount", DETECTOR), place.rows)


@behaviour("get with parameters reads the columns that are named")
def _(place: Place) -> None:
    table = place.butler.get("source_catalog", DETECTOR, parameters={"columns": ["ra"]})
    same((table.colnames, len(table)), (["ra"], place.rows))


@behaviour("get refuses parameters that the storage class does not have")
def _(place: Place) -> None:
    raises(KeyError, lambda: place.butler.get("calexp_metrics", DETECTOR, parameters={"nonsense": 1}))


@behaviour("get converts to another storage class")
def _(place: Place) -> None:
    table = place.butler.get("source_catalog", DETECTOR, storageClass="ArrowTable")
    same(table.num_rows, place.rows)


@behaviour("a reference overrides its storage class")
def _(place: Place) -> None:
    butler = place.butler
    ref = butler.find_dataset("source_catalog", DETECTOR, storage_class="ArrowNumpy")
    same(len(butler.get(ref)), place.rows)


@behaviour("getDeferred gives a handle that reads later, with its parameters")
def _(place: Place) -> None:
    handle = place.butler.getDeferred("source_catalog", DETECTOR, parameters={"columns": ["id"]})
    same(handle.get().colnames, ["id"])
    same(handle.dataId["visit"], 903334)


@behaviour("a handle reads components and other parameters than it was made with")
def _(place: Place) -> None:
    handle = place.butler.getDeferred("source_catalog", DETECTOR)
    same(handle.get(component="rowcount"), place.rows)
    same(handle.get(parameters={"columns": ["dec"]}).colnames, ["dec"])


@behaviour("getDeferred of what is not there fails at once")
def _(place: Place) -> None:
    raises(LookupError, lambda: place.butler.getDeferred("calexp_metrics", DETECTOR | {"detector": 99}))


@behaviour("get of what is not there says what was looked for, and where")
def _(place: Place) -> None:
    error = raises(DatasetNotFoundError, lambda: place.butler.get("calexp_metrics", DETECTOR | {"detector": 99}))
    assert "calexp_metrics" in str(error), error
    assert place.collections[0] in str(error), error


@behaviour("get of an unknown dataset type says so")
def _(place: Place) -> None:
    raises(MissingDatasetTypeError, lambda: place.butler.get("no_such_type", DETECTOR), "no_such_type")


@behaviour("get of a dataset without a file says that it is not stored", "official")
def _(place: Place) -> None:
    butler = place.butler
    refs = butler.query_datasets("calexp", ["HSC/defaults"], where="instrument='HSC'", limit=1)
    raises(DatasetNotFoundError, lambda: butler.get(refs[0]), "artifact is not available")


@behaviour("getURI leads to the file")
def _(place: Place) -> None:
    uri = place.butler.getURI("calexp_metrics", DETECTOR)
    assert b"psf_fwhm" in uri.read(), uri


@behaviour("getURIs names the file of each component", "official", "both")
def _(place: Place) -> None:
    uris = place.butler.getURIs("metrics_composite", VISIT)
    same((uris.primaryURI, set(uris.componentURIs)), (None, {"summary", "output", "data"}))


@behaviour("retrieveArtifacts keeps the paths of the repository")
def _(place: Place) -> None:
    butler = place.butler
    with tempfile.TemporaryDirectory() as directory:
        [file] = butler.retrieveArtifacts([butler.find_dataset("calexp_metrics", DETECTOR)], directory)
        relative = os.path.relpath(file.ospath, directory)
        assert relative.startswith(f"{place.run}/calexp_metrics/"), relative
        assert b"psf_fwhm" in file.read()


@behaviour("retrieveArtifacts without preserve_path writes side by side, under the files' names")
def _(place: Place) -> None:
    butler = place.butler
    refs = [butler.find_dataset(name, DETECTOR) for name in ("calexp_metrics", "source_catalog")]
    with tempfile.TemporaryDirectory() as directory:
        butler.retrieveArtifacts(refs, directory, preserve_path=False)
        names = sorted(name for name in os.listdir(directory) if not name.endswith(".json"))
        same(len(names), 2)
        assert names[0].startswith("calexp_metrics_HSC_r_HSC-R_903334"), names
        assert names[0].endswith(".yaml") and names[1].endswith(".parq"), names


@behaviour("retrieveArtifacts does not overwrite unless it is told to")
def _(place: Place) -> None:
    butler = place.butler
    refs = [butler.find_dataset("calexp_metrics", DETECTOR)]
    with tempfile.TemporaryDirectory() as directory:
        butler.retrieveArtifacts(refs, directory)
        raises(Exception, lambda: butler.retrieveArtifacts(refs, directory))
        same(len(butler.retrieveArtifacts(refs, directory, overwrite=True)), 1)


@behaviour("retrieve_artifacts_zip makes a file that a Butler ingests")
def _(place: Place) -> None:
    butler = place.butler
    refs = [butler.find_dataset("calexp_metrics", DETECTOR)]
    with tempfile.TemporaryDirectory() as directory:
        archive = butler.retrieve_artifacts_zip(refs, f"{directory}/out")
        with local_butler(f"{directory}/repo") as local:
            local.ingest_zip(archive, transfer="copy", transfer_dimensions=False, dry_run=True)


def local_butler(root: str) -> Butler:
    Butler.makeRepo(root)
    return Butler.from_config(root, writeable=True)


@behaviour("transfer_from into a repository of one's own copies files, with dimension records and dataset types")
def _(place: Place) -> None:
    butler = place.butler
    refs = [butler.find_dataset(name, DETECTOR, dimension_records=True) for name in ("calexp_metrics", "source_catalog")]
    with tempfile.TemporaryDirectory() as directory, local_butler(directory) as local:
        moved = local.transfer_from(butler, refs, transfer="copy", register_dataset_types=True, transfer_dimensions=True)
        same({ref.id for ref in moved}, {ref.id for ref in refs})
        same(local.get("calexp_metrics", DETECTOR, collections=place.run), place.metrics)
        same(local.query_dimension_records("visit", **VISIT)[0].id, 903334)


@behaviour("transfer_from with skip_missing leaves out what is not stored", "official")
def _(place: Place) -> None:
    butler = place.butler
    refs = butler.query_datasets("calexp", "HSC/defaults", where="instrument='HSC'", limit=2, with_dimension_records=True)
    with tempfile.TemporaryDirectory() as directory, local_butler(directory) as local:
        how = {"register_dataset_types": True, "transfer_dimensions": True}
        same(list(local.transfer_from(butler, refs, transfer="copy", skip_missing=True, **how)), [])


@behaviour("transfer_dimension_records_from brings what data IDs refer to")
def _(place: Place) -> None:
    butler = place.butler
    with tempfile.TemporaryDirectory() as directory, local_butler(directory) as local:
        local.transfer_dimension_records_from(butler, [butler.registry.expandDataId(DETECTOR)])
        same(len(local.query_dimension_records("visit_detector_region", **DETECTOR)), 1)


@behaviour("exists says what is recorded and what is stored")
def _(place: Place) -> None:
    butler = place.butler
    assert butler.exists("calexp_metrics", DETECTOR)
    same(butler.exists("calexp_metrics", DETECTOR), DatasetExistence.VERIFIED)
    same(butler.exists("calexp_metrics", DETECTOR | {"detector": 99}), DatasetExistence.UNRECOGNIZED)


@behaviour("exists without a full check does not ask the store")
def _(place: Place) -> None:
    same(place.butler.exists("calexp_metrics", DETECTOR, full_check=False), DatasetExistence.KNOWN)


@behaviour("exists tells a dataset without a file from one that is unknown", "official")
def _(place: Place) -> None:
    butler = place.butler
    ref = butler.query_datasets("calexp", "HSC/defaults", where="instrument='HSC'", limit=1)[0]
    same(butler.exists(ref), DatasetExistence.RECORDED)


@behaviour("_exists_many answers for many at once")
def _(place: Place) -> None:
    butler = place.butler
    refs = butler.query_datasets("calexp_metrics", place.run, find_first=False, limit=5)
    same(set(butler._exists_many(refs, full_check=False).values()), {DatasetExistence.KNOWN})
    same(set(butler._exists_many(refs[:2]).values()), {DatasetExistence.VERIFIED})


@behaviour("get_dataset gives a reference by its UUID, with dimension records where asked")
def _(place: Place) -> None:
    butler = place.butler
    ref = butler.find_dataset("calexp_metrics", DETECTOR)
    same(butler.get_dataset(ref.id), ref)
    expanded = butler.get_dataset(str(ref.id), dimension_records=True)
    same(expanded.dataId.records["visit"].day_obs, 20130617)
    same(expanded.dataId["physical_filter"], "HSC-R")


@behaviour("get_dataset of an unknown UUID is None")
def _(place: Place) -> None:
    same(place.butler.get_dataset(uuid.UUID(int=5)), None)


@behaviour("get_many_datasets gives those that there are, of whichever repository")
def _(place: Place) -> None:
    butler = place.butler
    refs = [butler.find_dataset(name, DETECTOR) for name in ("calexp_metrics", "source_catalog")]
    same(set(butler.get_many_datasets([*(ref.id for ref in refs), uuid.UUID(int=5)])), set(refs))


@behaviour("a table that was got is an astropy table")
def _(place: Place) -> None:
    assert isinstance(place.butler.get("source_catalog", DETECTOR), astropy.table.Table)
