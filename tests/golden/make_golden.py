"""Writes the golden values of this folder with Keras on JAX: `python tests/golden/make_golden.py [KIND..]`.

Without a kind it writes all of them. Needs the packages of `requirements.txt`. `README.md` describes the files.
"""

import os

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"

import importlib.metadata
import sys

import keras

from activation_cases import activation_cases
from application_cases import application_cases
from augmentation_cases import augmentation_cases
from convolution_cases import convolution_cases
from dataset_cases import dataset_cases
from config_cases import config_cases
from attention_cases import attention_cases
from callback_cases import callback_cases
from data_cases import data_cases
from fit_cases import fit_cases
from golden_file import FOLDER, Tensors, write_cases
from image_cases import image_cases
from initializer_cases import initializer_cases
from layer_cases import layer_cases
from loss_cases import loss_cases
from merging_cases import merging_cases
from metric_cases import metric_cases
from model_cases import model_cases
from model_json_cases import model_json_cases
from normalization_cases import normalization_cases
from optimizer_cases import optimizer_cases
from regularizer_cases import constraint_cases, regularizer_cases
from schedule_cases import schedule_cases
from penalty_cases import penalty_cases
from pooling_cases import pooling_cases
from spatial_cases import spatial_cases
from shaping_cases import shaping_cases
from recurrent_cases import recurrent_cases
from preprocessing_cases import preprocessing_cases
from text_cases import text_cases
from tuner_cases import tuner_cases
from tutorial_model import picture_check, tutorial_cases

KERAS_VERSION = "3.15.1"


# What makes the cases of each kind, from the collection that their tensors go to.
KINDS = {
    "layers": layer_cases,
    "convolution": convolution_cases,
    "pooling": pooling_cases,
    "spatial": spatial_cases,
    "merging": merging_cases,
    "normalization": normalization_cases,
    "shaping": shaping_cases,
    "attention": attention_cases,
    "recurrent": recurrent_cases,
    "activations": activation_cases,
    "losses": loss_cases,
    "optimizers": optimizer_cases,
    "schedules": schedule_cases,
    "regularizers": regularizer_cases,
    "penalties": penalty_cases,
    "constraints": constraint_cases,
    "metrics": metric_cases,
    "initializers": initializer_cases,
    "callbacks": callback_cases,
    "preprocessing": preprocessing_cases,
    "data": data_cases,
    "images": image_cases,
    "texts": text_cases,
    "tuner": tuner_cases,
    "datasets": dataset_cases,
    "augmentation": augmentation_cases,
    "tutorial": tutorial_cases,
    "fit": fit_cases,
    "models": model_cases,
    "model_json": model_json_cases,
    "applications": application_cases,
    "configs": config_cases,
}


def main(kinds):
    """Makes the cases of the kinds, then writes their JSON files and their tensors."""
    if keras.__version__ != KERAS_VERSION:
        raise SystemExit(f"expected Keras {KERAS_VERSION}, found {keras.__version__}: see requirements.txt")
    header = {"keras": keras.__version__, "backend": "jax", "jax": importlib.metadata.version("jax")}
    for kind in kinds:
        keras.utils.set_random_seed(1)
        tensors = Tensors()
        extra = {"pictures": picture_check()} if kind == "tutorial" else {}
        write_cases(f"{kind}.json", header | extra, KINDS[kind](tensors))
        size = tensors.write(FOLDER / f"{kind}.safetensors") if tensors.arrays else 0
        print(f"{kind}: {len(tensors.arrays)} tensors, {size} bytes")


if __name__ == "__main__":
    main(sys.argv[1:] or KINDS)
