"""Losses: the value at each position, the mean, with and without weights, and the gradients in `y_pred`."""

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


def pictures(random, *shape):
    """Random masks, and probabilities of the same shape."""
    return bits(random, *shape), probabilities(random, *shape)


def pair_cases(loss, draw_true=normal, draw_pred=normal):
    """Cases of a loss that is a mean over the last axis of a function of label and prediction."""
    yield "matrix", loss(), lambda r: (draw_true(r, 5, 3), draw_pred(r, 5, 3))
    yield "vector_true_column_pred", loss(), lambda r: (draw_true(r, 6), draw_pred(r, 6, 1))
    yield "rank3", loss(), lambda r: (draw_true(r, 2, 3, 4), draw_pred(r, 2, 3, 4))
    yield "sum", loss(reduction="sum"), lambda r: (draw_true(r, 5, 3), draw_pred(r, 5, 3))


def positive(random, *shape):
    """Random numbers from 0.1 to 3."""
    return random.uniform(0.1, 3.0, shape).astype(np.float32)


def signs(random, *shape):
    """Random targets -1.0 or 1.0."""
    return 2 * bits(random, *shape) - 1


def arguments_cases(loss, draw, *arguments):
    """The same data with several arguments."""
    for number, given in enumerate(arguments, start=1):
        yield f"arguments_{number}", (loss, given), draw


def binary_axis_cases():
    """Means over an axis that is not the last."""
    for name, given in {"axis": {}, "axis_logits": {"from_logits": True}}.items():
        yield name, (losses.BinaryCrossentropy, {"axis": 1, **given}), lambda r: (bits(r, 3, 4, 2), probabilities(r, 3, 4, 2))


def categorical_axis_cases():
    """Classes on an axis that is not the last."""
    for name, given in {
        "axis": {},
        "axis_logits": {"from_logits": True},
        "axis_smoothing": {"label_smoothing": 0.2},
    }.items():
        yield (
            name,
            (losses.CategoricalCrossentropy, {"axis": 1, **given}),
            lambda r: (ONE_HOT[labels(r, 3, 2)].transpose(0, 2, 1), probabilities(r, 3, 4, 2)),
        )


def sparse_more_cases():
    """Labels that do not count. (On JAX, Keras takes no other axis than the last.)"""
    loss, ignored = losses.SparseCategoricalCrossentropy, np.array([1, -1, 3, -1, -1, 0, 2], np.int32)
    yield "ignore", (loss, {"ignore_class": -1}), lambda r: (ignored, softmax_rows(r, 7, 4))
    yield "ignore_logits", (loss, {"ignore_class": 2, "from_logits": True}), lambda r: (labels(r, 3, 5), normal(r, 3, 5, 4))
    yield "ignore_all", (loss, {"ignore_class": 1}), lambda r: (np.full(3, 1, np.int32), softmax_rows(r, 3, 4))
    yield "ignore_sum", (loss, {"ignore_class": -1, "reduction": "sum"}), lambda r: (ignored, softmax_rows(r, 7, 4))
    yield (
        "ignore_mean_with_sample_weight",
        (loss, {"ignore_class": -1, "reduction": "mean_with_sample_weight"}),
        lambda r: (ignored, softmax_rows(r, 7, 4)),
    )


def binary_focal_cases():
    """Cases of binary focal cross-entropy."""
    loss = losses.BinaryFocalCrossentropy
    yield "column", loss(), lambda r: (bits(r, 7, 1), probabilities(r, 7, 1))
    yield "matrix", loss(), lambda r: (bits(r, 5, 3), probabilities(r, 5, 3))
    yield from arguments_cases(
        loss,
        lambda r: (bits(r, 5, 3), probabilities(r, 5, 3)),
        {"gamma": 1.5, "apply_class_balancing": True, "alpha": 0.4},
        {"gamma": 0.0},
        {"from_logits": True, "label_smoothing": 0.1},
        {"axis": 0},
    )


def categorical_focal_cases():
    """Cases of categorical focal cross-entropy."""
    loss = losses.CategoricalFocalCrossentropy
    yield "matrix", loss(), lambda r: (ONE_HOT[labels(r, 6)], softmax_rows(r, 6, 4))
    yield "unnormalized", loss(), lambda r: (ONE_HOT[labels(r, 2, 3)], probabilities(r, 2, 3, 4))
    yield from arguments_cases(
        loss,
        lambda r: (ONE_HOT[labels(r, 6)], softmax_rows(r, 6, 4)),
        {"gamma": 1.5, "alpha": 0.4},
        {"alpha": [0.1, 0.2, 0.3, 0.4], "label_smoothing": 0.1},
        {"from_logits": True, "label_smoothing": 0.1},
    )
    yield "axis", (loss, {"axis": 1}), lambda r: (ONE_HOT[labels(r, 3, 2)].transpose(0, 2, 1), probabilities(r, 3, 4, 2))


def overlap_cases(loss, *arguments):
    """Cases of losses that compare areas."""
    yield "matrix", loss(), lambda r: pictures(r, 3, 4)
    yield "axes", (loss, {"axis": [1, 2, 3]}), lambda r: pictures(r, 2, 3, 4, 2)
    yield "channels", (loss, {"axis": [0, 1, 2]}), lambda r: pictures(r, 2, 3, 4, 2)
    yield from arguments_cases(loss, lambda r: pictures(r, 2, 3, 4, 2), *arguments)


def cosine_cases():
    """Cases of cosine similarity."""
    loss = losses.CosineSimilarity
    yield "matrix", loss(), lambda r: (normal(r, 5, 3), normal(r, 5, 3))
    yield "rank3", loss(), lambda r: (normal(r, 2, 3, 4), normal(r, 2, 3, 4))
    yield "vector", loss(), lambda r: (normal(r, 6), normal(r, 6))
    yield "axis", (loss, {"axis": 1}), lambda r: (normal(r, 2, 3, 4), normal(r, 2, 3, 4))


def generalized_cases():
    """Cases of the generalized cross-entropy."""
    loss = losses.CategoricalGeneralizedCrossEntropy
    yield "vector", loss(), lambda r: (labels(r, 6), softmax_rows(r, 6, 4))
    yield "rank3", (loss, {"q": 0.7}), lambda r: (labels(r, 2, 3), softmax_rows(r, 2, 3, 4))


def unit_rows(random, *shape):
    """Random rows of length 1."""
    rows = normal(random, *shape)
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def ctc_cases():
    """Cases of CTC: labels that repeat, that are of every length, none at all."""
    loss, spelled = losses.CTC, np.array([[1, 1, 2], [3, 0, 0], [2, 4, 2], [0, 0, 0]], np.int32)
    yield "steps", loss(), lambda r: (spelled, normal(r, 4, 7, 5))
    yield "extreme", loss(), lambda r: (spelled, normal(r, 4, 7, 5, scale=20))
    yield "just_fits", loss(), lambda r: (spelled, normal(r, 4, 4, 5))
    yield "sum", loss(reduction="sum"), lambda r: (spelled[:, :1], normal(r, 4, 2, 5))


def circle_cases():
    """Cases of the circle loss: some samples have no other of their class."""
    loss, classes = losses.Circle, np.array([0, 1, 0, 2, 1, 0], np.int32)
    yield "vector", loss(), lambda r: (classes, unit_rows(r, 6, 4))
    yield "column", loss(), lambda r: (classes[:, None], unit_rows(r, 6, 4))
    yield "alone", loss(), lambda r: (np.zeros(3, np.int32), unit_rows(r, 3, 4))
    yield from arguments_cases(
        loss,
        lambda r: (classes, unit_rows(r, 6, 4)),
        {"gamma": 2.0},
        {"gamma": 5.0, "margin": 0.1},
        {"gamma": 3.0, "remove_diagonal": False},
    )


def weights_for(values, random):
    """Weights for values of several shapes, each with a name."""
    if values.ndim == 0:
        return {"scalar": positive(random, 6)}
    found = {"each": positive(random, *values.shape)}
    if values.ndim > 1:
        found["sample"] = positive(random, values.shape[0], *[1] * (values.ndim - 1))
    else:
        found["column"] = positive(random, *values.shape, 1)
    return found


def loss_case(tensors, name, loss, make):
    """One JSON entry; `make` draws `(y_true, y_pred)` from the case's own generator.

    `loss` is an object, or a class with its arguments where Keras leaves some of them out of `get_config`.
    """
    given = {}
    if isinstance(loss, tuple):
        kind, given = loss
        loss = kind(**given)
    kind = type(loss)
    random = generator(name)
    y_true, y_pred = (jnp.asarray(values) for values in make(random))
    config = {**loss.get_config(), **given}
    values = kind(**{**config, "reduction": "none"})(y_true, y_pred)
    weighted = []
    for number, weights in enumerate(weights_for(values, random).values(), start=1):
        weights = jnp.asarray(weights)
        weighted.append({
            "sample_weight": tensors.add(f"{name}/sample_weight_{number}", weights),
            "loss": float(loss(y_true, y_pred, weights)),
            "gradient": tensors.add(
                f"{name}/weighted_gradient_{number}", jax.grad(lambda p: loss(y_true, p, weights))(y_pred)
            ),
        })  # fmt: skip
    return {
        "name": name,
        "kind": "loss",
        "class_name": kind.__name__,
        "config": {**relevant(config), "reduction": loss.reduction},
        "full_config": loss.get_config(),
        "y_true": tensors.add(f"{name}/y_true", y_true),
        "y_pred": tensors.add(f"{name}/y_pred", y_pred),
        "values": tensors.add(f"{name}/values", values),
        "loss": float(loss(y_true, y_pred)),
        "gradient": tensors.add(f"{name}/gradient", jax.grad(lambda p: loss(y_true, p))(y_pred)),
        "weighted": weighted,
    }


def loss_cases(tensors):
    """All loss cases."""
    families = {
        "mean_squared_error": [*regression_cases(losses.MeanSquaredError)],
        "mean_absolute_error": [*regression_cases(losses.MeanAbsoluteError)],
        "mean_absolute_percentage_error": pair_cases(losses.MeanAbsolutePercentageError),
        "mean_squared_logarithmic_error": pair_cases(losses.MeanSquaredLogarithmicError, positive, normal),
        "huber": [
            *pair_cases(losses.Huber),
            *arguments_cases(losses.Huber, lambda r: (normal(r, 5, 3), normal(r, 5, 3)), {"delta": 0.5}, {"delta": 2.0}),
        ],
        "log_cosh": pair_cases(losses.LogCosh),
        "cosine_similarity": cosine_cases(),
        "kl_divergence": pair_cases(losses.KLDivergence, probabilities, probabilities),
        "poisson": pair_cases(losses.Poisson, positive, positive),
        "hinge": [*pair_cases(losses.Hinge, signs), *[("bits", losses.Hinge(), lambda r: (bits(r, 5, 3), normal(r, 5, 3)))]],
        "squared_hinge": [*pair_cases(losses.SquaredHinge, bits)],
        "categorical_hinge": [
            ("matrix", losses.CategoricalHinge(), lambda r: (ONE_HOT[labels(r, 6)], normal(r, 6, 4))),
            ("rank3", losses.CategoricalHinge(), lambda r: (ONE_HOT[labels(r, 2, 3)], normal(r, 2, 3, 4))),
        ],
        "binary_crossentropy": [*binary_cases(), *binary_axis_cases()],
        "binary_focal_crossentropy": binary_focal_cases(),
        "categorical_crossentropy": [*categorical_cases(), *categorical_axis_cases()],
        "categorical_focal_crossentropy": categorical_focal_cases(),
        "sparse_categorical_crossentropy": [*sparse_cases(), *sparse_more_cases()],
        "categorical_generalized_cross_entropy": generalized_cases(),
        "ctc": ctc_cases(),
        "circle": circle_cases(),
        "dice": overlap_cases(losses.Dice, {"axis": -1}),
        "tversky": overlap_cases(losses.Tversky, {"alpha": 0.3, "beta": 0.7}, {"alpha": 0.9, "axis": [1, 2]}),
    }  # fmt: skip
    return [
        loss_case(tensors, f"{family}_{name}", loss, make)
        for family, family_cases in families.items()
        for name, loss, make in family_cases
    ]
