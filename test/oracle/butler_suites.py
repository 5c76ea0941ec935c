"""daf_butler's own published suites, against a hybrid Butler whose reads go through a gateway's RemoteButler face.

``butler_suites.py URL OFFICIAL [--divided] [--sample N]`` prints ``{test: "ok" | "why it failed"}``.  Divided, every dataset
that a suite loads is in one of two satellites only, which are read as one; what a test writes later goes to the first.
"""

import argparse
import json
import re
import unittest
import warnings

from hybrid_butlers import Satellites, divide, hybrid

from lsst.daf.butler import Butler
from lsst.daf.butler.registry.tests import RegistryTests
from lsst.daf.butler.tests.butler_queries import ButlerQueryTests

satellites: Satellites
is_divided = False


# What is said of a query over two satellites besides stock Butler's reasons: its plan, why it finds nothing, what to change.
OURS = re.compile(
    "Step |The rows of these repositories |Nothing was found: |What to change: "
)


def stock_reasons(items: list) -> list:
    """Without what is ours; what several satellites say, once and without their names."""
    if not is_divided or not all(isinstance(item, str) for item in items):
        return items
    return list(
        dict.fromkeys(
            re.sub("^alice~[^:]*: ", "", item) for item in items if not OURS.match(item)
        )
    )


class Suite(unittest.TestCase):
    """Gives tests their Butlers."""

    def setUp(self) -> None:
        self._others: dict[int, Butler] = {}
        self.addCleanup(satellites.delete_all)

    def assertCountEqual(self, first, second, msg=None) -> None:
        super().assertCountEqual(stock_reasons(list(first)), second, msg)

    def new_butler(self) -> Butler:
        name, direct = satellites.make()
        self.addCleanup(direct.close)
        if not is_divided:
            return hybrid(satellites, direct, name)
        other_name, other = satellites.make()
        self.addCleanup(other.close)
        butler = hybrid(satellites, direct, name, other_name)
        self._others[id(direct)] = other
        return butler

    def load(self, butler: Butler, *filenames: str) -> None:
        direct = getattr(butler, "_direct_butler", butler)
        other = self._others.get(id(direct))
        for filename in filenames:
            for one in (direct, other) if other else (direct,):
                one.import_(
                    filename=f"resource://lsst.daf.butler/tests/registry_data/{filename}",
                    without_datastore=True,
                )
        if other:
            divide(direct, other)


class RegistrySuite(Suite, RegistryTests):
    def make_butler(self, registry_config=None) -> Butler:
        return self.new_butler()

    def load_data(self, butler: Butler, *filenames: str) -> None:
        self.load(butler, *filenames)


class QuerySuite(Suite, ButlerQueryTests):
    def make_butler(self, *args: str) -> Butler:
        butler = self.new_butler()
        self.load(butler, *args)
        return butler

    def load_data(self, butler: Butler, filename: str) -> None:
        self.load(butler, filename)


class Outcomes(unittest.TestResult):
    """Keeps the reason of each failure in one line."""

    def __init__(self) -> None:
        super().__init__()
        self.by_name: dict[str, str] = {}

    def startTest(self, test: unittest.TestCase) -> None:
        super().startTest(test)
        self.by_name[self.name_of(test)] = "ok"

    def addSubTest(self, test, subtest, err) -> None:
        if err:
            self.fail_with(test, err)

    def addError(self, test, err) -> None:
        self.fail_with(test, err)

    addFailure = addError

    def addSkip(self, test, reason: str) -> None:
        self.by_name[self.name_of(test)] = f"skipped: {reason}"

    def fail_with(self, test, err) -> None:
        kind, error, traceback = err
        line = 0
        while traceback:
            if traceback.tb_frame.f_code.co_name == test._testMethodName:
                line = traceback.tb_lineno
            traceback = traceback.tb_next
        words = " ".join(str(error).split())
        self.by_name[self.name_of(test)] = (
            f"{kind.__name__} at line {line}: {words[:300]}"
        )

    @staticmethod
    def name_of(test: unittest.TestCase) -> str:
        return f"{type(test).__name__}.{test._testMethodName}"


def main() -> None:
    global satellites, is_divided
    parser = argparse.ArgumentParser()
    parser.add_argument("url")
    parser.add_argument("official")
    parser.add_argument("--divided", action="store_true")
    parser.add_argument("--sample", type=int, default=1, help="every Nth test")
    parser.add_argument("--only")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    satellites, is_divided = Satellites(options.url, options.official), options.divided
    loader = unittest.TestLoader()
    tests = [
        test
        for suite in (RegistrySuite, QuerySuite)
        for test in loader.loadTestsFromTestCase(suite)
    ]
    if options.only:
        tests = [test for test in tests if options.only in Outcomes.name_of(test)]
    outcomes = Outcomes()
    for test in tests[:: options.sample]:
        test.run(outcomes)
    # Some tests print.
    print("\n" + json.dumps(outcomes.by_name))


if __name__ == "__main__":
    main()
