"""Activations: values and gradients of every function of keras.activations, with and without arguments."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
from keras import activations

from golden_file import generator, normal

CORE = [
    "relu", "sigmoid", "tanh", "softmax", "softplus", "softsign", "elu", "selu", "gelu", "silu", "swish",
    "exponential", "hard_sigmoid", "leaky_relu", "relu6", "linear", "log_softmax", "mish",
]  # fmt: skip
FURTHER = [
    "celu", "squareplus", "log_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "hard_shrink", "soft_shrink",
    "tanh_shrink", "sparse_plus", "sparse_sigmoid", "sparsemax", "glu",
]  # fmt: skip
ARGUMENTS = [
    ("relu", {"negative_slope": 0.1}),
    ("relu", {"max_value": 1.5}),
    ("relu", {"threshold": 0.75}),
    ("relu", {"threshold": -0.75, "negative_slope": 0.2}),
    ("relu", {"negative_slope": 0.3, "max_value": 2.0, "threshold": 0.5}),
    ("leaky_relu", {"negative_slope": 0.4}),
    ("elu", {"alpha": 0.4}),
    ("celu", {"alpha": 0.4}),
    ("gelu", {"approximate": True}),
    ("squareplus", {"b": 0.5}),
    ("soft_shrink", {"threshold": 1.5}),
    ("hard_shrink", {"threshold": 1.5}),
    ("threshold", {"threshold": 0.25, "default_value": -1.5}),
    ("softmax", {"axis": 0}),
    ("softmax", {"axis": 1}),
    ("log_softmax", {"axis": 1}),
    ("glu", {"axis": 0}),
    ("glu", {"axis": -2}),
]
# Keras's sparsemax adds up to 1 only where one share is above 0: the numbers are far from each other.
SCALES = {"sparsemax": 100.0}

# Far out, where a naive formula overflows or loses all digits, and ordinary values beside them to give
# the tensor its scale; no value where a derivative jumps.
EXTREMES = np.array(
    [[-30.0, -20.0, -12.0, -9.0, -7.5, -5.25, -0.625], [30.0, 20.0, 12.0, 9.0, 7.5, 5.25, 0.625]], np.float32
)


def activation_case(tensors, name, core, at, x, arguments=None):
    """One JSON entry: `sum(activation(x) * cotangent)` and its gradient in x."""
    arguments = arguments or {}
    function = functools.partial(getattr(activations, name), **arguments)
    cotangent = normal(generator(at), *function(jnp.asarray(x)).shape)
    gradient = jax.grad(lambda x: jnp.sum(function(x) * cotangent))(jnp.asarray(x))
    return {
        "name": at,
        "kind": "activation",
        "activation": name,
        "arguments": arguments,
        "core": core,
        "input": tensors.add(f"{at}/input", x),
        "output": tensors.add(f"{at}/output", function(jnp.asarray(x))),
        "cotangent": tensors.add(f"{at}/cotangent", cotangent),
        "input_gradient": tensors.add(f"{at}/input_gradient", gradient),
    }


def drawn(name, at):
    """Ordinary input."""
    columns = 8 if name == "glu" else 9
    return normal(generator(at), 4, columns, scale=SCALES.get(name, 2.5))


def activation_cases(tensors):
    """All activation cases: each name with ordinary and with extreme input."""
    cases = []
    for name in CORE + FURTHER:
        at = f"activation_{name}"
        core = name in CORE
        cases.append(activation_case(tensors, name, core, at, drawn(name, at)))
        extremes = EXTREMES.T if name == "glu" else EXTREMES
        cases.append(activation_case(tensors, name, core, f"{at}_extreme", extremes))
    for number, (name, arguments) in enumerate(ARGUMENTS):
        at = f"activation_{name}_with_{number}"
        x = normal(generator(at), 2, 4, 3, scale=2.5)
        cases.append(activation_case(tensors, name, False, at, x, arguments))
    return cases
