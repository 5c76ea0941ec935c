"""Put conformance cases to RemoteButler servers with the stock Python client, and judge the answers.

Prints a JSON object ``{"satisfied": N, "failed": [{"id", "why", "answer"}]}``.
"""

import argparse
import json
import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "oracle"))

from stock_answers import run_case
from verdict import verdict

from lsst.daf.butler import Butler


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--cases", required=True)
    parser.add_argument("--repo", action="append", help="NAME=URL")
    parser.add_argument("--token", required=True)
    options = parser.parse_args()
    os.environ["BUTLER_RUBIN_ACCESS_TOKEN"] = options.token
    butlers = {name: Butler.from_config(url) for name, _, url in (repo.partition("=") for repo in options.repo)}
    satisfied, failed = 0, []
    with open(options.cases) as stream:
        for case in map(json.loads, stream):
            butler = butlers.get(case["repo"])
            if butler is None or case.get("skip_oracle"):
                continue
            # Of a subset the rows that were given are judged, not those that could have been.
            answer = run_case(butler, case | {"compare": "multiset"} if case["compare"] == "subset" else case)
            accepted = [case]
            if "expected_remote" in case:
                accepted.append(case | {"expected": case["expected_remote"]})
            verdicts = [verdict(one, answer) for one in accepted]
            if None in verdicts:
                continue
            if True in verdicts:
                satisfied += 1
            else:
                failed.append({"id": case["id"], "expected": case["expected"], "answer": answer})
    print(json.dumps({"satisfied": satisfied, "failed": failed}))


if __name__ == "__main__":
    main()
