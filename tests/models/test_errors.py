import pytest

from models import errors


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.RivereyeError, 1),
        (errors.UsageError, 2),
        (errors.OutputError, 2),
        (errors.MissingExtra, 2),
        (errors.DataError, 1),
        (errors.PictureError, 1),
        (errors.BundleError, 1),
        (errors.SourceError, 1),
        (errors.GateNotMet, 3),
    ],
)
def test_the_exit_code_follows_the_branch(kind: type[errors.RivereyeError], code: int) -> None:
    assert issubclass(kind, errors.RivereyeError)
    assert kind("x").exit_code == code
