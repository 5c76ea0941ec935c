"""The tasks of `pipeline.yaml`. Graphs are built from their connections; none is ever executed."""

import lsst.pex.config
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections
from lsst.pipe.base import connectionTypes as cT

DETECTOR = ("instrument", "visit", "detector")
WARP = ("instrument", "visit", "skymap", "tract", "patch")
COADD = ("skymap", "tract", "patch", "band")
DICT, TABLE = "StructuredDataDict", "ArrowAstropy"


class CalibrateConnections(PipelineTaskConnections, dimensions=DETECTOR):
    raw = cT.Input(name="mini_raw", storageClass=DICT, dimensions=DETECTOR, doc="Raw image.")
    bias = cT.PrerequisiteInput(
        name="mini_bias",
        storageClass=DICT,
        dimensions=("instrument", "detector"),
        isCalibration=True,
        doc="Calibration that is valid at the visit's time.",
    )
    refcat = cT.PrerequisiteInput(
        name="mini_refcat",
        storageClass=TABLE,
        dimensions=("htm7",),
        multiple=True,
        deferLoad=True,
        minimum=0,
        doc="Shards of the reference catalogue around the detector.",
    )
    calexp = cT.Output(name="mini_calexp", storageClass=DICT, dimensions=DETECTOR, doc="Calibrated image.")
    sources = cT.Output(name="mini_src", storageClass=TABLE, dimensions=DETECTOR, doc="Its sources.")
    schema = cT.InitOutput(name="mini_src_schema", storageClass=DICT, doc="Columns of the sources.")


class CalibrateConfig(PipelineTaskConfig, pipelineConnections=CalibrateConnections):
    pass


class CalibrateTask(PipelineTask):
    ConfigClass = CalibrateConfig
    _DefaultName = "calibrate"


class MakeWarpConnections(PipelineTaskConnections, dimensions=WARP):
    calexps = cT.Input(
        name="mini_calexp", storageClass=DICT, dimensions=DETECTOR, multiple=True, doc="Images on the patch."
    )
    warp = cT.Output(name="mini_warp", storageClass=DICT, dimensions=WARP, doc="The visit on the patch.")


class MakeWarpConfig(PipelineTaskConfig, pipelineConnections=MakeWarpConnections):
    pass


class MakeWarpTask(PipelineTask):
    ConfigClass = MakeWarpConfig
    _DefaultName = "makeWarp"


class CoaddConnections(PipelineTaskConnections, dimensions=COADD):
    warps = cT.Input(name="mini_warp", storageClass=DICT, dimensions=WARP, multiple=True, doc="Warps.")
    template = cT.Input(
        name="mini_template", storageClass=DICT, dimensions=COADD, doc="A second overall input, where wanted."
    )
    coadd = cT.Output(name="mini_coadd", storageClass=DICT, dimensions=COADD, doc="Coadd.")

    def __init__(self, *, config: "CoaddConfig"):
        if not config.useTemplate:
            del self.template


class CoaddConfig(PipelineTaskConfig, pipelineConnections=CoaddConnections):
    useTemplate = lsst.pex.config.Field[bool](doc="Subtract a template?", default=False)


class CoaddTask(PipelineTask):
    ConfigClass = CoaddConfig
    _DefaultName = "coadd"
