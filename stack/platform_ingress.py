"""A MOCK of what stands before a Butler server on the Rubin Science Platform.

There, an ingress asks Gafaelfawr whose token a request carries, refuses requests without a valid one, and tells the
Butler server the user's name and a delegated token in headers; the server in turn asks Gafaelfawr for the user's groups.
This module plays the ingress around the real, unchanged server, and what the server asks of Gafaelfawr.  It believes
JWTs of one configured issuer, whose signature, issuer, audience and expiry it really checks, and, where there is a
(mock) Gafaelfawr to be asked, its ``gt-`` tokens with the scope ``read:image``.  What it leaves out: delegation (the
user's own token is passed on), quotas.

Run it by ``uvicorn --factory platform_ingress:create_app``, with the server's own variables and

``PLATFORM_INGRESS_ISSUER``, ``PLATFORM_INGRESS_AUDIENCE``
    The ``iss`` and ``aud`` that a JWT must have; without them no JWT is believed.
``PLATFORM_INGRESS_JWKS``
    A file with the issuer's public keys.
``PLATFORM_INGRESS_GAFAELFAWR``
    Address of a Gafaelfawr, such as ``http://127.0.0.1:18081``; without it no ``gt-`` token is believed.
"""

import json
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import jwt
from lsst.daf.butler.remote_butler.server import create_app as create_butler_app

Scope = dict[str, Any]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Callable, Send], Awaitable[None]]

ALGORITHMS = ["EdDSA", "ES256", "RS256"]
API = "/auth/api/v1"
SCOPE = "read:image"


class Refused(Exception):
    """A token that is not good, or not for this; holds the status of the answer."""

    def __init__(self, status: int) -> None:
        super().__init__(f"status {status}")
        self.status = status


@dataclass
class Answer:
    """Gafaelfawr's description of a user, or what it says instead."""

    status: int
    content: dict[str, Any]


class Issuer:
    """The one issuer whose JWTs are accepted."""

    def __init__(self, issuer: str, audience: str, jwks: str) -> None:
        self._issuer = issuer
        self._audience = audience
        with open(jwks) as stream:
            self._keys = jwt.PyJWKSet.from_dict(json.load(stream))

    async def username(self, token: str) -> str:
        return self._claims(token)["sub"]

    async def user_info(self, token: str) -> Answer:
        """Groups are those of the token, with numeric IDs made up."""
        claims = self._claims(token)
        groups = [group["name"] if isinstance(group, dict) else group for group in claims.get("groups", [])]
        described = [{"name": name, "id": 2000 + index} for index, name in enumerate(groups)]
        return Answer(200, {"username": claims["sub"], "groups": described})

    def _claims(self, token: str) -> dict[str, Any]:
        try:
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
        except (jwt.PyJWTError, KeyError):
            raise Refused(401) from None


class Gafaelfawr:
    """Whoever knows ``gt-`` tokens."""

    def __init__(self, url: str) -> None:
        self._client = httpx2.AsyncClient(base_url=url, timeout=20.0)

    async def username(self, token: str) -> str:
        answer = await self._ask("token-info", token)
        if answer.status != 200:
            raise Refused(answer.status)
        if SCOPE not in answer.content["scopes"]:
            raise Refused(403)
        return answer.content["username"]

    async def user_info(self, token: str) -> Answer:
        return await self._ask("user-info", token)

    async def _ask(self, path: str, token: str) -> Answer:
        response = await self._client.get(f"{API}/{path}", headers={"authorization": f"Bearer {token}"})
        return Answer(response.status_code, response.json())


async def send_answer(send: Send, status: int, content: dict[str, Any]) -> None:
    headers = [(b"content-type", b"application/json")]
    if status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="platform (mock)"'))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(content).encode()})


def is_open(path: str) -> bool:
    """Whether the ingress lets everybody reach a path, as the platform's does."""
    return path == "/" or path.endswith(("/butler.yaml", "/butler.json"))


def create_app() -> App:
    """Return the real Butler server behind the mock."""
    butler = create_butler_app()
    name, url = (os.environ.get(f"PLATFORM_INGRESS_{part}") for part in ("ISSUER", "GAFAELFAWR"))
    issuer = name and Issuer(name, os.environ["PLATFORM_INGRESS_AUDIENCE"], os.environ["PLATFORM_INGRESS_JWKS"])
    gafaelfawr = url and Gafaelfawr(url)

    def authority(token: str) -> Issuer | Gafaelfawr:
        found = gafaelfawr if token.startswith("gt-") else issuer
        if not found:
            raise Refused(401)
        return found

    async def ingress(scope: Scope, receive: Callable, send: Send) -> None:
        if scope["type"] != "http" or is_open(scope["path"]):
            await butler(scope, receive, send)
            return
        authorization = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        scheme, _, token = authorization.partition(" ")
        try:
            if scheme.lower() != "bearer":
                raise Refused(401)
            if scope["path"] == f"{API}/user-info":
                answer = await authority(token).user_info(token)
                await send_answer(send, answer.status, answer.content)
                return
            username = await authority(token).username(token)
        except Refused as refusal:
            content = {"detail": [{"msg": "Token is not valid", "type": "invalid_token"}]}
            await send_answer(send, refusal.status, content)
            return
        # A client that sends the ingress's headers itself must not be believed.
        headers = [
            (name, value)
            for name, value in scope["headers"]
            if name != b"authorization" and not name.startswith(b"x-auth-request-")
        ]
        headers.append((b"x-auth-request-user", username.encode()))
        headers.append((b"x-auth-request-token", token.encode()))
        await butler({**scope, "headers": headers}, receive, send)

    return ingress
