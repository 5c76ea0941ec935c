"""Official Butler repositories and your own as one, from a notebook.

>>> import satellite
>>> gateway = satellite.connect()
>>> work = gateway.create("work", official="dp1", instruments=["HSC"])
>>> work.search("calexp", ["u/alice/tries", "HSC/defaults"], where="instrument = 'HSC' AND visit > 903300")
>>> butler = work.butler(collections=["u/alice/tries", "HSC/defaults"], run="u/alice/tries")
"""

from ._butler import SatelliteButler
from ._errors import (
    ConflictError,
    JobError,
    NotFoundError,
    NotReachedError,
    OfficialDataError,
    RefusedError,
    SatelliteError,
    SignInError,
)
from ._gateway import Gateway, connect
from ._job import Job, Jobs
from ._plans import Access, Grant, SatellitePlan, TransferPlan
from ._publishing import Publication
from ._run import Run, RunError
from ._satellite import Satellite
from ._sky import plot_sky

__all__ = [
    "Access",
    "ConflictError",
    "Gateway",
    "Grant",
    "Job",
    "JobError",
    "Jobs",
    "NotFoundError",
    "NotReachedError",
    "OfficialDataError",
    "Publication",
    "RefusedError",
    "Run",
    "RunError",
    "Satellite",
    "SatelliteButler",
    "SatelliteError",
    "SatellitePlan",
    "SignInError",
    "TransferPlan",
    "connect",
    "plot_sky",
]
