"""Attention: scores, heads, masks, axes."""

import numpy as np
from keras import layers

from several_inputs import BOTH, case

QUERY_MASK = np.array([[1, 1, 1, 0], [1, 0, 1, 1]], dtype=np.int32)
VALUE_MASK = np.array([[1, 1, 0, 1, 0], [1, 1, 1, 1, 0]], dtype=np.int32)
TWO = [(2, 4, 6), (2, 5, 6)]
THREE = [(2, 4, 6), (2, 5, 3), (2, 5, 6)]
SELF = [(2, 5, 6), (2, 5, 6)]
CAUSAL = {"use_causal_mask": True}
SCORES = {"return_attention_scores": True}
MASKS = [QUERY_MASK, VALUE_MASK]


def attention_cases(tensors):
    """All cases."""
    cases = []

    def add(name, layer, shapes, **more):
        cases.append(case("attention", tensors, name, layer, shapes, **more))

    for name, layer, scaled in [
        ("dot", layers.Attention, {"use_scale": True}),
        ("concat", lambda **more: layers.Attention(score_mode="concat", **more), {"use_scale": True}),
        ("additive", layers.AdditiveAttention, {"use_scale": False}),
    ]:
        add(f"{name}_two", layer(), TWO, modes=BOTH)
        add(f"{name}_three", layer(), THREE)
        add(f"{name}_other_scale", layer(**scaled), THREE)
        add(f"{name}_causal", layer(), SELF, call=CAUSAL)
        add(f"{name}_masks", layer(), TWO, masks=MASKS)
        add(f"{name}_value_mask_causal", layer(), TWO, masks=[None, VALUE_MASK], call=CAUSAL)
        add(f"{name}_scores", layer(), THREE, call=SCORES)

    heads = layers.MultiHeadAttention
    add("heads_two", heads(2, 3), TWO, modes=BOTH)
    # With JAX, values of another width need the way through that returns the scores.
    add("heads_three", heads(3, 4, value_dim=2), [(2, 4, 6), (2, 5, 3), (2, 5, 7)], call=SCORES)
    add("heads_no_bias", heads(2, 3, use_bias=False), SELF)
    add("heads_output_shape", heads(2, 3, output_shape=5), TWO)
    add("heads_output_axes", heads(2, 3, output_shape=(2, 4)), TWO)
    add("heads_causal", heads(2, 3), SELF, call=CAUSAL)
    add("heads_gate", heads(2, 3, use_gate=True), TWO)
    add("heads_window", heads(2, 3, sliding_window=2), SELF)
    add("heads_value_mask", heads(2, 3), TWO, masks=[None, VALUE_MASK])
    add("heads_masks", heads(2, 3), TWO, masks=MASKS)
    add("heads_masks_causal", heads(2, 3), TWO, masks=MASKS, call=CAUSAL)
    add("heads_key_mask", heads(2, 3), THREE, masks=[None, None, VALUE_MASK])
    add("heads_scores", heads(2, 3), TWO, call=SCORES)
    add("heads_dropout", heads(2, 3, dropout=0.5), TWO, masks=MASKS)
    add("heads_four_axes", heads(2, 3), [(2, 2, 3, 5), (2, 3, 2, 5)])
    add("heads_axis_2", heads(2, 3, attention_axes=2), [(2, 3, 4, 5), (2, 3, 2, 5)])
    add("heads_axis_1", heads(2, 3, attention_axes=1), [(2, 3, 4, 5), (2, 2, 4, 5)])
    random = np.random.default_rng(1)
    inputs = [random.standard_normal(shape).astype(np.float32) for shape in THREE]
    mask = random.integers(0, 2, (2, 4, 5)).astype(np.float32)
    mask[:, :, 0] = 1
    add("heads_attention_mask", heads(2, 3), None, inputs=[*inputs, mask])

    groups = layers.GroupQueryAttention
    add("groups_two", groups(3, 4, 2), TWO, modes=BOTH)
    add("groups_one", groups(3, 2, 1, use_bias=False), THREE)
    add("groups_causal", groups(3, 4, 2), SELF, call=CAUSAL)
    add("groups_gate", groups(3, 4, 2, use_gate=True), TWO)
    add("groups_value_mask", groups(3, 4, 2), TWO, masks=[None, VALUE_MASK])
    return cases
