"""What layers add to the loss and how weights are kept in bounds: losses of a few steps of training, weights after."""

import keras
import numpy as np
from keras import layers

from golden_file import IRRELEVANT, generator, normal
from layer_cases import weight_values
from several_inputs import NAMES

STEPS, RATE = 4, 0.05
ROWS, SEQUENCE, IMAGE, FILM = (4, 5), (3, 5, 4), (2, 6, 6, 2), (2, 3, 4, 4, 2)

# Keys of every kind of regularizer and constraint that recurrent layers have.
WEIGHTS = {
    "kernel_regularizer": keras.regularizers.L2(0.05),
    "recurrent_regularizer": keras.regularizers.L1(0.02),
    # Not L1: bounds make biases 0, where the backends of Keras disagree about its slope.
    "bias_regularizer": keras.regularizers.L2(0.03),
    "kernel_constraint": keras.constraints.MaxNorm(0.8),
    "recurrent_constraint": keras.constraints.UnitNorm(axis=1),
    "bias_constraint": keras.constraints.NonNeg(),
}


def models():
    """Name, layers of a model, shape of its input."""
    l1, l2 = keras.regularizers.L1(0.1), keras.regularizers.L2(0.2)
    both = keras.regularizers.L1L2(l1=0.1, l2=0.05)
    price = {"activity_regularizer": both}
    return [
        ("dense", [layers.Dense(4, activation="relu", activity_regularizer=l2)], ROWS),
        ("dense_several", [layers.Dense(4, activity_regularizer=l1), layers.Dense(2, activity_regularizer=l2)], SEQUENCE),
        ("conv_and_maximum", [layers.Conv2D(16, 3, activation="relu", activity_regularizer=l1), layers.MaxPooling2D()], IMAGE),
        ("conv_and_priced_maximum", [layers.Conv2D(16, 3), layers.MaxPooling2D(activity_regularizer=l2)], IMAGE),
        ("transpose", [layers.Conv1DTranspose(3, 2, **price)], SEQUENCE),
        ("separable", [layers.SeparableConv1D(3, 2, **price)], SEQUENCE),
        ("depthwise", [layers.DepthwiseConv2D(2, **price)], IMAGE),
        ("normalization", [layers.BatchNormalization(**price)], ROWS),
        ("embedding", [layers.Embedding(7, 3, **price)], (4, 5)),
        ("activity", [layers.Dense(3), layers.ActivityRegularization(l1=0.1, l2=0.2)], ROWS),
        ("lstm", [layers.LSTM(4, return_sequences=True, **WEIGHTS, **price)], SEQUENCE),
        ("gru", [layers.GRU(4, **WEIGHTS, **price)], SEQUENCE),
        ("simple_rnn", [layers.SimpleRNN(4, activation="relu", **WEIGHTS, **price)], SEQUENCE),
        ("rnn", [layers.RNN(layers.GRUCell(4, reset_after=False, **WEIGHTS), **price)], SEQUENCE),
        ("conv_lstm", [layers.ConvLSTM2D(2, 2, **WEIGHTS, **price)], FILM),
        ("bidirectional", [layers.Bidirectional(layers.LSTM(3, **WEIGHTS, **price), activity_regularizer=l2)], SEQUENCE),
        ("attention", [layers.MultiHeadAttention(2, 3, **price)], SEQUENCE),
        ("attention_of_groups", [layers.GroupQueryAttention(3, 4, 2, use_gate=True, **price)], SEQUENCE),
    ]  # fmt: skip


def described(config):
    """A configuration with what is said of penalties and bounds, without what the numbers do not depend on."""
    if isinstance(config, dict):
        kept = {k: described(v) for k, v in config.items() if k not in IRRELEVANT and not k.endswith("_initializer")}
        if "class_name" in kept:
            kept = {k: kept[k] for k in ("module", "class_name", "config")}
        return kept
    return [described(item) for item in config] if isinstance(config, (list, tuple)) else config


def class_name(layer):
    """What Keras calls the class of a layer outside."""
    return NAMES.get(type(layer).__name__, type(layer).__name__)


def called(layer, x):
    """The output of a layer, which attends to its own input if it attends."""
    return layer(x, x) if "Attention" in type(layer).__name__ else layer(x)


def penalty_case(tensors, name, stack, shape):
    """One JSON entry; its tensors go to `tensors`."""
    random = generator(f"penalty_{name}")
    words = isinstance(stack[0], layers.Embedding)
    x = random.integers(0, 7, shape).astype(np.int32) if words else normal(random, *shape)
    given = y = keras.Input(shape[1:], dtype=x.dtype)
    for layer in stack:
        y = called(layer, y)
    model = keras.Model(given, y)
    for variable in model.weights:
        variable.assign(weight_values(variable, random))
    target = normal(random, shape[0], *y.shape[1:])
    entry = {
        "name": f"penalty_{name}",
        "kind": "penalty",
        "layers": [{"class_name": class_name(la), "config": described(la.get_config())} for la in stack],
        "input": tensors.add(f"{name}/input", x),
        "target": tensors.add(f"{name}/target", target),
        "learning_rate": RATE,
        "weights": [tensors.add(f"{name}/weight{i}", w) for i, w in enumerate(model.get_weights())],
    }
    model.compile(optimizer=keras.optimizers.SGD(RATE), loss="mse")
    entry["losses"] = []
    for _ in range(STEPS):
        entry["losses"].append(float(model.train_on_batch(x, target)))
        model.reset_metrics()
    entry["weights_after"] = [tensors.add(f"{name}/after{i}", w) for i, w in enumerate(model.get_weights())]
    return entry


def penalty_cases(tensors):
    """All cases."""
    return [penalty_case(tensors, *case) for case in models()]
