"""The user's token: where it is found, and to whom it may go."""

from __future__ import annotations

import os
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import urlsplit

from requests import PreparedRequest
from requests.auth import AuthBase

from ._errors import SignInError

#: Variables by which users say themselves which token the gateway is to get.
_OWN_VARIABLES = ("SATELLITE_TOKEN", "BUTLER_RUBIN_ACCESS_TOKEN")
#: What the Science Platform gives to notebooks, good for all that the user may do there.
_PLATFORM_VARIABLES = ("NUBLADO_TOKEN", "ACCESS_TOKEN")
_PLATFORM_FILES = ("/etc/nublado/secrets/token", "/opt/lsst/software/jupyterlab/secrets/token")
#: Hosts of the platform, as ``lsst.daf.butler`` knows them.
_PLATFORM_HOSTS = ("*.lsst.cloud", "*.slac.stanford.edu")


class Token(AuthBase):
    """A token that shows itself to nobody but the host that it is for.

    Parameters
    ----------
    secret : `str`
        The token.
    url : `str`
        Address of the gateway.
    """

    def __init__(self, secret: str, url: str) -> None:
        self._secret = secret
        self._origin = _origin(url)

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign a request; requests calls it instead of looking into ``.netrc``."""
        if _origin(request.url or "") == self._origin:
            request.headers["Authorization"] = f"Bearer {self._secret}"
        return request

    def reveal(self) -> str:
        """Give the token itself, for a client that sends it to the gateway alone.

        Returns
        -------
        token : `str`
            The token.
        """
        return self._secret

    def __repr__(self) -> str:
        return "<token>"

    def __reduce__(self) -> str:
        raise TypeError("A token is not written down: connect again where it is needed.")


def find_token(url: str, given: str | None = None) -> Token:
    """Find the user's token for a gateway.

    Parameters
    ----------
    url : `str`
        Address of the gateway.
    given : `str`, optional
        What the user gave. Else it is looked for in the variables ``SATELLITE_TOKEN`` and
        ``BUTLER_RUBIN_ACCESS_TOKEN``, and then where the Science Platform gives it to notebooks: that one
        goes only to hosts of the platform, over https.

    Returns
    -------
    token : `Token`
        The token, for this gateway only.

    Raises
    ------
    SignInError
        Raised where there is none that may be sent there.
    """
    for own in (given, *map(os.environ.get, _OWN_VARIABLES)):
        if own:
            return Token(own, url)
    platform = _platform_token()
    if platform is None:
        raise SignInError(
            "There is no token: give connect(token=...), or set the variable SATELLITE_TOKEN.",
            "UNAUTHENTICATED",
        )
    if not _is_platform(url):
        raise SignInError(
            f"{url} is no https address of the Science Platform, and your token of the platform goes nowhere else: "
            "give connect(token=...) the token that is meant for it.",
            "UNAUTHENTICATED",
        )
    return Token(platform, url)


def _platform_token() -> str | None:
    for variable in _PLATFORM_VARIABLES:
        if token := os.environ.get(variable):
            return token
    for file in _PLATFORM_FILES:
        try:
            if token := Path(file).read_text().strip():
                return token
        except OSError:
            continue
    return None


def _is_platform(url: str) -> bool:
    address = urlsplit(url)
    own = urlsplit(os.environ.get("EXTERNAL_INSTANCE_URL", "")).hostname
    host = address.hostname or ""
    known = any(fnmatchcase(host, pattern) for pattern in _PLATFORM_HOSTS)
    return address.scheme == "https" and (known or host == own)


def _origin(url: str) -> tuple[str, str | None, int | None]:
    address = urlsplit(url)
    port = address.port or {"http": 80, "https": 443}.get(address.scheme)
    return address.scheme, address.hostname, port
