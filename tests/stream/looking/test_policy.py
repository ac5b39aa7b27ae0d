import pytest

from models.errors import UsageError
from stream.looking.policy import EVERY, LATEST, Policy, policy_named


@pytest.mark.parametrize(
    ("text", "policy"),
    [
        ("every", EVERY),
        ("latest", LATEST),
        ("bounded(0.5)", Policy(lossless=False, max_age=0.5)),
        ("bounded(2)", Policy(lossless=False, max_age=2.0)),
        ("bounded(3600)", Policy(lossless=False, max_age=3600.0)),
    ],
)
def test_a_policy_has_a_name(text: str, policy: Policy) -> None:
    assert policy_named(text) == policy


@pytest.mark.parametrize(
    "text",
    [
        *("", "all", "Every", "bounded", "bounded()", "bounded(0)", "bounded(-1)", "bounded(inf)", "bounded(nan)"),
        *("bounded(1e3)", "bounded(3601)", "bounded(0.5", "bounded(0.5) ", "bounded(.5)"),
    ],
)
def test_another_name_is_told_with_those_there_are(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        policy_named(text)
    assert repr(text) in str(caught.value)
    for known in ("every", "latest", "bounded(0.5)"):
        assert known in str(caught.value)


def test_only_every_loses_nothing() -> None:
    assert (EVERY.lossless, LATEST.lossless, policy_named("bounded(1)").lossless) == (True, False, False)
