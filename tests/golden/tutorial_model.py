"""The tutorial's model, and twenty training steps of it on pictures made by formula."""

import keras
import numpy as np
from keras import layers

import formula

STEPS = 20
BATCH_SIZE = 32
EVALUATED = 100  # the last of four batches holds four images
PREDICTED = 5
CHECKED_STEPS = (0, 1, STEPS)
FIRST_VALUES = 8


def tutorial_model():
    """The model of the tutorial, not compiled."""
    return keras.Sequential([
        keras.Input((32, 32, 3)),
        layers.Conv2D(32, (3, 3), activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Flatten(),
        layers.Dense(128, activation="relu"),
        layers.Dense(10, activation="softmax"),
    ])  # fmt: skip


def compiled_model(optimizer):
    """The model with its weights by formula, ready to train."""
    model = tutorial_model()
    model.set_weights(formula.initial_weights([w.shape for w in model.get_weights()]))
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def checksums(model):
    """Sum, sum of squares (both in float64) and first values of each weight."""
    sums = []
    for variable in model.weights:
        values = variable.numpy().astype(np.float64).ravel()
        sums.append({
            "weight": "/".join(variable.path.split("/")[-2:]),
            "shape": list(variable.shape),
            "sum": float(values.sum()),
            "sum_of_squares": float((values**2).sum()),
            "first": values[:FIRST_VALUES].tolist(),
        })  # fmt: skip
    return sums


def training_run(optimizer):
    """Twenty steps: the loss and accuracy before each update, then evaluation and prediction."""
    keras.backend.clear_session()
    model = compiled_model(optimizer)
    kept = {0: checksums(model)}
    losses, accuracies = [], []
    for step in range(STEPS):
        images, labels = formula.pictures(step * BATCH_SIZE, (step + 1) * BATCH_SIZE)
        model.reset_metrics()  # otherwise train_on_batch returns the mean over all steps so far
        loss, accuracy = model.train_on_batch(images, labels)
        losses.append(float(loss))
        accuracies.append(float(accuracy))
        if step + 1 in CHECKED_STEPS:
            kept[step + 1] = checksums(model)
    images, labels = formula.pictures(0, EVALUATED)
    loss, accuracy = model.evaluate(images, labels, batch_size=BATCH_SIZE, verbose=0)
    evaluated = {"images": EVALUATED, "batch_size": BATCH_SIZE, "loss": float(loss), "accuracy": float(accuracy)}
    probabilities = model.predict(images[:PREDICTED], verbose=0)
    return losses, accuracies, kept, evaluated, probabilities


def tutorial_case(tensors, name, optimizer):
    """One JSON entry."""
    name = f"tutorial_{name}"
    losses, accuracies, kept, evaluated, probabilities = training_run(optimizer)
    return {
        "name": name,
        "kind": "tutorial",
        "optimizer": type(optimizer).__name__,
        "learning_rate": float(str(np.float32(optimizer.learning_rate))),
        "momentum": getattr(optimizer, "momentum", None),
        "batch_size": BATCH_SIZE,
        "losses": losses,
        "accuracies": accuracies,
        "weights_after": {str(step): sums for step, sums in kept.items()},
        "evaluate_after": evaluated,
        "predict_after": tensors.add(f"{name}/predict", probabilities),
    }


def picture_check():
    """Proof for the reader of the formula that it makes the same pictures and labels."""
    images = formula.image_bytes(0, STEPS * BATCH_SIZE)
    labels = formula.labels_of(images)
    return {
        "images": len(images),
        "byte_sum": int(images.sum(dtype=np.int64)),
        "first_bytes_of_image_0": images[0].ravel()[:12].tolist(),
        "last_bytes_of_image_639": images[-1].ravel()[-12:].tolist(),
        "labels_of_batch_0": labels[:BATCH_SIZE].tolist(),
        "label_counts": np.bincount(labels, minlength=formula.CLASSES).tolist(),
    }


def tutorial_cases(tensors):
    """All tutorial cases."""
    return [
        tutorial_case(tensors, "adam", keras.optimizers.Adam()),
        tutorial_case(tensors, "sgd_momentum", keras.optimizers.SGD(learning_rate=0.01, momentum=0.9)),
    ]
