"""What can be set, and which of it makes no sense."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from models.errors import UsageError
from stream.telling.settings import MqttSettings, TellingSettings, resolved

SECRETS = {
    "mqtt": {"host": "h", "user": "{USER}", "password": "{file:pw}"},
    "webhook": {"url": "https://h/{USER}", "secret": "{SIGN}"},
}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"topic_prefix": "a/#"}, "topic_prefix"),
        ({"topic_prefix": "/a"}, "topic_prefix"),
        ({"topic_prefix": "$SYS"}, "topic_prefix"),
        ({"topic_prefix": ""}, "topic_prefix"),
        ({"port": 0}, "port"),
        ({"password": "hunter2"}, "password needs a user"),
        ({"tls_insecure": True}, "tls_insecure needs tls = true"),
        ({"tls_ca_certs": "a"}, "tls_ca_certs needs tls = true"),
        ({"tls": True, "tls_client_key": "a"}, "tls_client_key needs tls_client_cert"),
        ({"tls": True, "tls_insecure": True, "tls_ca_certs": "a"}, "takes any certificate"),
        ({"qos": 2}, "qos"),
    ],
)
def test_what_makes_no_sense_is_refused(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said) as raised:
        MqttSettings.model_validate({"host": "h", **given})
    assert "hunter2" not in str(raised.value)


def test_secrets_come_to_their_places_and_are_not_shown(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text("hunter2\n")
    settings = TellingSettings.model_validate(SECRETS)
    found = resolved(settings, {"USER": "hunter3", "SIGN": "hunter4"}, tmp_path)
    assert found.mqtt is not None
    assert found.mqtt.user is not None
    assert found.mqtt.password is not None
    assert found.webhook is not None
    assert found.mqtt.user.get_secret_value() == "hunter3"
    assert found.mqtt.password.get_secret_value() == "hunter2"
    assert found.webhook.url.get_secret_value() == "https://h/hunter3"
    assert found.webhook.secret.get_secret_value() == "hunter4"
    assert found.outbox.file == tmp_path / "rivereye.outbox"
    assert "hunter" not in repr(found) + str(found)


def test_a_secret_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^a\.toml: mqtt\.user: the environment variable USER is not set"):
        resolved(TellingSettings.model_validate(SECRETS), {}, tmp_path, "a.toml: ")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"host": "192.0.2.1", "user": "u", "password": "p"}, "unencrypted"),
        ({"host": "192.0.2.1", "tls": True, "tls_insecure": True}, "is not checked"),
        ({"host": "192.0.2.1", "tls": True, "user": "u", "password": "p"}, None),
        ({"host": "localhost", "user": "u", "password": "p"}, None),
        ({"host": "broker.example"}, None),
    ],
)
def test_who_could_read_along_is_said(given: dict[str, Any], said: str | None) -> None:
    risk = MqttSettings.model_validate(given).risk
    assert risk is None if said is None else said in str(risk)


def test_the_library_for_mqtt_is_loaded_only_where_there_is_a_broker() -> None:
    code = "import sys, stream.telling.telling; sys.exit('paho' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
