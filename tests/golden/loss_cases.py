"""Losses: the value for each sample, the mean, and the gradient of the mean in `y_pred`."""

import jax
import jax.numpy as jnp
import numpy as np
from keras import losses

from golden_file import generator, normal, relevant

ONE_HOT = np.eye(4, dtype=np.float32)
SATURATED_P = np.array([[0.0, 1.0], [1.0, 0.0], [0.5, 0.25], [1.0, 1e-8]], np.float32)
SATURATED_Y = np.array([[0.0, 1.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], np.float32)
# Certain and right, certain and wrong, a zero beside the truth, sums that are not one.
SATURATED_ROWS = np.array(
    [[0, 0, 1, 0], [0, 1, 0, 0], [0.5, 0, 0.5, 0], [0.2, 0.2, 0.2, 0.2], [0.9, 0.6, 0.3, 0.2]], np.float32
)
SATURATED_LABELS = np.array([2, 2, 1, 3, 0])


def softmax_rows(random, *shape):
    """Random rows that sum to one."""
    raised = np.exp(normal(random, *shape))
    return (raised / raised.sum(-1, keepdims=True)).astype(np.float32)


def labels(random, *shape):
    """Random class numbers 0 to 3."""
    return random.integers(0, 4, shape).astype(np.int32)


def bits(random, *shape):
    """Random targets 0.0 or 1.0."""
    return random.integers(0, 2, shape).astype(np.float32)


def probabilities(random, *shape):
    """Random probabilities, none close to 0 or 1."""
    return random.uniform(0.02, 0.98, shape).astype(np.float32)


def regression_cases(loss):
    """Cases of mean squared and mean absolute error."""
    yield "matrix", loss(), lambda r: (normal(r, 5, 3), normal(r, 5, 3))
    yield "vector", loss(), lambda r: (normal(r, 6), normal(r, 6))
    yield "column", loss(), lambda r: (normal(r, 6, 1), normal(r, 6, 1))
    yield "vector_true_column_pred", loss(), lambda r: (normal(r, 6), normal(r, 6, 1))
    yield "rank3", loss(), lambda r: (normal(r, 2, 3, 4), normal(r, 2, 3, 4))
    if loss is losses.MeanSquaredError:  # where y_pred = y_true, |x| has no derivative and back ends differ
        equal = np.array([[1, 2], [3, 4]], np.float32)
        yield "equal", loss(), lambda r: (equal, equal + np.array([[0, 0.5], [-1, 0]], np.float32))


def binary_cases():
    """Cases of binary cross-entropy."""
    loss = losses.BinaryCrossentropy
    yield "column", loss(), lambda r: (bits(r, 7, 1), probabilities(r, 7, 1))
    yield "vector", loss(), lambda r: (bits(r, 7), probabilities(r, 7))
    yield "vector_true_column_pred", loss(), lambda r: (bits(r, 7), probabilities(r, 7, 1))
    yield "matrix", loss(), lambda r: (bits(r, 5, 3), probabilities(r, 5, 3))
    yield "smoothing", loss(label_smoothing=0.1), lambda r: (bits(r, 5, 3), probabilities(r, 5, 3))
    yield "saturated", loss(), lambda r: (SATURATED_Y, SATURATED_P)
    yield "int_labels", loss(), lambda r: (bits(r, 7, 1).astype(np.int32), probabilities(r, 7, 1))
    yield "logits", loss(from_logits=True), lambda r: (bits(r, 5, 3), normal(r, 5, 3, scale=3))
    yield "logits_column", loss(from_logits=True), lambda r: (bits(r, 7, 1), normal(r, 7, 1))
    yield (
        "logits_smoothing",
        loss(from_logits=True, label_smoothing=0.2),
        lambda r: (bits(r, 5, 3), normal(r, 5, 3)),
    )
    yield "logits_extreme", loss(from_logits=True), lambda r: (SATURATED_Y, (SATURATED_P - 0.5) * 60)


def categorical_cases():
    """Cases of categorical cross-entropy (one-hot targets)."""
    loss = losses.CategoricalCrossentropy
    yield "matrix", loss(), lambda r: (ONE_HOT[labels(r, 6)], softmax_rows(r, 6, 4))
    yield "soft_targets", loss(), lambda r: (softmax_rows(r, 6, 4), softmax_rows(r, 6, 4))
    yield "unnormalized", loss(), lambda r: (ONE_HOT[labels(r, 6)], probabilities(r, 6, 4))
    yield "rank3", loss(), lambda r: (ONE_HOT[labels(r, 2, 3)], softmax_rows(r, 2, 3, 4))
    yield "smoothing", loss(label_smoothing=0.1), lambda r: (ONE_HOT[labels(r, 6)], softmax_rows(r, 6, 4))
    yield "saturated", loss(), lambda r: (ONE_HOT[SATURATED_LABELS], SATURATED_ROWS)
    yield "logits", loss(from_logits=True), lambda r: (ONE_HOT[labels(r, 6)], normal(r, 6, 4, scale=2))
    yield (
        "logits_smoothing",
        loss(from_logits=True, label_smoothing=0.2),
        lambda r: (ONE_HOT[labels(r, 6)], normal(r, 6, 4)),
    )
    yield "logits_extreme", loss(from_logits=True), lambda r: (ONE_HOT[SATURATED_LABELS], SATURATED_ROWS * 90)


def sparse_cases():
    """Cases of sparse categorical cross-entropy (class numbers)."""
    loss = losses.SparseCategoricalCrossentropy
    yield "vector", loss(), lambda r: (labels(r, 6), softmax_rows(r, 6, 4))
    yield "column", loss(), lambda r: (labels(r, 6, 1), softmax_rows(r, 6, 4))
    yield "unnormalized", loss(), lambda r: (labels(r, 6), probabilities(r, 6, 4))
    yield "rank3", loss(), lambda r: (labels(r, 2, 3), softmax_rows(r, 2, 3, 4))
    yield "saturated", loss(), lambda r: (SATURATED_LABELS, SATURATED_ROWS)
    yield "logits", loss(from_logits=True), lambda r: (labels(r, 6), normal(r, 6, 4, scale=2))
    yield "logits_column", loss(from_logits=True), lambda r: (labels(r, 6, 1), normal(r, 6, 4))
    yield "logits_extreme", loss(from_logits=True), lambda r: (SATURATED_LABELS, SATURATED_ROWS * 90)


def loss_case(tensors, name, loss, make):
    """One JSON entry; `make` draws `(y_true, y_pred)` from the case's own generator."""
    y_true, y_pred = (jnp.asarray(values) for values in make(generator(name)))
    each = type(loss).from_config({**loss.get_config(), "reduction": "none"})
    return {
        "name": name,
        "kind": "loss",
        "class_name": type(loss).__name__,
        "config": relevant(loss.get_config()),
        "y_true": tensors.add(f"{name}/y_true", y_true),
        "y_pred": tensors.add(f"{name}/y_pred", y_pred),
        "values": tensors.add(f"{name}/values", each(y_true, y_pred)),
        "loss": float(loss(y_true, y_pred)),
        "gradient": tensors.add(f"{name}/gradient", jax.grad(lambda p: loss(y_true, p))(y_pred)),
    }


def loss_cases(tensors):
    """All loss cases."""
    families = {
        "mean_squared_error": regression_cases(losses.MeanSquaredError),
        "mean_absolute_error": regression_cases(losses.MeanAbsoluteError),
        "binary_crossentropy": binary_cases(),
        "categorical_crossentropy": categorical_cases(),
        "sparse_categorical_crossentropy": sparse_cases(),
    }
    return [
        loss_case(tensors, f"{family}_{name}", loss, make)
        for family, family_cases in families.items()
        for name, loss, make in family_cases
    ]
