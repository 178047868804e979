"""Pooling over windows, over everything and to a given size."""

import jax
import jax.numpy as jnp
import numpy as np
from keras import layers

from golden_file import generator, normal, relevant
from layer_cases import INFERENCE, layer_case

SEQUENCE = (2, 9, 3)
IMAGE = (2, 7, 6, 3)
VOLUME = (2, 5, 4, 6, 2)

# name, layer, input shape
CASES = [
    ("maxpooling1d_2", layers.MaxPooling1D(2), SEQUENCE),
    ("maxpooling1d_3_strides2_same", layers.MaxPooling1D(3, strides=2, padding="same"), SEQUENCE),
    ("maxpooling1d_2_strides3", layers.MaxPooling1D(2, strides=3), SEQUENCE),
    ("maxpooling1d_one_channel", layers.MaxPooling1D(4, strides=1, padding="same"), (1, 6, 1)),
    ("maxpooling2d_strides12_same", layers.MaxPooling2D((3, 2), strides=(1, 2), padding="same"), IMAGE),
    ("maxpooling2d_many_channels", layers.MaxPooling2D(2), (1, 4, 5, 19)),
    ("maxpooling3d_2", layers.MaxPooling3D(2), VOLUME),
    ("maxpooling3d_132_same", layers.MaxPooling3D((1, 3, 2), padding="same"), VOLUME),
    ("maxpooling3d_strides", layers.MaxPooling3D(2, strides=(2, 1, 3)), VOLUME),
    ("averagepooling1d_2", layers.AveragePooling1D(2), SEQUENCE),
    ("averagepooling1d_3_strides2_same", layers.AveragePooling1D(3, strides=2, padding="same"), SEQUENCE),
    ("averagepooling1d_4_strides1", layers.AveragePooling1D(4, strides=1), SEQUENCE),
    ("averagepooling2d_same", layers.AveragePooling2D((3, 2), strides=(1, 2), padding="same"), IMAGE),
    ("averagepooling3d_2", layers.AveragePooling3D(2), VOLUME),
    ("averagepooling3d_same", layers.AveragePooling3D((3, 2, 2), strides=(2, 3, 1), padding="same"), VOLUME),
    ("globalmaxpooling1d", layers.GlobalMaxPooling1D(), SEQUENCE),
    ("globalmaxpooling1d_keepdims", layers.GlobalMaxPooling1D(keepdims=True), SEQUENCE),
    ("globalmaxpooling3d", layers.GlobalMaxPooling3D(), VOLUME),
    ("globalmaxpooling3d_keepdims", layers.GlobalMaxPooling3D(keepdims=True), VOLUME),
    ("globalaveragepooling1d", layers.GlobalAveragePooling1D(), SEQUENCE),
    ("globalaveragepooling1d_keepdims", layers.GlobalAveragePooling1D(keepdims=True), SEQUENCE),
    ("globalaveragepooling3d", layers.GlobalAveragePooling3D(), VOLUME),
    ("globalaveragepooling3d_keepdims", layers.GlobalAveragePooling3D(keepdims=True), VOLUME),
    ("adaptiveaveragepooling1d", layers.AdaptiveAveragePooling1D(4), SEQUENCE),
    ("adaptiveaveragepooling1d_tiling", layers.AdaptiveAveragePooling1D(3), SEQUENCE),
    ("adaptiveaveragepooling2d", layers.AdaptiveAveragePooling2D((3, 4)), IMAGE),
    ("adaptiveaveragepooling2d_1", layers.AdaptiveAveragePooling2D(1), IMAGE),
    ("adaptiveaveragepooling3d", layers.AdaptiveAveragePooling3D((2, 3, 4)), VOLUME),
    ("adaptiveaveragepooling3d_1", layers.AdaptiveAveragePooling3D(1), VOLUME),
    ("adaptivemaxpooling1d_tiling", layers.AdaptiveMaxPooling1D(3), SEQUENCE),
    ("adaptivemaxpooling1d", layers.AdaptiveMaxPooling1D(4), SEQUENCE),
    ("adaptivemaxpooling2d", layers.AdaptiveMaxPooling2D((3, 4)), IMAGE),
    ("adaptivemaxpooling2d_52", layers.AdaptiveMaxPooling2D((5, 2)), IMAGE),
    ("adaptivemaxpooling3d_1", layers.AdaptiveMaxPooling3D(1), VOLUME),
    ("adaptivemaxpooling3d", layers.AdaptiveMaxPooling3D((2, 3, 4)), VOLUME),
]  # fmt: skip


def masked_case(tensors, name, layer, shape):
    """A case whose input has a mask; each sequence has at least one step that counts."""
    random = generator(name)
    x, mask = normal(random, *shape), random.random(shape[:2]) < 0.6
    mask[:, 0] = True
    output = np.array(layer(x, mask=mask))
    cotangent = normal(random, *output.shape)
    gradient = jax.grad(lambda x: jnp.sum(layer(x, mask=mask) * cotangent))(jnp.array(x))
    run = {
        "training": False,
        "output": tensors.add(f"{name}/output", output),
        "input_gradient": tensors.add(f"{name}/input_gradient", gradient),
        "weight_gradients": {},
        "weights_after": {},
    }
    return {
        "name": name,
        "kind": "layer",
        "class_name": type(layer).__name__,
        "config": relevant(layer.get_config()),
        "input": tensors.add(f"{name}/input", x),
        "mask": tensors.add(f"{name}/mask", mask),
        "weights": [],
        "runs": [run],
        "cotangent": tensors.add(f"{name}/cotangent", cotangent),
    }


def pooling_cases(tensors):
    """All cases of pooling."""
    return [layer_case(tensors, *case, INFERENCE) for case in CASES] + [
        masked_case(tensors, "globalaveragepooling1d_masked", layers.GlobalAveragePooling1D(), (3, 7, 2)),
        masked_case(tensors, "globalaveragepooling1d_masked_keepdims", layers.GlobalAveragePooling1D(keepdims=True), (3, 7, 2)),
    ]
