"""Collects the cases of one kind and the tensors of all of them, and writes both to disk."""

import json
import zlib
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

FOLDER = Path(__file__).resolve().parent

# Keys of `get_config()` that carry no meaning for the numbers of a case.
IRRELEVANT = (
    "name", "dtype", "trainable", "data_format", "seed", "noise_shape", "synchronized", "reduction",
    "input_axes", "output_axes",
    "lora_rank", "lora_alpha", "quantization_config", "gptq_unpacked_column_size",
    "weight_decay", "clipnorm", "global_clipnorm", "clipvalue", "use_ema", "ema_momentum",
    "ema_overwrite_frequency", "loss_scale_factor", "gradient_accumulation_steps",
)  # fmt: skip


def generator(name):
    """A random generator of the case's own, so that adding a case changes no other."""
    return np.random.default_rng(zlib.crc32(name.encode()))


def normal(random, *shape, scale=1.0):
    """Normal float32 values."""
    return (random.standard_normal(shape) * scale).astype(np.float32)


def shortest(number):
    """The shortest decimal that is this float32 (0.001, not 0.0010000000474974513)."""
    return float(str(np.float32(number)))


def nested(value):
    """What of an object inside of a configuration the numbers depend on; other values as they are."""
    if isinstance(value, dict) and "class_name" in value:
        return {"module": value["module"], "class_name": value["class_name"], "config": relevant(value["config"])}
    return value


def relevant(config):
    """What of a Keras `get_config()` the numbers depend on, as plain JSON values."""
    kept = {}
    for key, value in config.items():
        if key in IRRELEVANT or key.endswith(("_initializer", "_regularizer", "_constraint")):
            continue
        if isinstance(value, tuple):
            value = list(value)
        elif isinstance(value, (float, np.floating)):
            value = shortest(value)
        elif isinstance(value, list):
            value = [nested(item) for item in value]
        else:
            value = nested(value)
        kept[key] = value
    return kept


def whole(value):
    """A Keras `get_config()` with everything in it, as plain JSON values."""
    if isinstance(value, dict):
        return {key: whole(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [whole(item) for item in value]
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value.item() if isinstance(value, np.generic) else value


def whole_config(name, layer):
    """All that a layer says about itself, under the name of its case: automatic ones count the layers before."""
    return whole(layer.get_config()) | {"name": name}


class Tensors:
    """Named float32 and int32 tensors, written to one safetensors file."""

    def __init__(self):
        self.arrays = {}

    def add(self, name, values):
        """Stores `values` under `name` and returns `name`, for the case's JSON entry."""
        array = np.array(values, order="C")  # keeps rank 0
        array = array.astype(np.int32 if array.dtype.kind in "iub" else np.float32)
        if name in self.arrays:
            raise ValueError(f"tensor {name} is there twice")
        if array.dtype == np.float32 and not np.isfinite(array).all():
            raise ValueError(f"tensor {name} is not finite")
        self.arrays[name] = array
        return name

    def write(self, path):
        """Writes all tensors and returns the size of the file in bytes."""
        # No metadata: safetensors writes its entries in an order that changes from run to run.
        save_file(self.arrays, path)
        path.chmod(0o644)
        return path.stat().st_size


def write_cases(file_name, header, cases):
    """Writes `{header..., "cases": [...]}`, one case a line so that a difference is readable."""
    lines = ",\n".join(json.dumps(case) for case in cases)
    head = json.dumps(header)[:-1]
    (FOLDER / file_name).write_text(f'{head}, "cases": [\n{lines}\n]}}\n')
