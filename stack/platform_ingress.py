"""A MOCK of what stands before a Butler server on the Rubin Science Platform.

There, an ingress asks Gafaelfawr whose token a request carries, refuses requests without a valid one, and tells the
Butler server the user's name and a delegated token in headers; the server in turn asks Gafaelfawr for the user's groups.
This module plays both the ingress and Gafaelfawr around the real, unchanged server.  What it checks is real: the signature,
issuer, audience and expiry of JWTs of one configured issuer.  What it leaves out: opaque ``gt-`` tokens, scopes, delegation
(the user's own token is passed on), quotas.

Run it by ``uvicorn --factory platform_ingress:create_app``, with the server's own variables and

``PLATFORM_INGRESS_ISSUER``, ``PLATFORM_INGRESS_AUDIENCE``
    The ``iss`` and ``aud`` that a token must have.
``PLATFORM_INGRESS_JWKS``
    A file with the issuer's public keys.
"""

import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

import jwt
from lsst.daf.butler.remote_butler.server import create_app as create_butler_app

Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Callable, Send], Awaitable[None]]

ALGORITHMS = ["EdDSA", "ES256", "RS256"]
USER_INFO = "/auth/api/v1/user-info"


class Issuer:
    """The one issuer whose tokens are accepted."""

    def __init__(self, issuer: str, audience: str, jwks: str) -> None:
        self._issuer = issuer
        self._audience = audience
        with open(jwks) as stream:
            self._keys = jwt.PyJWKSet.from_dict(json.load(stream))

    def claims(self, authorization: str) -> dict[str, Any]:
        """Return the claims of the token in an ``Authorization`` header.

        Raises `jwt.PyJWTError` or `KeyError` if the token is not valid.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise jwt.InvalidTokenError("Authentication required")
        key_id = jwt.get_unverified_header(token).get("kid")
        key = self._keys[key_id] if key_id is not None else self._keys.keys[0]
        return jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            audience=self._audience,
            issuer=self._issuer,
            options={"require": ["exp", "iss", "aud", "sub"]},
        )


async def answer(send: Send, status: int, content: dict[str, Any]) -> None:
    headers = [(b"content-type", b"application/json")]
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="platform (mock)"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(content).encode()})


def user_info(claims: dict[str, Any]) -> dict[str, Any]:
    """Gafaelfawr's description of a user, with numeric IDs made up."""
    groups = [group["name"] if isinstance(group, dict) else group for group in claims.get("groups", [])]
    return {
        "username": claims["sub"],
        "groups": [{"name": name, "id": 2000 + index} for index, name in enumerate(groups)],
    }


def is_open(path: str) -> bool:
    """Whether the ingress lets everybody reach a path, as the platform's does."""
    return path == "/" or path.endswith(("/butler.yaml", "/butler.json"))


def create_app() -> App:
    """Return the real Butler server behind the mock."""
    butler = create_butler_app()
    issuer = Issuer(
        os.environ["PLATFORM_INGRESS_ISSUER"],
        os.environ["PLATFORM_INGRESS_AUDIENCE"],
        os.environ["PLATFORM_INGRESS_JWKS"],
    )

    async def ingress(scope: Scope, receive: Callable, send: Send) -> None:
        if scope["type"] != "http" or is_open(scope["path"]):
            await butler(scope, receive, send)
            return
        authorization = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        try:
            claims = issuer.claims(authorization)
        except (jwt.PyJWTError, KeyError):
            await answer(send, 401, {"detail": [{"msg": "Token is not valid", "type": "invalid_token"}]})
            return
        if scope["path"] == USER_INFO:
            await answer(send, 200, user_info(claims))
            return
        # A client that sends the ingress's headers itself must not be believed.
        headers = [
            (name, value)
            for name, value in scope["headers"]
            if name != b"authorization" and not name.startswith(b"x-auth-request-")
        ]
        headers.append((b"x-auth-request-user", claims["sub"].encode()))
        headers.append((b"x-auth-request-token", authorization.partition(" ")[2].encode()))
        await butler({**scope, "headers": headers}, receive, send)

    return ingress
