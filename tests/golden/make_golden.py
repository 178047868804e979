"""Writes the golden values of this folder with Keras on JAX: `python tests/golden/make_golden.py`.

Needs the packages of `requirements.txt`. `README.md` describes the files.
"""

import os

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"

import importlib.metadata

import keras

from activation_cases import activation_cases
from golden_file import FOLDER, Tensors, write_cases
from initializer_cases import initializer_cases
from layer_cases import layer_cases
from loss_cases import loss_cases
from metric_cases import metric_cases
from optimizer_cases import optimizer_cases
from tutorial_model import picture_check, tutorial_cases

KERAS_VERSION = "3.15.1"


def main():
    """Makes every case, then writes the JSON files and the tensors."""
    if keras.__version__ != KERAS_VERSION:
        raise SystemExit(f"expected Keras {KERAS_VERSION}, found {keras.__version__}: see requirements.txt")
    keras.utils.set_random_seed(1)
    header = {"keras": keras.__version__, "backend": "jax", "jax": importlib.metadata.version("jax")}
    tensors = Tensors()
    write_cases("layers.json", header, layer_cases(tensors))
    write_cases("activations.json", header, activation_cases(tensors))
    write_cases("losses.json", header, loss_cases(tensors))
    write_cases("optimizers.json", header, optimizer_cases(tensors))
    write_cases("metrics.json", header, metric_cases(tensors))
    write_cases("initializers.json", header, initializer_cases())
    write_cases("tutorial.json", header | {"pictures": picture_check()}, tutorial_cases(tensors))
    size = tensors.write(FOLDER / "golden.safetensors")
    print(f"{len(tensors.arrays)} tensors, {size} bytes")


if __name__ == "__main__":
    main()
