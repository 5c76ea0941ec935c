"""The tasks of `pipeline.yaml`: small, but with a spatial join, calibrations, and what can go wrong, where it is wanted."""

import os
import signal
import time

import astropy.table
import lsst.pex.config
import numpy as np
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct
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
    gain = lsst.pex.config.Field[float](doc="What images are multiplied by.", default=1.5)
    failDetector = lsst.pex.config.Field[int](doc="Detector whose images cannot be calibrated.", default=-1)
    killOnce = lsst.pex.config.Field[str](
        doc="File that is made by the first quantum, which then kills its process.", default=""
    )
    waitFor = lsst.pex.config.Field[str](doc="File that all quanta but the first one wait for.", default="")


def is_first(path: str) -> bool:
    """Make a file, and tell whether nobody had."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


class CalibrateTask(PipelineTask):
    ConfigClass = CalibrateConfig
    _DefaultName = "calibrate"

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.schema = {"columns": ["flux", "x"]}

    def runQuantum(self, butlerQC, inputRefs, outputRefs):
        inputs = butlerQC.get(inputRefs)
        if inputRefs.raw.dataId["detector"] == self.config.failDetector:
            raise RuntimeError(f"no light on {inputRefs.raw.dataId}")
        if self.config.waitFor and not is_first(f"{self.config.waitFor}.first"):
            while not os.path.exists(self.config.waitFor):
                time.sleep(0.1)
        if self.config.killOnce and is_first(self.config.killOnce):
            os.kill(os.getpid(), signal.SIGKILL)
        stars = sum(len(shard.get()) for shard in inputs["refcat"])
        butlerQC.put(self.run(inputs["raw"], inputs["bias"], stars), outputRefs)

    def run(self, raw, bias, stars):
        value = (raw["value"] - bias["level"]) * self.config.gain
        self.log.info("calibrated to %s with %d stars", value, stars)
        sources = astropy.table.Table({"flux": np.full(8, value), "x": np.arange(8.0)})
        return Struct(calexp={"value": value, "stars": stars}, sources=sources)


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

    def run(self, calexps):
        return Struct(warp={"sum": sum(image["value"] for image in calexps), "images": len(calexps)})


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

    def run(self, warps, template=None):
        total = sum(warp["sum"] for warp in warps) - (template["value"] if template else 0)
        return Struct(coadd={"sum": total, "warps": len(warps)})
