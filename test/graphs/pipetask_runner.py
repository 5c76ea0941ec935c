"""Builds quantum graphs with unmodified `pipetask qgraph`, several in one process, and compares them.

``pipetask_runner.py FACE MERGED SATELLITE DIRECTORY`` reads JSON lines and answers each with one:

- ``{"own": true}`` puts alice's data into SATELLITE and MERGED (`own_data.py`);
- ``{"graph": NAME, "arguments": […]}`` builds `NAME.qg` in DIRECTORY from MERGED and from FACE with these arguments of
  `pipetask qgraph`; the answer has `quanta` and `inputs` (numbers), `differences` (of the graphs), `error` (what `pipetask`
  ended with) and `log` (of FACE);
- ``{"execute": NAME, "failing": DETECTOR}`` registers the outputs of that graph; the answer has numbers of failed quanta;
- ``{"shim": true}`` mends the stock client from then on (`find_dataset_shim.py`).
"""

import io
import json
import logging
import os
import sys

import click
import find_dataset_shim
from compare_graphs import differences, read_graph, summary
from lsst.ctrl.mpexec.cli.pipetask import cli
from own_data import OwnData


def qgraph(butler: str, arguments: list[str], path: str) -> tuple[str | None, str]:
    """Returns what it ended with, and its log."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        command = ["--no-log-tty", "qgraph", "-b", butler, *arguments, "-q", path]
        code = cli.main(command, standalone_mode=False)
        return (None if not code else f"status {code}"), stream.getvalue()
    except click.ClickException as error:
        return error.format_message(), stream.getvalue()
    except Exception as error:
        return f"{type(error).__name__}: {error}", stream.getvalue()
    finally:
        root.removeHandler(handler)


def build(request: dict, face: str, merged: str, directory: str) -> dict:
    paths = {side: os.path.join(directory, f"{request['graph']}{side}.qg") for side in ("", "-merged")}
    theirs, _ = qgraph(merged, request["arguments"], paths["-merged"])
    error, log = qgraph(face, request["arguments"], paths[""])
    if error is not None or theirs is not None:
        return {"error": error, "stock": theirs, "log": log}
    graph = read_graph(paths[""])
    return {**summary(graph), "differences": differences(graph, read_graph(paths["-merged"])), "log": log}


def main(face: str, merged: str, satellite: str, directory: str) -> None:
    own = OwnData(satellite, merged)
    answers = os.fdopen(os.dup(1), "w")
    # what pipetask prints is no answer
    os.dup2(2, 1)
    for line in sys.stdin:
        request, answer = json.loads(line), {}
        if "own" in request:
            own.put_all()
        elif "shim" in request:
            find_dataset_shim.install()
        elif "execute" in request:
            answer = own.execute(read_graph(os.path.join(directory, f"{request['execute']}.qg")), request["failing"])
        else:
            answer = build(request, face, merged, directory)
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
