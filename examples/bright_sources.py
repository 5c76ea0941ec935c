"""The tasks of `bright_sources.yaml`: bright sources of each detector, cut to patches of a sky map and merged there."""

import astropy.table
import lsst.pex.config
import numpy as np
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct
from lsst.pipe.base import connectionTypes as cT

DETECTOR = ("instrument", "visit", "detector")
VISIT_PATCH = ("instrument", "visit", "skymap", "tract", "patch")
PATCH = ("skymap", "tract", "patch", "band")


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


class CutToPatchConnections(PipelineTaskConnections, dimensions=VISIT_PATCH):
    """What `CutToPatchTask` reads and makes."""

    bright = cT.Input(
        name="bright_catalog",
        storageClass="ArrowAstropy",
        dimensions=DETECTOR,
        multiple=True,
        doc="Bright sources of the visit's detectors that overlap the patch.",
    )
    cut = cT.Output(
        name="bright_on_patch", storageClass="ArrowAstropy", dimensions=VISIT_PATCH, doc="Those on the patch."
    )


class CutToPatchConfig(PipelineTaskConfig, pipelineConnections=CutToPatchConnections):
    """There is nothing to configure."""


class CutToPatchTask(PipelineTask):
    """Keep what a visit saw inside of a patch."""

    ConfigClass = CutToPatchConfig
    _DefaultName = "cutToPatch"

    def runQuantum(self, butlerQC, inputRefs, outputRefs):
        """Give the task the patch's region, which comes with the quantum's data ID."""
        patch = butlerQC.quantum.dataId.records["patch"]
        butlerQC.put(self.run(butlerQC.get(inputRefs)["bright"], patch.region), outputRefs)

    def run(self, bright, region):
        """Stack the catalogues, and select what is in `region`."""
        sources = astropy.table.vstack(bright, metadata_conflicts="silent")
        inside = region.contains(np.radians(sources["ra"].data), np.radians(sources["dec"].data))
        return Struct(cut=sources[inside])


class MergePatchConnections(PipelineTaskConnections, dimensions=PATCH):
    """What `MergePatchTask` reads and makes."""

    cuts = cT.Input(
        name="bright_on_patch",
        storageClass="ArrowAstropy",
        dimensions=VISIT_PATCH,
        multiple=True,
        doc="What the visits in the band saw on the patch.",
    )
    merged = cT.Output(
        name="bright_sources_of_patch",
        storageClass="ArrowAstropy",
        dimensions=PATCH,
        doc="All of it, with the visit of each source.",
    )


class MergePatchConfig(PipelineTaskConfig, pipelineConnections=MergePatchConnections):
    """There is nothing to configure."""


class MergePatchTask(PipelineTask):
    """Merge what all visits saw on a patch, in one band."""

    ConfigClass = MergePatchConfig
    _DefaultName = "mergePatch"

    def runQuantum(self, butlerQC, inputRefs, outputRefs):
        """Put the visits beside their catalogues, which do not say where they are from."""
        visits = [ref.dataId["visit"] for ref in inputRefs.cuts]
        butlerQC.put(self.run(visits, butlerQC.get(inputRefs)["cuts"]), outputRefs)

    def run(self, visits, cuts):
        """Stack the catalogues, with a column of their visits."""
        for visit, cut in zip(visits, cuts, strict=True):
            cut["visit"] = visit
        return Struct(merged=astropy.table.vstack(cuts, metadata_conflicts="silent"))
