"""What can go wrong, in words for the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ._job import Job


class SatelliteError(Exception):
    """Something that was asked for was not done; the message says why, and what to do.

    Parameters
    ----------
    message : `str`
        What was wrong and what to do.
    code : `str`
        The gateway's code, such as ``CONFLICT``; its ``docs/errors.md`` lists them all.
    """

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code

    def _render_traceback_(self) -> list[str]:
        """Lines that IPython shows: where in this package it was raised is of no use to the user."""
        return [f"{type(self).__name__}: {self}"]


class NotReachedError(SatelliteError):
    """The gateway cannot be reached, or what answers is none."""


class SignInError(SatelliteError):
    """There is no token, or the gateway does not take it."""


class RefusedError(SatelliteError):
    """The gateway refused: ``code`` says for which kind of reason."""


class NotFoundError(RefusedError):
    """There is no such thing, or it is not shared with you."""


class ConflictError(RefusedError):
    """What was asked for contradicts what is there."""


class OfficialDataError(SatelliteError):
    """What was to be changed is not in the satellite, and official data cannot be changed."""


class JobError(SatelliteError):
    """A job did not come to its end.

    Parameters
    ----------
    message : `str`
        What was wrong and what to do.
    code : `str`
        The gateway's code.
    job : `Job`
        The job: ``job.retry()`` goes on where it stopped.
    """

    def __init__(self, message: str, code: str, job: Job) -> None:
        super().__init__(message, code)
        self.job = job


_CLASSES: dict[str, type[SatelliteError]] = {
    "UNAUTHENTICATED": SignInError,
    "NOT_FOUND": NotFoundError,
    "DATASET_NOT_FOUND": NotFoundError,
    "MISSING_COLLECTION": NotFoundError,
    "MISSING_DATASET_TYPE": NotFoundError,
    "CONFLICT": ConflictError,
}


def refusal(message: str, code: str) -> SatelliteError:
    """Make the exception of an error of the gateway's.

    Parameters
    ----------
    message : `str`
        Its message.
    code : `str`
        Its code.

    Returns
    -------
    error : `SatelliteError`
        The exception, not raised yet.
    """
    return _CLASSES.get(code, RefusedError)(message, code)
