"""Makes cameras known to Home Assistant: a device each, by its MQTT discovery of devices (from version 2024.11 on)."""

import hashlib
import json
import re
from importlib.metadata import version
from typing import Any

from stream.telling.topics import Topics

ORIGIN = "rivereye"
LARGEST = 65_536
"""Bytes; a longer description of a device is none of ours."""
ONLINE = "{{ 'online' if value == 'online' else 'offline' }}"
"""Home Assistant takes no notice of other words, such as `stopped`."""
SEES = "{{ 'online' if value in ('ship', 'no_ship') else 'offline' }}"


def device_id(topics: Topics, camera: str) -> str:
    """Letters, digits and `_` only, and another one for each prefix and camera."""
    letters = hashlib.sha256(topics.status(camera).encode()).hexdigest()[:6]
    return re.sub(r"[^A-Za-z0-9]", "_", f"{ORIGIN}_{camera}_{letters}")


def config_topic(discovery_prefix: str, topics: Topics, camera: str) -> str:
    return f"{discovery_prefix}/device/{device_id(topics, camera)}/config"


def description(topics: Topics, camera: str) -> str:
    """JSON, with Home Assistant's short names. The ship is unavailable where the camera cannot see: no ship is another thing."""
    number, here = device_id(topics, camera), {"t": topics.available, "val_tpl": ONLINE}
    found: dict[str, Any] = {
        "dev": {"ids": [number], "name": camera, "mf": ORIGIN, "mdl": "ship watch", "sw": version("rivereye")},
        "o": {"name": ORIGIN, "sw": version("rivereye")},
        "avty": [here],
        "cmps": {
            "ship": {
                "p": "binary_sensor",
                "uniq_id": f"{number}_ship",
                "name": "Ship",
                "ic": "mdi:ferry",
                "stat_t": topics.ship(camera),
                "pl_on": "1",
                "pl_off": "0",
                "avty": [here, {"t": topics.state(camera), "val_tpl": SEES}],
                "avty_mode": "all",
            },
            "state": {
                "p": "sensor",
                "uniq_id": f"{number}_state",
                "name": "State",
                "dev_cla": "enum",
                "ops": ["ship", "no_ship", "unknown"],
                "stat_t": topics.state(camera),
            },
            "connection": {
                "p": "binary_sensor",
                "uniq_id": f"{number}_connection",
                "name": "Connection",
                "dev_cla": "connectivity",
                "ent_cat": "diagnostic",
                "stat_t": topics.status(camera),
                "val_tpl": "{{ 'ON' if value == 'online' else 'OFF' }}",
            },
        },
    }
    return json.dumps(found, separators=(",", ":"))


def is_ours(payload: bytes, topics: Topics) -> bool:
    """Whether it is a description that a rivereye with these topics wrote, now or earlier."""
    if len(payload) > LARGEST:
        return False
    try:
        found = json.loads(payload)
        return bool(found["o"]["name"] == ORIGIN and found["avty"][0]["t"] == topics.available)
    except (ValueError, KeyError, IndexError, TypeError, RecursionError):
        return False
