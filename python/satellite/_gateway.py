"""A gateway: official repositories and satellites."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ._errors import ConflictError, SatelliteError
from ._html import card
from ._job import Job, Jobs
from ._publishing import Publication
from ._run import Run
from ._satellite import Satellite
from ._satellite_record import FIELDS
from ._searches import Searches
from ._token import find_token
from ._transport import JOB_FIELDS, Transport

#: Where the Helm chart puts the gateway on a Science Platform.
_PLATFORM_PATH = "/api/satellite"


def connect(url: str | None = None, token: str | None = None) -> Gateway:
    """Connect to a gateway.

    Parameters
    ----------
    url : `str`, optional
        Its address. The default is the variable ``SATELLITE_URL``; on a Science Platform, the platform's own.
    token : `str`, optional
        Your token; it goes to this gateway only. The default is what the variables ``SATELLITE_TOKEN`` and
        ``BUTLER_RUBIN_ACCESS_TOKEN`` hold; else, for a gateway of the Science Platform, what the platform gives to its
        notebooks.

    Returns
    -------
    gateway : `Gateway`
        The gateway, which knows you.

    Raises
    ------
    SignInError
        Raised where there is no token, or the gateway does not take it.
    NotReachedError
        Raised where there is no gateway at this address.
    """
    platform = os.environ.get("EXTERNAL_INSTANCE_URL", "").rstrip("/")
    url = url or os.environ.get("SATELLITE_URL") or (platform and platform + _PLATFORM_PATH)
    if not url:
        raise SatelliteError("Which gateway? Give connect(url), or set the variable SATELLITE_URL.")
    if not url.startswith(("http://", "https://")):
        raise SatelliteError(f"{url!r} is no address of a gateway: it begins with https://.")
    url = url.rstrip("/")
    transport = Transport(url, find_token(url, token))
    return Gateway(transport, transport.ask("{viewer {username}}")["viewer"]["username"])


class Gateway(Searches):
    """A gateway, over all repositories that you may read.

    Parameters
    ----------
    transport : `Transport`
        The user's connection.
    user : `str`
        Who is signed in.
    """

    def __init__(self, transport: Transport, user: str) -> None:
        super().__init__(transport, None)
        self.user = user

    @property
    def url(self) -> str:
        """Its address (`str`)."""
        return self._transport.url

    def repositories(self) -> dict[str, str]:
        """Give the repositories that you may read.

        Returns
        -------
        repositories : `dict` [ `str`, `str` ]
            Their kinds (``OFFICIAL``, ``SATELLITE``, ``PUBLISHED``) by name, in the order in which they are searched.
        """
        return {
            node["name"]: node["kind"] for node in self._transport.ask("{repositories {name kind}}")["repositories"]
        }

    def create(
        self,
        name: str,
        official: str,
        *,
        instruments: Iterable[str] = (),
        skymaps: Iterable[str] = (),
        calibrations: Iterable[str] = (),
        database: str = "sqlite",
        artifacts: str = "files",
        group: str | None = None,
        quota: int | None = None,
        capability_urls: bool = False,
        exist_ok: bool = False,
        progress: bool = True,
    ) -> Satellite:
        """Make a satellite: a repository of your own, with the dimension universe of an official one.

        Parameters
        ----------
        name : `str`
            Its name: small letters, digits, ``_``, ``.`` and ``-``.
        official : `str`
            Name of the repository to make it from.
        instruments, skymaps : `~collections.abc.Iterable` [ `str` ], optional
            What to bring along, with all detectors and filters, tracts and patches.
        calibrations : `~collections.abc.Iterable` [ `str` ], optional
            CALIBRATION collections to bring along by reference.
        database : `str`, optional
            ``sqlite`` or ``postgresql``.
        artifacts : `str`, optional
            Where its files are: ``files`` or ``s3``.
        group : `str`, optional
            A group of yours whose members may use it as you do.
        quota : `int`, optional
            Bytes that it may hold.
        capability_urls : `bool`, optional
            Put a secret into the address of each dataset that is brought by reference, for clients that cannot send a
            token.
        exist_ok : `bool`, optional
            Give the satellite of that name if there is one, as it is.
        progress : `bool`, optional
            Show how far it is.

        Returns
        -------
        satellite : `Satellite`
            The satellite, with all that was asked for.

        Raises
        ------
        ConflictError
            Raised where the name is taken.
        """
        inputs = {
            "name": name,
            "official": official,
            "instruments": list(instruments) or None,
            "skymaps": list(skymaps) or None,
            "curatedCalibrations": list(calibrations) or None,
            "database": database.upper(),
            "artifacts": artifacts.upper(),
            "group": group,
            "quotaBytes": quota,
            "capabilityUrls": capability_urls,
        }
        try:
            payload = self._transport.change("createSatellite", inputs, f"satellite {{{FIELDS}}} job {{{JOB_FIELDS}}}")
        except ConflictError:
            if not exist_ok:
                raise
            return self.satellite(name)
        if payload["job"] is not None:
            Job(self._transport, payload["job"]).wait(progress)
        return Satellite(self._transport, payload["satellite"])

    def satellite(self, name: str) -> Satellite:
        """Give a satellite.

        Parameters
        ----------
        name : `str`
            Its name, or ``owner~name``.

        Returns
        -------
        satellite : `Satellite`
            The satellite.

        Raises
        ------
        NotFoundError
            Raised where there is none, or it is not shared with you.
        """
        return Satellite.find(self._transport, name)

    def satellites(self, deleted: bool = False) -> list[Satellite]:
        """Give your satellites, and those that are shared with you.

        Parameters
        ----------
        deleted : `bool`, optional
            Those too that can still be restored.

        Returns
        -------
        satellites : `list` [ `Satellite` ]
            By name.
        """
        document = f"query ($deleted: Boolean) {{satellites(deleted: $deleted) {{{FIELDS}}}}}"
        nodes = self._transport.ask(document, deleted=deleted)["satellites"]
        return [Satellite(self._transport, node) for node in nodes]

    def jobs(self, limit: int = 100) -> Jobs:
        """Give your jobs, the newest first.

        Parameters
        ----------
        limit : `int`, optional
            Number of jobs, at most 1000.

        Returns
        -------
        jobs : `list` [ `Job` ]
            The jobs.
        """
        nodes = self._transport.ask(f"query ($first: Int) {{jobs(first: $first) {{{JOB_FIELDS}}}}}", first=limit)[
            "jobs"
        ]
        return Jobs(Job(self._transport, node) for node in nodes)

    def job(self, id: str) -> Job:
        """Pick up a job.

        Parameters
        ----------
        id : `str`
            Its identifier.

        Returns
        -------
        job : `Job`
            The job.

        Raises
        ------
        NotFoundError
            Raised where there is no such job of yours.
        """
        return Job.find(self._transport, id)

    def run(self, id: str) -> Run:
        """Pick up a run.

        Parameters
        ----------
        id : `str`
            Its identifier.

        Returns
        -------
        run : `Run`
            The run as it is now.

        Raises
        ------
        NotFoundError
            Raised where there is no such run on a satellite of yours.
        """
        return Run.find(self._transport, id)

    def publication(self, id: str) -> Publication:
        """Pick up a publication.

        Parameters
        ----------
        id : `str`
            Its identifier.

        Returns
        -------
        publication : `Publication`
            The publication as it is now.

        Raises
        ------
        NotFoundError
            Raised where there is none that you may see.
        """
        return Publication.find(self._transport, id)

    def __repr__(self) -> str:
        return f"<Gateway {self.url}, signed in as {self.user}>"

    def _repr_html_(self) -> str:
        return card(f"Gateway {self.url}", {"signed in as": self.user, **self.repositories()})
