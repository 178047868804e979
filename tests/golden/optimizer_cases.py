"""Optimizers: a weight vector after one and after five updates with given gradients."""

import keras
import numpy as np
from keras import optimizers

from golden_file import generator, normal, relevant

STEPS = 5
LENGTH = 12

OPTIMIZERS = [
    ("sgd", optimizers.SGD()),
    ("sgd_momentum", optimizers.SGD(momentum=0.9)),
    ("sgd_nesterov", optimizers.SGD(momentum=0.9, nesterov=True)),
    ("sgd_fast_momentum", optimizers.SGD(learning_rate=0.2, momentum=0.5)),
    ("rmsprop", optimizers.RMSprop()),
    ("rmsprop_momentum", optimizers.RMSprop(momentum=0.9)),
    ("rmsprop_centered", optimizers.RMSprop(centered=True)),
    ("rmsprop_fast", optimizers.RMSprop(learning_rate=0.1, rho=0.7, momentum=0.3, centered=True, epsilon=1e-3)),
    ("adam", optimizers.Adam()),
    ("adam_amsgrad", optimizers.Adam(amsgrad=True)),
    ("adam_fast", optimizers.Adam(learning_rate=0.1, beta_1=0.8, beta_2=0.95, epsilon=1e-3)),
    ("adam_amsgrad_fast", optimizers.Adam(learning_rate=0.1, beta_2=0.5, amsgrad=True)),
    ("adagrad", optimizers.Adagrad()),
    ("adagrad_fast", optimizers.Adagrad(learning_rate=0.5, initial_accumulator_value=0.01, epsilon=1e-3)),
]  # fmt: skip


def fixed_start():
    """Weights of every size from 0 to tens."""
    return normal(generator("optimizer start"), LENGTH) * np.logspace(-3, 1.3, LENGTH).astype(np.float32)


def fixed_gradients():
    """Five gradients of every size; the first element is always 0, the second from step two on."""
    gradients = normal(generator("optimizer gradients"), STEPS, LENGTH)
    gradients *= np.logspace(-4, 1, LENGTH).astype(np.float32)[::-1]
    gradients[:, 0] = 0.0
    gradients[1:, 1] = 0.0
    return gradients


def optimizer_case(name, optimizer, tensors, shared):
    """One JSON entry; the start and the gradients are the same for all of them."""
    variable = keras.Variable(fixed_start(), name="w")
    optimizer.build([variable])
    after = {}
    for step, gradient in enumerate(fixed_gradients(), start=1):
        optimizer.apply([keras.ops.convert_to_tensor(gradient)], [variable])
        if step in (1, STEPS):
            after[str(step)] = tensors.add(f"optimizer_{name}/after_{step}", variable.numpy())
    return {
        "name": f"optimizer_{name}",
        "kind": "optimizer",
        "class_name": type(optimizer).__name__,
        "config": relevant(optimizer.get_config()),
        **shared,
        "after": after,
    }


def optimizer_cases(tensors):
    """All optimizer cases."""
    shared = {
        "start": tensors.add("optimizer/start", fixed_start()),
        "gradients": tensors.add("optimizer/gradients", fixed_gradients()),
    }
    return [optimizer_case(name, optimizer, tensors, shared) for name, optimizer in OPTIMIZERS]
