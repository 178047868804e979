"""The arguments of `fit`, `evaluate`, `train_on_batch` and `test_on_batch`: what is measured, and the weights in the end."""

import keras
import numpy as np

from golden_file import generator, normal, shortest

SAMPLES, FEATURES, KINDS = 10, 3, 3


def new_model(weights, one_hot=False):
    """A softmax layer with its loss, the accuracy, and the same weighted."""
    model = keras.Sequential([keras.Input((FEATURES,)), keras.layers.Dense(KINDS, activation="softmax")])
    loss = "categorical_crossentropy" if one_hot else "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.SGD(0.5), loss, metrics=["accuracy"], weighted_metrics=["accuracy"])
    model.set_weights(weights)
    return model


def numbers(values):
    """Floats as short as they can be written."""
    return [shortest(value) for value in np.asarray(values, np.float32).ravel()]


# `true` stands for data of the case; what is left out has Keras's default. Nothing is shuffled.
FITS = {
    "plain": {"epochs": 2},
    "sample_weight": {"epochs": 2, "sample_weight": True},
    "class_weight": {"epochs": 2, "class_weight": {"0": 2.0, "2": 0.25}},
    "class_weight_one_hot": {"epochs": 2, "class_weight": {"1": 3.0}, "one_hot": True},
    "validation_split": {"epochs": 2, "validation_split": 0.3, "sample_weight": True},
    "validation_data": {"epochs": 2, "validation_data": 2},
    "validation_weights": {"epochs": 2, "validation_data": 3},
    "validation_steps": {"epochs": 2, "validation_data": 2, "validation_steps": 2, "validation_batch_size": 3},
    "validation_freq": {"epochs": 4, "validation_data": 2, "validation_freq": 2},
    "split_in_steps": {"epochs": 1, "validation_split": 0.5, "validation_steps": 1, "validation_batch_size": 2},
    "few_steps": {"epochs": 5, "steps_per_epoch": 2},
    "many_steps": {"epochs": 3, "steps_per_epoch": 9},
    "initial_epoch": {"epochs": 5, "initial_epoch": 3},
}


def fit_case(name, arguments, data):
    """One JSON entry: the history of a run, and its weights."""
    arguments = dict(arguments)
    one_hot = arguments.get("one_hot", False)
    y = keras.utils.to_categorical(data["y"], KINDS).astype(np.float32) if one_hot else data["y"]
    given = {key: value for key, value in arguments.items() if key != "one_hot"}
    if given.get("sample_weight"):
        given["sample_weight"] = data["sample_weight"]
    if "class_weight" in given:
        given["class_weight"] = {int(of): weight for of, weight in given["class_weight"].items()}
    if "validation_data" in given:
        parts = (data["x_val"], data["y_val"], data["weight_val"])
        given["validation_data"] = parts[: given["validation_data"]]
    model = new_model(data["weights"], one_hot)
    history = model.fit(data["x"], y, batch_size=2, shuffle=False, verbose=0, **given)
    return {
        "name": f"fit_{name}",
        "kind": "fit",
        "arguments": arguments,
        "epoch": history.epoch,
        "history": {key: numbers(values) for key, values in history.history.items()},
        "after": [numbers(weight) for weight in model.get_weights()],
    }


def batch_cases(data):
    """Methods for one batch, and `evaluate` of a part."""
    model = new_model(data["weights"])
    x, y, weight = data["x"], data["y"], data["sample_weight"]
    results = {
        "trained": model.train_on_batch(x, y, sample_weight=weight, return_dict=True),
        "trained_by_class": model.train_on_batch(x, y, class_weight={0: 2.0, 2: 0.25}, return_dict=True),
    }
    results["tested"] = model.test_on_batch(x, y, sample_weight=weight, return_dict=True)
    results["evaluated"] = model.evaluate(x, y, batch_size=2, steps=3, sample_weight=weight, verbose=0, return_dict=True)
    # Lists of results have the accuracy twice in Keras 3.15.
    names = ["loss", "accuracy", "weighted_accuracy"]
    predicted = model.predict(x, batch_size=2, steps=3, verbose=0)
    return {
        "name": "fit_batches",
        "kind": "batches",
        **{key: numbers([values[name] for name in names]) for key, values in results.items()},
        "predicted": numbers(predicted),
        "predicted_on_batch": numbers(model.predict_on_batch(x)),
        "after": [numbers(weight) for weight in model.get_weights()],
    }


def new_pair(weights):
    """A model with two outputs, which count differently."""
    inputs = keras.Input((FEATURES,))
    kind = keras.layers.Dense(KINDS, activation="softmax", name="kind")(inputs)
    size = keras.layers.Dense(1, name="size")(inputs)
    model = keras.Model(inputs, [kind, size])
    model.compile(
        keras.optimizers.SGD(0.1),
        ["sparse_categorical_crossentropy", "mse"],
        loss_weights=[1.0, 0.5],
        weighted_metrics=[["accuracy"], ["mae"]],
    )
    model.set_weights(weights)
    return model


# Which data weigh the samples: one for both outputs, or one for each.
OUTPUT_WEIGHTS = {
    "none": None,
    "for_all": ["sample_weight"],
    "for_each": ["sample_weight", "size_weight"],
}


def output_case(name, given, data):
    """One JSON entry: a model with two outputs, trained with weights, validated with the same, and measured."""
    model = new_pair([*data["weights"], *data["size_weights"]])
    x, y = data["x"], [data["y"], data["size"]]
    weights = given and [data[key] for key in given]
    weights = weights[0] if weights and len(weights) == 1 else weights
    validation = (x, y, weights) if weights is not None else (x, y)
    arguments = {"batch_size": 4, "shuffle": False, "verbose": 0}
    history = model.fit(x, y, epochs=2, sample_weight=weights, validation_data=validation, **arguments)
    return {
        "name": f"fit_outputs_{name}",
        "kind": "outputs",
        "weights": given,
        "history": {key: numbers(values) for key, values in history.history.items()},
        "evaluated": numbers(model.evaluate(x, y, batch_size=4, sample_weight=weights, verbose=0)),
        "trained": numbers(model.train_on_batch(x, y, sample_weight=weights)),
        "after": [numbers(weight) for weight in model.get_weights()],
    }


def fit_cases(_tensors):
    """The data, all runs, and the methods for one batch."""
    random = generator("fit")
    data = {
        "x": normal(random, SAMPLES, FEATURES),
        "y": random.integers(0, KINDS, SAMPLES).astype(np.int32),
        "sample_weight": np.asarray([1, 2, 0.5, 0, 1, 3, 1, 0.25, 1, 2], np.float32),
        "x_val": normal(random, 7, FEATURES),
        "y_val": random.integers(0, KINDS, 7).astype(np.int32),
        "weight_val": np.asarray([1, 0, 2, 1, 1, 0.5, 4], np.float32),
    }
    weights = [normal(random, FEATURES, KINDS), normal(random, KINDS)]
    data["size"] = normal(random, SAMPLES, 1)
    data["size_weight"] = np.asarray([0, 1, 1, 3, 0.5, 2, 0, 1, 0.75, 1], np.float32)
    size_weights = [normal(random, FEATURES, 1), normal(random, 1)]
    written = {key: numbers(value) for key, value in data.items()}
    data |= {"weights": weights, "size_weights": size_weights}
    for key in ("weights", "size_weights"):
        written[key] = [numbers(weight) for weight in data[key]]
    return [
        {"name": "fit_data", "kind": "data", **written},
        *(fit_case(name, arguments, data) for name, arguments in FITS.items()),
        batch_cases(data),
        *(output_case(name, given, data) for name, given in OUTPUT_WEIGHTS.items()),
    ]
