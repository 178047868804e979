"""Layers that are called in a way of their own, in the form of `layer_cases.py`: ReversibleEmbedding both ways, and
SpectralNormalization, whose call in training changes the kernel."""

import jax
import jax.numpy as jnp
import numpy as np
from keras import layers, ops

from golden_file import generator, normal, relevant


def entry(tensors, name, layer, x):
    """The part of a JSON entry that does not depend on the call."""
    return {
        "name": name,
        "kind": "layer",
        "class_name": type(layer).__name__,
        "config": relevant(layer.get_config()),
        "input": tensors.add(f"{name}/input", np.asarray(x, np.float32)),
        "weights": [
            {"name": v.name, "tensor": tensors.add(f"{name}/{v.name}", v.numpy()), "trainable": v.trainable}
            for v in layer.weights
        ],
    }


def assign(layer, random):
    """Gives all weights numbers that are nothing special."""
    for variable in layer.weights:
        variable.assign(normal(random, *variable.shape, scale=0.5))


def one_run(tensors, at, training, output, x_gradient, weight_gradients, after):
    """One entry of `runs`."""
    return {
        "training": training,
        "output": tensors.add(f"{at}/output", output),
        "input_gradient": tensors.add(f"{at}/input_gradient", x_gradient),
        "weight_gradients": {
            name: tensors.add(f"{at}/{name}_gradient", gradient) for name, gradient in weight_gradients.items()
        },
        "weights_after": {name: tensors.add(f"{at}/{name}_after", value) for name, value in after.items()},
    }


def reversible_case(tensors, name, layer, shape, reverse):
    """A call with indices, or back from vectors."""
    random = generator(name)
    x = normal(random, *shape) if reverse else random.integers(0, layer.input_dim, shape)
    layer.build(shape)
    assign(layer, random)
    case = entry(tensors, name, layer, x)
    trained = [v.value for v in layer.trainable_variables]

    def call(trained, x):
        return layer.stateless_call(trained, [], x, reverse=reverse)[0]

    cotangent = normal(random, *call(trained, x).shape)

    def weighted(trained, x):
        return jnp.sum(call(trained, x) * cotangent)

    of_weights = jax.grad(weighted)(trained, x)
    of_x = jax.grad(weighted, argnums=1)(trained, x) if reverse else np.zeros(shape, np.float32)
    case["cotangent"] = tensors.add(f"{name}/cotangent", cotangent)
    gradients = {v.name: g for v, g in zip(layer.trainable_variables, of_weights)}
    case["runs"] = [one_run(tensors, f"{name}/inference", False, call(trained, x), of_x, gradients, {})]
    return case


def spectral_case(tensors, name, layer, shape):
    """Inference, and a call in training: it changes the kernel, whose gradient is that of the changed one."""
    random = generator(name)
    x = normal(random, *shape)
    layer.build(shape)
    assign(layer, random)
    case = entry(tensors, name, layer, x)
    inner = layer.layer
    cotangent = normal(random, *layer(x).shape)
    runs = []
    for training in (False, True):
        output = layer(x, training=training)
        trained = [v.value for v in inner.trainable_variables]

        def weighted(trained, x):
            return jnp.sum(inner.stateless_call(trained, [], x)[0] * cotangent)

        of_weights, of_x = jax.grad(weighted, argnums=(0, 1))(trained, x)
        after = {v.name: ops.convert_to_numpy(v) for v in (layer.kernel, layer.vector_u)} if training else {}
        gradients = {v.name: g for v, g in zip(inner.trainable_variables, of_weights)}
        at = f"{name}/{'training' if training else 'inference'}"
        runs.append(one_run(tensors, at, training, output, of_x, gradients, after))
    case["cotangent"] = tensors.add(f"{name}/cotangent", cotangent)
    case["runs"] = runs
    return case


def special_layer_cases(tensors):
    """All cases of this file."""
    reversible, spectral = layers.ReversibleEmbedding, layers.SpectralNormalization
    return [
        reversible_case(tensors, "reversibleembedding", reversible(7, 4), (2, 3), False),
        reversible_case(tensors, "reversibleembedding_back", reversible(7, 4), (2, 3, 4), True),
        reversible_case(tensors, "reversibleembedding_cap", reversible(7, 4, logit_soft_cap=0.8), (2, 3, 4), True),
        reversible_case(tensors, "reversibleembedding_untied", reversible(7, 4, tie_weights=False), (2, 3, 4), True),
        spectral_case(tensors, "spectralnormalization_dense", spectral(layers.Dense(4)), (3, 5)),
        spectral_case(tensors, "spectralnormalization_conv2d", spectral(layers.Conv2D(3, 2), power_iterations=3), (2, 5, 4, 2)),
    ]  # fmt: skip
