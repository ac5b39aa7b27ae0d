"""The one tree of errors. Branches say what the caller can do; the exit code follows the branch.

    RivereyeError            1  something failed while running
    +-- UsageError           2  the command or the settings must change
    |   +-- OutputError      2  an output exists already, or cannot be written
    |   +-- MissingExtra     2  an optional part of rivereye is not installed
    +-- DataError            1  training pictures cannot be used
    +-- PictureError         1  one picture cannot be read
    +-- BundleError          1  a model bundle is broken, foreign, or not what its card says
    +-- SourceError          1  a camera, video or folder cannot be opened, or was lost
    +-- StoreError           1  a store of passages is another's, of a later version, or broken
    |   +-- StoreAway        1  it cannot be reached or written now, and may be later
    |   |   +-- StoreBarred  1  it is there, and does not take this password
    |   +-- RecordRefused    1  it is well, and does not take this record
    +-- GateNotMet           3  everything ran, and a measured figure is beyond its limit

Messages read: what failed, on which thing, the value received, what to do.
"""


class RivereyeError(Exception):
    """Root of everything rivereye raises on purpose."""

    exit_code = 1


class UsageError(RivereyeError):
    """The command line or the settings must change."""

    exit_code = 2


class OutputError(UsageError):
    """An output exists already, or cannot be written."""


class MissingExtra(UsageError):
    """An optional part of rivereye is not installed."""


class DataError(RivereyeError):
    """Training pictures cannot be used."""


class PictureError(RivereyeError):
    """One picture cannot be read."""


class BundleError(RivereyeError):
    """A model bundle is broken, foreign, or not what its card says."""


class SourceError(RivereyeError):
    """A camera, video or folder of pictures cannot be opened, or was lost."""


class StoreError(RivereyeError):
    """A store of passages is another's, of a later version, or broken."""


class StoreAway(StoreError):
    """A store cannot be reached or written now, and may be later."""


class StoreBarred(StoreAway):
    """A store is there and does not take this user's password, which asking again makes no better."""


class RecordRefused(StoreError):
    """A store is well, and does not take this record."""


class GateNotMet(RivereyeError):
    """Everything ran, and a measured figure is beyond its limit."""

    exit_code = 3


def first_line(error: Exception) -> str:
    """What another library's exception says, short enough for a message; its name where it says nothing."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


def reason(error: Exception) -> str:
    """Why a file cannot be read or written, without its path, which the message names already."""
    return getattr(error, "strerror", None) or first_line(error)
