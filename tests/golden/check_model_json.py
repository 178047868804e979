"""Lets Keras read the models that kerust wrote: `python tests/golden/check_model_json.py`.

The test that reads `model_json.json` with kerust also writes what kerust makes of it, if it is told where. Here, Keras
makes models of both, which must have the same layers, compute the same with the same weights, and be compiled alike.
"""

import os

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import keras
import numpy as np

FOLDER = Path(__file__).resolve().parent
TEST = "golden::model_json::models_of_keras_are_read_and_written_alike"


def written_by_kerust(folder):
    """Runs the test, which writes one file for each model."""
    command = ["cargo", "test", "-p", "kerust", "--release", "--locked", "--test", "library", TEST]
    environment = os.environ | {"KERUST_MODEL_JSON": folder}
    subprocess.run(command, cwd=FOLDER.parents[1], env=environment, check=True, stdout=subprocess.DEVNULL)


def shapes(model):
    """Name, class and weights of all layers."""
    return [(x.name, type(x).__name__, x.trainable, [w.shape for w in x.weights]) for x in model.layers]


def outputs(model):
    """What the model makes of the same data with the same weights, whatever it is."""
    random = np.random.default_rng(1)
    model.set_weights([random.uniform(0.2, 0.8, w.shape) for w in model.get_weights()])
    # Whole numbers fit layers that look words up, too.
    inputs = [random.integers(0, 10, (3, *x.shape[1:])).astype("float32") for x in model.inputs]
    made = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    return made if isinstance(made, list) else [made]


def compiled(model):
    """What the model was compiled with, apart from what differs in how it is written."""
    config = dict(model.get_compile_config())
    config.pop("jit_compile", None)
    if config:
        loss = config["loss"]
        config["loss"] = [keras.losses.get(x).__class__ for x in (loss if isinstance(loss, list) else [loss])]
    return json.loads(json.dumps(config, default=str), parse_float=lambda text: float(np.float32(text)))


def main():
    """Compares all models; a difference ends the script."""
    cases = json.loads((FOLDER / "model_json.json").read_text())["cases"]
    with tempfile.TemporaryDirectory() as folder:
        written_by_kerust(folder)
        for case in cases:
            ours = keras.models.model_from_json((Path(folder) / f"{case['name']}.json").read_text())
            theirs = keras.models.model_from_json(json.dumps(case["json"]))
            assert shapes(ours) == shapes(theirs), case["name"]
            assert compiled(ours) == compiled(theirs), (case["name"], compiled(ours), compiled(theirs))
            for a, b in zip(outputs(ours), outputs(theirs), strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-6, err_msg=case["name"])
            print(f"{case['name']}: {len(ours.layers)} layers alike")


if __name__ == "__main__":
    sys.exit(main())
