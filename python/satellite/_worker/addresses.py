"""Where the gateway is asked: at an address of this process alone, which stands for the one that everybody knows.

What is asked there goes on to the gateway with the run's right, so that no token comes to where tasks are.
"""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

#: The beginning of addresses that everybody knows, and what is asked in place of it.
_known, _asked = "", ""


def take(addresses: dict[str, str] | None) -> None:
    """Have addresses that begin with ``from`` be asked at ``to``, and never be named so in a log."""
    global _known, _asked
    _known, _asked = (addresses["from"], addresses["to"]) if addresses else ("", "")
    logging.setLogRecordFactory(_Record)


def asked(address: str) -> str:
    """Give what is asked in place of an address."""
    return _asked + address.removeprefix(_known) if _known and address.startswith(_known) else address


def known(text: str) -> str:
    """Give a text with the addresses that everybody knows; some name but the path of what was asked."""
    return text.replace(_asked, _known).replace(urlsplit(_asked).path, "") if _asked else text


class _Record(logging.LogRecord):
    """A record that has the addresses that everybody knows."""

    def getMessage(self) -> str:
        return known(super().getMessage())
