"""Butlers that write to a satellite and read through a gateway's RemoteButler face: daf_butler's own hybrid test butler."""

import json
import os
import random
import urllib.request
from itertools import count

from lsst.daf.butler import Butler, DatasetRef
from lsst.daf.butler.remote_butler._factory import RemoteButlerFactory
from lsst.daf.butler.tests.hybrid_butler import HybridButler

CREATE = """mutation ($input: CreateSatelliteInput!) {
  createSatellite(input: $input) {satellite {uri} job {error {message}}}
}"""
DELETE = "mutation ($input: DeleteSatelliteInput!) {deleteSatellite(input: $input) {job {id}}}"


class Satellites:
    """Makes satellites in a gateway, as its user does.

    Parameters
    ----------
    url : `str`
        Origin of the gateway; the user's token is in BUTLER_RUBIN_ACCESS_TOKEN.
    official : `str`
        Name of the repository that they are made from.
    """

    def __init__(self, url: str, official: str):
        self._url = url
        self._official = official
        self._token = os.environ["BUTLER_RUBIN_ACCESS_TOKEN"]
        self._numbers = count()
        self._made: list[str] = []

    def make(self) -> tuple[str, Butler]:
        """Return a new one's name, and stock Butler on it."""
        name = f"s{os.getpid()}-{next(self._numbers)}"
        made = self._ask(CREATE, {"name": name, "official": self._official})["createSatellite"]
        self._made.append(name)
        return name, Butler.from_config(made["satellite"]["uri"], writeable=True)

    def delete_all(self) -> None:
        for name in self._made:
            self._ask(DELETE, {"satellite": name, "purge": True})
        self._made.clear()

    def remote(self, *names: str) -> Butler:
        """Return the RemoteButler of repositories as one."""
        factory = RemoteButlerFactory.create_factory_for_url(f"{self._url}/api/butler/repo/{'+'.join(names)}")
        return factory.create_butler_for_access_token(self._token)

    def _ask(self, query: str, given: dict) -> dict:
        body = json.dumps({"query": query, "variables": {"input": given}}).encode()
        headers = {"content-type": "application/json", "authorization": f"Bearer {self._token}"}
        with urllib.request.urlopen(urllib.request.Request(f"{self._url}/graphql", body, headers)) as response:
            answer = json.load(response)
        if "errors" in answer:
            raise RuntimeError(answer["errors"])
        return answer["data"]


def divide(one: Butler, other: Butler, seed: int = 1) -> None:
    """Take each dataset from one of two repositories that hold the same ones."""
    chosen = random.Random(seed)
    refs: list[DatasetRef] = []
    for run in one.collections.query("*", collection_types=None, include_chains=False):
        if one.collections.get_info(run).type.name == "RUN":
            refs.extend(one.query_all_datasets(run, find_first=False, limit=None))
    refs.sort(key=lambda ref: str(ref.id))
    for ref in refs:
        (one if chosen.random() < 0.5 else other).registry.removeDatasets([ref])


def hybrid(satellites: Satellites, direct: Butler, *names: str) -> HybridButler:
    return HybridButler(satellites.remote(*names), direct)
