"""The tasks of `prerequisites.yaml`, whose prerequisites are looked up for each quantum."""

from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections
from lsst.pipe.base import connectionTypes as cT

from .tasks import DETECTOR, DICT, TABLE

VISIT = ("instrument", "visit")
RAW = cT.Input(name="mini_raw", storageClass=DICT, dimensions=DETECTOR, doc="Raw image.")


def bias(doc: str, **more) -> cT.PrerequisiteInput:
    dimensions = ("instrument", "detector")
    return cT.PrerequisiteInput(
        name="mini_bias", storageClass=DICT, dimensions=dimensions, isCalibration=True, doc=doc, **more
    )


def output(name: str, dimensions: tuple[str, ...]) -> cT.Output:
    return cT.Output(name=name, storageClass=DICT, dimensions=dimensions, doc="Result.")


class SkyAroundConnections(PipelineTaskConnections, dimensions=VISIT):
    raws = cT.Input(name="mini_raw", storageClass=DICT, dimensions=DETECTOR, multiple=True, doc="Raw images.")
    refcat = cT.PrerequisiteInput(
        name="mini_refcat",
        storageClass=TABLE,
        dimensions=("htm7",),
        multiple=True,
        deferLoad=True,
        minimum=0,
        doc="Shards around the raw images, not around the visit.",
    )
    out = output("mini_visit_summary", VISIT)

    def getSpatialBoundsConnections(self):
        return ("raws",)


class SkyAroundConfig(PipelineTaskConfig, pipelineConnections=SkyAroundConnections):
    pass


class SkyAroundTask(PipelineTask):
    ConfigClass = SkyAroundConfig
    _DefaultName = "skyAround"


class CalibrationAroundConnections(PipelineTaskConnections, dimensions=DETECTOR):
    raw = RAW
    bias = bias("Found by `find_dataset` with the data ID of the whole quantum.")
    out = output("mini_isr", DETECTOR)

    def getSpatialBoundsConnections(self):
        return ("raw",)


class CalibrationAroundConfig(PipelineTaskConfig, pipelineConnections=CalibrationAroundConnections):
    pass


class CalibrationAroundTask(PipelineTask):
    ConfigClass = CalibrationAroundConfig
    _DefaultName = "calibrationAround"


def look_up_bias(dataset_type, registry, data_id, collections):
    own = data_id.subset(dataset_type.dimensions)
    return list(registry.queryDatasets(dataset_type, dataId=own, collections=["Mini/calib/run1"], findFirst=True))


class LookUpConnections(PipelineTaskConnections, dimensions=DETECTOR):
    raw = RAW
    bias = bias("Found by a function of the task's own.", lookupFunction=look_up_bias)
    out = output("mini_isr2", DETECTOR)


class LookUpConfig(PipelineTaskConfig, pipelineConnections=LookUpConnections):
    pass


class LookUpTask(PipelineTask):
    ConfigClass = LookUpConfig
    _DefaultName = "lookUp"
