import pytest

from stream.sources.url import is_url, name_of, without_secrets


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rtsp://cam/1", True),
        ("RTSP://cam/1", True),
        ("https://host/a.mp4", True),
        ("tcp://0.0.0.0:9000", True),
        ("udp://@:5000", True),
        ("clip.mp4", False),
        ("folder/http.mp4", False),
        ("C:\\video.mp4", False),
        ("", False),
    ],
)
def test_tells_addresses_from_paths(text: str, expected: bool) -> None:
    assert is_url(text) is expected


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://cam/1", "rtsp://cam/1"),
        ("rtsp://cam:554/live/1", "rtsp://cam:554/live/1"),
        ("rtsp://cam", "rtsp://cam"),
        ("rtsp://user@cam/1", "rtsp://***@cam/1"),
        ("rtsp://user:hunter2@cam/1", "rtsp://***@cam/1"),
        ("rtsp://:hunter2@cam/1", "rtsp://***@cam/1"),
        ("rtsp://user:p@hunter2@cam/1", "rtsp://***@cam/1"),
        ("rtsp://user:hunter2?x@cam/1", "rtsp://***@cam/1"),
        ("rtsp://user:hunter2:x@[fe80::1]:554/1", "rtsp://***@[fe80::1]:554/1"),
        ("rtsp://[::1]/1", "rtsp://[::1]/1"),
        ("http://host/a.mp4?token=hunter2", "http://host/a.mp4?***"),
        ("http://host/a.mp4?x=y?z=hunter2", "http://host/a.mp4?***"),
        ("http://host/a.mp4?to=a@b&p=hunter2", "http://host/a.mp4?***"),
        ("http://user:hunter2@host:80/a/b.mp4?t=hunter2", "http://***@host:80/a/b.mp4?***"),
    ],
)
def test_shows_addresses_without_secrets(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


@pytest.mark.parametrize(
    "url",
    [
        "http://host?token=hunter2",
        "http://host:80?token=a/hunter2",
        "http://host/a.mp4#token=hunter2",
        "rtsp://user:hunter2/x@cam/1",
        "rtsp://user:x/hunter2@cam/1",
        "rtsp://user:x#hunter2@cam/1",
    ],
)
def test_hides_secrets_in_odd_places(url: str) -> None:
    assert "hunter2" not in without_secrets(url)
    assert "hunter2" not in name_of(url)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("rtsp://cam/1", "cam/1"),
        ("rtsp://user:hunter2@cam:554/live/1/", "cam/live/1"),
        ("http://host/a.mp4?token=hunter2", "host/a.mp4"),
        ("rtsp://cam", "cam"),
        ("rtsp://[fe80::1]:554/1", "fe80::1/1"),
        ("udp://:5000", "camera"),
    ],
)
def test_names_a_camera(url: str, name: str) -> None:
    assert name_of(url) == name
