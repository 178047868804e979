"""Exchanges files with kerust: `keras_files.py make FOLDER` writes what Keras writes, with what its
models compute; `keras_files.py check FOLDER` reads what kerust wrote, and compares.

In a folder, each model has `NAME.keras`, `NAME.weights.h5`, perhaps `NAME.h5`, and `NAME.json`:
`inputs`, `labels`, `outputs` for them, and `losses` of the next training steps on them.
"""

import json
import os
import sys
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

import keras
import numpy as np
from keras import layers, losses, optimizers

STEPS = 3
# Relative to the largest number of a tensor.
TOLERANCE = 1e-4


def floats(seed, *shape):
    return np.round(np.random.default_rng(seed).standard_normal(shape), 2).astype(np.float32)


def numbers(seed, below, *shape):
    return np.random.default_rng(seed).integers(0, below, shape).astype(np.int32)


def tutorial():
    model = keras.Sequential([
        keras.Input((32, 32, 3)),
        layers.Conv2D(32, 3, activation="relu"),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model, [floats(1, 6, 32, 32, 3)], numbers(2, 10, 6)


def residual():
    inputs = keras.Input((6, 6, 3))
    x = layers.Conv2D(4, 3, padding="same", use_bias=False)(inputs)
    x = layers.BatchNormalization()(x)
    x = shortcut = layers.Activation("relu")(x)
    x = layers.Conv2D(4, 3, padding="same")(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    x = layers.Add()([x, shortcut])
    x = layers.GlobalAveragePooling2D()(x)
    model = keras.Model(inputs, layers.Dense(3, activation="softmax")(x))
    model.compile(
        optimizers.SGD(0.05, momentum=0.9, nesterov=True),
        losses.CategoricalCrossentropy(label_smoothing=0.1),
        metrics=["accuracy", keras.metrics.TopKCategoricalAccuracy(k=2)],
    )
    return model, [floats(3, 5, 6, 6, 3)], np.eye(3, dtype=np.float32)[numbers(4, 3, 5)]


def lstm():
    model = keras.Sequential([
        keras.Input((7, 3)),
        layers.LSTM(5, return_sequences=True),
        layers.LSTM(4),
        layers.Dense(1),
    ])
    model.compile(optimizers.RMSprop(0.01, momentum=0.5, centered=True), "mse", metrics=["mae"])
    return model, [floats(5, 6, 7, 3)], floats(6, 6, 1)


def gru():
    model = keras.Sequential([
        keras.Input((7, 3)),
        layers.GRU(5, return_sequences=True),
        layers.LayerNormalization(),
        layers.SimpleRNN(4),
        layers.Dense(2),
    ])
    model.compile(optimizers.Adagrad(0.05), losses.Huber())
    return model, [floats(7, 6, 7, 3)], floats(8, 6, 2)


def bidirectional():
    model = keras.Sequential([
        keras.Input((6,)),
        layers.Embedding(9, 4, mask_zero=True),
        layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
        layers.Bidirectional(layers.GRU(3), merge_mode="sum"),
        layers.Dense(1, activation="sigmoid"),
    ])
    model.compile(optimizers.AdamW(0.01, weight_decay=0.1), "binary_crossentropy", metrics=["accuracy"])
    return model, [numbers(9, 9, 5, 6)], numbers(10, 2, 5, 1).astype(np.float32)


def embedding():
    model = keras.Sequential([
        keras.Input((5,)),
        layers.Embedding(7, 3),
        layers.Conv1D(4, 2, activation="relu"),
        layers.GlobalMaxPooling1D(),
        layers.Dropout(0.0),
        layers.Dense(2, activation="softmax", kernel_regularizer="l2"),
    ])
    model.compile(optimizers.Adamax(0.01), "sparse_categorical_crossentropy")
    return model, [numbers(11, 7, 6, 5)], numbers(12, 2, 6)


def two_inputs():
    a, b = keras.Input((4,), name="a"), keras.Input((6,), name="b")
    x = layers.Concatenate()([layers.Dense(3, activation="tanh")(a), layers.Dense(3, activation="elu")(b)])
    model = keras.Model([a, b], layers.Dense(2)(x), name="two_inputs")
    rate = optimizers.schedules.ExponentialDecay(0.02, 2, 0.5, staircase=True)
    model.compile(optimizers.Adam(rate, amsgrad=True, clipnorm=1.0), "mse")
    return model, [floats(13, 6, 4), floats(14, 6, 6)], floats(15, 6, 2)


def separable():
    model = keras.Sequential([
        keras.Input((6, 6, 2)),
        layers.SeparableConv2D(4, 3, depth_multiplier=2, activation="relu"),
        layers.DepthwiseConv2D(2, padding="same"),
        layers.Conv2DTranspose(3, 2, strides=2),
        layers.AveragePooling2D(2),
        layers.PReLU(shared_axes=[1, 2]),
        layers.Flatten(),
        layers.Dense(2),
    ])
    model.compile(optimizers.Adadelta(0.5), "mae")
    return model, [floats(16, 4, 6, 6, 2)], floats(17, 4, 2)


def attention():
    inputs = keras.Input((5, 4))
    x = layers.MultiHeadAttention(2, 3)(inputs, inputs)
    x = layers.LayerNormalization()(layers.Add()([inputs, x]))
    x = layers.TimeDistributed(layers.Dense(3, activation="relu"))(x)
    model = keras.Model(inputs, layers.Dense(1)(layers.Flatten()(x)))
    model.compile(optimizers.Lamb(0.01), "mse")
    return model, [floats(18, 4, 5, 4)], floats(19, 4, 1)


def nested():
    encode = keras.Sequential([keras.Input((4,)), layers.Dense(5), layers.BatchNormalization()], name="encode")
    inner = keras.Input((5,))
    head = keras.Model(inner, layers.Dense(3)(layers.Dense(4, activation="relu")(inner)), name="head")
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    x = layers.Subtract()([encode(a), encode(b)])
    model = keras.Model([a, b], layers.Dense(1)(head(x)))
    model.compile(optimizers.Adam(0.01, use_ema=True, ema_momentum=0.8), "mse")
    return model, [floats(20, 6, 4), floats(21, 6, 4)], floats(22, 6, 1)


def short():
    model = keras.Sequential([keras.Input((4, 2)), layers.Bidirectional(layers.LSTM(2)), layers.Dense(1)])
    model.compile(optimizers.SGD(0.05, momentum=0.9), "mse")
    return model, [floats(23, 3, 4, 2)], floats(24, 3, 1)


def normalized():
    inputs = keras.Input((3,))
    x = layers.BatchNormalization()(layers.Dense(3)(inputs))
    model = keras.Model(inputs, layers.Dense(1)(layers.Add()([inputs, x])))
    model.compile("sgd", "mse", metrics=["mae"])
    return model, [floats(25, 4, 3)], floats(26, 4, 1)


def cells():
    cells = [layers.LSTMCell(4), layers.GRUCell(3), layers.LSTMCell(2, unit_forget_bias=False)]
    model = keras.Sequential([
        keras.Input((5, 3)),
        layers.RNN(layers.GRUCell(4), return_sequences=True),
        layers.Bidirectional(layers.RNN(layers.SimpleRNNCell(2), return_sequences=True)),
        layers.RNN(layers.StackedRNNCells(cells)),
        layers.Dense(1),
    ])
    model.compile("adam", "mse")
    return model, [floats(40, 6, 5, 3)], floats(41, 6, 1)


def spectral():
    inner = keras.Sequential([keras.Input((6,)), layers.SpectralNormalization(layers.Dense(4))])
    model = keras.Sequential([
        keras.Input((3, 4, 4, 2)),
        layers.TimeDistributed(layers.SpectralNormalization(layers.Conv2D(3, 2))),
        layers.TimeDistributed(layers.GlobalAveragePooling2D()),
        layers.Flatten(),
        layers.SpectralNormalization(layers.Dense(6), power_iterations=2),
        inner,
        layers.Dense(1),
    ])
    model.compile("adam", "mse")
    return model, [floats(42, 5, 3, 4, 4, 2)], floats(43, 5, 1)


def convolutional_sequences():
    model = keras.Sequential([
        keras.Input((3, 5, 5, 1)),
        layers.ConvLSTM2D(2, 2, return_sequences=True),
        layers.Bidirectional(layers.ConvLSTM2D(2, 2)),
        layers.Flatten(),
        layers.Dense(2),
    ])
    model.compile("adam", "mse")
    return model, [floats(44, 4, 3, 5, 5, 1)], floats(45, 4, 2)


def pipeline():
    model = keras.Sequential([
        keras.Input((6, 5, 2)),
        layers.Pipeline([layers.Rescaling(0.5), layers.CenterCrop(4, 4)]),
        layers.RandomFlip(seed=1),
        layers.GaussianNoise(0.0, seed=2),
        layers.Flatten(),
        layers.Dropout(0.0, seed=3),
        layers.Dense(2),
    ])
    model.compile("sgd", "mse")
    return model, [floats(46, 4, 6, 5, 2)], floats(47, 4, 2)


def dense(optimizer, seed):
    model = keras.Sequential([keras.Input((4,)), layers.Dense(5, activation="gelu"), layers.Dense(2)])
    model.compile(optimizer, "mse")
    return model, [floats(seed, 6, 4)], floats(seed + 1, 6, 2)


MODELS = {
    "tutorial": tutorial,
    "residual": residual,
    "lstm": lstm,
    "gru": gru,
    "bidirectional": bidirectional,
    "embedding": embedding,
    "two_inputs": two_inputs,
    "separable": separable,
    "attention": attention,
    "nested": nested,
    "short": short,
    "normalized": normalized,
    "cells": cells,
    "spectral": spectral,
    "convolutional_sequences": convolutional_sequences,
    "pipeline": pipeline,
    "adafactor": lambda: dense(optimizers.Adafactor(0.01), 30),
    "ftrl": lambda: dense(optimizers.Ftrl(0.05), 32),
    "lion": lambda: dense(optimizers.Lion(0.01, weight_decay=0.01), 34),
    "accumulated": lambda: dense(optimizers.SGD(0.05, momentum=0.5, gradient_accumulation_steps=2), 36),
}


NOT_TRAINED_ON = {
    # Some pictures are flipped while training, by chance.
    "pipeline",
    # With JAX, Keras forgets in each step of training to what size it has brought a kernel; with
    # TensorFlow it does not, nor does kerust.
    "spectral",
}


def given(inputs):
    return inputs if len(inputs) > 1 else inputs[0]


def next_losses(model, inputs, labels):
    found = []
    for _ in range(STEPS):
        model.reset_metrics()
        found.append(float(np.ravel(model.train_on_batch(given(inputs), labels))[0]))
    return found


def plain(numbers):
    """Lists of numbers, of which each has two digits after the point at most."""
    return numbers.tolist() if numbers.dtype == np.int32 else np.round(numbers.astype(float), 2).tolist()


def write(name, folder, endings=(".keras", ".weights.h5", ".h5")):
    """Makes and trains a model, and writes its files."""
    keras.backend.clear_session()
    keras.utils.set_random_seed(1)
    model, inputs, labels = MODELS[name]()
    for _ in range(STEPS):
        model.train_on_batch(given(inputs), labels)
    for ending in endings:
        if (name, ending) == ("adafactor", ".h5"):
            # Keras cannot: its variables have the same name there.
            continue
        path = str(folder / (name + ending))
        (model.save_weights if ending == ".weights.h5" else model.save)(path)
    case = {
        "inputs": [plain(x) for x in inputs],
        "labels": plain(labels),
        "outputs": np.asarray(model.predict_on_batch(given(inputs))).tolist(),
        "losses": None if name in NOT_TRAINED_ON else next_losses(model, inputs, labels),
    }
    (folder / f"{name}.json").write_text(json.dumps(case))


def compare(what, ours, theirs):
    ours, theirs = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    assert ours.shape == theirs.shape, f"{what}: {ours.shape}, kerust {theirs.shape}"
    difference = np.abs(ours - theirs).max() / max(np.abs(theirs).max(), 1e-6)
    assert difference < TOLERANCE, f"{what}: {difference}: {ours}, kerust {theirs}"


def check(path):
    """Compares what Keras computes from kerust's files with what kerust has computed."""
    case = json.loads(path.read_text())
    dtypes = [np.int32 if isinstance(np.ravel(x)[0].item(), int) else np.float32 for x in case["inputs"]]
    inputs = [np.asarray(x, dtype) for x, dtype in zip(case["inputs"], dtypes)]
    labels = np.asarray(case["labels"])
    model = keras.models.load_model(path.with_suffix(".keras"))
    outputs = case["outputs"]
    compare(f"{path.stem}: outputs", model.predict_on_batch(given(inputs)), outputs)
    trains = case["losses"] is not None
    if trains:
        compare(f"{path.stem}: losses", next_losses(model, inputs, labels), case["losses"])

    fresh = keras.models.clone_model(model)
    fresh.compile_from_config(model.get_compile_config())
    fresh.load_weights(path.with_suffix(".weights.h5"))
    compare(f"{path.stem}: outputs of the weights", fresh.predict_on_batch(given(inputs)), outputs)
    if trains:
        losses_again = next_losses(fresh, inputs, labels)
        compare(f"{path.stem}: losses after the weights", losses_again, case["losses"])


def main():
    todo, folder = sys.argv[1], Path(sys.argv[2])
    if todo == "make":
        for name in MODELS:
            write(name, folder)
    else:
        paths = sorted(folder.glob("*.json"))
        for path in paths:
            check(path)
        print(f"{len(paths)} models agree")


if __name__ == "__main__":
    main()
