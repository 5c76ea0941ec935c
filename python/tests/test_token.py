"""The token goes to the gateway, and nowhere else."""

from __future__ import annotations

import logging
import pickle
from pathlib import Path

import pytest
from conftest import Server

import satellite
from satellite._token import find_token

PLATFORM = "https://data.lsst.cloud/api/satellite"


def test_what_the_user_gives_comes_first(clean_environment: pytest.MonkeyPatch) -> None:
    clean_environment.setenv("ACCESS_TOKEN", "platform")
    clean_environment.setenv("BUTLER_RUBIN_ACCESS_TOKEN", "butler")
    assert find_token(PLATFORM).reveal() == "butler"
    clean_environment.setenv("SATELLITE_TOKEN", "own")
    assert find_token("http://elsewhere.example").reveal() == "own"
    assert find_token("http://elsewhere.example", "given").reveal() == "given"


@pytest.mark.parametrize("variable", ["NUBLADO_TOKEN", "ACCESS_TOKEN"])
def test_the_platform_s_token_goes_to_the_platform_over_https_only(
    clean_environment: pytest.MonkeyPatch, variable: str
) -> None:
    clean_environment.setenv(variable, "platform")
    clean_environment.setenv("EXTERNAL_INSTANCE_URL", "https://rsp.example.org")
    for url in (PLATFORM, "https://usdf-rsp.slac.stanford.edu", "https://rsp.example.org/api/satellite"):
        assert find_token(url).reveal() == "platform"
    for url in ("http://data.lsst.cloud", "https://lsst.cloud.example.org", "https://elsewhere.example.org"):
        with pytest.raises(satellite.SignInError, match="goes nowhere else"):
            find_token(url)


def test_the_platform_s_token_may_be_in_a_file(clean_environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("platform\n")
    clean_environment.setattr("satellite._token._PLATFORM_FILES", ("/does/not/exist", str(file)))
    assert find_token(PLATFORM).reveal() == "platform"


def test_without_a_token_the_user_is_told_how_to_bring_one(clean_environment: pytest.MonkeyPatch) -> None:
    with pytest.raises(satellite.SignInError, match="SATELLITE_TOKEN"):
        satellite.connect("http://127.0.0.1:1")


def test_a_second_host_to_which_the_gateway_points_never_sees_it(server: Server, second_host: Server) -> None:
    server.answers.append((307, {"Location": f"{second_host.url}/graphql"}, ""))
    with pytest.raises(satellite.NotReachedError, match="answered with status 307"):
        satellite.connect(server.url, "very-secret")
    assert server.requests[0][1]["Authorization"] == "Bearer very-secret"
    assert second_host.requests == []


def test_it_is_not_replaced_by_what_netrc_says(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    server.answer({"viewer": {"username": "alice"}})
    satellite.connect(server.url, "very-secret")
    assert server.requests[0][1]["Authorization"] == "Bearer very-secret"


def test_it_is_in_no_representation_log_or_pickle(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.answer({"viewer": {"username": "alice"}})
    gateway = satellite.connect(server.url, "very-secret")
    shown = [repr(gateway), str(gateway), repr(gateway._transport), repr(gateway._transport.token), repr(vars(gateway))]
    assert not [text for text in [*shown, caplog.text] if "very-secret" in text]
    with pytest.raises(TypeError, match="not written down"):
        pickle.dumps(gateway._transport.token)
