"""What a comparison leaves behind, as data. `python -m benchmarks.peers.report` writes its JSON Schema again."""

import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from stream.bench.figure import Figure
from stream.bench.report import Clip, Machine, Part

SCHEMA = Path(__file__).with_name("peers.schema.json")


class Peer(Part):
    """One that took part. `command`: as it can be typed, in the checkout."""

    name: str
    what: str
    command: str
    versions: dict[str, str]


class Comparison(Part):
    """All peers on one clip. Figures have the label `peer`; their samples are in the order of the rounds.

    `peer_fps`: frames a second, see `rule`. `peer_cpu_ms`: processor time a frame, all threads together. `peer_memory_mb`: peak of the process. `peer_startup_s`, `peer_warm_up_s`:
    what `rule` leaves out. `peer_wall_s`, `peer_wall_cpu_s`: of the whole process, from its start to its end. `left_out`: by name, why a peer has no figures.
    """

    schema_: Annotated[Literal["rivereye/peers/1"], Field(alias="schema")] = "rivereye/peers/1"
    created: str
    seconds: float
    command: str
    machine: Machine
    clip: Clip
    rule: str
    rounds: int
    seed: int
    peers: tuple[Peer, ...]
    figures: tuple[Figure, ...]
    left_out: dict[str, str]


def schema() -> str:
    """JSON Schema (2020-12), as `peers.schema.json` holds it."""
    return json.dumps(Comparison.model_json_schema(by_alias=True, mode="serialization"), indent=2) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(schema(), encoding="utf-8")
