"""Layers without, or nearly without, weights: other shapes, noise that is off, activations."""

import numpy as np
from keras import layers

from several_inputs import BOTH, INFERENCE, case

ROWS = (4, 6)
STEPS = (3, 4, 5)
IMAGE = (2, 4, 3, 6)
VOLUME = (2, 2, 3, 2, 4)
MASK = np.array([[1, 1, 0, 0], [1, 0, 1, 1], [0, 1, 1, 1]], dtype=np.int32)

CASES = [
    ("reshape", layers.Reshape((2, 3)), ROWS, INFERENCE),
    ("reshape_open", layers.Reshape((3, -1, 2)), IMAGE, INFERENCE),
    ("permute_21", layers.Permute((2, 1)), STEPS, INFERENCE),
    ("permute_312", layers.Permute((3, 1, 2)), IMAGE, INFERENCE),
    ("repeat_vector", layers.RepeatVector(3), ROWS, INFERENCE),
    ("repeat_vector_once", layers.RepeatVector(1), (2, 1), INFERENCE),
    ("flatten", layers.Flatten(), STEPS, INFERENCE),
    ("identity", layers.Identity(), STEPS, INFERENCE),
    ("rescaling", layers.Rescaling(0.5, offset=-1.5), STEPS, INFERENCE),
    ("rescaling_scale_alone", layers.Rescaling(1 / 127.5), IMAGE, INFERENCE),
    ("rescaling_channels", layers.Rescaling([0.5, 2.0, -1.0, 0.25, 3.0, 1.0], [1.0, 0.0, -1.0, 2.0, 0.5, -2.0]), IMAGE, INFERENCE),
    ("rescaling_offsets", layers.Rescaling(2.0, offset=[1.0, 0.0, -1.0, 2.0, 0.5]), STEPS, INFERENCE),
    ("spatial_1d", layers.SpatialDropout1D(0.4), STEPS, INFERENCE),
    ("spatial_2d", layers.SpatialDropout2D(0.4), IMAGE, INFERENCE),
    ("spatial_3d", layers.SpatialDropout3D(0.4), VOLUME, INFERENCE),
    ("gaussian_noise", layers.GaussianNoise(0.4), ROWS, INFERENCE),
    ("gaussian_dropout", layers.GaussianDropout(0.4), ROWS, INFERENCE),
    ("alpha_dropout", layers.AlphaDropout(0.4), ROWS, INFERENCE),
    ("nothing_is_left_out", layers.AlphaDropout(0.0), ROWS, BOTH),
    ("activity", layers.ActivityRegularization(l1=0.1, l2=0.2), ROWS, BOTH),
    ("activity_l2", layers.ActivityRegularization(l2=0.3), STEPS, BOTH),
    ("relu", layers.ReLU(), STEPS, INFERENCE),
    ("relu_limited", layers.ReLU(max_value=0.7), STEPS, INFERENCE),
    ("relu_slope", layers.ReLU(negative_slope=0.2), STEPS, INFERENCE),
    ("relu_threshold", layers.ReLU(threshold=0.4), STEPS, INFERENCE),
    ("relu_all", layers.ReLU(max_value=1.1, negative_slope=0.2, threshold=0.4), STEPS, INFERENCE),
    ("leaky_relu", layers.LeakyReLU(), STEPS, INFERENCE),
    ("leaky_relu_half", layers.LeakyReLU(negative_slope=0.5), STEPS, INFERENCE),
    ("prelu", layers.PReLU(), STEPS, INFERENCE),
    ("prelu_shared", layers.PReLU(shared_axes=[1, 2]), IMAGE, INFERENCE),
    ("prelu_shared_1", layers.PReLU(shared_axes=[1]), STEPS, INFERENCE),
    ("elu", layers.ELU(), STEPS, INFERENCE),
    ("elu_alpha", layers.ELU(alpha=0.3), STEPS, INFERENCE),
    ("softmax", layers.Softmax(), STEPS, INFERENCE),
    ("softmax_axis_1", layers.Softmax(axis=1), IMAGE, INFERENCE),
    ("softmax_axes_12", layers.Softmax(axis=[1, 2]), IMAGE, INFERENCE),
]  # fmt: skip


def shaping_cases(tensors):
    """All cases."""
    cases = [case("shaping", tensors, name, layer, [shape], modes) for name, layer, shape, modes in CASES]
    masked = layers.Softmax()
    cases.append(case("shaping", tensors, "softmax_masked", masked, [(3, 4)], masks=[MASK]))
    return cases
