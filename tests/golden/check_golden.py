"""Checks the golden values with another backend of Keras: `python tests/golden/check_golden.py torch`.

Rebuilds every case from the files alone, as the Rust tests do, computes it with TensorFlow or PyTorch
and prints the largest error for each file. Fails when one exceeds what float32 explains.
"""

import functools
import json
import os
import sys

BACKEND = sys.argv[1] if len(sys.argv) > 1 else "torch"
os.environ["KERAS_BACKEND"] = BACKEND

import keras
import numpy as np
from safetensors.numpy import load_file

from golden_file import FOLDER

# Largest |ours - golden| / max(|golden|, largest |golden| of the tensor) accepted.
FORWARD = 1e-5
GRADIENT = 1e-4
# A loss of the twenty steps, and the weights after them.
CURVE = 1e-3

# Where the other backend computes something else, and kerust follows JAX.
KNOWN = {
    ("torch", "averagepooling2d_3x3_strides2_same"): "counts the padding with 'same'",
    ("tensorflow", "sparse_categorical_crossentropy_saturated"): "normalizes after clipping, not before",
}

# Of every kind; names are unique.
TENSORS = {name: t for file in sorted(FOLDER.glob("*.safetensors")) for name, t in load_file(file).items()}


def cases(file_name):
    """The cases of a file."""
    return json.loads((FOLDER / file_name).read_text())["cases"]


def error(ours, golden):
    """The largest relative error of a tensor (see README.md)."""
    ours, golden = np.asarray(ours, np.float64), np.asarray(golden, np.float64)
    if ours.shape != golden.shape:
        raise SystemExit(f"shape {ours.shape} instead of {golden.shape}")
    scale = np.maximum(np.abs(golden), np.abs(golden).max(initial=0.0))
    return float((np.abs(ours - golden) / np.where(scale == 0.0, 1.0, scale)).max(initial=0.0))


def gradients(function, inputs):
    """Value of `function(*inputs)` and the gradients of its sum with `cotangent` in all inputs."""
    if BACKEND == "tensorflow":
        import tensorflow as tf

        inputs = [tf.convert_to_tensor(value) for value in inputs]
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            output, total = function(*inputs)
        found = tape.gradient(total, inputs)
        return output.numpy(), [np.zeros(i.shape) if g is None else g.numpy() for g, i in zip(found, inputs)]
    import torch

    inputs = [torch.tensor(value, requires_grad=True) for value in inputs]
    output, total = function(*inputs)
    total.backward()
    found = [np.zeros(i.shape) if i.grad is None else i.grad.numpy() for i in inputs]
    return output.detach().numpy(), found


def weighted(function, cotangent):
    """`function`, with the sum of its output times the cotangent as second result."""

    def both(*inputs):
        output = function(*inputs)
        return output, keras.ops.sum(output * keras.ops.convert_to_tensor(cotangent))

    return both


class Report:
    """The largest error of each kind, and the cases that went too far."""

    def __init__(self):
        self.largest = {}
        self.failed = []

    def add(self, what, name, value, limit):
        """Notes one error."""
        if (BACKEND, name) in KNOWN:
            return
        if value >= self.largest.get(what, (-1.0, ""))[0]:
            self.largest[what] = (value, name)
        if not value <= limit:
            self.failed.append(f"{what} {name}: {value:.2e} > {limit:.0e}")

    def tensor(self, what, name, ours, golden_name, limit):
        """Compares `ours` with a stored tensor."""
        self.add(what, name, error(ours, TENSORS[golden_name]), limit)


def check_layers(report):
    """Outputs, gradients and moved statistics of all layers."""
    for case in cases("layers.json"):
        name, x = case["name"], TENSORS[case["input"]]
        for run in case["runs"]:
            layer = getattr(keras.layers, case["class_name"])(**case["config"])
            layer.build(x.shape)
            for weight, variable in zip(case["weights"], layer.weights, strict=True):
                variable.assign(TENSORS[weight["tensor"]])
            trained = [w for w in case["weights"] if w["trainable"]]

            def call(x, *values):
                held = [v.value for v in layer.non_trainable_variables]
                mode = {"training": run["training"]} if case["class_name"] in ("BatchNormalization", "Dropout") else {}
                output, moved = layer.stateless_call(values, held, x, **mode)
                call.moved = moved
                return output

            inputs = [x] + [TENSORS[w["tensor"]] for w in trained]
            output, found = gradients(weighted(call, TENSORS[case["cotangent"]]), inputs)
            report.tensor("layer output", name, output, run["output"], FORWARD)
            report.tensor("layer input gradient", name, found[0], run["input_gradient"], GRADIENT)
            for weight, gradient in zip(trained, found[1:]):
                golden = run["weight_gradients"][weight["name"]]
                report.tensor("layer weight gradient", f"{name} {weight['name']}", gradient, golden, GRADIENT)
            for variable, value in zip(layer.non_trainable_variables, call.moved):
                if variable.name in run["weights_after"]:
                    value = keras.ops.convert_to_numpy(value)
                    report.tensor("layer statistics", name, value, run["weights_after"][variable.name], FORWARD)


def check_activations(report):
    """Values and gradients of all activations."""
    for case in cases("activations.json"):
        function = weighted(functools.partial(getattr(keras.activations, case["activation"]), **case["arguments"]), TENSORS[case["cotangent"]])
        output, found = gradients(function, [TENSORS[case["input"]]])
        report.tensor("activation output", case["name"], output, case["output"], FORWARD)
        report.tensor("activation gradient", case["name"], found[0], case["input_gradient"], GRADIENT)


def check_losses(report):
    """Values and gradients of all losses."""
    for case in cases("losses.json"):
        kind, config = getattr(keras.losses, case["class_name"]), case["config"]
        y_true = keras.ops.convert_to_tensor(TENSORS[case["y_true"]])
        values = kind(**{**config, "reduction": "none"})(y_true, TENSORS[case["y_pred"]])
        report.tensor("loss values", case["name"], keras.ops.convert_to_numpy(values), case["values"], FORWARD)

        def mean(y_pred):
            loss = kind(**config)(y_true, y_pred)
            return loss, loss

        loss, found = gradients(mean, [TENSORS[case["y_pred"]]])
        report.add("loss mean", case["name"], error(loss, case["loss"]), FORWARD)
        report.tensor("loss gradient", case["name"], found[0], case["gradient"], GRADIENT)


def check_optimizers(report):
    """Weights after one, three and five updates."""
    for case in cases("optimizers.json"):
        optimizer = getattr(keras.optimizers, case["class_name"]).from_config(case["config"])
        variables = [keras.Variable(TENSORS[start], name=start.split("/")[1]) for start in case["start"]]
        optimizer.exclude_from_weight_decay(var_names=case["excluded"])
        optimizer.build(variables)
        for step, gradient in enumerate(TENSORS[case["gradients"]], start=1):
            optimizer.apply([keras.ops.convert_to_tensor(g) for g in (gradient, gradient.sum(0))], variables)
            for variable, golden in zip(variables, case["after"].get(str(step), [])):
                report.tensor("optimizer", case["name"], keras.ops.convert_to_numpy(variable), golden, FORWARD)


def check_schedules(report):
    """Rates at many steps."""
    for case in cases("schedules.json"):
        schedule = getattr(keras.optimizers.schedules, case["class_name"])(**case["config"])
        rates = [float(schedule(step)) for step in case["steps"]]
        report.add("schedule", case["name"], error(rates, case["rates"]), FORWARD)


def check_metrics(report):
    """Running results."""
    for case in cases("metrics.json"):
        metric = getattr(keras.metrics, case["class_name"])(**case["config"])
        for update in case["updates"]:
            metric.update_state(TENSORS[update["y_true"]], TENSORS[update["y_pred"]])
            result = keras.ops.convert_to_numpy(metric.result())
            report.add("metric", case["name"], error(result, update["result"]), FORWARD)


def check_tutorial(report):
    """The twenty steps, the weights, evaluation and prediction."""
    from tutorial_model import training_run

    for case in cases("tutorial.json"):
        arguments = {"learning_rate": case["learning_rate"]}
        if case["momentum"] is not None:
            arguments["momentum"] = case["momentum"]
        losses, accuracies, kept, evaluated, probabilities = training_run(
            getattr(keras.optimizers, case["optimizer"])(**arguments)
        )
        name = case["name"]
        for step, (ours, golden) in enumerate(zip(losses, case["losses"], strict=True)):
            report.add(f"{name} loss", f"step {step}", error(ours, golden), CURVE)
        report.add(f"{name} accuracies", "all", error(accuracies, case["accuracies"]), 0.0)
        report.add(f"{name} evaluate", "loss", error(evaluated["loss"], case["evaluate_after"]["loss"]), CURVE)
        report.tensor(f"{name} predict", "probabilities", probabilities, case["predict_after"], 1e-2)
        for step, sums in kept.items():
            for ours, golden in zip(sums, case["weights_after"][str(step)], strict=True):
                what, weight = f"{name} step {step} weight", golden["weight"]
                norm = np.sqrt(golden["sum_of_squares"]) or 1.0
                report.add(f"{what} sum", weight, abs(ours["sum"] - golden["sum"]) / norm, CURVE)
                squares = error(ours["sum_of_squares"], golden["sum_of_squares"])
                report.add(f"{what} squares", weight, squares, CURVE)
                report.add(f"{what} first", weight, error(ours["first"], golden["first"]), CURVE)


def main():
    """Checks every file and reports."""
    report = Report()
    for check in (check_layers, check_activations, check_losses, check_optimizers,
                  check_schedules, check_metrics, check_tutorial):
        check(report)
    for what, (value, name) in report.largest.items():
        print(f"{BACKEND}: {what}: {value:.1e} ({name})")
    if report.failed:
        raise SystemExit("\n".join(["too far:", *report.failed]))


if __name__ == "__main__":
    main()
