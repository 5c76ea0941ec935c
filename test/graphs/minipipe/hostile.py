"""A task, and what a pipeline's `python:` block can call, that want what is not theirs; they tell what they were given."""

import os
import socket
import urllib.request

import lsst.pex.config
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct
from lsst.pipe.base import connectionTypes as cT

from .tasks import DETECTOR, DICT


def attempt(what: str) -> str:
    """Do ``read PATH``, ``write PATH``, ``connect HOST:PORT``, ``ask URL`` or ``environment``; tell what came of it."""
    verb, _, of = what.partition(" ")
    try:
        if verb == "read":
            if os.path.isdir(of):
                return f"given {os.listdir(of)}"
            with open(of, "rb") as stream:
                return f"given {len(stream.read())} bytes"
        if verb == "write":
            with open(of, "w") as stream:
                stream.write("mine")
            return "given"
        if verb == "connect":
            host, port = of.rsplit(":", 1)
            socket.create_connection((host, int(port)), timeout=5).close()
            return "given"
        if verb == "ask":
            return f"given {urllib.request.urlopen(of, timeout=5).status}"
        return ",".join(sorted(os.environ))
    except (OSError, ValueError) as error:
        return f"refused {type(error).__name__}"


def attempt_all(attempts: list[str]) -> None:
    """Raise where something was given."""
    given = {what: came for what in attempts if not (came := attempt(what)).startswith("refused")}
    if given:
        raise RuntimeError(f"given: {given}")


class SnoopConnections(PipelineTaskConnections, dimensions=DETECTOR):
    raw = cT.Input(name="mini_raw", storageClass=DICT, dimensions=DETECTOR, doc="Raw image.")
    found = cT.Output(name="mini_found", storageClass=DICT, dimensions=DETECTOR, doc="What came of each attempt.")


class SnoopConfig(PipelineTaskConfig, pipelineConnections=SnoopConnections):
    attempts = lsst.pex.config.ListField[str](doc="What is attempted.", default=[])


class SnoopTask(PipelineTask):
    ConfigClass = SnoopConfig
    _DefaultName = "snoop"

    def run(self, raw):
        return Struct(found={what: attempt(what) for what in self.config.attempts})
