"""Data sets: what Keras's own `load_data` makes of small files in the official formats."""

from unittest import mock

import numpy as np
from keras.src.datasets import (
    boston_housing,
    california_housing,
    cifar100,
    fashion_mnist,
    imdb,
    mnist,
    reuters,
)

from dataset_files import FILES, write_files

# name, module, arguments of `load_data`
CASES = [
    ("mnist", mnist, {}),
    ("fashion_mnist", fashion_mnist, {}),
    ("cifar100", cifar100, {}),
    ("cifar100_coarse", cifar100, {"label_mode": "coarse"}),
    *[
        (f"{module.__name__.split('.')[-1]}_{name}", module, arguments)
        for module in (imdb, reuters)
        for name, arguments in [
            ("defaults", {}),
            ("num_words", {"num_words": 40}),
            ("skip_top", {"num_words": 50, "skip_top": 6}),
            ("maxlen", {"maxlen": 20}),
            ("seed", {"seed": 7, "maxlen": 25, "num_words": 30}),
            ("no_start", {"start_char": None, "num_words": 60}),
            ("no_oov", {"oov_char": None, "num_words": 35, "skip_top": 5}),
            ("bare", {"start_char": None, "index_from": 0}),
            ("other_marks", {"start_char": 5, "oov_char": 9, "index_from": 10, "num_words": 70}),
        ]
    ],
    ("reuters_test_split", reuters, {"test_split": 0.37}),
    ("boston_housing", boston_housing, {}),
    ("boston_housing_split", boston_housing, {"test_split": 0.33, "seed": 2**32 - 1}),
    ("california_housing_large", california_housing, {"seed": 0}),
    ("california_housing_small", california_housing, {"version": "small", "test_split": 0.1}),
]  # fmt: skip


def local_file(fname, origin, extract=False, **_):
    """In the place of `get_file`: the file that `write_files` wrote."""
    return str(FILES if extract else FILES / origin.rsplit("/", 1)[-1])


def dataset_cases(tensors):
    """Writes the files, and collects what Keras loads from them."""
    write_files()
    cases = []
    for name, module, arguments in CASES:
        with mock.patch.object(module, "get_file", local_file):
            loaded = module.load_data(**arguments)
        case = {"name": name, "kind": "dataset", "module": module.__name__.split(".")[-1], "arguments": arguments}
        for part, (x, y) in zip(("train", "test"), loaded):
            texts = x.dtype == object
            case[f"x_{part}"] = [list(text) for text in x] if texts else tensors.add(f"{name}/x_{part}", x)
            # The labels of texts are lists here and there.
            y = np.asarray(y)
            case[f"y_{part}"] = tensors.add(f"{name}/y_{part}", y)
            case[f"dtypes_{part}"] = ["object" if texts else x.dtype.name, y.dtype.name]
        cases.append(case)
    for module in (imdb, reuters):
        with mock.patch.object(module, "get_file", local_file):
            index = module.get_word_index()
        name = module.__name__.split(".")[-1]
        cases.append({"name": f"{name}_word_index", "kind": "word_index", "module": name, "index": index})
    cases.append({"name": "label_names", "kind": "label_names", "names": list(reuters.get_label_names())})
    return cases
