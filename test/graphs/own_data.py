"""What alice has in her satellite, beside the same in a repository that has all: registry rows, with the same UUIDs."""

import warnings
from collections import Counter

import astropy.units as u
from lsst.daf.butler import Butler, CollectionType, DataCoordinate, DatasetRef, DatasetType, Timespan
from lsst.pipe.base.quantum_graph import PredictedQuantumGraphComponents
from make_repository import CAMERA, NIGHT, SKYMAP, insert_sky_map

VISIT = {**CAMERA, "visit": 1000}
OWN_SKYMAP = "own_sky"


class OwnData:
    """A satellite and the repository that has all, changed alike."""

    def __init__(self, satellite: str, merged: str):
        # the collections of official data are the merged repository's, so it is asked
        self.merged = Butler.from_config(merged, writeable=True)
        self.butlers = [self.merged, Butler.from_config(satellite, writeable=True)]
        self.universe = self.merged.dimensions

    def put_all(self) -> None:
        """A collection for each scenario, all with few datasets: `u/alice/...`."""
        everywhere = {"instrument": "MiniCam", "skymap": SKYMAP}
        warps = self.data_ids(["instrument", "visit", "skymap", "tract", "patch"], everywhere)
        self.put("mini_warp", "u/alice/warps", warps[:10])
        coadds = self.data_ids(["skymap", "tract", "patch", "band"], everywhere)
        self.put("mini_template", "u/alice/templates", coadds[:8])
        images = self.data_ids(["instrument", "visit", "detector"], VISIT)
        self.put("mini_calexp", "u/alice/calexps", images)
        self.put("mini_raw", "u/alice/raws", images[:3])
        detectors = self.data_ids(["instrument", "detector"], CAMERA)
        self.certify("u/alice/calib", self.put("mini_bias", "u/alice/bias", detectors[:2], is_calibration=True))
        for butler in self.butlers:
            insert_sky_map(butler, OWN_SKYMAP, 1, 4)

    def data_ids(self, dimensions: list[str], within: dict) -> list[DataCoordinate]:
        found = self.merged.query_data_ids(dimensions, **within)
        return sorted(found, key=lambda data_id: data_id.required_values)

    def put(
        self, name: str, run: str, data_ids: list[DataCoordinate], is_calibration: bool = False
    ) -> list[DatasetRef]:
        dataset_type = DatasetType(
            name, data_ids[0].dimensions, "StructuredDataDict", isCalibration=is_calibration
        )
        refs = [DatasetRef(dataset_type, data_id, run=run) for data_id in data_ids]
        self.import_refs(run, refs)
        return refs

    def import_refs(self, run: str, refs: list[DatasetRef]) -> None:
        self.bring_records(refs)
        for butler in self.butlers:
            for dataset_type in {ref.datasetType for ref in refs}:
                butler.registry.registerDatasetType(dataset_type)
            butler.collections.register(run)
            for of_type in DatasetRef.groupByType(refs).values():
                butler.registry._importDatasets(of_type)

    def bring_records(self, refs: list[DatasetRef]) -> None:
        """Only the records without which the datasets could not be there."""
        _, satellite = self.butlers
        needed: dict[str, set[DataCoordinate]] = {}
        for ref in refs:
            for name in ref.dimensions.names:
                needed.setdefault(name, set()).add(self.merged.registry.expandDataId(ref.dataId))
        for name in self.universe.sorted(needed):
            if not self.universe[name].has_own_table:
                continue
            records = {data_id.records[name] for data_id in needed[name]}
            satellite.registry.insertDimensionData(name, *records, skip_existing=True)

    def certify(self, collection: str, refs: list[DatasetRef]) -> None:
        """For the first half of the night."""
        for butler in self.butlers:
            butler.collections.register(collection, CollectionType.CALIBRATION)
            butler.registry.certify(collection, refs, Timespan(NIGHT, NIGHT + 8 * u.hour + 1 * u.min))

    def execute(self, graph: PredictedQuantumGraphComponents, detector: int) -> dict[str, int]:
        """
        Registers the outputs of a graph as of a run in which a detector failed, with all that depends on it.
        Returns the number of quanta that failed, by task.
        """
        lost, made, failed = set(), [], Counter()
        for task in ("calibrate", "makeWarp", "coadd"):
            for quantum in graph.quantum_datasets.values():
                if quantum.task_label != task:
                    continue
                if lost.intersection(quantum.iter_input_dataset_ids()) or (
                    task == "calibrate" and quantum.data_coordinate[1] == detector
                ):
                    lost.update(quantum.iter_output_dataset_ids())
                    failed[task] += 1
                else:
                    made.append(quantum)
        refs = [
            graph.make_dataset_ref(dataset)
            for quantum in [*made, *graph.init_quanta.root]
            for of_connection in quantum.outputs.values()
            for dataset in of_connection
        ]
        self.import_refs(graph.header.output_run, refs)
        return dict(failed)


warnings.filterwarnings("ignore", message="Constructing day_obs records")
