"""The configuration file: read from disk, with the environment over it; its schema, docs and example."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from models.errors import UsageError
from stream.configuration.changes import changes
from stream.configuration.config import EXAMPLE, SCHEMA, File, load_settings, read_settings, schema
from stream.configuration.configverbs import check
from stream.configuration.outputs import Outputs, Retention
from stream.configuration.settings import Camera, PassageSettings, Settings
from stream.telling.settings import MqttSettings, OutboxSettings, WebhookSettings
from stream.web.settings import WebSettings

DOCS = Path(__file__).parents[3] / "docs" / "configuration.md"
SECRET = "hunter2"  # noqa: S105
ADDRESS = f"rtsp://watch:{SECRET}@192.0.2.1/1"
MINIMAL = '[cameras.north]\nsource = "test"\n'


def write(folder: Path, text: str) -> Path:
    path = folder / "river.toml"
    path.write_text(text, encoding="utf-8")
    return path


def load(folder: Path, text: str, environ: dict[str, str] | None = None) -> Settings:
    return load_settings(write(folder, text), environ or {})


def source_of(settings: Settings, name: str = "north") -> str:
    return settings.cameras[name].source.get_secret_value()


def test_a_minimal_file_is_enough(tmp_path: Path) -> None:
    usual = {"cameras": {"north": {"source": "test"}}, "outbox": {"file": tmp_path / "rivereye.outbox"}}
    assert not changes(Settings.model_validate(usual), load(tmp_path, MINIMAL))


def test_defaults_fill_what_a_camera_leaves_open(tmp_path: Path) -> None:
    text = '[defaults]\nfps = 2\nviews = "2x3"\n[cameras.a]\nsource = "0"\nfps = 5\n[cameras.b]\nsource = 1\n'
    cameras = load(tmp_path, text).cameras
    assert [(each.fps, each.views) for each in cameras.values()] == [(5, "2x3"), (2, "2x3")]
    assert [source_of(load(tmp_path, text), name) for name in cameras] == ["0", "1"]


FILE = """
batch = 4
[defaults]
fps = 2
[cameras.North-Bank]
source = "0"
stride = 2
[cameras.a.zones]
one = [[0, 0], [1, 0], [1, 1]]
[cameras.a]
source = "1"
[outputs]
csv = "/a.csv"
"""


@pytest.mark.parametrize(
    ("environ", "place", "value"),
    [
        ({"RIVEREYE_BATCH": "16"}, "batch", 16),
        ({"rivereye_batch": "16"}, "batch", 16),
        ({"RIVEREYE_BATCH": ""}, "batch", 4),
        ({"RIVEREYE_UNKNOWN": "x", "BATCH": "9"}, "batch", 4),
        ({"RIVEREYE_CAMERAS__NORTH_BANK__FPS": "7.5"}, "cameras.North-Bank.fps", 7.5),
        ({"RIVEREYE_CAMERAS__NORTH_BANK__FPS": "7.5"}, "cameras.North-Bank.stride", 2),
        ({"RIVEREYE_CAMERAS__NORTH_BANK__ROTATE": "90"}, "cameras.North-Bank.rotate", 90),
        ({"RIVEREYE_CAMERAS__NORTH_BANK__ENABLED": "false"}, "cameras.North-Bank.enabled", False),
        ({"RIVEREYE_CAMERAS__NORTH_BANK__POLICY": "latest"}, "cameras.North-Bank.policy", "latest"),
        ({"RIVEREYE_CAMERAS__A__THRESHOLD": "0.5"}, "cameras.a.threshold", 0.5),
        (
            {"RIVEREYE_CAMERAS__A__ZONES": '{"two": [[0,0],[0,1],[1,1]]}'},
            "cameras.a.zones",
            {"two": ((0, 0), (0, 1), (1, 1))},
        ),
        ({"RIVEREYE_DEFAULTS__FPS": "3"}, "cameras.a.fps", 3),
        ({"RIVEREYE_CAMERAS__NEW__SOURCE": "2"}, "cameras.new.fps", 2),
        ({"RIVEREYE_CAMERAS": '{"A": {"stride": 3}}', "RIVEREYE_CAMERAS__A__FPS": "1"}, "cameras.a.stride", 3),
        ({"RIVEREYE_OUTPUTS__DETECTIONS": "-"}, "outputs.detections", "-"),
        ({"RIVEREYE_OUTPUTS__DETECTIONS": "/d.jsonl"}, "outputs.csv", Path("/a.csv")),
        ({"RIVEREYE_RETENTION__DAYS": "1"}, "retention.days", 1),
        ({"RIVEREYE_OUTPUTS__STORE": "river.db", "RIVEREYE_OUTPUTS__BOX": "7"}, "outputs.box", "7"),
        ({"RIVEREYE_MQTT__HOST": "h", "RIVEREYE_MQTT__TLS": "true"}, "mqtt.used_port", 8883),
        ({"RIVEREYE_MQTT": '{"host": "h"}', "RIVEREYE_MQTT__PORT": "7"}, "mqtt.port", 7),
        ({"RIVEREYE_OUTBOX__FILE": "/o"}, "outbox.file", Path("/o")),
    ],
)
def test_the_environment_goes_over_the_file(tmp_path: Path, environ: dict[str, str], place: str, value: object) -> None:
    found: Any = load(tmp_path, FILE, environ)
    for part in place.split("."):
        found = found[part] if isinstance(found, dict) else getattr(found, part)
    assert found == value


def test_a_number_in_the_environment_may_be_a_source(tmp_path: Path) -> None:
    assert source_of(load(tmp_path, MINIMAL, {"RIVEREYE_CAMERAS__NORTH__SOURCE": "3"})) == "3"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("here.mp4", "{folder}/here.mp4"),
        ("pictures", "{folder}/pictures"),
        ("pictures/*.png", "{escaped}/pictures/*.png"),
        ("a[1].mp4", "{folder}/a[1].mp4"),
        ("elsewhere.mp4", "elsewhere.mp4"),
        ("/whole/*.png", "/whole/*.png"),
        ("rtsp://h/here.mp4?x=*", "rtsp://h/here.mp4?x=*"),
        ("0", "0"),
        ("-", "-"),
        ("test", "test"),
    ],
)
def test_paths_begin_beside_the_file(tmp_path: Path, written: str, read: str) -> None:
    folder = tmp_path / "conf[a]"
    (folder / "pictures").mkdir(parents=True)
    for name in ("here.mp4", "a[1].mp4", "0", "-", "test"):
        (folder / name).touch()
    settings = load(folder, f'[cameras.north]\nsource = "{written}"\n')
    assert source_of(settings) == read.format(folder=folder, escaped=tmp_path / "conf[[]a]")


def test_other_paths_begin_there_too(tmp_path: Path, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine").symlink_to(bundle)
    names = ("passages", "csv", "hours", "video", "snapshots", "sheet")
    outputs = "".join(f'{name} = "{name}.x"\n' for name in names)
    write(tmp_path, f'model = "mine"\npid_file = "p"\n[outputs]\ndetections = "d"\n{outputs}{MINIMAL}background = "b"')
    monkeypatch.chdir(tmp_path.parent)
    settings = load_settings(Path(tmp_path.name, "river.toml"), {})
    assert settings.model == str(tmp_path / "mine")
    assert settings.pid_file == tmp_path / "p"
    assert settings.outputs.detections == str(tmp_path / "d")
    assert [getattr(settings.outputs, name) for name in names] == [tmp_path / f"{name}.x" for name in names]
    assert settings.cameras["north"].background == tmp_path / "b"
    assert load(tmp_path, MINIMAL).model == "vgg16-river-slim"


def test_secrets_are_put_in_place_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text(f"{SECRET}\n")
    text = '[cameras.north]\nsource = "rtsp://{USER_NAME}:{file:pw}@192.0.2.1/1"\n'
    settings = load(tmp_path, text, {"USER_NAME": "a b"})
    assert source_of(settings) == f"rtsp://a%20b:{SECRET}@192.0.2.1/1"
    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()
    assert settings.cameras["north"].shown == "rtsp://***@192.0.2.1/1"


def test_secrets_of_store_broker_and_webhook_are_put_in_place_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "pw").write_text(f"{SECRET}/@\n")
    text = """
    [outputs]
    store = "postgresql://watch:{file:pw}@192.0.2.1/river?sslmode=require"
    [mqtt]
    host = "192.0.2.1"
    user = "{NAME}"
    password = "{file:pw}"
    tls = true
    tls_ca_certs = "ca.pem"
    [webhook]
    url = "{NAME}"
    secret = "{file:pw}"
    [outbox]
    file = "waits"
    """
    settings = load(tmp_path, MINIMAL + text, {"NAME": f"https://{SECRET}.example/"})
    assert settings.outputs.store is not None
    assert (
        settings.outputs.store.get_secret_value()
        == f"postgresql://watch:{SECRET}%2F%40@192.0.2.1/river?sslmode=require"
    )
    assert settings.mqtt is not None
    assert settings.mqtt.password is not None
    assert settings.mqtt.password.get_secret_value() == f"{SECRET}/@"
    assert settings.mqtt.tls_ca_certs == tmp_path / "ca.pem"
    assert settings.webhook is not None
    assert settings.webhook.url.get_secret_value() == f"https://{SECRET}.example/"
    assert settings.outbox.file == tmp_path / "waits"
    assert SECRET not in repr(settings) + str(settings) + settings.model_dump_json()


@pytest.mark.parametrize(
    ("written", "read"),
    [("river.db", "{folder}/river.db"), ("sqlite:///river.db", "{folder}/river.db"), ("/x/river.db", "/x/river.db")],
)
def test_a_store_begins_beside_the_file(tmp_path: Path, written: str, read: str) -> None:
    store = load(tmp_path, f'{MINIMAL}[outputs]\nstore = "{written}"').outputs.store
    assert store is not None
    assert store.get_secret_value() == read.format(folder=tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[outputs]\nstore = 'mysql://h/river'", "outputs.store: no store of the kind 'mysql'"),
        ("[outputs]\nstore = '{WHAT}'", "outputs.store: the environment variable WHAT is not set"),
        ("[mqtt]\nhost = 'h'\nuser = 'u'\npassword = '{WHAT}'", "mqtt.password: the environment variable WHAT is not"),
    ],
)
def test_what_cannot_be_put_in_place_is_named(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        load(tmp_path, MINIMAL + text)
    assert str(raised.value).startswith(f"{tmp_path}/river.toml: {said}")


def test_secrets_of_a_camera_that_is_not_enabled_are_not_looked_for(tmp_path: Path) -> None:
    text = '[cameras.north]\nenabled = false\nsource = "{LOST}"\n'
    assert source_of(load(tmp_path, text)) == "{LOST}"
    with pytest.raises(UsageError, match="river.toml: cameras.north.source: the environment variable LOST is not set"):
        load(tmp_path, text.replace("false", "true"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (MINIMAL + "fps = -1", "cameras.north.fps is -1; it must be greater than 0"),
        (MINIMAL + "fps = 'fast'", "cameras.north.fps is 'fast'; it must be a number"),
        (MINIMAL + "fsp = 2", "cameras.north.fsp is no known key; did you mean fps? known: enabled, views, "),
        (MINIMAL + "batch = 2", "cameras.north.batch is no known key; it is one of the whole file: put it above the"),
        (MINIMAL + "enabled = 'maybe'", "cameras.north.enabled is 'maybe'; it must be true or false"),
        (MINIMAL + "views = '9x9'", "cameras.north.views: unknown views '9x9'; give whole, or rows x columns"),
        (MINIMAL + "policy = 'all'", "cameras.north.policy: unknown policy 'all'; give every"),
        (MINIMAL + "threshold = [1]", "cameras.north.threshold is a list; it must be a number from 0 to 1, or an aim"),
        (MINIMAL + "hwaccel = 'cuda'", "cameras.north.hwaccel is 'cuda'; it must be 'none', 'auto', 'vaapi',"),
        (MINIMAL + "zones.a = [[0, 2], [1, 1], [0, 0]]", "cameras.north.zones.a.0.1 is 2; it must be less than or eq"),
        (MINIMAL + "zones.a = [[0, 1], [1, 1]]", "cameras.north.zones.a is a list; it must have at least 3 items"),
        (MINIMAL + "zones.'a b' = []", "cameras.north.zones.a b is no name; it begins with a letter or digit"),
        (MINIMAL + "start = 3\nend = 2", "cameras.north: end 2.0 is not after start 3.0"),
        ("fps = 2\n" + MINIMAL, "fps is no known key; it is one of a camera: put it into [cameras.NAME], or into [def"),
        ("modle = 'x'\n" + MINIMAL, "modle is no known key; did you mean model? known: cameras, model,"),
        ("batch = 0\n" + MINIMAL, "batch is 0; it must be greater than or equal to 1"),
        ("precision = 'int4'\n" + MINIMAL, "precision is 'int4'; it must be 'fp32', 'fp16' or 'int8'"),
        (MINIMAL + "[outputs]\ncvs = 'x'", "outputs.cvs is no known key; did you mean csv? known: detections,"),
        (MINIMAL + "[outputs]\ncsv = 3", "outputs.csv is 3; it must be a text"),
        (MINIMAL + "[outputs]\nkeep = 1.5", "outputs.keep is 1.5; it must be a whole number"),
        (MINIMAL + "[defaults]\nfps = 0", "defaults.fps is 0; it must be greater than 0"),
        (MINIMAL + "[defaults]\nsource = 'test'", "defaults.source is no known key"),
        ("[cameras.north]\nfps = 2", "cameras.north.source is missing"),
        ("[cameras.'a b']\nsource = 'test'", "cameras.a b is no name; it begins with a letter or digit"),
        ("cameras = 3", "cameras is 3; it must be a table"),
        ("cameras.north = 3", "cameras.north is 3; it must be a table"),
        ("outputs = []\n" + MINIMAL, "outputs is a list; it must be a table"),
        ("defaults = 3\n" + MINIMAL, "defaults is 3; it must be a table"),
        ("", "there is no camera; give one: a table [cameras.NAME] with a source"),
        ("[cameras]", "there is no camera; give one"),
        (MINIMAL + "[mqtt]\nhots = 'h'", "mqtt.hots is no known key; did you mean host? known: host, port,"),
        (MINIMAL + "[mqtt]", "mqtt.host is missing"),
        (MINIMAL + "[mqtt]\nhost = 'h'\npassword = 'p'", "mqtt: password needs a user"),
        (MINIMAL + "[mqtt]\nhost = 'h'\nuser = 'u'\npassword = 1234", "mqtt.password is a number; it must be a text"),
        (MINIMAL + "[webhook]\nurl = ['x']\nsecret = 's'", "webhook.url is a list; it must be a text"),
        ("webhook = 3\n" + MINIMAL, "webhook is 3; it must be a table"),
        (MINIMAL + "[outputs]\nstore = 5", "outputs.store is a number; it must be a text"),
    ],
)
def test_a_mistake_is_named_with_file_key_value_and_what_is_allowed(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(UsageError) as raised:
        load(tmp_path, text)
    lines = str(raised.value).splitlines()
    assert all(line.startswith(f"{tmp_path}/river.toml: ") for line in lines)
    assert any(line.removeprefix(f"{tmp_path}/river.toml: ").startswith(said) for line in lines), lines
    assert raised.value.__cause__ is None
    assert raised.value.exit_code == 2


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as raised:
        load(tmp_path, "batch = 0\n" + MINIMAL + "fps = -1\n[outputs]\nkeep = 0\n")
    assert len(str(raised.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        (
            {"RIVEREYE_CAMERAS__NORTH__FPS": "fast"},
            "fps is 'fast'; it must be a number (from the environment variable RIVEREYE_CAMERAS__NORTH__FPS)",
        ),
        (
            {"RIVEREYE_BATCH": "0"},
            "batch is '0'; it must be greater than or equal to 1 (from the environment variable RIVEREYE_BATCH)",
        ),
        ({"RIVEREYE_CAMERAS__NORTH__ZONES": "{"}, "RIVEREYE_CAMERAS__NORTH__ZONES is no JSON"),
        ({"RIVEREYE_CAMERA__NORTH__FPS": "2"}, "RIVEREYE_CAMERA__NORTH__FPS names no table; did you mean cameras?"),
        ({"RIVEREYE_MODEL__NAME": "x"}, "RIVEREYE_MODEL__NAME names no table"),
        (
            {"RIVEREYE_CAMERAS__NORHT__FPS": "2"},
            "cameras.norht.source is missing (the environment variable RIVEREYE_CAMERAS__NORHT__FPS names this camera)",
        ),
        ({"RIVEREYE_CAMERAS__NORTH__FSP": "2"}, "cameras.north.fsp is no known key; did you mean fps?"),
        (
            {"RIVEREYE_CAMERAS__NORTH": "2"},
            "cameras.north is 2; it must be a table (from the environment variable RIVEREYE_CAMERAS__NORTH)",
        ),
        ({"RIVEREYE_CAMERAS__": "2"}, "is no name"),
        ({"RIVEREYE_CAMERAS__A_B__FPS": "2"}, "RIVEREYE_CAMERAS__A_B__FPS may mean any of the cameras a-b, A_b"),
    ],
)
def test_a_mistake_in_the_environment_names_its_variable(tmp_path: Path, environ: dict[str, str], said: str) -> None:
    text = MINIMAL + "[cameras.a-b]\nsource = 'test'\n[cameras.A_b]\nsource = 'test'\n"
    with pytest.raises(UsageError) as raised:
        load(tmp_path, text, environ)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"batch = 4\n[cameras.north\n", "at line 2"),
        (b"[cameras.north]\nsource = rtsp://h\n", "at line 2"),
        (b"batch = 4\nbatch = 5\n", "at line 2"),
        (b"\xff\xfe", "no UTF-8 text"),
    ],
)
def test_a_file_that_is_no_toml_is_refused_with_its_line(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "river.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError, match="river.toml") as raised:
        load_settings(path, {})
    assert said in str(raised.value)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no configuration at .*/lost.toml: no such file"):
        load_settings(tmp_path / "lost.toml", {})
    with pytest.raises(UsageError, match="it is no file"):
        load_settings(tmp_path, {})


@pytest.mark.parametrize(
    "text",
    [
        f"[cameras]\nnorth = '{ADDRESS}'",
        f"[cameras]\nnorth = '{SECRET}'",
        f"cameras = '{ADDRESS}'",
        f"cameras = ['{ADDRESS}']",
        f"cameras = [{{ source = '{ADDRESS}' }}]",
        f"[cameras.north]\nsource = ['{ADDRESS}']",
        f"[cameras.north]\nsource = {{ url = '{ADDRESS}' }}",
        f"[cameras.north]\nsorce = '{ADDRESS}'",
        f"[cameras.north]\npassword = '{SECRET}'\nsource = 'test'",
        f"source = '{ADDRESS}'",
        f"[defaults]\nsource = '{ADDRESS}'\n{MINIMAL}",
        f"[cameras.north]\nsource = '{ADDRESS}'\nfps = -1",
        f"[cameras.north]\nsource = '{ADDRESS}'\npolicy = '{ADDRESS}'",
        f"[cameras.north]\nsource = '{ADDRESS}'\nhwaccel = '{ADDRESS}'",
        f"[cameras.north]\nsource = '{ADDRESS}",
        f"[cameras.north]\nsource = {ADDRESS}",
        f"[cameras.north]\nsource = '{ADDRESS}{{'",
        f"[cameras.north]\nsource = '{ADDRESS}'\nsource = '{ADDRESS}'",
        f"[cameras.'{ADDRESS}']\nsource = 'test'",
        f"{MINIMAL}[mqtt]\nhost = '{ADDRESS}'",
        f"{MINIMAL}[mqtt]\nhost = 'watch:{SECRET}@192.0.2.1'",
        f"{MINIMAL}[mqtt]\nhost = 'h'\npassword = '{SECRET}'",
        f"{MINIMAL}[webhook]\nurl = '{SECRET}'",
        f"webhook = '{SECRET}'\n{MINIMAL}",
        f"{MINIMAL}[outputs]\nstore = 'postgresql://watch:{SECRET}@/@192.0.2.1/river'",
        f"{MINIMAL}[outputs]\nstore = ['{SECRET}']",
    ],
)
def test_no_message_shows_a_secret_wherever_it_stands(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError) as raised:
        load(tmp_path, text)
    assert SECRET not in f"{raised.value}{raised.value!r}{raised.value.__cause__}"


@pytest.mark.parametrize(
    "environ",
    [
        {"RIVEREYE_CAMERAS": ADDRESS},
        {"RIVEREYE_CAMERAS__NORTH": ADDRESS},
        {"RIVEREYE_CAMERAS__SOUTH__SORCE": ADDRESS},
        {"RIVEREYE_CAMERAS__NORTH__SOURCE": ADDRESS, "RIVEREYE_BATCH": "0"},
        {"RIVEREYE_CAMERAS__NORTH__ZONES": ADDRESS},
        {"RIVEREYE_SOURCES__NORTH": ADDRESS},
    ],
)
def test_no_message_shows_a_secret_of_the_environment(tmp_path: Path, environ: dict[str, str]) -> None:
    with pytest.raises(UsageError) as raised:
        load(tmp_path, MINIMAL, environ)
    assert SECRET not in f"{raised.value}{raised.value.__cause__}"


@pytest.mark.parametrize("token", ["{WEB_TOKEN}", "short"])
def test_a_token_that_is_easy_to_guess_is_refused_and_not_shown(tmp_path: Path, token: str) -> None:
    text = f'{MINIMAL}[web]\ntoken = "{token}"\n'
    with pytest.raises(UsageError, match="20 printable ASCII characters or more") as raised:
        load(tmp_path, text, {"WEB_TOKEN": "short"})
    assert "short" not in str(raised.value)


def test_a_token_is_put_in_its_place_and_files_begin_in_the_folder(tmp_path: Path) -> None:
    text = f'{MINIMAL}[web]\nlisten = "9000"\ntoken = "{{WEB_TOKEN}}"\ncertificate = "c.pem"\nkey = "k.pem"\n'
    web = load(tmp_path, text, {"WEB_TOKEN": 20 * "x"}).web
    assert web is not None
    assert web.token is not None
    assert web.token.get_secret_value() == 20 * "x"
    assert (web.address, web.port, web.key) == ("127.0.0.1", 9000, tmp_path / "k.pem")


def test_the_schema_on_disk_is_what_the_code_makes() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema(), "run: python -m stream.configuration.config"


def keys() -> dict[str, object]:
    """Every key that is no table, by its table and name, with its default."""
    tables: dict[str, type[BaseModel]] = {"cameras": Camera}
    tables |= {"passages": PassageSettings, "outputs": Outputs, "retention": Retention}
    tables |= {"mqtt": MqttSettings, "webhook": WebhookSettings, "outbox": OutboxSettings, "web": WebSettings}
    found = {
        f"{table}.{key}": field.get_default()
        for table, model in tables.items()
        for key, field in model.model_fields.items()
    }
    top = {key: field.get_default() for key, field in Settings.model_fields.items() if key not in tables}
    assert set(top) == set(File.model_fields) - set(tables) - {"defaults"}
    return found | {f".{key}": default for key, default in top.items()}


def rows() -> dict[str, str]:
    """Of the tables in the docs: keys by the table that the text above names, and what stands under "by itself"."""
    found: dict[str, str] = {}
    table = ""
    for line in DOCS.read_text(encoding="utf-8").splitlines():
        if section := re.match(r"`\[(\w+)(?:\.NAME)?\]`", line):
            table = section[1]
        if row := re.match(r"\| (`.*?`) \| (.*?) \|", line):
            found |= {f"{table}.{key}": row[2].strip("`") for key in re.findall(r"`(\w+)`", row[1])}
    return found


def test_the_docs_name_every_key_and_its_default() -> None:
    written = rows()
    assert set(written) == set(keys())
    for key, default in keys().items():
        if isinstance(default, int | float | str):  # True is an int, too
            said = f"{default:g}" if isinstance(default, float) else str(default).lower()
            assert written[key] == said, key


def test_the_example_of_the_docs_is_valid(tmp_path: Path) -> None:
    for number, text in enumerate(re.findall(r"```toml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)):
        (tmp_path / str(number)).mkdir()
        settings = read_settings(write(tmp_path / str(number), text), {})
        assert len(settings.cameras) == 2
        assert {each.fps for each in settings.cameras.values()} == {2}


def test_the_example_and_all_it_shows_in_comments_is_valid(tmp_path: Path) -> None:
    plain = EXAMPLE.read_text(encoding="utf-8")
    check(write(tmp_path, plain))
    shown = re.sub(r"^# (\w+ = |\[)", r"\1", plain, flags=re.MULTILINE)
    assert shown != plain
    filled = re.sub(r"\{[A-Z_]+\}", 20 * "x", shown).replace("enabled = false", "enabled = true")
    check(write(tmp_path, re.sub(r"^ca_certs = .*", "", filled, flags=re.MULTILINE)))  # there is no such file
    table = tomllib.loads(shown)
    there = {f".{key}" for key, value in table.items() if not isinstance(value, dict)}
    there |= {
        f"{name}.{key}"
        for name in ("passages", "outputs", "retention", "mqtt", "webhook", "outbox", "web")
        for key in table[name]
    }
    there |= {f"cameras.{key}" for camera in (table["defaults"], *table["cameras"].values()) for key in camera}
    assert there == set(keys())
