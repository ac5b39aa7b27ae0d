"""A watch in short: tells of ships until it is killed. Arguments: port of the broker, outbox, first passage."""

import sys
import time
from pathlib import Path

from stream.telling.settings import MqttSettings
from stream.telling.telling import Telling
from tests.faults.peers.ports import HOST
from tests.stream.telling.factories import passage, told_to


def main() -> None:
    port, place, number = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    telling = Telling(told_to(MqttSettings(host=HOST, port=port)), {"north": True, "south": True}, place)
    while True:
        for camera in ("north", "south"):
            for event in passage(camera, 100.0 * number):
                telling.news([event])
                print(time.monotonic(), camera, f"{event.type}@{event.after.frame_time}", event.after.id, flush=True)  # noqa: T201
        number += 1
        time.sleep(0.005)


if __name__ == "__main__":
    main()
