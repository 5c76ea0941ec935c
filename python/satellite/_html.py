"""What objects look like in a notebook."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any


def readable_bytes(count: int) -> str:
    """Give a number of bytes in words.

    Parameters
    ----------
    count : `int`
        The number.

    Returns
    -------
    text : `str`
        Such as ``1.5 GB``.
    """
    size = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}" if unit != "bytes" else f"{count} bytes"
        size /= 1000
    return f"{size:.3g} TB"


def card(title: str, facts: Mapping[str, object]) -> str:
    """Make a small table of an object's facts.

    Parameters
    ----------
    title : `str`
        What it is.
    facts : `~collections.abc.Mapping`
        Its facts by name; `None` is left out.

    Returns
    -------
    html : `str`
        The table.
    """
    rows = "".join(
        f"<tr><th style='text-align:left'>{escape(name)}</th><td style='text-align:left'>{escape(str(fact))}</td></tr>"
        for name, fact in facts.items()
        if fact is not None
    )
    return f"<div><b>{escape(title)}</b><table>{rows}</table></div>"


def table(rows: Iterable[Mapping[str, Any]]) -> str:
    """Make a table of rows that have the same keys.

    Parameters
    ----------
    rows : `~collections.abc.Iterable` [ `~collections.abc.Mapping` ]
        The rows.

    Returns
    -------
    html : `str`
        The table.
    """
    rows = list(rows)
    names = list(rows[0]) if rows else []
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join("<tr>" + "".join(f"<td>{escape(str(row[name]))}</td>" for name in names) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
