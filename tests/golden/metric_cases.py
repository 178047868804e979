"""Metrics: the running result after each of two updates of different size."""

import numpy as np
from keras import metrics

from golden_file import generator, normal, relevant
from loss_cases import ONE_HOT, bits, labels, probabilities, softmax_rows

# Equal largest entries: the first one counts. 0.5 exactly is not above the threshold.
TIED_ROWS = np.array([[0.4, 0.4, 0.1, 0.1], [0.1, 0.3, 0.3, 0.3], [0.25] * 4], np.float32)
TIED_LABELS = np.array([0, 2, 0], np.int32)
HALVES = np.array([[0.5], [0.5], [0.50001], [0.0], [1.0]], np.float32)
HALVES_TRUE = np.array([[0], [1], [1], [0], [0]], np.float32)

# name, metric, how to draw (y_true, y_pred) for n samples
METRICS = [
    ("binary_accuracy_column", metrics.BinaryAccuracy(), lambda r, n: (bits(r, n, 1), probabilities(r, n, 1))),
    ("binary_accuracy_vector", metrics.BinaryAccuracy(), lambda r, n: (bits(r, n), probabilities(r, n))),
    ("binary_accuracy_vector_true_column_pred", metrics.BinaryAccuracy(), lambda r, n: (bits(r, n), probabilities(r, n, 1))),
    ("binary_accuracy_matrix", metrics.BinaryAccuracy(), lambda r, n: (bits(r, n, 3), probabilities(r, n, 3))),
    ("binary_accuracy_threshold", metrics.BinaryAccuracy(threshold=0.7), lambda r, n: (bits(r, n, 1), probabilities(r, n, 1))),
    ("binary_accuracy_halves", metrics.BinaryAccuracy(), lambda r, n: (HALVES_TRUE, HALVES)),
    ("categorical_accuracy", metrics.CategoricalAccuracy(), lambda r, n: (ONE_HOT[labels(r, n)], softmax_rows(r, n, 4))),
    ("categorical_accuracy_rank3", metrics.CategoricalAccuracy(), lambda r, n: (ONE_HOT[labels(r, n, 3)], softmax_rows(r, n, 3, 4))),
    ("categorical_accuracy_ties", metrics.CategoricalAccuracy(), lambda r, n: (ONE_HOT[TIED_LABELS], TIED_ROWS)),
    ("sparse_categorical_accuracy_vector", metrics.SparseCategoricalAccuracy(), lambda r, n: (labels(r, n), softmax_rows(r, n, 4))),
    ("sparse_categorical_accuracy_column", metrics.SparseCategoricalAccuracy(), lambda r, n: (labels(r, n, 1), softmax_rows(r, n, 4))),
    ("sparse_categorical_accuracy_rank3", metrics.SparseCategoricalAccuracy(), lambda r, n: (labels(r, n, 3), softmax_rows(r, n, 3, 4))),
    ("sparse_categorical_accuracy_ties", metrics.SparseCategoricalAccuracy(), lambda r, n: (TIED_LABELS, TIED_ROWS)),
    ("mean_squared_error", metrics.MeanSquaredError(), lambda r, n: (normal(r, n, 3), normal(r, n, 3))),
    ("mean_squared_error_vector_true_column_pred", metrics.MeanSquaredError(), lambda r, n: (normal(r, n), normal(r, n, 1))),
    ("mean_absolute_error", metrics.MeanAbsoluteError(), lambda r, n: (normal(r, n, 3), normal(r, n, 3))),
    ("mean_absolute_error_vector", metrics.MeanAbsoluteError(), lambda r, n: (normal(r, n), normal(r, n))),
]  # fmt: skip

BATCH_SIZES = (13, 6)


def metric_case(tensors, name, metric, make):
    """One JSON entry."""
    name = f"metric_{name}"
    random = generator(name)
    updates = []
    for number, batch_size in enumerate(BATCH_SIZES, start=1):
        y_true, y_pred = make(random, batch_size)
        metric.update_state(y_true, y_pred)
        updates.append({
            "y_true": tensors.add(f"{name}/y_true_{number}", y_true),
            "y_pred": tensors.add(f"{name}/y_pred_{number}", y_pred),
            "result": float(metric.result()),
        })  # fmt: skip
    return {
        "name": name,
        "kind": "metric",
        "class_name": type(metric).__name__,
        "config": relevant(metric.get_config()),
        "updates": updates,
    }


def metric_cases(tensors):
    """All metric cases."""
    return [metric_case(tensors, *case) for case in METRICS]
