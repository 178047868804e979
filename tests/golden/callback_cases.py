"""Callbacks: what EarlyStopping and ReduceLROnPlateau decide over given sequences of a watched value."""

import itertools

import keras
import numpy as np

from golden_file import generator, shortest


class Given(keras.callbacks.Callback):
    """Puts the values of a sequence in the place of what was measured."""

    def __init__(self, name, values):
        super().__init__()
        self.name, self.values = name, values

    def on_epoch_end(self, epoch, logs=None):
        logs[self.name] = self.values[epoch]


class Seen(keras.callbacks.Callback):
    """Notes the learning rate of every epoch, and a weight that tells which epoch it is from."""

    def __init__(self):
        super().__init__()
        self.rates = []

    def on_epoch_begin(self, epoch, logs=None):
        self.rates.append(shortest(self.model.optimizer.learning_rate.numpy()))
        self.model.set_weights([np.full((1, 1), epoch, np.float32)])


def sequence(name, length=16):
    """Multiples of 1/8, which floats of any size hold exactly, with plateaus."""
    random = generator(name)
    steps = random.integers(-3, 3, length)
    return [float(value) / 8 for value in np.maximum(40 + np.cumsum(steps), 1)]


def run(values, monitor, callback):
    """Trains a model without learning; returns epochs run, rates and the final weight's epoch."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(learning_rate=0.5), "mse")
    seen = Seen()
    x = np.zeros((1, 1), np.float32)
    history = model.fit(x, x, epochs=len(values), verbose=0, callbacks=[seen, Given(monitor, values), callback])
    return {
        "epochs": len(history.epoch),
        "rates": seen.rates,
        "weights_of": int(model.get_weights()[0][0, 0]),
    }


STOPPING = [
    {"patience": 0},
    {"patience": 2, "restore_best_weights": True},
    {"patience": 3, "mode": "max", "restore_best_weights": True},
    {"patience": 2, "min_delta": 0.25},
    {"patience": 2, "min_delta": -0.375, "mode": "max"},
    {"patience": 1, "start_from_epoch": 4, "restore_best_weights": True},
    {"patience": 4, "baseline": 4.0, "restore_best_weights": True},
    {"patience": 3, "baseline": 5.5, "mode": "max"},
]
REDUCING = [
    {"patience": 1, "factor": 0.5},
    {"patience": 2, "factor": 0.5, "cooldown": 2},
    {"patience": 0, "factor": 0.25, "min_lr": 0.01},
    {"patience": 2, "factor": 0.1, "mode": "max"},
    {"patience": 1, "factor": 0.5, "min_delta": 0.5},
    {"patience": 1, "factor": 0.0, "min_lr": 0.125, "cooldown": 1},
]


SWAPPING = [{}, {"swap_on_epoch": True}]


class Weights(keras.callbacks.Callback):
    """Notes the weight that callbacks see after each epoch."""

    def __init__(self):
        super().__init__()
        self.after = []

    def on_epoch_end(self, epoch, logs=None):
        self.after.append(float(self.model.get_weights()[0][0, 0]))


def swapping_case(number, config):
    """A weight that moves towards 1, and its average."""
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(learning_rate=0.125, use_ema=True, ema_momentum=0.5), "mse")
    model.set_weights([np.zeros((1, 1), np.float32)])
    seen, one = Weights(), np.ones((2, 1), np.float32)
    swapping = keras.callbacks.SwapEMAWeights(**config)
    history = model.fit(
        one, one, batch_size=1, epochs=3, validation_data=(one, one), verbose=0, callbacks=[swapping, seen]
    )
    return {
        "name": f"callback_SwapEMAWeights_{number}",
        "kind": "callback",
        "class_name": "SwapEMAWeights",
        "config": config,
        "val_loss": history.history["val_loss"],
        "after": seen.after,
        "final": float(model.get_weights()[0][0, 0]),
    }


def callback_cases(_):
    """All cases."""
    cases = []
    kinds = [(keras.callbacks.EarlyStopping, STOPPING), (keras.callbacks.ReduceLROnPlateau, REDUCING)]
    for make, configs in kinds:
        for (i, config), part in itertools.product(enumerate(configs), range(3)):
            name = f"callback_{make.__name__}_{i}_{part}"
            values = sequence(name)
            result = run(values, "val_loss", make(monitor="val_loss", **config))
            cases.append({
                "name": name, "kind": "callback", "class_name": make.__name__, "config": config, "values": values,
            } | result)  # fmt: skip
    return cases + [swapping_case(i, config) for i, config in enumerate(SWAPPING)]
