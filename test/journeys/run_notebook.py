"""Run a notebook top to bottom in a fresh kernel, and print the MIME types of each cell's outputs as JSON.

``run_notebook.py NOTEBOOK``; a cell that raises ends it with the cell's traceback and status 1.
"""

import json
import sys

import nbformat
from nbclient import NotebookClient

notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=600).execute()
outputs = [
    sorted({mime for output in cell.outputs for mime in output.get("data", {})})
    for cell in notebook.cells
    if cell.cell_type == "code"
]
print(json.dumps(outputs))
