"""Times epochs of the tutorial model in Keras, one at a time on request.

    python tests/benches/keras/epoch.py tensorflow|jax|torch

8,000 pictures by formula (`tests/golden/formula.py`), of which `validation_split` keeps 0.2, batch 32, adam.
Reads commands from standard input, so that a driver can alternate it with kerust in one run:

    epoch      trains one more epoch of one long `fit`, validation included
    predict    predicts five pictures
    quit       ends (so does the end of input)

and answers each with one JSON line on standard output, after a first line that says what is ready:

    {"event": "ready", "backend": "jax", "keras": "3.15.1", "version": "0.10.2", "train": 6400, "validation": 1600}
    {"event": "epoch", "backend": "jax", "epoch": 1, "seconds": 3.21, "loss": 2.1, "accuracy": 0.2, "val_loss": ..}
    {"event": "predict", "backend": "jax", "images": 5, "seconds": 0.02}

The first epoch and the first prediction include compilation. Nothing runs while a command is awaited.
"""

import importlib.metadata
import json
import os
import sys
import time
from pathlib import Path

PACKAGES = {"tensorflow": "tensorflow-cpu", "jax": "jax", "torch": "torch"}
if len(sys.argv) != 2 or sys.argv[1] not in PACKAGES:
    raise SystemExit(__doc__)
BACKEND = sys.argv[1]
os.environ["KERAS_BACKEND"] = BACKEND
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "golden"))

import keras

import formula
from tutorial_model import compiled_model

IMAGES = 8000
BATCH_SIZE = 32
VALIDATION_SPLIT = 0.2
PREDICTED = 5
MANY = 1_000_000


def answer(event, **values):
    """Prints one JSON line at once."""
    print(json.dumps({"event": event, "backend": BACKEND, **values}), flush=True)


class OnRequest(keras.callbacks.Callback):
    """Holds `fit` before each epoch until a command comes, and times what follows it."""

    def __init__(self, images):
        super().__init__()
        self.images = images
        self.started = 0.0

    def on_epoch_begin(self, epoch, logs=None):
        """Carries out commands up to the next `epoch`; ends the process on `quit`."""
        for line in iter(sys.stdin.readline, ""):
            command = line.strip()
            if command == "epoch":
                self.started = time.perf_counter()
                return
            if command == "predict":
                self.predict()
            elif command == "quit":
                break
            elif command:
                answer("error", message=f"unknown command `{command}`: use epoch, predict or quit")
        # Leaving through `fit` would train the epoch that was not asked for.
        sys.stdout.flush()
        os._exit(0)

    def on_epoch_end(self, epoch, logs=None):
        """Reports the epoch, whose validation has ended by now."""
        seconds = time.perf_counter() - self.started
        scores = {key: round(float(value), 6) for key, value in (logs or {}).items()}
        answer("epoch", epoch=epoch + 1, seconds=round(seconds, 4), **scores)

    def predict(self):
        """Times the prediction of five pictures as a notebook would ask for it."""
        started = time.perf_counter()
        self.model.predict(self.images[:PREDICTED], verbose=0)
        answer("predict", images=PREDICTED, seconds=round(time.perf_counter() - started, 4))


def main():
    """Builds model and pictures, then serves commands."""
    keras.utils.set_random_seed(1)
    images, labels = formula.pictures(0, IMAGES)
    model = compiled_model("adam")
    validation = int(IMAGES * VALIDATION_SPLIT)
    answer(
        "ready",
        keras=keras.__version__,
        version=importlib.metadata.version(PACKAGES[BACKEND]),
        train=IMAGES - validation,
        validation=validation,
    )
    model.fit(
        images,
        labels,
        epochs=MANY,
        batch_size=BATCH_SIZE,
        validation_split=VALIDATION_SPLIT,
        verbose=0,
        callbacks=[OnRequest(images)],
    )


if __name__ == "__main__":
    main()
