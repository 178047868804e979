"""Cases of layers that take several inputs, masks, or arguments of the call."""

import inspect

import jax
import jax.numpy as jnp
from keras import layers
from keras.src import backend

from golden_file import generator, normal, relevant
from layer_cases import weight_values

INFERENCE = (False,)
BOTH = (False, True)
# Layers that Keras names otherwise than their classes.
NAMES = {"GroupedQueryAttention": "GroupQueryAttention"}


def weight_name(layer, variable):
    """The name of a weight inside of the layer: `kernel`, `query/kernel`."""
    return variable.path.removeprefix(layer.name + "/")


def called(layer, trained, held, inputs, masks, training, call):
    """The outputs of one call, and the new values of what is not trained."""
    marked = []
    for x, mask in zip(inputs, masks):
        if mask is not None:
            # A new array, because a mask stays with its array.
            x = x + 0.0
            backend.set_keras_mask(x, jnp.asarray(mask, dtype=bool))
        marked.append(x)
    arguments = dict(call)
    if "training" in inspect.signature(layer.call).parameters:
        arguments["training"] = training
    if isinstance(layer, (layers.MultiHeadAttention, layers.GroupQueryAttention)):
        if len(marked) > 3:
            arguments["attention_mask"] = marked.pop()
        for name, x in zip(("query_mask", "value_mask", "key_mask"), marked):
            arguments[name] = backend.get_keras_mask(x)
        output, moved = layer.stateless_call(trained, held, *marked, **arguments)
    elif len(inputs) > 1 or isinstance(layer, MERGING):
        if any(mask is not None for mask in masks):
            if "mask" in inspect.signature(layer.call).parameters:
                arguments["mask"] = [backend.get_keras_mask(x) for x in marked]
        output, moved = layer.stateless_call(trained, held, marked, **arguments)
    else:
        if masks[0] is not None and "mask" in inspect.signature(layer.call).parameters:
            arguments["mask"] = backend.get_keras_mask(marked[0])
        output, moved = layer.stateless_call(trained, held, marked[0], **arguments)
    return list(output) if isinstance(output, (list, tuple)) else [output], moved


MERGING = (
    layers.Add, layers.Subtract, layers.Multiply, layers.Average, layers.Maximum, layers.Minimum,
    layers.Concatenate, layers.Dot,
)  # fmt: skip


def case(kind, tensors, name, layer, shapes, modes=INFERENCE, masks=None, call=None, inputs=None):
    """One JSON entry; its tensors go to `tensors`. Gradients are those of the sum over all outputs."""
    random = generator(name)
    call = call or {}
    inputs = inputs or [normal(random, *shape) for shape in shapes]
    drawn = masks or [None] * len(inputs)
    attends = isinstance(layer, (layers.MultiHeadAttention, layers.GroupQueryAttention))
    if attends:
        layer.build(*[x.shape for x in inputs[:3]])
    elif len(inputs) > 1 or isinstance(layer, MERGING):
        layer.build([x.shape for x in inputs])
    else:
        layer.build(inputs[0].shape)
    for variable in layer.variables:
        if "seed" not in variable.name:
            variable.assign(weight_values(variable, random))
    held = [v.value for v in layer.non_trainable_variables]
    trained = [v.value for v in layer.trainable_variables]
    flags = {key: value for key, value in call.items() if value is True}
    entry = {
        "name": name,
        "kind": kind,
        "class_name": NAMES.get(type(layer).__name__, type(layer).__name__),
        "config": relevant(layer.get_config()) | flags,
        "inputs": [tensors.add(f"{name}/input_{i}", x) for i, x in enumerate(inputs)],
        "masks": [
            None if mask is None else tensors.add(f"{name}/mask_{i}", mask) for i, mask in enumerate(drawn)
        ],
        "weights": [
            {
                "name": weight_name(layer, v),
                "tensor": tensors.add(f"{name}/{weight_name(layer, v)}", v.numpy()),
                "trainable": v.trainable,
            }
            for v in layer.weights
        ],
    }
    cotangents = []
    runs = []
    for training in modes:

        def weighted_sum(trained, inputs):
            outputs, moved = called(layer, trained, held, inputs, drawn, training, call)
            if not cotangents:
                cotangents.extend(normal(random, *y.shape) for y in outputs)
            total = sum(jnp.sum(y * c) for y, c in zip(outputs, cotangents))
            return total, (outputs, moved)

        gradients, (outputs, moved) = jax.grad(weighted_sum, argnums=(0, 1), has_aux=True)(
            trained, [jnp.asarray(x) for x in inputs]
        )
        at = f"{name}/{'training' if training else 'inference'}"
        # An attention mask is an input without a gradient.
        counted = inputs[:3] if attends else inputs
        runs.append({
            "training": training,
            "outputs": [tensors.add(f"{at}/output_{i}", y) for i, y in enumerate(outputs)],
            "input_gradients": [
                tensors.add(f"{at}/input_gradient_{i}", gradients[1][i]) for i in range(len(counted))
            ],
            "weight_gradients": {
                weight_name(layer, v): tensors.add(f"{at}/{weight_name(layer, v)}_gradient", g)
                for v, g in zip(layer.trainable_variables, gradients[0])
            },
            "weights_after": {
                v.name: tensors.add(f"{at}/{v.name}_after", value)
                for v, value in zip(layer.non_trainable_variables, moved)
                if training and v.name.startswith(("moving", "renorm"))
            },
        })  # fmt: skip
    entry["cotangents"] = [tensors.add(f"{name}/cotangent_{i}", c) for i, c in enumerate(cotangents)]
    entry["runs"] = runs
    return entry
