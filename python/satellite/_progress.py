"""How far a job is: a bar where there is tqdm (in notebooks of ipywidgets), else lines of text."""

from __future__ import annotations

import sys
import warnings
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from ._job import Job


def say(text: str) -> None:
    """Tell the user something.

    Parameters
    ----------
    text : `str`
        A sentence.
    """
    print(text, file=sys.stderr, flush=True)


class Progress:
    """Shows how far a job is, while it is a context.

    Parameters
    ----------
    shown : `bool`
        Whether it is shown at all.
    """

    def __init__(self, shown: bool = True) -> None:
        self._shown = shown
        self._bar: Any = None
        self._last = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def update(self, job: Job) -> None:
        """Show the present state.

        Parameters
        ----------
        job : `Job`
            The job as it is now.
        """
        if not self._shown:
            return
        if self._bar is None:
            self._bar = _bar(job)
        if self._bar is None:
            self._print(job)
            return
        self._bar.total = job.total
        self._bar.unit = f" {job.unit}"
        self._bar.n = job.done
        self._bar.set_postfix_str(job.state.lower(), refresh=False)
        self._bar.refresh()

    def _print(self, job: Job) -> None:
        if str(job) != self._last:
            self._last = str(job)
            say(self._last)


def _bar(job: Job) -> Any:
    """Make a bar, or nothing where there is no tqdm."""
    try:
        with warnings.catch_warnings():
            # That ipywidgets is missing: then it is a bar of text.
            warnings.simplefilter("ignore")
            from tqdm.auto import tqdm

            return tqdm(desc=job.kind, total=job.total, unit=f" {job.unit}", dynamic_ncols=True)
    except ImportError:
        return None
