"""Normalizing layers, beyond what `layer_cases.py` has of BatchNormalization."""

import numpy as np
from keras import layers

from several_inputs import BOTH, INFERENCE, case

ROWS = (6, 5)
STEPS = (3, 4, 5)
IMAGE = (2, 4, 3, 6)
MASK = np.array([[1, 1, 0, 0], [1, 0, 1, 1], [0, 1, 1, 1]], dtype=np.int32)

CASES = [
    ("batch_axis_1", layers.BatchNormalization(axis=1), STEPS, BOTH),
    ("batch_axis_2", layers.BatchNormalization(axis=2, scale=False), IMAGE, BOTH),
    ("batch_axis_minus_2", layers.BatchNormalization(axis=-2, momentum=0.9), IMAGE, BOTH),
    ("batch_renorm", layers.BatchNormalization(renorm=True, momentum=0.9, renorm_momentum=0.7), ROWS, BOTH),
    ("batch_renorm_clipped", layers.BatchNormalization(
        renorm=True, renorm_clipping={"rmax": 1.2, "rmin": 0.9, "dmax": 0.1}, scale=False), IMAGE, BOTH),
    ("batch_renorm_axis_1", layers.BatchNormalization(1, renorm=True, renorm_clipping={"dmax": 0.3}, center=False), STEPS, BOTH),
    ("layer_rows", layers.LayerNormalization(), ROWS, INFERENCE),
    ("layer_image", layers.LayerNormalization(), IMAGE, INFERENCE),
    ("layer_axis_1", layers.LayerNormalization(axis=1), STEPS, INFERENCE),
    ("layer_axes_12", layers.LayerNormalization(axis=[1, 2]), STEPS, INFERENCE),
    ("layer_axes_13", layers.LayerNormalization(axis=[1, 3]), IMAGE, INFERENCE),
    ("layer_no_center", layers.LayerNormalization(center=False), ROWS, INFERENCE),
    ("layer_no_scale", layers.LayerNormalization(scale=False, epsilon=1e-5), ROWS, INFERENCE),
    ("layer_plain", layers.LayerNormalization(scale=False, center=False), STEPS, INFERENCE),
    ("layer_rms_scaling", layers.LayerNormalization(rms_scaling=True), STEPS, INFERENCE),
    ("group_2", layers.GroupNormalization(groups=2), IMAGE, INFERENCE),
    ("group_1", layers.GroupNormalization(groups=1), IMAGE, INFERENCE),
    ("group_instance", layers.GroupNormalization(groups=-1), IMAGE, INFERENCE),
    ("group_axis_1", layers.GroupNormalization(groups=2, axis=1), IMAGE, INFERENCE),
    ("group_rows", layers.GroupNormalization(groups=5, center=False), (6, 10), INFERENCE),
    ("group_no_scale", layers.GroupNormalization(groups=3, scale=False), IMAGE, INFERENCE),
    ("unit_last", layers.UnitNormalization(), STEPS, INFERENCE),
    ("unit_axis_1", layers.UnitNormalization(axis=1), STEPS, INFERENCE),
    ("unit_axes_12", layers.UnitNormalization(axis=[1, 2]), STEPS, INFERENCE),
    ("rms_last", layers.RMSNormalization(), STEPS, INFERENCE),
    ("rms_axes_12", layers.RMSNormalization(axis=[1, 2]), STEPS, INFERENCE),
]  # fmt: skip


def normalization_cases(tensors):
    """All cases."""
    cases = [case("normalization", tensors, name, layer, [shape], modes) for name, layer, shape, modes in CASES]
    masked = layers.BatchNormalization(momentum=0.8)
    cases.append(case("normalization", tensors, "batch_masked", masked, [STEPS], BOTH, masks=[MASK]))
    masked = layers.BatchNormalization(momentum=0.8, renorm=True, renorm_clipping={"rmax": 1.1})
    cases.append(case("normalization", tensors, "batch_renorm_masked", masked, [STEPS], BOTH, masks=[MASK]))
    return cases
