"""Activations: values and gradients of every function of keras.activations without arguments."""

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
    "tanh_shrink", "sparse_plus", "sparse_sigmoid", "sparsemax",
]  # fmt: skip

# Far out, where a naive formula overflows or loses all digits, and ordinary values beside them to give
# the tensor its scale; no value where a derivative jumps.
EXTREMES = np.array(
    [[-30.0, -20.0, -12.0, -9.0, -7.5, -5.25, -0.625], [30.0, 20.0, 12.0, 9.0, 7.5, 5.25, 0.625]], np.float32
)


def activation_case(tensors, name, core, at, x):
    """One JSON entry: `sum(activation(x) * cotangent)` and its gradient in x."""
    function = activations.get(name)
    cotangent = normal(generator(at), *x.shape)
    gradient = jax.grad(lambda x: jnp.sum(function(x) * cotangent))(jnp.asarray(x))
    return {
        "name": at,
        "kind": "activation",
        "activation": name,
        "core": core,
        "input": tensors.add(f"{at}/input", x),
        "output": tensors.add(f"{at}/output", function(jnp.asarray(x))),
        "cotangent": tensors.add(f"{at}/cotangent", cotangent),
        "input_gradient": tensors.add(f"{at}/input_gradient", gradient),
    }


def activation_cases(tensors):
    """All activation cases: each name with ordinary and with extreme input."""
    cases = []
    for name in CORE + FURTHER:
        at = f"activation_{name}"
        core = name in CORE
        cases.append(activation_case(tensors, name, core, at, normal(generator(at), 4, 9, scale=2.5)))
        cases.append(activation_case(tensors, name, core, f"{at}_extreme", EXTREMES))
    return cases
