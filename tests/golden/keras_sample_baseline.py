"""Trains the tutorial model with Keras on TensorFlow on a small CIFAR-10, five times.

    python tests/golden/keras_sample_baseline.py FOLDER

FOLDER is in the layout of the official binary archive (`data_batch_*.bin`, `test_batch.bin`: one label
byte, then 3072 bytes of red, green and blue planes). Writes `keras_sample_baseline.json` beside this file:
the accuracies to expect from kerust on the same pictures.
"""

import importlib.metadata
import json
import os
import statistics
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np

from golden_file import FOLDER
from tutorial_model import tutorial_model

SEEDS = (1, 2, 3, 4, 5)
EPOCHS = 10
BATCH_SIZE = 32
VALIDATION_SPLIT = 0.2
RECORD = 1 + 3 * 32 * 32


def read_batch(path):
    """Images as float32 in [0, 1], channels last, and labels of one file."""
    records = np.fromfile(path, np.uint8).reshape(-1, RECORD)
    images = records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return images.astype(np.float32) / np.float32(255.0), records[:, 0].astype(np.int32)


def read_folder(folder):
    """Training and test pictures."""
    train = [read_batch(path) for path in sorted(folder.glob("data_batch_*.bin"))]
    images, labels = (np.concatenate(parts) for parts in zip(*train))
    return (images, labels), read_batch(folder / "test_batch.bin")


def one_run(seed, train, test):
    """Scores of one training run."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(seed)
    model = tutorial_model()
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    fitted = model.fit(
        *train, epochs=EPOCHS, batch_size=BATCH_SIZE, validation_split=VALIDATION_SPLIT, verbose=0
    )
    test_loss, test_accuracy = model.evaluate(*test, verbose=0)
    history = {key: [round(float(v), 6) for v in values] for key, values in fitted.history.items()}
    return {
        "seed": seed,
        "test_loss": round(float(test_loss), 6),
        "test_accuracy": round(float(test_accuracy), 6),
        "val_accuracy_last": history["val_accuracy"][-1],
        "val_accuracy_best": max(history["val_accuracy"]),
        "history": history,
    }


def spread(runs, key):
    """Mean, smallest and largest of a score."""
    values = [run[key] for run in runs]
    return {"mean": round(statistics.mean(values), 6), "min": min(values), "max": max(values)}


def main():
    """Runs all seeds and writes the file."""
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    train, test = read_folder(Path(sys.argv[1]))
    runs = []
    for seed in SEEDS:
        runs.append(one_run(seed, train, test))
        print(json.dumps({key: value for key, value in runs[-1].items() if key != "history"}), flush=True)
    result = {
        "model": "the tutorial model of tutorial_model.py, adam, pixels / 255",
        "train_images": len(train[0]),
        "test_images": len(test[0]),
        "validation_split": VALIDATION_SPLIT,
        "epochs": EPOCHS,
        "batch_size": BATCH_SIZE,
        "keras": keras.__version__,
        "tensorflow": importlib.metadata.version("tensorflow-cpu"),
        "summary": {
            key: spread(runs, key)
            for key in ("test_loss", "test_accuracy", "val_accuracy_last", "val_accuracy_best")
        },
    }
    head = json.dumps(result, indent=1)[:-2]
    lines = ",\n  ".join(json.dumps(run) for run in runs)
    (FOLDER / "keras_sample_baseline.json").write_text(f'{head},\n "runs": [\n  {lines}\n ]\n}}\n')


if __name__ == "__main__":
    main()
