"""Merging layers: several inputs, broadcasting, masks."""

import numpy as np
from keras import layers

from several_inputs import case

SAME = [(3, 4, 5)] * 3
TWO = [(3, 4, 5)] * 2
STRETCHED = [(3, 4, 5), (3, 1, 5)]
OTHER_RANK = [(3, 4, 5), (3, 5)]
MASKS = [
    np.array([[1, 1, 0, 0], [1, 0, 1, 0], [0, 1, 1, 1]], dtype=np.int32),
    np.array([[1, 0, 1, 0], [1, 1, 1, 0], [0, 0, 1, 0]], dtype=np.int32),
]
ONE_MASK = [MASKS[0], None]

ELEMENTWISE = {
    "add": layers.Add, "multiply": layers.Multiply, "average": layers.Average,
    "maximum": layers.Maximum, "minimum": layers.Minimum,
}  # fmt: skip


def merging_cases(tensors):
    """All cases."""
    cases = []

    def add(name, layer, shapes, masks=None):
        cases.append(case("merging", tensors, name, layer, shapes, masks=masks))

    for name, layer in (ELEMENTWISE | {"subtract": layers.Subtract}).items():
        add(f"{name}_two", layer(), TWO)
        add(f"{name}_stretched", layer(), STRETCHED)
        add(f"{name}_other_rank", layer(), OTHER_RANK)
        add(f"{name}_masks", layer(), TWO, MASKS)
        add(f"{name}_one_mask", layer(), TWO, ONE_MASK)
    for name, layer in ELEMENTWISE.items():
        add(f"{name}_three", layer(), SAME)
    add("concatenate_last", layers.Concatenate(), [(2, 3, 4), (2, 3, 1), (2, 3, 2)])
    add("concatenate_1", layers.Concatenate(axis=1), [(2, 3, 4), (2, 1, 4)])
    add("concatenate_minus_2", layers.Concatenate(axis=-2), [(2, 3, 4), (2, 2, 4)])
    add("concatenate_vectors", layers.Concatenate(), [(3, 2), (3, 5)])
    add("dot_vectors", layers.Dot(axes=1), [(4, 3), (4, 3)])
    add("dot_vectors_cosine", layers.Dot(axes=-1, normalize=True), [(4, 3), (4, 3)])
    add("dot_12", layers.Dot(axes=(1, 2)), [(2, 3, 5), (2, 4, 3)])
    add("dot_21_cosine", layers.Dot(axes=(2, 1), normalize=True), [(2, 3, 5), (2, 5, 4)])
    add("dot_matrix_vector", layers.Dot(axes=(2, 1)), [(2, 3, 5), (2, 5)])
    add("dot_vector_matrix", layers.Dot(axes=(1, 2)), [(2, 5), (2, 3, 5)])
    add("dot_four_axes", layers.Dot(axes=(1, 2)), [(2, 3, 2, 4), (2, 4, 3)])
    return cases
