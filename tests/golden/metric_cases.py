"""Metrics: the running result after each of two updates of different size, with and without weights."""

import numpy as np
from keras import metrics

from golden_file import generator, normal, relevant
from loss_cases import ONE_HOT, bits, labels, positive, probabilities, softmax_rows

# Equal largest entries: the first one counts. 0.5 exactly is not above the threshold.
TIED_ROWS = np.array([[0.4, 0.4, 0.1, 0.1], [0.1, 0.3, 0.3, 0.3], [0.25] * 4], np.float32)
TIED_LABELS = np.array([0, 2, 0], np.int32)
HALVES = np.array([[0.5], [0.5], [0.50001], [0.0], [1.0]], np.float32)
HALVES_TRUE = np.array([[0], [1], [1], [0], [0]], np.float32)
IGNORED = 2


def columns(random, n):
    """One decision for each sample."""
    return bits(random, n, 1), probabilities(random, n, 1)


def matrices(random, n):
    """Three decisions for each sample."""
    return bits(random, n, 3), probabilities(random, n, 3)


def one_hot(random, n):
    """One-hot labels, and probabilities."""
    return ONE_HOT[labels(random, n)], softmax_rows(random, n, 4)


def sparse(random, n):
    """Class numbers, and probabilities."""
    return labels(random, n), softmax_rows(random, n, 4)


def sequences(random, n):
    """Class numbers and probabilities for three steps of each sample."""
    return labels(random, n, 3), softmax_rows(random, n, 3, 4)


def numbers(random, n):
    """Three numbers for each sample."""
    return normal(random, n, 3), normal(random, n, 3)


def classes(random, n):
    """Class numbers on both sides."""
    return labels(random, n), labels(random, n)


def halves(random, n):
    """Predictions on the thresholds themselves."""
    return HALVES_TRUE, HALVES


def masks(random, n):
    """Masks of small pictures, and probabilities."""
    return bits(random, n, 4, 4), probabilities(random, n, 4, 4)


def positives(random, n):
    """Positive numbers."""
    return positive(random, n, 3), positive(random, n, 3)


# name, class, arguments, how to draw (y_true, y_pred) for n samples
METRICS = [
    ("accuracy", "Accuracy", {}, classes),
    ("binary_accuracy_column", "BinaryAccuracy", {}, columns),
    ("binary_accuracy_vector", "BinaryAccuracy", {}, lambda r, n: (bits(r, n), probabilities(r, n))),
    ("binary_accuracy_vector_true_column_pred", "BinaryAccuracy", {}, lambda r, n: (bits(r, n), probabilities(r, n, 1))),
    ("binary_accuracy_matrix", "BinaryAccuracy", {}, matrices),
    ("binary_accuracy_threshold", "BinaryAccuracy", {"threshold": 0.7}, columns),
    ("binary_accuracy_halves", "BinaryAccuracy", {}, halves),
    ("categorical_accuracy", "CategoricalAccuracy", {}, one_hot),
    ("categorical_accuracy_rank3", "CategoricalAccuracy", {}, lambda r, n: (ONE_HOT[labels(r, n, 3)], softmax_rows(r, n, 3, 4))),
    ("categorical_accuracy_ties", "CategoricalAccuracy", {}, lambda r, n: (ONE_HOT[TIED_LABELS], TIED_ROWS)),
    ("sparse_categorical_accuracy_vector", "SparseCategoricalAccuracy", {}, sparse),
    ("sparse_categorical_accuracy_column", "SparseCategoricalAccuracy", {}, lambda r, n: (labels(r, n, 1), softmax_rows(r, n, 4))),
    ("sparse_categorical_accuracy_rank3", "SparseCategoricalAccuracy", {}, sequences),
    ("sparse_categorical_accuracy_ties", "SparseCategoricalAccuracy", {}, lambda r, n: (TIED_LABELS, TIED_ROWS)),
    ("top_k_categorical_accuracy", "TopKCategoricalAccuracy", {"k": 2}, one_hot),
    ("top_k_categorical_accuracy_ties", "TopKCategoricalAccuracy", {"k": 2}, lambda r, n: (ONE_HOT[TIED_LABELS], TIED_ROWS)),
    ("top_k_categorical_accuracy_more", "TopKCategoricalAccuracy", {}, one_hot),
    ("sparse_top_k_categorical_accuracy", "SparseTopKCategoricalAccuracy", {"k": 2}, sparse),
    ("sparse_top_k_categorical_accuracy_rank3", "SparseTopKCategoricalAccuracy", {"k": 3}, sequences),
    ("sparse_top_k_categorical_accuracy_sorted", "SparseTopKCategoricalAccuracy", {"k": 2, "from_sorted_ids": True},
     lambda r, n: (labels(r, n), np.argsort(softmax_rows(r, n, 4)).astype(np.float32))),
    ("mean_squared_error", "MeanSquaredError", {}, numbers),
    ("mean_squared_error_vector_true_column_pred", "MeanSquaredError", {}, lambda r, n: (normal(r, n), normal(r, n, 1))),
    ("mean_squared_error_rank3", "MeanSquaredError", {}, lambda r, n: (normal(r, n, 3, 2), normal(r, n, 3, 2))),
    ("mean_absolute_error", "MeanAbsoluteError", {}, numbers),
    ("mean_absolute_error_vector", "MeanAbsoluteError", {}, lambda r, n: (normal(r, n), normal(r, n))),
    ("mean_absolute_percentage_error", "MeanAbsolutePercentageError", {}, positives),
    ("mean_squared_logarithmic_error", "MeanSquaredLogarithmicError", {}, positives),
    ("root_mean_squared_error", "RootMeanSquaredError", {}, numbers),
    ("root_mean_squared_error_vector", "RootMeanSquaredError", {}, lambda r, n: (normal(r, n), normal(r, n))),
    ("cosine_similarity", "CosineSimilarity", {}, numbers),
    ("cosine_similarity_axis", "CosineSimilarity", {"axis": 1}, lambda r, n: (normal(r, n, 3, 2), normal(r, n, 3, 2))),
    ("log_cosh_error", "LogCoshError", {}, numbers),
    ("r2_score", "R2Score", {}, numbers),
    ("r2_score_variance", "R2Score", {"class_aggregation": "variance_weighted_average"}, numbers),
    ("r2_score_each", "R2Score", {"class_aggregation": None}, numbers),
    ("r2_score_adjusted", "R2Score", {"num_regressors": 2}, numbers),
    ("pearson_correlation", "PearsonCorrelation", {}, numbers),
    ("pearson_correlation_axis", "PearsonCorrelation", {"axis": 0}, numbers),
    ("concordance_correlation", "ConcordanceCorrelation", {}, numbers),
    ("hinge", "Hinge", {}, lambda r, n: (bits(r, n, 3), normal(r, n, 3))),
    ("squared_hinge", "SquaredHinge", {}, lambda r, n: (bits(r, n, 3), normal(r, n, 3))),
    ("categorical_hinge", "CategoricalHinge", {}, one_hot),
    ("kl_divergence", "KLDivergence", {}, lambda r, n: (softmax_rows(r, n, 4), softmax_rows(r, n, 4))),
    ("poisson", "Poisson", {}, positives),
    ("binary_crossentropy", "BinaryCrossentropy", {}, matrices),
    ("binary_crossentropy_logits", "BinaryCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, matrices),
    ("categorical_crossentropy", "CategoricalCrossentropy", {}, one_hot),
    ("categorical_crossentropy_logits", "CategoricalCrossentropy", {"from_logits": True, "label_smoothing": 0.1}, one_hot),
    ("sparse_categorical_crossentropy", "SparseCategoricalCrossentropy", {}, sparse),
    ("sparse_categorical_crossentropy_ignore", "SparseCategoricalCrossentropy", {"ignore_class": IGNORED}, sequences),
    *[(f"{name}_{case}", kind, arguments, draw)
      for name, kind in [("true_positives", "TruePositives"), ("true_negatives", "TrueNegatives"),
                         ("false_positives", "FalsePositives"), ("false_negatives", "FalseNegatives")]
      for case, arguments, draw in [("column", {}, columns), ("threshold", {"thresholds": 0.3}, matrices),
                                    ("several", {"thresholds": [0.2, 0.7]}, matrices),
                                    ("even", {"thresholds": [0.0, 0.5, 1.0]}, halves)]],
    *[(f"{name}_{case}", kind, arguments, draw)
      for name, kind in [("precision", "Precision"), ("recall", "Recall")]
      for case, arguments, draw in [("column", {}, columns), ("matrix", {"thresholds": [0.2, 0.7]}, matrices),
                                    ("top_k", {"top_k": 2}, one_hot), ("class", {"class_id": 1}, matrices),
                                    ("top_k_class", {"top_k": 2, "class_id": 3, "thresholds": 0.3}, one_hot),
                                    ("ties", {"top_k": 1}, lambda r, n: (ONE_HOT[TIED_LABELS], TIED_ROWS))]],
    ("f1_score", "F1Score", {}, one_hot),
    ("f1_score_macro", "F1Score", {"average": "macro", "threshold": 0.4}, matrices),
    ("f1_score_micro", "F1Score", {"average": "micro"}, one_hot),
    ("f1_score_weighted", "F1Score", {"average": "weighted"}, one_hot),
    ("fbeta_score", "FBetaScore", {"beta": 2.0, "threshold": 0.6}, matrices),
    ("fbeta_score_macro", "FBetaScore", {"beta": 0.5, "average": "macro"}, one_hot),
    ("auc", "AUC", {}, columns),
    ("auc_halves", "AUC", {"num_thresholds": 3}, halves),
    *[(f"auc_{curve}_{method}", "AUC", {"curve": curve, "summation_method": method, "num_thresholds": 20}, columns)
      for curve in ("ROC", "PR", "PRGAIN") for method in ("interpolation", "majoring", "minoring")],
    ("auc_matrix", "AUC", {}, matrices),
    ("auc_logits", "AUC", {"from_logits": True, "num_thresholds": 11}, lambda r, n: (bits(r, n, 1), normal(r, n, 1))),
    ("auc_thresholds", "AUC", {"thresholds": [0.7, 0.1, 0.4]}, columns),
    ("auc_multi_label", "AUC", {"multi_label": True, "num_thresholds": 30}, matrices),
    ("auc_multi_label_pr", "AUC", {"multi_label": True, "num_labels": 3, "curve": "PR"}, matrices),
    ("auc_multi_label_weights", "AUC", {"multi_label": True, "label_weights": [0.5, 2.0, 1.0]}, matrices),
    ("auc_label_weights", "AUC", {"label_weights": [0.5, 2.0, 1.0]}, matrices),
    *[(f"{name}_{case}", kind, {**required, **arguments}, draw)
      for name, kind, required in [("sensitivity_at_specificity", "SensitivityAtSpecificity", {"specificity": 0.5}),
                                   ("specificity_at_sensitivity", "SpecificityAtSensitivity", {"sensitivity": 0.6}),
                                   ("precision_at_recall", "PrecisionAtRecall", {"recall": 0.4}),
                                   ("recall_at_precision", "RecallAtPrecision", {"precision": 0.55})]
      for case, arguments, draw in [("column", {}, columns), ("class", {"num_thresholds": 7, "class_id": 2}, matrices),
                                    ("one", {"num_thresholds": 1}, columns), ("halves", {"num_thresholds": 5}, halves)]],
    ("iou", "IoU", {"num_classes": 4, "target_class_ids": [0, 2]}, classes),
    ("iou_ignore", "IoU", {"num_classes": 4, "target_class_ids": [0, 3], "ignore_class": 1}, classes),
    ("iou_scores", "IoU", {"num_classes": 4, "target_class_ids": [1], "sparse_y_pred": False}, sequences),
    ("binary_iou", "BinaryIoU", {}, masks),
    ("binary_iou_threshold", "BinaryIoU", {"target_class_ids": [1], "threshold": 0.3}, masks),
    ("mean_iou", "MeanIoU", {"num_classes": 4}, classes),
    ("mean_iou_more", "MeanIoU", {"num_classes": 6}, classes),
    ("mean_iou_fewer", "MeanIoU", {"num_classes": 3}, classes),
    ("mean_iou_ignore", "MeanIoU", {"num_classes": 4, "ignore_class": 1}, classes),
    ("mean_iou_ignore_scores", "MeanIoU", {"num_classes": 4, "ignore_class": 3, "sparse_y_pred": False}, sequences),
    ("one_hot_iou", "OneHotIoU", {"num_classes": 4, "target_class_ids": [0, 2]}, one_hot),
    ("one_hot_mean_iou", "OneHotMeanIoU", {"num_classes": 4}, one_hot),
    ("one_hot_mean_iou_ignore", "OneHotMeanIoU", {"num_classes": 4, "ignore_class": 0}, one_hot),
]  # fmt: skip

# Losses that Keras has as functions among its metrics, but not as classes.
FUNCTIONS = [
    ("huber", numbers),
    ("log_cosh", numbers),
    ("binary_focal_crossentropy", matrices),
    ("categorical_focal_crossentropy", one_hot),
]

BATCH_SIZES = (13, 6)
# Where Keras takes no weights for samples: scalar values, averages over the batch, labels that do not count.
UNWEIGHTED = ("vector", "correlation_axis", "crossentropy_ignore")


def plain(config):
    """A configuration as JSON has it."""
    return {name: value.tolist() if hasattr(value, "tolist") else value for name, value in config.items()}


def results_of(tensors, name, metric, batches, weights):
    """What the metric says after each update."""
    updates = []
    for number, ((y_true, y_pred), weight) in enumerate(zip(batches, weights), start=1):
        metric.update_state(y_true, y_pred, sample_weight=weight)
        update = {
            "y_true": f"{name}/y_true_{number}",
            "y_pred": f"{name}/y_pred_{number}",
            "result": np.asarray(metric.result(), np.float64).tolist(),
        }
        if weight is not None:
            update["sample_weight"] = tensors.add(f"{name}/sample_weight_{number}", weight)
        updates.append(update)
    return updates


def metric_case(tensors, name, class_name, arguments, make):
    """One JSON entry."""
    name = f"metric_{name}"
    random = generator(name)
    batches = [make(random, size) for size in BATCH_SIZES]
    for number, (y_true, y_pred) in enumerate(batches, start=1):
        tensors.add(f"{name}/y_true_{number}", y_true)
        tensors.add(f"{name}/y_pred_{number}", y_pred)
    kind = getattr(metrics, class_name)
    metric = kind(**arguments)
    case = {
        "name": name,
        "kind": "metric",
        "class_name": class_name,
        "config": relevant({**plain(metric.get_config()), **arguments}),
        "full_config": plain(metric.get_config()),
        "updates": results_of(tensors, name, metric, batches, [None] * len(batches)),
    }
    if not name.endswith(UNWEIGHTED):
        weights = [positive(random, len(y_true)) for y_true, _ in batches]
        if "iou" in name:  # counted in whole numbers, one for each pixel
            weights = [random.integers(0, 4, batches[i][0].shape).astype(np.float32) for i in range(len(batches))]
            if class_name.startswith("OneHot"):
                weights = [weight[..., 0] for weight in weights]
        case["weighted"] = results_of(tensors, name, kind(**arguments), batches, weights)
    return case


def function_case(tensors, name, make):
    """One JSON entry of a function."""
    case_name = f"metric_function_{name}"
    random = generator(case_name)
    batches = [make(random, size) for size in BATCH_SIZES]
    for number, (y_true, y_pred) in enumerate(batches, start=1):
        tensors.add(f"{case_name}/y_true_{number}", y_true)
        tensors.add(f"{case_name}/y_pred_{number}", y_pred)
    def fresh():
        return metrics.MeanMetricWrapper(getattr(metrics, name))

    weights = [positive(random, size) for size in BATCH_SIZES]
    return {
        "name": case_name,
        "kind": "metric",
        "class_name": name,
        "config": {},
        "updates": results_of(tensors, case_name, fresh(), batches, [None] * len(batches)),
        "weighted": results_of(tensors, case_name, fresh(), batches, weights),
    }


def reduction_case(tensors, class_name, shape, weight_shape):
    """One JSON entry of a metric of any numbers."""
    name = f"metric_{class_name.lower()}_rank{len(shape) + 1}" + ("" if weight_shape is None else f"_weighted{len(weight_shape) + 1}")
    random = generator(name)
    metric = getattr(metrics, class_name)(name="numbers")
    updates = []
    for number, size in enumerate(BATCH_SIZES, start=1):
        values = normal(random, size, *shape)
        weight = None if weight_shape is None else positive(random, size, *weight_shape)
        metric.update_state(values, sample_weight=weight)
        updates.append({
            "values": tensors.add(f"{name}/values_{number}", values),
            "sample_weight": None if weight is None else tensors.add(f"{name}/sample_weight_{number}", weight),
            "result": float(metric.result()),
        })  # fmt: skip
    return {"name": name, "kind": "reduction", "class_name": class_name, "full_config": plain(metric.get_config()), "updates": updates}


def metric_cases(tensors):
    """All metric cases."""
    return [
        *[metric_case(tensors, *case) for case in METRICS],
        *[function_case(tensors, *case) for case in FUNCTIONS],
        *[
            reduction_case(tensors, class_name, shape, weight_shape)
            for class_name in ("Mean", "Sum")
            for shape, weight_shape in [((), None), ((), ()), ((3,), None), ((3,), ()), ((3,), (3,)), ((2, 3), (2,))]
        ],
    ]
