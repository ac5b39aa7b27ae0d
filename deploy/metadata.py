"""What an ONNX file says of itself, in three families of keys, so that other people's loaders understand it.

Ultralytics' (`task`, `names`, ...), OpenVINO Model API's (`model_info ...`) and ours (`rivereye ...`).
"""

import json

import onnx

from models.card import Card, Precision

DOCS = "card.json beside this file"


def write_metadata(model: onnx.ModelProto, card: Card, precision: Precision) -> None:
    """Sets all keys. Model API takes the likelier label, so its threshold is 0.5 whatever the card's is."""
    file = card.precisions[precision]
    names = dict(enumerate(card.labels))
    side = [card.input.height, card.input.width]
    ours = {
        "schema": card.schema_,
        "version": card.version,
        "precision": precision,
        "positive": card.labels[1],
        "threshold": card.threshold.value,
        "threshold_chosen": card.threshold.chosen,
        "temperature": card.temperature,
        "shift": card.shift,
        "colour": card.input.colour,
        "resize": card.input.resize,
        "preprocessing": "inside",
        "recipe": card.recipe,
        "data_sha256": card.data.sha256 if card.data else "",
        "split": f"grouped by {card.data.grouping}" if card.data else "",
        "opset": file.opset,
        "parity": json.dumps({name: parity.model_dump() for name, parity in file.parity.items()}),
        "golden": file.golden.model_dump_json(),
        "stages": json.dumps({name: metrics.model_dump() for name, metrics in card.stages.items()}),
        "versions": json.dumps(card.versions),
    }
    ultralytics = {
        "description": f"{card.name}: is a ship in sight? {card.network.architecture}",
        "author": "rivereye",
        "date": card.created,
        "version": card.version,
        "license": card.network.weights.licence,
        "docs": DOCS,
        "stride": 32,
        "task": "classify",
        "batch": 1,
        "imgsz": side,
        "names": names,
        "args": {},
        "channels": 3,
    }
    model_api = {
        "model_type": "Classification",
        "labels": " ".join(card.labels),
        "confidence_threshold": 0.5,
        "reverse_input_channels": False,
        "resize_type": "standard",
        "embedded_processing": False,
        "input_dtype": "u8",
        "layout": card.input.layout,
        "topk": 1,
        "multilabel": False,
        "output_raw_scores": True,
    }
    keys = {key: str(value) for key, value in ultralytics.items()}
    keys |= {f"model_info {key}": str(value) for key, value in model_api.items()}
    keys |= {f"rivereye {key}": str(value) for key, value in ours.items()}
    onnx.helper.set_model_props(model, keys)
