"""Writes `files/texts.keras`, a model whose layers have learned vocabularies, and `files/texts.json`: what it makes of what."""

import json
import os

os.environ["KERAS_BACKEND"] = "tensorflow"  # the others have no texts in models

import keras
import numpy as np
from keras import layers

from golden_file import FOLDER

TEXTS = ["The cat sat on the mat.", "A dog and a cat!", "the dog"]
UNSEEN = ["a cat, the bird", "", "dog dog on"]
KINDS = ["small", "large", "small", "huge"]
NUMBERS = [[7], [3], [7], [-4]]


def main():
    """Trains nothing: only vocabularies are learned."""
    keras.utils.set_random_seed(1)
    words = layers.TextVectorization(output_sequence_length=5, name="words")
    pairs = layers.TextVectorization(output_mode="tf_idf", ngrams=2, name="pairs")
    kind = layers.StringLookup(num_oov_indices=2, name="kind")
    number = layers.IntegerLookup(output_mode="multi_hot", name="number")
    words.adapt(TEXTS)
    pairs.adapt(TEXTS)
    kind.adapt(KINDS)
    number.adapt(NUMBERS)
    text, label = keras.Input((1,), dtype="string", name="text"), keras.Input((1,), dtype="string", name="label")
    outputs = [words(text), pairs(text), kind(label)]
    texts = keras.Model([text, label], outputs, name="texts")
    texts.save(FOLDER / "files/texts.keras")
    inputs = keras.Input((1,), dtype="int64")
    numbers = keras.Sequential([inputs, number, layers.Dense(2, name="dense")], name="numbers")
    numbers.save(FOLDER / "files/numbers.keras")

    data = [np.array(UNSEEN)[:, None], np.array(["small", "tiny", "large"])[:, None]]
    made = texts.predict([keras.ops.convert_to_tensor(x) for x in data], verbose=0)
    seen = [[3], [8], [-4]]
    cases = {
        "texts": UNSEEN,
        "labels": data[1].ravel().tolist(),
        "words": made[0].tolist(),
        "pairs": np.round(made[1].astype(float), 6).tolist(),
        "kind": made[2].ravel().tolist(),
        "vocabularies": {layer.name: layer.get_vocabulary() for layer in (words, pairs, kind)},
        "numbers": seen,
        "number_outputs": numbers.predict(np.array(seen), verbose=0).astype(float).tolist(),
    }
    (FOLDER / "files/texts.json").write_text(json.dumps(cases) + "\n")


if __name__ == "__main__":
    main()
