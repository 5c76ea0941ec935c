"""The tasks of `bright_sources.yaml`: bright sources of each detector, and their number by visit."""

import astropy.table
import lsst.pex.config
import numpy as np
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct
from lsst.pipe.base import connectionTypes as cT

VISIT = ("instrument", "visit")
DETECTOR = ("instrument", "visit", "detector")


class SelectBrightConnections(PipelineTaskConnections, dimensions=DETECTOR):
    """What `SelectBrightTask` reads and makes."""

    catalog = cT.Input(
        name="source_catalog", storageClass="ArrowAstropy", dimensions=DETECTOR, doc="All sources of a detector."
    )
    defects = cT.PrerequisiteInput(
        name="defects",
        storageClass="StructuredDataDict",
        dimensions=("instrument", "detector"),
        isCalibration=True,
        doc="Bad columns of the detector at the visit's time.",
    )
    bright = cT.Output(
        name="bright_catalog", storageClass="ArrowAstropy", dimensions=DETECTOR, doc="Its bright sources."
    )


class SelectBrightConfig(PipelineTaskConfig, pipelineConnections=SelectBrightConnections):
    """What bright is."""

    minFlux = lsst.pex.config.Field[float](doc="Sources with less flux are left out.", default=200.0)


class SelectBrightTask(PipelineTask):
    """Keep the bright sources, each with the number of bad columns of its detector."""

    ConfigClass = SelectBrightConfig
    _DefaultName = "selectBright"

    def run(self, catalog, defects):
        """Select those that have at least `minFlux`."""
        bright = catalog[catalog["flux"] >= self.config.minFlux]
        bright["bad_columns"] = len(defects["bad_columns"])
        self.log.info("%d of %d sources are bright", len(bright), len(catalog))
        return Struct(bright=bright)


class CountBrightConnections(PipelineTaskConnections, dimensions=VISIT):
    """What `CountBrightTask` reads and makes."""

    bright = cT.Input(
        name="bright_catalog",
        storageClass="ArrowAstropy",
        dimensions=DETECTOR,
        multiple=True,
        doc="Bright sources of the visit's detectors.",
    )
    counts = cT.Output(
        name="bright_counts", storageClass="ArrowAstropy", dimensions=VISIT, doc="A row for each detector."
    )


class CountBrightConfig(PipelineTaskConfig, pipelineConnections=CountBrightConnections):
    """There is nothing to configure."""


class CountBrightTask(PipelineTask):
    """Count the bright sources of a visit by detector."""

    ConfigClass = CountBrightConfig
    _DefaultName = "countBright"

    def runQuantum(self, butlerQC, inputRefs, outputRefs):
        """Put the detectors beside their catalogues, which do not say where they are from."""
        detectors = [ref.dataId["detector"] for ref in inputRefs.bright]
        butlerQC.put(self.run(detectors, butlerQC.get(inputRefs)["bright"]), outputRefs)

    def run(self, detectors, catalogs):
        """Give the number and the median flux of each detector's bright sources."""
        rows = [
            {"detector": detector, "sources": len(catalog), "median_flux": float(np.median(catalog["flux"]))}
            for detector, catalog in sorted(zip(detectors, catalogs, strict=True), key=lambda pair: pair[0])
            if len(catalog) > 0
        ]
        names = ("detector", "sources", "median_flux")
        return Struct(counts=astropy.table.Table(rows=rows, names=names, dtype=(int, int, float)))
