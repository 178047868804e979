"""Regularizers (value and gradient) and constraints (the weight after) of given weights."""

import jax
import jax.numpy as jnp
from keras import constraints, regularizers

from golden_file import generator, normal

MATRIX = (5, 4)
KERNEL = (2, 3, 3, 4)

REGULARIZERS = [
    ("l1", regularizers.L1(), KERNEL),
    ("l1_strong", regularizers.L1(0.3), MATRIX),
    ("l2", regularizers.L2(), KERNEL),
    ("l2_strong", regularizers.L2(0.3), MATRIX),
    ("l1l2", regularizers.L1L2(l1=0.1, l2=0.2), MATRIX),
    ("l1l2_one", regularizers.L1L2(l2=0.2), KERNEL),
    ("orthogonal_rows", regularizers.OrthogonalRegularizer(), MATRIX),
    ("orthogonal_columns", regularizers.OrthogonalRegularizer(factor=0.5, mode="columns"), MATRIX),
]
CONSTRAINTS = [
    ("maxnorm", constraints.MaxNorm(), MATRIX),
    ("maxnorm_rows", constraints.MaxNorm(max_value=1.5, axis=1), MATRIX),
    ("maxnorm_kernel", constraints.MaxNorm(max_value=3.0, axis=[0, 1, 2]), KERNEL),
    ("minmaxnorm", constraints.MinMaxNorm(), MATRIX),
    ("minmaxnorm_part", constraints.MinMaxNorm(min_value=2.0, max_value=2.5, rate=0.4, axis=0), MATRIX),
    ("nonneg", constraints.NonNeg(), MATRIX),
    ("unitnorm", constraints.UnitNorm(), MATRIX),
    ("unitnorm_last", constraints.UnitNorm(axis=-1), KERNEL),
]


def regularizer_cases(tensors):
    """All regularizer cases."""
    cases = []
    for name, regularizer, shape in REGULARIZERS:
        name = f"regularizer_{name}"
        weight = normal(generator(name), *shape)
        cases.append({
            "name": name,
            "kind": "regularizer",
            "class_name": type(regularizer).__name__,
            "config": regularizer.get_config(),
            "weight": tensors.add(f"{name}/weight", weight),
            "value": float(regularizer(jnp.asarray(weight))),
            "gradient": tensors.add(f"{name}/gradient", jax.grad(regularizer)(jnp.asarray(weight))),
        })  # fmt: skip
    return cases


def constraint_cases(tensors):
    """All constraint cases."""
    cases = []
    for name, constraint, shape in CONSTRAINTS:
        name = f"constraint_{name}"
        weight = normal(generator(name), *shape)
        cases.append({
            "name": name,
            "kind": "constraint",
            "class_name": type(constraint).__name__,
            "config": constraint.get_config(),
            "weight": tensors.add(f"{name}/weight", weight),
            "after": tensors.add(f"{name}/after", constraint(jnp.asarray(weight))),
        })  # fmt: skip
    return cases
