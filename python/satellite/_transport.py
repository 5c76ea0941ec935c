"""Requests to the gateway: GraphQL, and a job that is watched."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import uuid4

import requests

from ._errors import NotReachedError, SatelliteError, SignInError, refusal
from ._token import Token

#: What GraphQL answers for an object.
Node = dict[str, Any]

JOB_FIELDS = "id kind state progress {done total unit} error {code message} result createdAt finishedAt"

#: Seconds for which a gateway is asked again that is away or wants us to wait.
_PATIENCE = 120.0
#: Seconds to connect, and between two signs of life: requests end after 60 s, streams send a line every few seconds.
_TIMEOUT = (10, 120)
#: A page of the gateway's own, and not of what stands before it, answers with one of these.
_PASSING = {"DEADLINE_EXCEEDED", "UPSTREAM_UNAVAILABLE"}


class Transport:
    """One user's connection to a gateway.

    Parameters
    ----------
    url : `str`
        Address of the gateway.
    token : `Token`
        The user's token.
    """

    def __init__(self, url: str, token: Token) -> None:
        self.url = url
        self.token = token
        self._session = requests.Session()
        self._session.auth = token

    def ask(self, document: str, **variables: Any) -> Node:
        """Ask a GraphQL operation.

        Parameters
        ----------
        document : `str`
            The operation. One that changes something needs an idempotency key: it may be sent again.
        **variables
            Its variables.

        Returns
        -------
        data : `dict`
            Its data.

        Raises
        ------
        SatelliteError
            Raised where it is refused, or the gateway is not reached.
        """
        patience = _Patience()
        while True:
            try:
                response = self._post("graphql", document, variables)
            except requests.RequestException:
                if patience.is_left():
                    continue
                raise self._not_reached() from None
            if response.status_code in (429, 503) and patience.is_left(response.headers.get("Retry-After")):
                continue
            return self._data(response)

    def change(self, mutation: str, inputs: Mapping[str, Any], fields: str) -> Node:
        """Ask a mutation, which is done once however often it is sent.

        Parameters
        ----------
        mutation : `str`
            Its name.
        inputs : `~collections.abc.Mapping`
            Its input; `None` values are left out.
        fields : `str`
            What of its payload is wanted.

        Returns
        -------
        payload : `dict`
            The payload.

        Raises
        ------
        SatelliteError
            Raised where it is refused, or the gateway is not reached.
        """
        given = {name: value for name, value in inputs.items() if value is not None}
        type_name = f"{mutation[0].upper()}{mutation[1:]}Input!"
        document = f"mutation ($input: {type_name}) {{{mutation}(input: $input) {{{fields}}}}}"
        payload: Node = self.ask(document, input={**given, "idempotencyKey": str(uuid4())})[mutation]
        return payload

    def watch(self, job: str) -> Iterator[Node]:
        """Follow a job until it has ended or is held; a connection that breaks is made again.

        Parameters
        ----------
        job : `str`
            Its identifier.

        Yields
        ------
        state : `dict`
            The job now, and after each change.

        Raises
        ------
        SatelliteError
            Raised where the job does not exist for the user, or the gateway is not reached.
        """
        document = f"subscription ($id: ID!) {{jobProgress(id: $id) {{{JOB_FIELDS}}}}}"
        patience = _Patience()
        while True:
            try:
                with self._post("graphql/stream", document, {"id": job}, stream=True) as response:
                    if response.status_code != 200:
                        self._data(response)
                    for line in response.iter_lines():
                        if not line.startswith(b"data: {"):
                            continue
                        state: Node = self._checked(json.loads(line.removeprefix(b"data: ")))["jobProgress"]
                        patience = _Patience()
                        yield state
                        if state["state"] not in ("QUEUED", "RUNNING"):
                            return
            except requests.RequestException:
                if not patience.is_left():
                    raise self._not_reached() from None
            except SatelliteError as error:
                if error.code not in _PASSING or not patience.is_left():
                    raise
            else:
                if not patience.is_left():
                    raise self._not_reached()

    def _post(self, path: str, document: str, variables: Node, *, stream: bool = False) -> requests.Response:
        return self._session.post(
            f"{self.url}/{path}",
            json={"query": document, "variables": variables},
            headers={"Accept": "text/event-stream" if stream else "application/json"},
            timeout=_TIMEOUT,
            # The token is for this host.
            allow_redirects=False,
            stream=stream,
        )

    def _data(self, response: requests.Response) -> Node:
        try:
            answer = response.json()
        except requests.RequestException:
            answer = None
        if isinstance(answer, dict) and ("data" in answer or "errors" in answer):
            return self._checked(answer)
        if response.status_code == 401:
            raise SignInError(f"{self.url} does not take your token.", "UNAUTHENTICATED")
        raise NotReachedError(
            f"{self.url} answered with status {response.status_code}, and not as a gateway does: is the address right?"
        )

    def _checked(self, answer: Node) -> Node:
        errors = answer.get("errors")
        if errors:
            message = "\n".join(dict.fromkeys(error["message"] for error in errors))
            raise refusal(message, errors[0].get("extensions", {}).get("code", ""))
        data: Node = answer["data"]
        return data

    def _not_reached(self) -> NotReachedError:
        return NotReachedError(f"The gateway at {self.url} cannot be reached: is it running, and is the address right?")

    def __repr__(self) -> str:
        return f"Transport({self.url!r})"


class _Patience:
    """How long something is tried again."""

    def __init__(self) -> None:
        self._end = time.monotonic() + _PATIENCE
        self._pause = 0.25
        self._tries = 0

    def is_left(self, retry_after: str | None = None) -> bool:
        """Wait before another try, as the gateway says or longer each time; false where there should be none."""
        self._tries += 1
        said = retry_after is not None and retry_after.isdigit()
        pause = float(retry_after) if retry_after is not None and said else self._pause
        self._pause = min(2 * self._pause, 10.0)
        # A gateway that is not there at all is told of within seconds.
        if time.monotonic() + pause > self._end or (not said and self._tries > 5):
            return False
        time.sleep(pause)
        return True
