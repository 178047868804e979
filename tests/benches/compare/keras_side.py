"""The Keras side of the benchmark: `python tests/benches/compare/keras_side.py BACKEND WORKLOAD`.

BACKEND is tensorflow, jax or torch. `serve.py` tells what is read and written. The first epoch and the first
prediction include what the back end compiles.
"""

import importlib.metadata
import os
import sys
import time

PACKAGES = {
    "tensorflow": ("TensorFlow", "tensorflow-cpu"),
    "jax": ("JAX", "jax"),
    "torch": ("PyTorch", "torch"),
}
if len(sys.argv) != 3 or sys.argv[1] not in PACKAGES:
    raise SystemExit(__doc__)
BACKEND, WORKLOAD = sys.argv[1:]
os.environ["KERAS_BACKEND"] = BACKEND
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import keras
from keras import layers

import samples
import serve
from tutorial_model import tutorial_model

MANY = 1_000_000

if "COMPARE_POLICY" in os.environ:
    keras.mixed_precision.set_global_policy(os.environ["COMPARE_POLICY"])


def mlp():
    """Dense layers with Dropout."""
    return keras.Sequential([
        keras.Input((784,)),
        layers.Dense(512, activation="relu"),
        layers.Dropout(0.2),
        layers.Dense(256, activation="relu"),
        layers.Dropout(0.2),
        layers.Dense(10, activation="softmax"),
    ])  # fmt: skip


def cnn():
    """Convolutions with BatchNormalization."""
    blocks = [keras.Input((32, 32, 3))]
    for filters in (32, 64, 128):
        blocks += [
            layers.Conv2D(filters, (3, 3), padding="same"),
            layers.BatchNormalization(),
            layers.Activation("relu"),
            layers.MaxPooling2D((2, 2)),
        ]
    head = [layers.Flatten(), layers.Dense(128, activation="relu"), layers.Dense(10, activation="softmax")]
    return keras.Sequential(blocks + head)


def lstm():
    """Words."""
    return keras.Sequential([
        keras.Input((samples.WORDS_PER_TEXT,)),
        layers.Embedding(samples.KNOWN_WORDS, 64),
        layers.LSTM(64),
        layers.Dense(1, activation="sigmoid"),
    ])  # fmt: skip


MODELS = {"tutorial": tutorial_model, "mlp": mlp, "cnn": cnn, "lstm": lstm, "inference": tutorial_model}
FIT = {
    "tutorial": {"batch_size": 32, "validation_split": 0.2},
    "mlp": {"batch_size": 128},
    "cnn": {"batch_size": 32},
    "lstm": {"batch_size": 32},
    "tutorial-512": {"batch_size": 512, "validation_split": 0.2},
    "cnn-512": {"batch_size": 512},
}


def compiled_model():
    """The model of the workload with its first weights."""
    model = MODELS[WORKLOAD.removesuffix("-512")]()
    weights = model.get_weights()
    kernels = iter(samples.kernels([w.shape for w in weights if w.ndim > 1]))
    model.set_weights([next(kernels) if w.ndim > 1 else w for w in weights])
    loss = "binary_crossentropy" if WORKLOAD == "lstm" else "sparse_categorical_crossentropy"
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    return model


class OnRequest(keras.callbacks.Callback):
    """Holds one long `fit` before each epoch until it is asked for: no epoch pays for the start of a `fit`."""

    def __init__(self, commands):
        super().__init__()
        self.commands = commands
        self.started = 0.0

    def on_epoch_begin(self, epoch, logs=None):
        """Waits for the command."""
        if next(self.commands, None) is None:
            # Leaving through `fit` would train the epoch that was not asked for.
            sys.stdout.flush()
            os._exit(0)
        self.started = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        """Answers for the epoch, whose validation has ended by now."""
        seconds = time.perf_counter() - self.started
        serve.answer("epoch", seconds=seconds, check=float(logs.get("val_loss", logs["loss"])))


def answer_inference(model, commands, images, labels):
    """Evaluates and predicts as it is told."""
    for command, calls in commands:
        if command == "evaluate":
            serve.timed(command, calls, lambda: model.evaluate(images, labels, verbose=0)[0])
        else:
            some = images[: int(command.removeprefix("predict-"))]
            serve.timed(command, calls, lambda: model.predict(some, verbose=0), samples.mean_square)


def main():
    """Makes the model, then the samples, then what it is told."""
    model = compiled_model()
    title, package = PACKAGES[BACKEND]
    serve.answer("ready", versions={"Keras": keras.__version__, title: importlib.metadata.version(package)})
    commands = serve.commands()
    next(commands)
    x, y = samples.of(WORKLOAD)
    serve.answer("load")
    if WORKLOAD == "inference":
        answer_inference(model, commands, x, y)
    else:
        fit = {"epochs": MANY, "shuffle": False, "verbose": 0, **FIT[WORKLOAD]}
        model.fit(x, y, callbacks=[OnRequest(commands)], **fit)


if __name__ == "__main__":
    main()
