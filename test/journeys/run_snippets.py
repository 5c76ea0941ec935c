"""Run the Python snippets of a page in Markdown one after the other, as somebody does who pastes them into a notebook.

``run_snippets.py PAGE``; what is only a sketch, with an ellipsis in it, is left out.
"""

import re
import sys
from pathlib import Path

snippets = re.findall(
    r"^```python\n(.*?)^```$", Path(sys.argv[1]).read_text(), re.DOTALL | re.MULTILINE
)
namespace: dict[str, object] = {}
for snippet in snippets:
    if "…" not in snippet:
        exec(compile(snippet, sys.argv[1], "exec"), namespace)  # noqa: S102 -- that is what it is for
