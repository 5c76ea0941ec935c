"""Collections, the old registry, and how clients are made."""

import json
import os
import pickle
import tempfile

from client_behaviours import DETECTOR, VISIT, Place, behaviour, raises, same

from lsst.daf.butler import (
    Butler,
    CollectionType,
    DataIdValueError,
    LabeledButlerFactory,
    MissingCollectionError,
    MissingDatasetTypeError,
)
from lsst.daf.butler.remote_butler._factory import RemoteButlerFactory


@behaviour("collections.query finds by globs and by type")
def _(place: Place) -> None:
    collections = place.butler.collections
    assert place.run in collections.query("*")
    tagged = collections.query("*", collection_types=CollectionType.TAGGED)
    assert place.tag in tagged and place.run not in tagged, tagged


@behaviour("collections.query flattens chains, in order")
def _(place: Place) -> None:
    flat = place.butler.collections.query(place.collections[0], flatten_chains=True)
    assert flat.index(place.run) == 0 and place.collections[0] not in flat, flat


@behaviour("collections.query_info tells dataset types, parents and documentation")
def _(place: Place) -> None:
    [info] = place.butler.collections.query_info(
        place.run, include_summary=True, include_parents=True, include_doc=True
    )
    assert "calexp_metrics" in info.dataset_types, info
    assert place.collections[0] in info.parents, info
    assert info.doc.startswith("HSC d"), info


@behaviour("collections.query_info summarises the dataset types that are named")
def _(place: Place) -> None:
    [info] = place.butler.collections.query_info(
        place.run, include_summary=True, summary_datasets=["calexp_metrics", "defects"]
    )
    same(set(info.dataset_types), {"calexp_metrics"})


@behaviour("collections.get_info tells the children of a chain")
def _(place: Place) -> None:
    info = place.butler.collections.get_info(place.collections[0])
    same((info.type, info.children[0]), (CollectionType.CHAINED, place.run))


@behaviour("collections.get_info of a collection that is not there fails by its type")
def _(place: Place) -> None:
    raises(MissingCollectionError, lambda: place.butler.collections.get_info("nope"))


@behaviour("collections.x_remove and register are refused: what is read through a server is not written")
def _(place: Place) -> None:
    raises(NotImplementedError, lambda: place.butler.collections.register("u/alice/x"))


@behaviour("collections.defaults are those that the client was made with")
def _(place: Place) -> None:
    same(list(place.butler.collections.defaults), place.collections)


@behaviour("registry.defaults hold collections and data ID values; a new run is refused for nothing")
def _(place: Place) -> None:
    defaults = place.butler.registry.defaults
    same((list(defaults.collections), defaults.dataId["instrument"]), (place.collections, "HSC"))


@behaviour("default data ID values are inferred from the collections")
def _(place: Place) -> None:
    butler = Butler.from_config(place.url, collections=place.run)
    same(butler.registry.defaults.dataId["instrument"], "HSC")


@behaviour("registry.queryCollections finds by type, and flattens")
def _(place: Place) -> None:
    registry = place.butler.registry
    assert place.run in list(registry.queryCollections(place.collections, flattenChains=True))
    assert place.tag in list(registry.queryCollections(collectionTypes=CollectionType.TAGGED))


@behaviour("registry tells types, chains and documentation of collections")
def _(place: Place) -> None:
    registry = place.butler.registry
    same(registry.getCollectionType(place.tag), CollectionType.TAGGED)
    same(registry.getCollectionChain(place.collections[0])[0], place.run)
    assert registry.getCollectionDocumentation(place.run).startswith("HSC d")
    assert place.collections[0] in registry.getCollectionParentChains(place.run)


@behaviour("registry.getCollectionSummary tells dataset types and governors")
def _(place: Place) -> None:
    summary = place.butler.registry.getCollectionSummary(place.run)
    assert "calexp_metrics" in {one.name for one in summary.dataset_types}
    same(summary.governors["instrument"], {"HSC"})


@behaviour("registry.queryDatasetTypes finds by globs")
def _(place: Place) -> None:
    found = {one.name for one in place.butler.registry.queryDatasetTypes(["calexp_*", "source_catalog"])}
    assert found == {"calexp_metrics", "source_catalog"}, found


@behaviour("registry.getDatasetType fails by its type where there is none")
def _(place: Place) -> None:
    registry = place.butler.registry
    same(registry.getDatasetType("calexp_metrics").storageClass_name, "StructuredDataDict")
    raises(MissingDatasetTypeError, lambda: registry.getDatasetType("nope"))


@behaviour("registry.queryDatasets gives datasets of several types, lazily")
def _(place: Place) -> None:
    found = place.butler.registry.queryDatasets(
        ["calexp_metrics", "source_catalog"], collections=place.run, dataId=VISIT, findFirst=True
    )
    same({ref.datasetType.name for ref in found}, {"calexp_metrics", "source_catalog"})
    assert found.any() and found.count() == len(set(found))


@behaviour("registry.queryDatasets goes by type, and expands")
def _(place: Place) -> None:
    found = place.butler.registry.queryDatasets("calexp_*", collections=place.run, dataId=VISIT).expanded()
    same({name.name for parent in found.byParentDatasetType() for name in [parent.parentDatasetType]}, {"calexp_metrics"})
    assert all(ref.dataId.hasRecords() for ref in found)


@behaviour("registry.queryDataIds joins datasets, orders and limits")
def _(place: Place) -> None:
    found = place.butler.registry.queryDataIds(
        ["visit", "detector"], datasets="calexp_metrics", collections=place.run, dataId=VISIT
    )
    detectors = [data_id["detector"] for data_id in found.order_by("-detector").limit(2)]
    same(detectors, sorted(detectors, reverse=True)[:2])
    assert found.findDatasets("calexp_metrics", place.run).any()


@behaviour("registry.queryDataIds projects to fewer dimensions")
def _(place: Place) -> None:
    found = place.butler.registry.queryDataIds(["visit", "detector"], dataId=VISIT).subset(["visit"], unique=True)
    same([data_id["visit"] for data_id in found], [903334])


@behaviour("registry.queryDimensionRecords gives records")
def _(place: Place) -> None:
    [record] = place.butler.registry.queryDimensionRecords("visit", dataId=VISIT)
    same(record.name, "HSCA90333400")


@behaviour("registry.getDataset and findDataset give references")
def _(place: Place) -> None:
    registry = place.butler.registry
    ref = registry.findDataset("calexp_metrics", DETECTOR, collections=place.run)
    same(registry.getDataset(ref.id), ref)


@behaviour("registry.expandDataId brings records, and refuses what is not there")
def _(place: Place) -> None:
    registry = place.butler.registry
    expanded = registry.expandDataId(DETECTOR)
    same((expanded["band"], expanded.records["detector"].id), ("r", 16))
    raises(DataIdValueError, lambda: registry.expandDataId(VISIT | {"visit": 1}))


@behaviour("registry.queryDatasetAssociations gives validity ranges of calibrations")
def _(place: Place) -> None:
    associations = list(place.butler.registry.queryDatasetAssociations("defects", place.calibrations))
    assert associations and all(one.timespan is not None for one in associations)
    same({one.collection for one in associations}, {place.calibrations})


@behaviour("registry.queryDatasetAssociations gives what a tag holds")
def _(place: Place) -> None:
    kind = "psf_residuals" if place.name != "official" else "calexp_metrics"
    associations = list(
        place.butler.registry.queryDatasetAssociations(
            kind, place.tag, collectionTypes=[CollectionType.TAGGED], flattenChains=True
        )
    )
    same({one.collection for one in associations}, {place.tag})


@behaviour("the universe is that of the repository")
def _(place: Place) -> None:
    universe = place.butler.dimensions
    same((universe.namespace, universe.version), ("daf_butler", 8))


@behaviour("clone changes collections and data ID values, and leaves the original as it was")
def _(place: Place) -> None:
    butler = place.butler
    other = butler.clone(collections=[place.tag], dataId={"instrument": "HSC"})
    same((list(other.collections.defaults), list(butler.collections.defaults)), ([place.tag], place.collections))


@behaviour("a client says that it is not writeable, and refuses to write")
def _(place: Place) -> None:
    butler = place.butler
    same(butler.isWriteable(), False)
    raises(NotImplementedError, lambda: butler.put({}, "calexp_metrics", DETECTOR, run="x"))
    raises(NotImplementedError, lambda: butler.pruneDatasets([]))
    raises(NotImplementedError, lambda: butler.removeRuns(["x"]))
    raises(NotImplementedError, lambda: butler.registry.registerRun("x"))


@behaviour("references, data IDs and dataset types are pickled")
def _(place: Place) -> None:
    ref = place.butler.find_dataset("calexp_metrics", DETECTOR, dimension_records=True)
    again = pickle.loads(pickle.dumps(ref))
    same((again, again.dataId.records["visit"].name), (ref, "HSCA90333400"))


@behaviour("references go to JSON and back")
def _(place: Place) -> None:
    butler = place.butler
    ref = butler.find_dataset("calexp_metrics", DETECTOR)
    same(type(ref).from_json(ref.to_json(), universe=butler.dimensions), ref)


@behaviour("DAF_BUTLER_REPOSITORIES gives the repository a label")
def _(place: Place) -> None:
    os.environ["DAF_BUTLER_REPOSITORIES"] = json.dumps({"ours": place.url})
    try:
        same(Butler.from_config("ours", collections=place.collections).get("calexp_metrics", DETECTOR), place.metrics)
    finally:
        del os.environ["DAF_BUTLER_REPOSITORIES"]


@behaviour("DAF_BUTLER_REPOSITORY_INDEX takes the index that the gateway serves", "official")
def _(place: Place) -> None:
    os.environ["DAF_BUTLER_REPOSITORY_INDEX"] = f"{place.gateway}/api/butler/repositories.yaml"
    try:
        assert "dp1" in Butler.get_known_repos()
        same(Butler.from_config("dp1", collections=place.collections).get("calexp_metrics", DETECTOR), place.metrics)
    finally:
        del os.environ["DAF_BUTLER_REPOSITORY_INDEX"]


@behaviour("LabeledButlerFactory makes clients with a user's token")
def _(place: Place) -> None:
    token = os.environ["BUTLER_RUBIN_ACCESS_TOKEN"]
    with LabeledButlerFactory({"ours": place.url}) as factory:
        butler = factory.bind(token)("ours")
        same(butler.get("calexp_metrics", DETECTOR, collections=place.run), place.metrics)


@behaviour("RemoteButlerFactory makes clients with a user's token")
def _(place: Place) -> None:
    factory = RemoteButlerFactory.create_factory_for_url(place.url)
    butler = factory.create_butler_for_access_token(os.environ["BUTLER_RUBIN_ACCESS_TOKEN"])
    same(butler.get("calexp_metrics", DETECTOR, collections=place.run), place.metrics)


@behaviour("a client with a token that is not good is refused, not served as somebody else")
def _(place: Place) -> None:
    factory = RemoteButlerFactory.create_factory_for_url(place.url)
    error = raises(Exception, lambda: factory.create_butler_for_access_token("gt-nonsense").dimensions)
    same(getattr(error, "status_code", None), 401)


@behaviour("a Butler is made from the address of its configuration file")
def _(place: Place) -> None:
    same(Butler.from_config(f"{place.url}/butler.yaml").get("calexp_metrics", DETECTOR, collections=place.run), place.metrics)


@behaviour("a repository can be used as a context, and closed")
def _(place: Place) -> None:
    with Butler.from_config(place.url) as butler:
        assert butler.dimensions
    with tempfile.TemporaryDirectory() as directory:
        assert os.listdir(directory) == []
