"""Cases for datasets of folders and time series: which files, in which order, with which labels and numbers.

Writes the folders `pictures/by_class`, `texts` and `sounds` in `files` that the cases are about. Needs TensorFlow and Pillow.
"""

import contextlib
import io
import shutil
import wave
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from golden_file import FOLDER, generator, normal

PICTURES = FOLDER / "files" / "pictures" / "by_class"
TEXTS = FOLDER / "files" / "texts"
SOUNDS = FOLDER / "files" / "sounds"


def picture(name, height, width, channels):
    """Smooth waves of the picture's own, as bytes."""
    random = generator(name)
    rows, columns = np.mgrid[0:height, 0:width]
    waves = [
        127.5 + 127.5 * np.sin(random.uniform(0.1, 0.6) * rows + random.uniform(0.1, 0.6) * columns + phase)
        for phase in random.uniform(0, 6, channels)
    ]
    return np.round(np.stack(waves, axis=-1)).astype(np.uint8).squeeze()


def write_pictures():
    """Writes the pictures, of every format and kind."""
    shutil.rmtree(PICTURES, ignore_errors=True)
    kinds = {
        "apples/01.png": (9, 7, 3),
        "apples/02.png": (12, 5, 4),
        "apples/10.png": (6, 6, 1),
        "apples/wild/deep.png": (20, 15, 3),
        "bananas/one.jpg": (24, 16, 3),
        "bananas/two.jpeg": (12, 12, 1),
        "cherries/a.bmp": (8, 10, 3),
        "cherries/b.GIF": (10, 8, 3),
        ".hidden/no.png": (4, 4, 3),
    }
    for name, shape in kinds.items():
        path = PICTURES / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(picture(name, *shape))
        if path.suffix == ".GIF":
            image.convert("P", palette=Image.Palette.ADAPTIVE).save(path, format="GIF")
        elif path.suffix in (".jpg", ".jpeg"):
            image.save(path, quality=95)
        else:
            image.save(path)
    (PICTURES / "apples" / "notes.txt").write_text("no picture\n")


def write_texts():
    """Writes the texts."""
    shutil.rmtree(TEXTS, ignore_errors=True)
    for name, text in {
        "bad/0.txt": "Not good at all.\n",
        "bad/1.txt": "Boring, boring",
        "good/0.txt": "A good film.\n\nReally!",
        "good/10.txt": "",
        "good/2.txt": "Très bon",
    }.items():
        path = TEXTS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def write_sounds():
    """Writes sounds of different lengths."""
    shutil.rmtree(SOUNDS, ignore_errors=True)
    for name, samples in {"no/a.wav": 30, "no/b.wav": 41, "yes/c.wav": 25}.items():
        path = SOUNDS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        values = generator(name).integers(-32768, 32767, (samples, 2), endpoint=True).astype("<i2")
        with wave.open(str(path), "wb") as file:
            file.setparams((2, 2, 8000, samples, "NONE", ""))
            file.writeframes(values.tobytes())


def made(function, folder, arguments):
    """The dataset, and what the function printed."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        dataset = function(folder, **arguments)
    return dataset, said.getvalue()


def batches(dataset):
    """The batches of a dataset as `(x, y or None)`."""
    for batch in dataset:
        yield tuple(part.numpy() for part in batch) if isinstance(batch, tuple) else (batch.numpy(), None)


def contents(tensors, name, dataset, is_batched=True):
    """The sizes of the batches, and all samples together."""
    all_batches = list(batches(dataset))
    join = np.concatenate if is_batched else np.stack
    case = {
        "batches": [len(x) if is_batched else 1 for x, _ in all_batches],
        "x": tensors.add(f"{name}/x", join([x for x, _ in all_batches])),
    }
    if all_batches[0][1] is not None:
        labels = join([y for _, y in all_batches])
        case |= {"y": tensors.add(f"{name}/y", labels), "y_dtype": str(labels.dtype)}
    return case


IMAGE_CASES = {
    "stretched": {"class_names": ["apples", "cherries"], "image_size": [8, 6], "batch_size": 4},
    "enlarged": {"class_names": ["apples"], "image_size": [31, 26]},
    "nearest": {"class_names": ["apples", "cherries"], "image_size": [7, 11], "interpolation": "nearest"},
    "bicubic": {"class_names": ["apples", "cherries"], "image_size": [7, 11], "interpolation": "bicubic"},
    "lanczos3": {"class_names": ["apples", "cherries"], "image_size": [13, 8], "interpolation": "lanczos3"},
    "lanczos5": {"class_names": ["apples", "cherries"], "image_size": [13, 8], "interpolation": "lanczos5"},
    "cropped": {"class_names": ["apples", "cherries"], "image_size": [8, 6], "crop_to_aspect_ratio": True},
    "cropped_flat": {"class_names": ["apples", "cherries"], "image_size": [4, 9], "crop_to_aspect_ratio": True},
    "padded": {"class_names": ["apples", "cherries"], "image_size": [8, 6], "pad_to_aspect_ratio": True},
    "padded_flat": {"class_names": ["apples", "cherries"], "image_size": [5, 12], "pad_to_aspect_ratio": True},
    "grayscale": {"class_names": ["apples"], "image_size": [5, 5], "color_mode": "grayscale"},
    "rgba": {"class_names": ["apples"], "image_size": [5, 5], "color_mode": "rgba"},
    "jpeg": {"class_names": ["bananas"], "image_size": [12, 12]},
    "jpeg_grayscale": {"class_names": ["bananas"], "image_size": [12, 12], "color_mode": "grayscale"},
    "single": {"class_names": ["apples"], "image_size": [5, 5], "batch_size": None},
    "categorical": {"image_size": [2, 2], "label_mode": "categorical"},
    "binary": {"class_names": ["cherries", "apples"], "image_size": [2, 2], "label_mode": "binary"},
    "no_label_mode": {"image_size": [2, 2], "label_mode": None},
    "no_labels": {"image_size": [2, 2], "labels": None},
    "given_labels": {"image_size": [2, 2], "labels": [4, 2, 0, 2, 2, 0, 4, 1, 1]},
    "training": {"image_size": [2, 2], "validation_split": 0.3, "subset": "training"},
    "validation": {"image_size": [2, 2], "validation_split": 0.3, "subset": "validation"},
    "shuffled": {"shuffle": True, "seed": 5},
    "shuffled_training": {"shuffle": True, "seed": 123, "validation_split": 0.4, "subset": "training"},
    "shuffled_validation": {"shuffle": True, "seed": 123, "validation_split": 0.4, "subset": "validation"},
}

TIMESERIES_CASES = {
    "plain": {"sequence_length": 4},
    "no_targets": {"sequence_length": 4, "targets": False},
    "stride": {"sequence_length": 3, "sequence_stride": 4},
    "rate": {"sequence_length": 3, "sampling_rate": 3},
    "all": {"sequence_length": 3, "sequence_stride": 2, "sampling_rate": 2, "batch_size": 4},
    "part": {"sequence_length": 4, "start_index": 3, "end_index": 20, "batch_size": 5},
    "single": {"sequence_length": 5, "batch_size": None},
    "short_targets": {"sequence_length": 4, "targets": 9},
}


@contextlib.contextmanager
def accurate_jpeg():
    """JPEG decoded as libjpeg and Pillow do: TensorFlow's default is up to 17 of 255 away from them."""
    decode_image = tf.image.decode_image

    def decode(contents, channels, **arguments):
        return tf.cond(
            tf.io.is_jpeg(contents),
            lambda: tf.io.decode_jpeg(contents, channels, dct_method="INTEGER_ACCURATE"),
            lambda: decode_image(contents, channels=channels, **arguments),
        )

    tf.image.decode_image = decode
    try:
        yield
    finally:
        tf.image.decode_image = decode_image


def image_case(tensors, name, arguments):
    """What the pictures of the folder become."""
    defaults = {"shuffle": False}
    dataset, said = made(keras.utils.image_dataset_from_directory, PICTURES, defaults | arguments)
    case = {
        "name": f"images_{name}",
        "kind": "images",
        "arguments": defaults | arguments,
        "said": said,
        "class_names": dataset.class_names,
        "file_paths": [str(Path(path).relative_to(PICTURES)) for path in dataset.file_paths],
    }
    if not case["arguments"]["shuffle"]:
        is_batched = case["arguments"].get("batch_size", 32) is not None
        case |= contents(tensors, case["name"], dataset, is_batched)
    return case


def data_cases(tensors):
    """One case for each call."""
    write_pictures()
    write_texts()
    write_sounds()
    with accurate_jpeg():
        for name, arguments in IMAGE_CASES.items():
            yield image_case(tensors, name, arguments)

    for name, arguments in {"all": {}, "cut": {"max_length": 6, "batch_size": 2}}.items():
        arguments = {"shuffle": False} | arguments
        dataset, said = made(keras.utils.text_dataset_from_directory, TEXTS, arguments)
        texts = [(list(x), y.tolist()) for x, y in batches(dataset)]
        yield {
            "name": f"texts_{name}",
            "kind": "texts",
            "arguments": arguments,
            "said": said,
            "texts": [[text.decode(errors="replace") for text in x] for x, _ in texts],
            "labels": [y for _, y in texts],
        }

    for name, arguments in {"padded": {}, "cut": {"output_sequence_length": 28, "batch_size": 2}}.items():
        arguments = {"shuffle": False} | arguments
        dataset, said = made(keras.utils.audio_dataset_from_directory, SOUNDS, arguments)
        case = {"name": f"sounds_{name}", "kind": "sounds", "arguments": arguments, "said": said}
        yield case | contents(tensors, case["name"], dataset)

    random = generator("timeseries")
    data, targets = normal(random, 30, 2), random.integers(0, 9, 30)
    for name, arguments in TIMESERIES_CASES.items():
        given = arguments.get("targets", 30)
        used = None if given is False else targets[:given]
        keras_arguments = {key: value for key, value in arguments.items() if key != "targets"}
        dataset = keras.utils.timeseries_dataset_from_array(data, used, **keras_arguments)
        case = {
            "name": f"timeseries_{name}",
            "kind": "timeseries",
            "arguments": keras_arguments,
            "data": tensors.add(f"timeseries_{name}/data", data),
        }
        if used is not None:
            case["targets"] = tensors.add(f"timeseries_{name}/targets", used)
        yield case | contents(tensors, case["name"], dataset, arguments.get("batch_size", 128) is not None)
