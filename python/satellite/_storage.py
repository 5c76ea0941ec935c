"""A satellite's own repository, opened by stock ``lsst.daf.butler`` where its files are."""

from __future__ import annotations

import os
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar, cast
from uuid import uuid4

import sqlalchemy.exc
from lsst.daf.butler import Butler, ButlerConfig
from lsst.daf.butler.direct_butler import DirectButler

from ._errors import SatelliteError
from ._progress import say

_Result = TypeVar("_Result")

#: Credentials that end sooner than this are asked for anew.
_MARGIN = timedelta(minutes=10)

_WRITEABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH

#: The environment is of the whole process.
_ENVIRONMENT_LOCK = threading.RLock()


class Storage:
    """A satellite's own repository, opened when it is first written to.

    Parameters
    ----------
    name : `str`
        The satellite's name.
    uri : `str`
        What stock Python opens.
    environment : `~collections.abc.Callable`
        Asks for what it needs beside that. A password that was given before is good no more after that.
    checkout, checkin : `~collections.abc.Callable`
        Hand the satellite to us, and back to the gateway.

    Notes
    -----
    On a network file system one process at a time writes to an SQLite database: while it is the gateway's, the file
    is read-only. Each change then checks the satellite out and in again, and what is done in `held` or `kept`
    together. Threads may share it: stock Butler is not made for that, so that they change it one after another.
    """

    def __init__(
        self,
        name: str,
        uri: str,
        environment: Callable[[], Mapping[str, str]],
        checkout: Callable[[], object],
        checkin: Callable[[], object],
    ) -> None:
        self._name = name
        self._uri = uri
        self._ask_environment = environment
        self._checkout = checkout
        self._checkin = checkin
        self._butler: DirectButler | None = None
        self._expires: datetime | None = None
        self._told = False
        # Who changes it keeps it, too: this lock is taken after `_keeping` has been let go.
        self._writing = threading.RLock()
        self._changes = 0
        self._keeping = threading.Lock()
        self._keepers = 0
        self._taken = False

    def write(self, action: Callable[[DirectButler], _Result]) -> _Result:
        """Change the satellite.

        Parameters
        ----------
        action : `~collections.abc.Callable`
            Changes it.

        Returns
        -------
        result : `object`
            What ``action`` returns.
        """
        with self.held() as butler:
            return action(butler)

    @contextmanager
    def held(self) -> Iterator[DirectButler]:
        """Do several changes together: a context. Other threads wait until it ends.

        Yields
        ------
        butler : `~lsst.daf.butler.direct_butler.DirectButler`
            The satellite's own repository, writeable.
        """
        with self.kept(), self._writing:
            self._changes += 1
            try:
                yield self._opened()
            except sqlalchemy.exc.OperationalError:
                # Such as a password that another notebook has replaced: the next change asks for a new one.
                self.close()
                raise
            finally:
                self._changes -= 1

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Keep the satellite for changes of all threads, until the last of them that keeps it lets it go: a context."""
        with self._keeping:
            if self._keepers == 0 and self._is_the_gateways():
                self._take()
                self._taken = True
            self._keepers += 1
        try:
            yield
        finally:
            with self._keeping:
                self._keepers -= 1
                if self._keepers == 0 and self._taken:
                    self._taken = False
                    # The file becomes another one.
                    self.close()
                    self._checkin()

    def refresh(self) -> None:
        """See what others have changed meanwhile."""
        with self._writing:
            if self._butler is not None:
                self._butler.registry.refresh()

    def close(self) -> None:
        """Close the repository, when nobody changes it any more; the next change opens it again."""
        with self._writing:
            if self._butler is not None:
                self._butler.close()
                self._butler = None

    def _take(self) -> None:
        if not self._told:
            self._told = True
            say(
                f"'{self._name}' lies on a network file system: each change checks it out of the gateway and in again, "
                "and meanwhile the gateway only reads it. Put many changes into `with satellite.checked_out():`."
            )
        self.close()
        self._checkout()

    def _is_the_gateways(self) -> bool:
        file = Path(self._uri) / "gen3.sqlite3"
        # Whoever is root may write to a read-only file, and must not.
        return file.exists() and not file.stat().st_mode & _WRITEABLE

    def _opened(self) -> DirectButler:
        if self._expires is not None and self._changes == 1 and datetime.now(UTC) > self._expires - _MARGIN:
            self.close()
        if self._butler is None:
            self._butler = self._open()
        return self._butler

    def _open(self) -> DirectButler:
        try:
            config = ButlerConfig(self._uri)
        except FileNotFoundError:
            raise SatelliteError(
                f"The files of '{self._name}' are not at {self._uri} on this machine: it can be read from here, "
                "and changed through the gateway. Work where its files are, or tell the gateway's operators of "
                "satellites.notebook.root."
            ) from None
        environment = self._ask_environment()
        if "AWS_ACCESS_KEY_ID" in environment:
            root = config["datastore", "root"]
            if ("datastore", "name") not in config:
                # As stock Butler calls it, by its root: where datasets are is recorded by this name.
                config["datastore", "name"] = f"FileDatastore@{root}"
            config["datastore", "root"] = root.replace("s3://", f"s3://{_s3_profile(environment)}@")
            self._expires = datetime.fromisoformat(environment["AWS_CREDENTIAL_EXPIRATION"])
        login = {name: value for name, value in environment.items() if name == "LSST_DB_AUTH_CREDENTIALS"}
        try:
            with _environment(login):
                return cast(DirectButler, Butler.from_config(config, writeable=True))
        except sqlalchemy.exc.OperationalError as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise SatelliteError(f"The database of '{self._name}' cannot be opened: {reason}") from None

    def __repr__(self) -> str:
        return f"Storage({self._name!r})"


def _s3_profile(environment: Mapping[str, str]) -> str:
    """Make an S3 client with temporary credentials that lsst.resources finds by a name, and nobody else gets.

    lsst.resources keeps its clients by endpoint and profile, whatever their credentials are; a profile of its own
    keeps the satellite's apart from the user's own.
    """
    from lsst.resources.s3utils import getS3Client

    profile = f"satellite-{uuid4().hex}"
    endpoint = environment.get("S3_ENDPOINT_URL", f"https://s3.{environment['AWS_DEFAULT_REGION']}.amazonaws.com")
    # Looked up whenever the client is used; it holds no secret.
    os.environ[f"LSST_RESOURCES_S3_PROFILE_{profile}"] = endpoint
    with tempfile.TemporaryDirectory(prefix="satellite-") as directory:
        file = Path(directory, "credentials")
        file.touch(mode=0o600)
        file.write_text(
            f"[{profile}]\n"
            f"aws_access_key_id = {environment['AWS_ACCESS_KEY_ID']}\n"
            f"aws_secret_access_key = {environment['AWS_SECRET_ACCESS_KEY']}\n"
            f"aws_session_token = {environment['AWS_SESSION_TOKEN']}\n"
            f"region = {environment['AWS_DEFAULT_REGION']}\n"
        )
        with _environment({"AWS_SHARED_CREDENTIALS_FILE": str(file), "AWS_CONFIG_FILE": os.devnull}):
            getS3Client(profile)
    return profile


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Set variables for as long as something is made that reads them."""
    with _ENVIRONMENT_LOCK:
        before = {name: os.environ.get(name) for name in variables}
        os.environ.update(variables)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value
