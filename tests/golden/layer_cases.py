"""Layers: outputs, gradients and the statistics that a training step moves."""

import inspect

import jax
import jax.numpy as jnp
import numpy as np
from keras import layers

from golden_file import generator, normal, relevant
from special_layer_cases import special_layer_cases

IMAGE = (2, 7, 6, 3)
ODD_EVEN = (2, 8, 7, 4)
INFERENCE = (False,)
BOTH = (False, True)

# name, layer, input shape, modes
LAYERS = [
    ("dense_linear", layers.Dense(4), (3, 5), INFERENCE),
    ("dense_relu", layers.Dense(6, activation="relu"), (4, 5), INFERENCE),
    ("dense_softmax", layers.Dense(10, activation="softmax"), (4, 7), INFERENCE),
    ("dense_no_bias", layers.Dense(4, use_bias=False), (3, 5), INFERENCE),
    ("dense_rank3", layers.Dense(4, activation="relu"), (2, 3, 5), INFERENCE),
    ("dense_tutorial_width", layers.Dense(16, activation="relu"), (33, 70), INFERENCE),
    ("conv2d_valid", layers.Conv2D(4, (3, 3)), IMAGE, INFERENCE),
    ("conv2d_same", layers.Conv2D(4, (3, 3), padding="same"), IMAGE, INFERENCE),
    ("conv2d_valid_strides2", layers.Conv2D(4, 3, strides=2), ODD_EVEN, INFERENCE),
    ("conv2d_same_strides2", layers.Conv2D(4, 3, strides=2, padding="same"), ODD_EVEN, INFERENCE),
    ("conv2d_valid_strides21", layers.Conv2D(4, 3, strides=(2, 1)), ODD_EVEN, INFERENCE),
    ("conv2d_same_strides21", layers.Conv2D(4, 3, strides=(2, 1), padding="same"), ODD_EVEN, INFERENCE),
    ("conv2d_valid_dilation2", layers.Conv2D(3, 3, dilation_rate=2), IMAGE, INFERENCE),
    ("conv2d_same_dilation2", layers.Conv2D(3, 3, dilation_rate=2, padding="same"), IMAGE, INFERENCE),
    ("conv2d_kernel32_valid", layers.Conv2D(4, (3, 2)), IMAGE, INFERENCE),
    ("conv2d_kernel32_same", layers.Conv2D(4, (3, 2), padding="same"), IMAGE, INFERENCE),
    ("conv2d_kernel22_same", layers.Conv2D(4, 2, padding="same"), IMAGE, INFERENCE),
    ("conv2d_1x1", layers.Conv2D(5, 1), IMAGE, INFERENCE),
    ("conv2d_1x1_strides2_same", layers.Conv2D(5, 1, strides=2, padding="same"), IMAGE, INFERENCE),
    ("conv2d_groups2", layers.Conv2D(6, 3, groups=2), ODD_EVEN, INFERENCE),
    ("conv2d_groups2_same_strides2", layers.Conv2D(6, 3, groups=2, padding="same", strides=2), ODD_EVEN, INFERENCE),
    ("conv2d_no_bias", layers.Conv2D(4, 3, use_bias=False), IMAGE, INFERENCE),
    ("conv2d_relu", layers.Conv2D(4, 3, activation="relu"), IMAGE, INFERENCE),
    ("conv2d_tutorial", layers.Conv2D(8, (3, 3), activation="relu"), (3, 16, 16, 3), INFERENCE),
    ("maxpooling2d_2x2", layers.MaxPooling2D((2, 2)), IMAGE, INFERENCE),
    ("maxpooling2d_2x2_same", layers.MaxPooling2D((2, 2), padding="same"), IMAGE, INFERENCE),
    ("maxpooling2d_3x3_strides2_valid", layers.MaxPooling2D(3, strides=2), ODD_EVEN, INFERENCE),
    ("maxpooling2d_3x3_strides2_same", layers.MaxPooling2D(3, strides=2, padding="same"), ODD_EVEN, INFERENCE),
    ("maxpooling2d_2x3", layers.MaxPooling2D((2, 3)), IMAGE, INFERENCE),
    ("maxpooling2d_ties", layers.MaxPooling2D((2, 2)), IMAGE, INFERENCE),
    ("averagepooling2d_2x2", layers.AveragePooling2D((2, 2)), IMAGE, INFERENCE),
    ("averagepooling2d_2x3", layers.AveragePooling2D((2, 3)), IMAGE, INFERENCE),
    ("averagepooling2d_3x3_strides2_valid", layers.AveragePooling2D(3, strides=2), ODD_EVEN, INFERENCE),
    ("averagepooling2d_3x3_strides2_same", layers.AveragePooling2D(3, strides=2, padding="same"), ODD_EVEN, INFERENCE),
    ("globalaveragepooling2d", layers.GlobalAveragePooling2D(), IMAGE, INFERENCE),
    ("globalaveragepooling2d_keepdims", layers.GlobalAveragePooling2D(keepdims=True), IMAGE, INFERENCE),
    ("globalmaxpooling2d", layers.GlobalMaxPooling2D(), IMAGE, INFERENCE),
    ("globalmaxpooling2d_keepdims", layers.GlobalMaxPooling2D(keepdims=True), IMAGE, INFERENCE),
    ("batchnormalization_rank2", layers.BatchNormalization(), (6, 5), BOTH),
    ("batchnormalization_rank4", layers.BatchNormalization(), IMAGE, BOTH),
    ("batchnormalization_no_center", layers.BatchNormalization(center=False), IMAGE, BOTH),
    ("batchnormalization_no_scale", layers.BatchNormalization(scale=False), IMAGE, BOTH),
    ("batchnormalization_plain", layers.BatchNormalization(center=False, scale=False), (6, 5), BOTH),
    ("batchnormalization_momentum_epsilon", layers.BatchNormalization(momentum=0.9, epsilon=1e-5), (6, 5), BOTH),
    ("flatten_rank4", layers.Flatten(), IMAGE, INFERENCE),
    ("flatten_rank2", layers.Flatten(), (3, 5), INFERENCE),
    ("dropout_inference", layers.Dropout(0.4), (4, 5), INFERENCE),
    ("dropout_rate0", layers.Dropout(0.0), (4, 5), BOTH),
    ("activation_layer_relu", layers.Activation("relu"), (4, 5), INFERENCE),
    ("activation_layer_softmax", layers.Activation("softmax"), (4, 5), INFERENCE),
    ("activation_layer_glu", layers.Activation("glu"), (4, 6), INFERENCE),
    ("dense_glu", layers.Dense(6, activation="glu"), (3, 2, 5), INFERENCE),
    ("conv2d_glu", layers.Conv2D(6, 3, activation="glu"), IMAGE, INFERENCE),
    ("einsumdense", layers.EinsumDense("ab,bc->ac", 4, bias_axes="c"), (3, 5), INFERENCE),
    ("einsumdense_steps", layers.EinsumDense("abc,cd->abd", (None, 4), activation="relu"), (2, 3, 5), INFERENCE),
    ("einsumdense_heads", layers.EinsumDense("abc,cde->abde", (None, 2, 4), bias_axes="de"), (2, 3, 5), INFERENCE),
    ("einsumdense_join", layers.EinsumDense("abcd,cde->abe", (None, 6), bias_axes="e"), (2, 3, 4, 5), INFERENCE),
    ("einsumdense_turned", layers.EinsumDense("abc,bcd->adb", (4, 3), bias_axes="db"), (2, 3, 5), INFERENCE),
    ("einsumdense_bias_inside", layers.EinsumDense("abc,cd->abd", (3, 4), bias_axes="b"), (2, 3, 5), INFERENCE),
    ("einsumdense_left", layers.EinsumDense("...x,xy->...y", 4, bias_axes="y"), (2, 3, 4, 5), INFERENCE),
    ("einsumdense_left_rank2", layers.EinsumDense("...x,xy->...y", 4, bias_axes="y"), (2, 5), INFERENCE),
    ("einsumdense_left_two", layers.EinsumDense("...xy,yz->...xz", (3, 4), bias_axes="xz"), (2, 3, 5), INFERENCE),
    ("einsumdense_right", layers.EinsumDense("ab...,bc->ac...", 4, bias_axes="c"), (2, 5, 3, 2), INFERENCE),
    *[
        (f"stftspectrogram_{mode}", layers.STFTSpectrogram(mode, 8, 3, 16), (2, 21, 2), INFERENCE)
        for mode in ("log", "magnitude", "psd", "real", "imag", "angle", "stft")
    ],
    ("stftspectrogram_defaults", layers.STFTSpectrogram(frame_length=6, window="hamming"), (2, 20, 1), INFERENCE),
    ("stftspectrogram_pictures", layers.STFTSpectrogram(frame_length=8, padding="same", expand_dims=True), (2, 19, 3), INFERENCE),
    ("melspectrogram", layers.MelSpectrogram(16, 5, num_mel_bins=6, sampling_rate=8000), (2, 40), INFERENCE),
    ("melspectrogram_power", layers.MelSpectrogram(32, 8, 20, window="hamming", num_mel_bins=5, power_to_db=False), (2, 50), INFERENCE),
    ("melspectrogram_magnitude", layers.MelSpectrogram(16, 8, window=None, num_mel_bins=4, min_freq=100.0, max_freq=3000.0, mag_exp=1.0, ref_power=2.0, top_db=6.0), (2, 33), INFERENCE),
]  # fmt: skip


def input_of(name, random, shape):
    """Normal values; for the `ties` case whole numbers, so that windows have several maxima."""
    if name.endswith("_ties"):
        return random.integers(0, 3, shape).astype(np.float32)
    return normal(random, *shape) + np.float32(0.25 if "batchnorm" in name else 0.0)


def weight_values(variable, random):
    """Random values fit for the variable: variances and scales are positive, nothing is 0 or 1."""
    if variable.name in ("moving_variance", "gamma", "moving_stddev", "renorm_stddev"):
        return random.uniform(0.5, 1.5, variable.shape).astype(np.float32)
    return normal(random, *variable.shape, scale=0.5)


def run(layer, x, cotangent, training):
    """Output, new non-trainable values, weight gradients and input gradient of one call."""
    held = [v.value for v in layer.non_trainable_variables]
    mode = {"training": training} if "training" in inspect.signature(layer.call).parameters else {}

    def weighted_sum(trained, x):
        output, moved = layer.stateless_call(trained, held, x, **mode)
        return jnp.sum(output * cotangent(output.shape)), (output, moved)

    trained = [v.value for v in layer.trainable_variables]
    gradients, (output, moved) = jax.grad(weighted_sum, argnums=(0, 1), has_aux=True)(trained, x)
    return output, moved, gradients[0], gradients[1]


def layer_case(tensors, name, layer, shape, modes):
    """One JSON entry; its tensors go to `tensors`."""
    random = generator(name)
    x = input_of(name, random, shape)
    layer.build(shape)
    for variable in layer.variables:
        if "seed" not in variable.name:
            variable.assign(weight_values(variable, random))

    cotangents = {}

    def cotangent(output_shape):
        # The same for every mode of a case, and drawn once although tracing may ask twice.
        if output_shape not in cotangents:
            cotangents[output_shape] = normal(random, *output_shape)
        return cotangents[output_shape]

    entry = {
        "name": name,
        "kind": "layer",
        "class_name": type(layer).__name__,
        "config": relevant(layer.get_config()),
        "input": tensors.add(f"{name}/input", x),
        "weights": [
            {"name": v.name, "tensor": tensors.add(f"{name}/{v.name}", v.numpy()), "trainable": v.trainable}
            for v in layer.weights
        ],
    }
    runs = []
    for training in modes:
        output, moved, weight_gradients, input_gradient = run(layer, x, cotangent, training)
        at = f"{name}/{'training' if training else 'inference'}"
        runs.append({
            "training": training,
            "output": tensors.add(f"{at}/output", output),
            "input_gradient": tensors.add(f"{at}/input_gradient", input_gradient),
            "weight_gradients": {
                v.name: tensors.add(f"{at}/{v.name}_gradient", g)
                for v, g in zip(layer.trainable_variables, weight_gradients)
            },
            "weights_after": {
                v.name: tensors.add(f"{at}/{v.name}_after", value)
                for v, value in zip(layer.non_trainable_variables, moved)
                if training and v.name.startswith(("moving", "renorm"))
            },
        })  # fmt: skip
    entry["cotangent"] = tensors.add(f"{name}/cotangent", *cotangents.values())
    entry["runs"] = runs
    return entry


def layer_cases(tensors):
    """All layer cases."""
    return [layer_case(tensors, *case) for case in LAYERS] + special_layer_cases(tensors)
