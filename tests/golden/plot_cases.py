"""Writes `plots.json`: what scikit-learn computes of the numbers that charts show.

`python tests/golden/plot_cases.py`. `README.md` describes the file.
"""

import importlib.metadata
import json
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA
from sklearn.metrics import (
    average_precision_score,
    confusion_matrix,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)


def listed(array):
    return np.asarray(array).tolist()


def curve_case(name, y_true, y_score):
    """The curves of one class against the others."""
    false_positive, true_positive, _ = roc_curve(y_true, y_score)
    precision, recall, _ = precision_recall_curve(y_true, y_score)
    return {
        "name": name,
        "kind": "curves",
        "y_true": listed(y_true),
        "y_score": listed(y_score),
        "roc": listed(np.stack([false_positive, true_positive], axis=1)),
        "auc": roc_auc_score(y_true, y_score),
        # From the highest threshold on.
        "precision_recall": listed(np.stack([recall, precision], axis=1)[::-1]),
        "average_precision": average_precision_score(y_true, y_score),
    }


def classes_case(name, y_true, y_score):
    """Each of several classes against the others."""
    classes = range(y_score.shape[1])
    one = [(y_true == c, y_score[:, c]) for c in classes]
    return {
        "name": name,
        "kind": "classes",
        "y_true": listed(y_true),
        "y_score": listed(y_score),
        "auc": [roc_auc_score(*pair) for pair in one],
        "average_precision": [average_precision_score(*pair) for pair in one],
    }


def matrix_case(name, y_true, y_pred):
    ways = [None, "true", "pred", "all"]
    of = {str(way): listed(confusion_matrix(y_true, y_pred, normalize=way)) for way in ways}
    return {"name": name, "kind": "confusion", "y_true": listed(y_true), "y_pred": listed(y_pred), **of}


def pca_case(name, x):
    pca = PCA(n_components=2, svd_solver="full")
    points = pca.fit_transform(x.astype(np.float64))
    return {
        "name": name,
        "kind": "pca",
        "x": listed(x),
        "points": listed(points),
        "explained": listed(pca.explained_variance_ratio_),
    }


def cases():
    random = np.random.default_rng(0)
    y_true = random.integers(0, 2, 50)
    y_score = (y_true + random.normal(0, 1, 50)).astype(np.float32)
    # Equal scores, which thresholds cannot tell apart.
    rounded = np.round(y_score)
    three = random.integers(0, 3, 60)
    scores = random.normal(0, 1, (60, 3)).astype(np.float32)
    scores[np.arange(60), three] += 1
    predicted = scores.argmax(axis=1)
    stretch = np.array([3, 2, 1, 1, 0.5, 0.1])
    narrow = (random.normal(0, 1, (40, 6)) * stretch).astype(np.float32)
    wide = (random.normal(0, 1, (12, 2)) @ random.normal(0, 1, (2, 30))).astype(np.float32)
    wide += random.normal(0, 0.05, wide.shape).astype(np.float32)
    return [
        curve_case("curves", y_true, y_score),
        curve_case("curves_with_ties", y_true, rounded),
        classes_case("classes", three, scores),
        matrix_case("confusion", three, predicted),
        pca_case("pca", narrow),
        pca_case("pca_of_more_columns_than_rows", wide),
        # Two directions that differ nearly as much as the next.
        pca_case("pca_of_noise", random.normal(0, 1, (30, 5)).astype(np.float32)),
    ]


def main():
    head = {name: importlib.metadata.version(name) for name in ("scikit-learn", "numpy")}
    lines = ",\n".join(json.dumps(case) for case in cases())
    head = json.dumps(head)[:-1]
    path = Path(__file__).parent / "plots.json"
    path.write_text(f'{head}, "cases": [\n{lines}\n]}}\n')


if __name__ == "__main__":
    main()
