"""Keras Tuner: values and probabilities of hyperparameters, the order of a grid, the plan of Hyperband, directions."""

import tempfile

import keras_tuner
from keras_tuner.src.engine import metrics_tracking
from keras_tuner.src.tuners import gridsearch, hyperband

PROBS = [0.0, 0.05, 0.124, 0.126, 0.25, 0.4999, 0.5, 0.6, 0.75, 0.9, 0.999, 0.9999999]

# Steps are sums of powers of two: with others, rounding keeps Keras Tuner from the documented last value.
SPACES = {
    "int": lambda hp: hp.Int("n", 6, 12),
    "int_step": lambda hp: hp.Int("n", 6, 13, step=3),
    "int_negative": lambda hp: hp.Int("n", -5, 5, step=2, default=1),
    "int_log": lambda hp: hp.Int("n", 1, 1000, sampling="log"),
    "int_log_step": lambda hp: hp.Int("n", 2, 32, step=2, sampling="log"),
    "int_reverse_log": lambda hp: hp.Int("n", 1, 100, sampling="reverse_log", default=40),
    "int_reverse_log_step": lambda hp: hp.Int("n", 1, 64, step=4, sampling="reverse_log"),
    "int_single": lambda hp: hp.Int("n", 3, 3),
    "float": lambda hp: hp.Float("x", -1.0, 2.5),
    "float_step": lambda hp: hp.Float("x", 0.0, 1.0, step=0.25, default=0.5),
    "float_step_rest": lambda hp: hp.Float("x", 0.5, 3.25, step=0.5),
    "float_log": lambda hp: hp.Float("x", 1e-4, 1e-1, sampling="log"),
    "float_log_step": lambda hp: hp.Float("x", 0.001, 10.0, step=10, sampling="log"),
    "float_reverse_log": lambda hp: hp.Float("x", 0.125, 8.0, sampling="reverse_log"),
    "float_reverse_log_step": lambda hp: hp.Float("x", 0.25, 4.0, step=2, sampling="reverse_log"),
    "float_single": lambda hp: hp.Float("x", 0.5, 0.5),
    "choice_words": lambda hp: hp.Choice("c", ["relu", "tanh", "elu"], default="tanh"),
    "choice_ints": lambda hp: hp.Choice("c", [16, 8, 32]),
    "choice_floats": lambda hp: hp.Choice("c", [0.5, 0.25], ordered=False),
    "boolean": lambda hp: hp.Boolean("b", default=True),
    "fixed": lambda hp: hp.Fixed("f", 7),
}  # fmt: skip


def conditional(hp):
    """A space with conditions within each other. With one name under two of them, Keras Tuner does not end."""
    hp.Choice("kind", ["dense", "conv", "none"])
    hp.Int("units", 4, 8, step=4, parent_name="kind", parent_values=["dense"])
    with hp.conditional_scope("kind", ["conv"]):
        hp.Int("filters", 1, 3)
        hp.Boolean("pool")
        hp.Float("rate", 0.0, 1.0, step=0.5, parent_name="pool", parent_values=[True])
    hp.Choice("activation", ["relu", "tanh"], default="tanh")


GRIDS = {
    "two": lambda hp: (hp.Choice("optimizer", ["sgd", "adam"]), hp.Choice("rate", [0.5, 0.25])),
    "defaults_first": lambda hp: (hp.Int("n", 1, 4, default=3), hp.Boolean("b"), hp.Float("x", 0.0, 1.0, step=0.5)),
    "logarithms": lambda hp: (hp.Int("n", 2, 16, step=2, sampling="log"), hp.Fixed("f", 1)),
    "conditional": conditional,
    "empty": lambda hp: None,
}

HYPERBANDS = [(4, 2, 1), (9, 3, 1), (10, 3, 2), (81, 3, 1), (27, 4, 1), (1, 3, 1), (100, 10, 1), (243, 3, 1)]

NAMES = [
    "accuracy", "val_accuracy", "val_loss", "loss", "acc", "val_sparse_categorical_accuracy", "binary_accuracy",
    "mean_squared_error", "val_mean_absolute_error", "crossentropy", "val_binary_crossentropy", "hinge",
]  # fmt: skip


def score(number):
    """The score of a trial by its number, from 0: no two of the first 1009 are the same."""
    return (number * 389 + 57) % 1009 / 1009


def space_case(name, define):
    """What one hyperparameter makes of probabilities, and what of its values."""
    hps = keras_tuner.HyperParameters()
    define(hps)
    (hp,) = hps.space
    values = [hp.prob_to_value(prob) for prob in PROBS]
    grid = list(hp.values)
    if getattr(hp, "step", 1) is None:
        # A Python set, whose order means nothing.
        grid.sort()
    # Of a whole number they are floats.
    grid = [int(value) if type(hp).__name__ == "Int" else value for value in grid]
    fixed = type(hp).__name__ == "Fixed"
    return {
        "name": f"tuner_space_{name}", "kind": "space", "config": hps.get_config(), "probs": PROBS, "values": values,
        "back": [0.5 if fixed else hp.value_to_prob(value) for value in values], "grid": grid,
    }  # fmt: skip


def run(oracle, limit=2000):
    """Runs all trials of an oracle; returns them."""
    with tempfile.TemporaryDirectory() as folder:
        oracle._set_project_dir(folder, "project")
        oracle.verbose = 0
        trials = []
        while len(trials) < limit:
            trial = oracle.create_trial("tuner0")
            if trial.status != "RUNNING":
                return trials
            trials.append(trial)
            oracle.update_trial(trial.trial_id, {"score": score(len(trials) - 1)})
            trial.status = "COMPLETED"
            oracle.end_trial(trial)
    raise RuntimeError("too many trials")


def grid_case(name, define):
    """The values of a grid's trials, in order."""
    hps = keras_tuner.HyperParameters()
    define(hps)
    objective = keras_tuner.Objective("score", "max")
    trials = run(gridsearch.GridSearchOracle(objective=objective, hyperparameters=hps))
    return {
        "name": f"tuner_grid_{name}", "kind": "grid", "config": hps.get_config(),
        "trials": [trial.hyperparameters.values for trial in trials],
    }  # fmt: skip


def hyperband_case(max_epochs, factor, iterations):
    """Bracket, round, epochs and past trial of each trial of Hyperband, with given scores."""
    hps = keras_tuner.HyperParameters()
    hps.Float("x", 0.0, 1.0)
    trials = run(hyperband.HyperbandOracle(
        objective=keras_tuner.Objective("score", "max"), max_epochs=max_epochs, factor=factor,
        hyperband_iterations=iterations, hyperparameters=hps, seed=1,
    ))  # fmt: skip
    plan = []
    for trial in trials:
        values = trial.hyperparameters.values
        past = values.get("tuner/trial_id")
        plan.append([values["tuner/initial_epoch"], values["tuner/epochs"], None if past is None else int(past)])
    return {
        "name": f"tuner_hyperband_{max_epochs}_{factor}_{iterations}", "kind": "hyperband", "max_epochs": max_epochs,
        "factor": factor, "hyperband_iterations": iterations, "scores": [score(i) for i in range(len(plan))], "plan": plan,
    }  # fmt: skip


def tuner_cases(_):
    """All cases."""
    cases = [space_case(name, define) for name, define in SPACES.items()]
    cases += [grid_case(name, define) for name, define in GRIDS.items()]
    cases += [hyperband_case(*arguments) for arguments in HYPERBANDS]
    directions = {name: metrics_tracking.infer_metric_direction(name) for name in NAMES}
    cases.append({"name": "tuner_directions", "kind": "directions", "directions": directions})
    return cases
