"""Preprocessing: what layers make of numbers, categories, pictures and texts."""

import numpy as np
from keras import layers, utils

from golden_file import generator, normal, whole_config

PICTURES = (2, 7, 6, 3)
FILL_MODES = ("reflect", "wrap", "constant", "nearest")
INTERPOLATIONS = ("bilinear", "nearest")

# name, layer, input shape; random layers are called as in training
PICTURE_LAYERS = [
    ("resizing_smaller", layers.Resizing(3, 4), PICTURES),
    ("resizing_larger", layers.Resizing(11, 9), PICTURES),
    ("resizing_nearest", layers.Resizing(5, 9, interpolation="nearest"), PICTURES),
    ("resizing_crop_wide", layers.Resizing(3, 5, crop_to_aspect_ratio=True), PICTURES),
    ("resizing_crop_tall", layers.Resizing(6, 3, crop_to_aspect_ratio=True), PICTURES),
    ("resizing_pad_wide", layers.Resizing(4, 8, pad_to_aspect_ratio=True), PICTURES),
    ("resizing_pad_tall", layers.Resizing(9, 4, pad_to_aspect_ratio=True, fill_value=0.5), PICTURES),
    ("resizing_pad_nearest", layers.Resizing(9, 4, pad_to_aspect_ratio=True, interpolation="nearest"), PICTURES),
    ("resizing_bicubic", layers.Resizing(11, 4, interpolation="bicubic"), PICTURES),
    ("resizing_lanczos3", layers.Resizing(5, 13, interpolation="lanczos3"), PICTURES),
    ("resizing_lanczos5", layers.Resizing(9, 9, interpolation="lanczos5"), PICTURES),
    ("resizing_bicubic_crop", layers.Resizing(3, 5, interpolation="bicubic", crop_to_aspect_ratio=True), PICTURES),
    ("resizing_bicubic_pad", layers.Resizing(9, 4, interpolation="bicubic", pad_to_aspect_ratio=True, fill_value=0.5), PICTURES),
    ("resizing_lanczos3_pad", layers.Resizing(4, 9, interpolation="lanczos3", pad_to_aspect_ratio=True, fill_value=-0.5), PICTURES),
    *[
        (f"resizing_antialias_{interpolation}", layers.Resizing(3, 8, interpolation=interpolation, antialias=True), PICTURES)
        for interpolation in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")
    ],
    ("resizing_antialias_crop", layers.Resizing(2, 3, antialias=True, crop_to_aspect_ratio=True), PICTURES),
    ("resizing_antialias_pad", layers.Resizing(3, 2, antialias=True, pad_to_aspect_ratio=True, fill_value=2.0), PICTURES),
    ("centercrop", layers.CenterCrop(4, 3), PICTURES),
    ("centercrop_larger", layers.CenterCrop(9, 5), PICTURES),
    ("randomcrop_larger", layers.RandomCrop(14, 12, seed=5), PICTURES),
    ("randomcontrast", layers.RandomContrast((-0.3, 0.3), value_range=(-1.5, 1.5)), PICTURES),
    ("randomcontrast_more", layers.RandomContrast((-0.8, 0.8), value_range=(-0.5, 1.0)), PICTURES),
    ("randomcontrast_none", layers.RandomContrast((0.0, 0.0), value_range=(-2.0, 2.0)), PICTURES),
    ("randombrightness", layers.RandomBrightness((0.1, 0.1), value_range=(-1.5, 1.5)), PICTURES),
    ("randombrightness_darker", layers.RandomBrightness((-0.2, -0.2), value_range=(-1.5, 1.5)), PICTURES),
    *[
        (f"{name}_{mode}_{interpolation}", make(fill_mode=mode, interpolation=interpolation, fill_value=0.7), PICTURES)
        for mode in FILL_MODES
        for interpolation in INTERPOLATIONS
        for name, make in (
            ("randomrotation", lambda **look: layers.RandomRotation((0.13, 0.13), **look)),
            ("randomzoom_out", lambda **look: layers.RandomZoom((0.83, 0.83), **look)),
            ("randomzoom_in", lambda **look: layers.RandomZoom((-0.31, -0.31), (0.43, 0.43), **look)),
            ("randomtranslation", lambda **look: layers.RandomTranslation((0.37, 0.37), (-0.71, -0.71), **look)),
        )
    ],
]  # fmt: skip


# The same, called as in inference.
AT_INFERENCE = [
    # Not RandomCrop: Keras 3.15.1 then leaves pictures as they are, and says that they have the size.
    ("randomcontrast_at_inference", layers.RandomContrast(0.3, value_range=(0, 1)), PICTURES),
    ("randombrightness_at_inference", layers.RandomBrightness(0.3, value_range=(0, 1)), PICTURES),
    ("randomrotation_at_inference", layers.RandomRotation(0.3), PICTURES),
]


def picture_case(tensors, name, layer, shape, training=True):
    """A layer on pictures."""
    x = normal(generator(name), *shape)
    return {
        "name": name,
        "kind": "layer",
        "class_name": type(layer).__name__,
        "config": whole_config(name, layer),
        "input": tensors.add(f"{name}/input", x),
        "output": tensors.add(f"{name}/output", layer(x, training=training)),
        "training": training,
    }


def numbers_cases(tensors):
    """Layers on numbers and categories."""
    random = generator("numbers")
    table = normal(random, 6, 3, scale=2.0) + np.float32(1.0)
    grid = normal(random, 4, 3, 2)
    whole = random.integers(0, 5, (4, 3))
    column = random.integers(0, 5, (4, 1))
    named = random.integers(8, 17, (5, 4))
    bins = [-1.0, 0.5, 2.0]
    many, few = normal(generator("many"), 100, 3), normal(generator("few"), 17, 3)
    cases = [
        ("normalization", layers.Normalization(), table, table),
        ("normalization_axis1", layers.Normalization(axis=1), grid, grid),
        ("normalization_two_axes", layers.Normalization(axis=[1, 2]), grid, grid),
        ("normalization_all", layers.Normalization(axis=None), grid, grid),
        ("normalization_given", layers.Normalization(mean=1.5, variance=4.0), table, None),
        ("normalization_given_each", layers.Normalization(mean=[1.0, 2.0, 3.0], variance=[4.0, 1.0, 0.25]), table, None),
        ("normalization_invert", layers.Normalization(mean=1.5, variance=4.0, invert=True), table, None),
        ("normalization_constant", layers.Normalization(), np.ones((3, 2), np.float32), np.ones((3, 2), np.float32)),
        ("discretization", layers.Discretization(bins), table, None),
        ("discretization_one_hot", layers.Discretization(bins, output_mode="one_hot"), table, None),
        ("discretization_multi_hot", layers.Discretization(bins, output_mode="multi_hot"), table, None),
        ("discretization_count", layers.Discretization(bins, output_mode="count"), table, None),
        ("discretization_adapt", layers.Discretization(num_bins=4), table, table),
        ("discretization_adapt_many", layers.Discretization(num_bins=5, epsilon=0.05), table, normal(random, 300)),
        ("categoryencoding_multi_hot", layers.CategoryEncoding(5), whole, None),
        ("categoryencoding_one_hot", layers.CategoryEncoding(5, output_mode="one_hot"), whole, None),
        ("categoryencoding_one_hot_column", layers.CategoryEncoding(5, output_mode="one_hot"), column, None),
        ("categoryencoding_count", layers.CategoryEncoding(6, output_mode="count"), whole, None),
        ("integerlookup", layers.IntegerLookup(vocabulary=[12, 9, 16]), named, None),
        ("integerlookup_mask", layers.IntegerLookup(vocabulary=[12, 9, 16], mask_token=10), named, None),
        ("integerlookup_oov3", layers.IntegerLookup(vocabulary=[12, 9, 16], num_oov_indices=3), named, None),
        ("integerlookup_farmhash", layers.IntegerLookup(vocabulary=[12, 9, 16], num_oov_indices=50, oov_method="farmhash"), named - 12, None),
        ("integerlookup_salt", layers.IntegerLookup(vocabulary=[12, 9, 16], num_oov_indices=50, oov_method="farmhash", salt=[3, 2**62 + 5]), named - 12, None),
        ("integerlookup_count", layers.IntegerLookup(vocabulary=[12, 9, 16], mask_token=10, output_mode="count"), named, None),
        ("integerlookup_one_hot", layers.IntegerLookup(vocabulary=[12, 9], output_mode="one_hot"), named, None),
        ("integerlookup_invert", layers.IntegerLookup(vocabulary=[12, 9, 16], invert=True), whole, None),
        ("integerlookup_adapt", layers.IntegerLookup(max_tokens=5), named, named),
        ("integerlookup_adapt_multi_hot", layers.IntegerLookup(output_mode="multi_hot"), named, named),
        ("integerlookup_adapt_tf_idf", layers.IntegerLookup(output_mode="tf_idf"), named, named),
        ("normalization_adapt_in_batches", layers.Normalization(), few, few),
        ("discretization_adapt_in_batches", layers.Discretization(num_bins=5), many, many),
        ("discretization_adapt_coarsely_in_batches", layers.Discretization(num_bins=3, epsilon=0.1), few, few),
    ]  # fmt: skip
    for name, layer, x, seen in cases:
        case = {
            "name": name,
            "kind": "layer",
            "class_name": type(layer).__name__,
            "config": whole_config(name, layer),
            "input": tensors.add(f"{name}/input", x),
        }
        if seen is not None:
            if name.endswith("in_batches"):
                case["batch_size"] = 9
                layer.adapt([seen[i : i + 9] for i in range(0, len(seen), 9)])
            else:
                layer.adapt(seen)
            case["adapt"] = tensors.add(f"{name}/adapt", seen)
        case["output"] = tensors.add(f"{name}/output", np.asarray(layer(x)))
        if layer.weights and seen is not None:
            case["weights"] = [
                tensors.add(f"{name}/{w.name}", w.numpy()) for w in layer.weights if w.name != "count"
            ]
        yield case


def weighted_cases(tensors):
    """CategoryEncoding that counts with weights."""
    random = generator("weighted")
    for name, shape in [("categoryencoding_weighted", (4, 3)), ("categoryencoding_weighted_rank3", (2, 3, 2))]:
        categories, weights = random.integers(0, 5, shape), normal(random, *shape)
        layer = layers.CategoryEncoding(5, output_mode="count")
        yield {
            "name": name,
            "kind": "weighted",
            "class_name": "CategoryEncoding",
            "config": whole_config(name, layer),
            "input": tensors.add(f"{name}/input", categories),
            "weights": tensors.add(f"{name}/weights", weights),
            "output": tensors.add(f"{name}/output", np.asarray(layer(categories, count_weights=weights))),
        }


TEXTS = [
    "The cat sat; the CAT slept!",
    "A dog, and a cat...",
    "  What's  new\tthere?  ",
    "",
    "the dog_house isn't new - ÄÖ ä",
]
UNSEEN = ["the bird and a cat", "new new", "", "ä Ä!"]
WORDS = ["cat", "dog", "bird"]

# name, arguments, vocabulary
TEXT_VECTORIZATIONS = [
    ("plain", {}, None),
    ("max_tokens", {"max_tokens": 6}, None),
    ("lower", {"standardize": "lower"}, None),
    ("strip", {"standardize": "strip_punctuation"}, None),
    ("as_it_is", {"standardize": None}, None),
    ("character", {"split": "character"}, None),
    ("bigrams", {"ngrams": 2}, None),
    ("trigrams_alone", {"ngrams": (3,)}, None),
    ("length_shorter", {"output_sequence_length": 3}, None),
    ("length_longer", {"output_sequence_length": 8}, None),
    ("multi_hot", {"output_mode": "multi_hot"}, None),
    ("multi_hot_padded", {"output_mode": "multi_hot", "max_tokens": 30, "pad_to_max_tokens": True}, None),
    ("count", {"output_mode": "count"}, None),
    ("tf_idf", {"output_mode": "tf_idf"}, None),
    ("vocabulary", {"vocabulary": ["the", "cat", "new"]}, None),
]


def text_cases(tensors):
    """TextVectorization and StringLookup."""
    for name, arguments, _ in TEXT_VECTORIZATIONS:
        layer = layers.TextVectorization(**arguments)
        case = {
            "name": f"textvectorization_{name}",
            "kind": "text_vectorization",
            "config": whole_config(f"textvectorization_{name}", layer),
            "texts": UNSEEN,
        }
        if "vocabulary" not in arguments:
            layer.adapt(TEXTS)
            case["adapt"] = TEXTS
        case["vocabulary"] = layer.get_vocabulary()
        case["output"] = tensors.add(f"{case['name']}/output", np.asarray(layer(UNSEEN)))
        yield case
    words = ["dog", "cat", "horse", "dog", "fish", "", "[UNK]", "a word of more than sixteen bytes",
             "one that is longer than thirty-two bytes, but no longer than sixty-four",
             "this one is longer than sixty-four bytes, for which the hash has a loop that nothing shorter ever reaches"]
    for name, arguments in [
        ("plain", {"vocabulary": WORDS}),
        ("mask", {"vocabulary": WORDS, "mask_token": ""}),
        ("oov3", {"vocabulary": WORDS, "num_oov_indices": 3, "mask_token": ""}),
        ("oov1000", {"vocabulary": WORDS, "num_oov_indices": 1000}),
        ("salt", {"vocabulary": WORDS, "num_oov_indices": 1000, "salt": 7}),
        ("salts", {"vocabulary": WORDS, "num_oov_indices": 1000, "mask_token": "", "salt": [2**40 + 1, 11]}),
        ("one_hot", {"vocabulary": WORDS, "output_mode": "one_hot"}),
        ("multi_hot", {"vocabulary": WORDS, "output_mode": "multi_hot"}),
        ("count", {"vocabulary": WORDS, "output_mode": "count", "mask_token": ""}),
        ("tf_idf", {"vocabulary": WORDS, "output_mode": "tf_idf", "idf_weights": [0.5, 1.5, 2.5]}),
        ("adapt", {}),
        ("adapt_max", {"max_tokens": 4}),
    ]:
        layer = layers.StringLookup(**arguments)
        case = {
            "name": f"stringlookup_{name}",
            "kind": "string_lookup",
            "config": whole_config(f"stringlookup_{name}", layer),
            "texts": words,
        }
        if "vocabulary" not in arguments:
            layer.adapt(words)
            case["adapt"] = words
        case["vocabulary"] = layer.get_vocabulary()
        case["output"] = tensors.add(f"{case['name']}/output", np.asarray(layer(words)))
        yield case
    for name, layer, x in [
        ("hashing_text", layers.Hashing(1000), np.array(words)),
        ("hashing_numbers", layers.Hashing(37), np.array([3, -12, 4056, 0])),
        ("hashing_salt", layers.Hashing(1000, salt=133), np.array(words)),
        ("hashing_salts", layers.Hashing(1000, salt=[133, 2**50 + 137], mask_value="cat"), np.array(words)),
        ("hashing_numbers_salt", layers.Hashing(37, salt=(1, 0)), np.array([3, -12, 4056, 0])),
        ("hashing_mask", layers.Hashing(5, mask_value=""), np.array(words)),
    ]:
        yield {
            "name": name,
            "kind": "hashing",
            "config": whole_config(name, layer),
            "inputs": x.tolist(),
            "output": tensors.add(f"{name}/output", np.asarray(layer(x))),
        }
    numbers = np.arange(-2, 2 * len(words) - 2, 2)
    for name, layer, features in [
        ("hashedcrossing", layers.HashedCrossing(1000), [np.array(words), numbers]),
        ("hashedcrossing_three", layers.HashedCrossing(17), [numbers, np.array(words), numbers * 1000]),
        ("hashedcrossing_one_hot", layers.HashedCrossing(5, output_mode="one_hot"), [numbers, numbers + 1]),
    ]:
        yield {
            "name": name,
            "kind": "hashed_crossing",
            "config": whole_config(name, layer),
            "features": [feature.tolist() for feature in features],
            "output": tensors.add(f"{name}/output", np.asarray(layer(features))),
        }


def function_cases(tensors):
    """The functions of `keras.utils`."""
    random = generator("functions")
    labels = random.integers(0, 4, (6,))
    table = normal(random, 4, 3)
    table[1] = 0.0
    for name, values, classes in [
        ("labels", labels, None), ("more", labels, 7), ("column", labels.reshape(6, 1), None), ("grid", labels.reshape(2, 3), 4),
    ]:  # fmt: skip
        yield {
            "name": f"to_categorical_{name}",
            "kind": "to_categorical",
            "num_classes": classes,
            "input": tensors.add(f"to_categorical_{name}/input", values),
            "output": tensors.add(f"to_categorical_{name}/output", utils.to_categorical(values, classes)),
        }
    for axis, order in [(-1, 2), (1, 1), (-1, 3), (0, 2)]:
        name = f"normalize_{axis}_{order}"
        norm = np.linalg.norm(table, order, axis)
        norm[norm == 0] = 1
        # Keras 3.15.1 takes axis 0 for the last one when it divides (`axis or -1`).
        output = table / np.expand_dims(norm, axis) if axis == 0 else utils.normalize(table, axis, order)
        yield {
            "name": name,
            "kind": "normalize",
            "axis": axis,
            "order": order,
            "input": tensors.add(f"{name}/input", table),
            "output": tensors.add(f"{name}/output", output),
        }
    sequences = [[1, 2, 3, 4, 5], [6], [], [7, 8]]
    floats = [[0.5, -1.25, 3.0, 2.0], [6.5], [], [7.0, 8.125]]
    for name, sequences, arguments in [
        ("plain", sequences, {}),
        ("shorter", sequences, {"maxlen": 3}),
        ("post", sequences, {"maxlen": 3, "padding": "post", "truncating": "post"}),
        ("value", sequences, {"maxlen": 7, "value": -1}),
        ("floats", floats, {"dtype": "float32"}),
        ("float_value", floats, {"dtype": "float32", "maxlen": 3, "padding": "post", "value": -0.75}),
    ]:
        yield {
            "name": f"pad_sequences_{name}",
            "kind": "pad_sequences",
            "arguments": arguments,
            "sequences": sequences,
            "output": tensors.add(f"pad_sequences_{name}/output", utils.pad_sequences(sequences, **arguments)),
        }


def preprocessing_cases(tensors):
    """All preprocessing cases."""
    return [
        *[picture_case(tensors, *case) for case in PICTURE_LAYERS],
        *[picture_case(tensors, *case, training=False) for case in AT_INFERENCE],
        *numbers_cases(tensors),
        *weighted_cases(tensors),
        *text_cases(tensors),
        *function_cases(tensors),
    ]
