"""Whole models in training: a residual network, and one of two inputs and two outputs."""

import keras
import numpy as np
from keras import layers

from golden_file import generator, normal
from layer_cases import weight_values

STEPS, BATCH, BATCHES = 20, 16, 2
SAMPLES = BATCH * BATCHES
LEARNING_RATE = 0.01
LOSS_WEIGHTS = [1.0, 0.5]


def convolved(x, name, strides=1):
    """A convolution and batch normalization."""
    x = layers.Conv2D(6, 3, strides=strides, padding="same", use_bias=False, name=f"{name}_conv")(x)
    return layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(x)


def residual_model():
    """Two residual blocks, the second of which halves the size."""
    pictures = keras.Input((8, 8, 3), name="pictures")
    x = layers.Activation("relu", name="stem_relu")(convolved(pictures, "stem"))
    y = layers.Activation("relu", name="block1_relu")(convolved(x, "block1_a"))
    y = layers.Add(name="block1_add")([x, convolved(y, "block1_b")])
    x = layers.Activation("relu", name="block1_out")(y)
    y = layers.Activation("relu", name="block2_relu")(convolved(x, "block2_a", 2))
    shortcut = layers.Conv2D(6, 1, strides=2, name="block2_shortcut")(x)
    y = layers.Add(name="block2_add")([shortcut, convolved(y, "block2_b")])
    x = layers.Activation("relu", name="block2_out")(y)
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    kinds = layers.Dense(3, activation="softmax", name="kinds")(x)
    model = keras.Model(pictures, kinds, name="residual")
    model.compile(keras.optimizers.Adam(LEARNING_RATE), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def two_input_model():
    """Numbers and pictures in, a number and a kind out."""
    numbers = keras.Input((6,), name="numbers")
    pictures = keras.Input((7, 7, 2), name="pictures")
    x = layers.Conv2D(4, 3, activation="relu", name="convolution")(pictures)
    x = layers.Flatten(name="flat")(layers.MaxPooling2D(name="halved")(x))
    both = layers.Concatenate(name="both")([layers.Dense(8, activation="tanh", name="hidden")(numbers), x])
    both = layers.Dense(10, activation="relu", name="shared")(both)
    price = layers.Dense(1, name="price")(both)
    kind = layers.Dense(3, activation="softmax", name="kind")(both)
    model = keras.Model([numbers, pictures], [price, kind], name="two_inputs")
    model.compile(
        keras.optimizers.Adam(LEARNING_RATE),
        ["mean_squared_error", "sparse_categorical_crossentropy"],
        loss_weights=LOSS_WEIGHTS,
        metrics=[["mae"], ["accuracy"]],
    )
    return model


def alone(arrays):
    """The only array, or all of them."""
    return arrays[0] if len(arrays) == 1 else arrays


def training_case(tensors, name, model, inputs, labels):
    """Losses before each of 20 updates; weights, results and predictions after the last one."""
    random = generator(name)
    for variable in model.weights:
        variable.assign(weight_values(variable, random))
    start = [tensors.add(f"{name}/weight{i}", w) for i, w in enumerate(model.get_weights())]
    losses = []
    for step in range(STEPS):
        rows = slice(step % BATCHES * BATCH, (step % BATCHES + 1) * BATCH)
        result = model.train_on_batch(alone([x[rows] for x in inputs]), alone([y[rows] for y in labels]))
        losses.append(float(result[0]))
    evaluated = model.evaluate(alone(inputs), alone(labels), batch_size=BATCH, verbose=0, return_dict=True)
    predicted = model.predict(alone(inputs), batch_size=BATCH, verbose=0)
    predicted = predicted if isinstance(predicted, list) else [predicted]
    return {
        "name": name,
        "kind": "model",
        "batch_size": BATCH,
        "learning_rate": LEARNING_RATE,
        "inputs": [tensors.add(f"{name}/input{i}", x) for i, x in enumerate(inputs)],
        "labels": [tensors.add(f"{name}/label{i}", y) for i, y in enumerate(labels)],
        "weights": start,
        "losses": losses,
        "weights_after": [tensors.add(f"{name}/after{i}", w) for i, w in enumerate(model.get_weights())],
        "evaluated": {key: float(value) for key, value in evaluated.items()},
        "predicted": [tensors.add(f"{name}/predicted{i}", y) for i, y in enumerate(predicted)],
    }


def model_cases(tensors):
    """Both models."""
    random = generator("models")
    pictures = normal(random, SAMPLES, 8, 8, 3)
    brightest = pictures.mean(axis=(1, 2)).argmax(axis=-1).astype(np.int32)
    numbers, small = normal(random, SAMPLES, 6), normal(random, SAMPLES, 7, 7, 2)
    price = (numbers[:, :1] * 2 + small.mean(axis=(1, 2, 3))[:, None]).astype(np.float32)
    kind = numbers[:, 1:4].argmax(axis=-1).astype(np.int32)
    return [
        training_case(tensors, "residual", residual_model(), [pictures], [brightest]),
        training_case(tensors, "two_inputs", two_input_model(), [numbers, small], [price, kind]),
    ]
