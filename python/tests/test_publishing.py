"""Collections of a satellite are submitted, published after a review, and withdrawn."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from lsst.daf.butler import DatasetType

import satellite

pytestmark = pytest.mark.live

RUN = "u/alice/paper"


@pytest.fixture(scope="module")
def work(gateway: satellite.Gateway) -> Iterator[satellite.Satellite]:
    """Give a satellite with a dataset of one's own."""
    made = gateway.create("to_publish", official="dp1", instruments=["HSC"], progress=False)
    with made.butler(collections=[RUN], run=RUN) as butler:
        dimensions = butler.dimensions.conform(["detector"])
        butler.registry.registerDatasetType(DatasetType("note", dimensions, "StructuredDataDict"))
        butler.put({"a": 1}, "note", instrument="HSC", detector=0)
    yield made
    made.delete(purge=True)


def test_what_is_submitted_is_read_by_its_readers_when_a_reviewer_approved_it_until_it_is_withdrawn(
    gateway: satellite.Gateway, bob: satellite.Gateway, work: satellite.Satellite
) -> None:
    paper = work.publish(RUN, title="Notes", description="Of one detector", licence="CC0", readers=["bob"])
    assert paper.state == "SUBMITTED", paper.checks
    assert {check["code"] for check in paper.checks} >= {"FILES", "NAMES"}
    assert paper.url == f"{gateway.url}/publications/{paper.id}" and "Notes" in paper._repr_html_()
    with pytest.raises(satellite.NotFoundError):
        bob.publication(paper.id)
    curator = satellite.connect(token=os.environ["TOKEN_OF_CURATOR"])
    curator._transport.change("approvePublication", {"publication": paper.id, "digest": paper.digest}, "job {id}")
    assert paper.wait(progress=False).state == "PUBLISHED"
    assert bob.publication(paper.id).state == "PUBLISHED"
    assert len(bob.search("note", RUN)) == 1
    with pytest.raises(satellite.RefusedError):
        paper.withdraw()
    assert paper.withdraw("It was wrong", progress=False).state == "WITHDRAWN" and paper.reason == "It was wrong"


def test_a_request_is_given_up_before_anybody_decided(gateway: satellite.Gateway, work: satellite.Satellite) -> None:
    paper = work.publish([RUN], title="Too early", progress=False)
    assert gateway.publication(paper.id).withdraw().state == "CANCELLED"
    assert "cancelled" in repr(paper.refresh())
    with pytest.raises(satellite.NotFoundError):
        work.publish("u/alice/nothing_such", title="Nothing")
