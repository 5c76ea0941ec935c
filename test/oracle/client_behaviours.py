"""What users of stock Butler clients rely on, tried through a gateway's RemoteButler face.

``client_behaviours.py GATEWAY SATELLITE_ROOT`` prints ``[behaviour, "ok" | "why not"]``, a line each.  The gateway has the demo's repositories
(``stack/official_repository.py``, ``stack/satellite_repository.py``) as `dp1` and `alice`; the satellite is written to.  The
user's token is in BUTLER_RUBIN_ACCESS_TOKEN.
"""

import dataclasses
import json
import sys
import traceback
import warnings
from collections.abc import Callable
from typing import Any

from lsst.daf.butler import Butler, Config, StorageClassFactory

BEHAVIOURS: dict[str, tuple[Callable[..., None], tuple[str, ...]]] = {}
EVERYWHERE = ("official", "satellite", "both")


def behaviour(words: str, *places: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register what a client does, and in which places it is tried; everywhere by default."""

    def register(function: Callable[..., None]) -> Callable[..., None]:
        assert words not in BEHAVIOURS, words
        BEHAVIOURS[words] = function, places or EVERYWHERE
        return function

    return register


@dataclasses.dataclass(frozen=True)
class Place:
    """A repository, or two as one, as a client sees it."""

    name: str
    url: str
    collections: list[str]
    run: str
    tag: str
    calibrations: str
    #: of `calexp_metrics` of visit 903334, detector 16
    metrics: dict[str, Any]
    #: rows of the `source_catalog` of the same
    rows: int
    #: `bad_columns` of the `defects` of detector 16 on 2013-06-17
    bad_columns: list[int]
    root: str
    gateway: str

    @property
    def butler(self) -> Butler:
        return Butler.from_config(self.url, collections=self.collections, instrument="HSC")

    def writer(self) -> Butler:
        """Stock Butler on the satellite itself."""
        return Butler.from_config(self.root, writeable=True)


VISIT = {"instrument": "HSC", "visit": 903334}
DETECTOR = VISIT | {"detector": 16}


METRICS_CLASS = {
    "pytype": "lsst.daf.butler.tests.MetricsExample",
    "delegate": "lsst.daf.butler.tests.MetricsDelegate",
    "components": {
        "summary": "StructuredDataDict",
        "output": "StructuredDataDict",
        "data": "StructuredDataList",
    },
}


def places(gateway: str, root: str) -> dict[str, Place]:
    base = f"{gateway}/api/butler/repo/"
    own = ["u/alice/reprocessing", {"run": "u/alice/reprocessing", "psf_fwhm": 0.55, "n_sources": 166}, 250]
    satellite = Place(
        *("satellite", base + "alice", ["u/alice/defaults"]),
        *(own[0], "u/alice/favourites", "u/alice/calib", own[1], own[2], [7], root, gateway),
    )
    official = Place(
        *("official", base + "dp1", ["HSC/defaults"], "HSC/runs/DRP/w43", "HSC/tags/best", "HSC/calib"),
        *({"run": "HSC/runs/DRP/w43", "psf_fwhm": 0.76, "n_sources": 116}, 200, [16, 17], root, gateway),
    )
    both = dataclasses.replace(
        satellite, name="both", url=base + "alice+dp1", collections=["u/alice/defaults", "HSC/defaults"]
    )
    return {place.name: place for place in (official, satellite, both)}


def same(got: Any, wanted: Any) -> None:
    assert got == wanted, f"got {got!r}, not {wanted!r}"


def raises(error: type[Exception], action: Callable[[], Any], words: str = "") -> Exception:
    try:
        got = action()
    except error as raised:
        assert words in str(raised), f"{raised!r} does not say {words!r}"
        return raised
    raise AssertionError(f"gave {got!r}, not {error.__name__}")


def main() -> None:
    # They register themselves.
    import client_behaviours_of_files  # noqa: F401
    import client_behaviours_of_hybrids  # noqa: F401
    import client_behaviours_of_queries  # noqa: F401
    import client_behaviours_of_registries  # noqa: F401

    warnings.simplefilter("ignore")
    # A client has to know the storage classes that a repository defines for itself.
    StorageClassFactory().addFromConfig(Config({"storageClasses": {"StructuredMetrics": METRICS_CLASS}}))
    gateway, root = sys.argv[1:3]
    known = places(gateway, root)
    for words, (function, tried) in BEHAVIOURS.items():
        outcome = "ok"
        for name in tried:
            try:
                function(known[name])
            except Exception:
                outcome = f"{name}: {traceback.format_exc(limit=-3)}"
                break
        print(json.dumps([words, outcome]), flush=True)


if __name__ == "__main__":
    # Behaviours import this module by its name.
    sys.modules["client_behaviours"] = sys.modules["__main__"]
    main()
