"""rivereye, by the clock of the others: what `rivereye stream CLIP --output /dev/null` does once its model is open, every record written.

python -m benchmarks.peers.ours CLIP
"""

import argparse
import os
from collections.abc import Generator

from benchmarks.peers.timing import tell, timed
from models.classifier import Choice, Classifier
from stream.configuration.choosing import chosen
from stream.looking.lookout import lookout_of
from stream.session import Session
from stream.sinks.sinks import Sinks

PACKAGES = ("rivereye", "onnxruntime", "onnxruntime-gpu", "opencv-python-headless", "numpy")
PROVIDER = "cpu"
"""As all others: a GPU would be another comparison."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("clip")
    given = parser.parse_args()
    settings = chosen([given.clip], {}, {"provider": PROVIDER, "outputs": {"detections": os.devnull}})
    bundle = Choice(settings.model, settings.precision, settings.provider).bundle()
    with Classifier(bundle, settings.provider) as classifier:

        def loop() -> Generator[int]:
            with Sinks(settings.outputs, settings.retention, live=False) as sinks:
                session = Session(settings, classifier, sinks, live=False)
                for name, camera in settings.cameras.items():
                    session.add(lookout_of(name, camera, bundle), camera.leave)
                try:
                    for looks in session.run():
                        yield len(looks)
                finally:
                    session.finish()

        tell(timed(loop, PACKAGES))


if __name__ == "__main__":
    main()
