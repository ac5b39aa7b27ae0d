"""A watch that hands over fifty passages and frames a second until it is killed: writer.py PLACE SPOOL. A line for each: its number, and when."""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from stream.store.sink import StoreSink
from tests.stream.store.makers import ended, frame

EVERY_S = 0.02


def main() -> None:
    sink = StoreSink(sys.argv[1], "lock", spool=Path(sys.argv[2]))
    print("ready", flush=True)  # noqa: T201
    for number in range(100_000):
        sink.look(frame(number * EVERY_S, number))
        sink.news([ended(number)])
        print(number, time.monotonic(), flush=True)  # noqa: T201
        time.sleep(EVERY_S)


if __name__ == "__main__":
    main()
