"""Texts as numbers, by what Keras keeps for older programs."""

from keras.src.legacy.preprocessing import sequence, text

TEXTS = [
    "The cat sat on the mat; the CAT slept!",
    "A dog, and a cat...",
    "  What's  new\tthere?  ",
    "",
    "the dog_house isn't new - ÄÖ ä ΣΑΣ",
]
UNSEEN = ["The bird and a cat sat", "new new dog", "", "ä Ä! unknown σας"]
TOKENS = [["The", "cat!", "the"], [], ["New", "cat!"]]
MODES = ("binary", "count", "freq", "tfidf")

TOKENIZERS = [
    ("plain", {}),
    ("num_words", {"num_words": 4}),
    ("oov", {"oov_token": "<OOV>"}),
    ("oov_num_words", {"oov_token": "<OOV>", "num_words": 5}),
    ("oov_is_a_word", {"oov_token": "cat"}),
    ("upper", {"lower": False}),
    ("characters", {"char_level": True, "num_words": 12}),
    ("filters", {"filters": "aeiou", "split": "-"}),
]


def tokenizer_case(name, arguments, texts, unseen):
    """A tokenizer that has seen texts, or lists of words."""
    tokenizer = text.Tokenizer(**arguments)
    # In two parts: a second call goes on.
    tokenizer.fit_on_texts(texts[:2])
    tokenizer.fit_on_texts(texts[2:])
    sequences = tokenizer.texts_to_sequences(unseen)
    return {
        "name": f"tokenizer_{name}",
        "kind": "tokenizer",
        "arguments": arguments,
        "texts": texts,
        "unseen": unseen,
        "word_index": list(tokenizer.word_index.items()),
        "word_counts": list(tokenizer.word_counts.items()),
        "word_docs": dict(sorted(tokenizer.word_docs.items())),
        "document_count": tokenizer.document_count,
        "sequences": sequences,
        "back": tokenizer.sequences_to_texts([*sequences, [0, 1, 2, 3, 999]]),
        "matrices": {mode: tokenizer.texts_to_matrix(unseen, mode).tolist() for mode in MODES},
        "json": tokenizer.to_json(),
    }


def words_cases():
    """Words of texts, and their hashes."""
    for name, arguments in [
        ("plain", {}),
        ("upper", {"lower": False}),
        ("split", {"split": ", "}),
        ("filters", {"filters": "abc", "split": "t"}),
    ]:
        yield {
            "name": f"words_{name}",
            "kind": "words",
            "arguments": arguments,
            "texts": TEXTS,
            "words": [text.text_to_word_sequence(t, **arguments) for t in TEXTS],
            "n": 1000,
            "hashes": [text.hashing_trick(t, 1000, hash_function="md5", **arguments) for t in TEXTS],
        }


def pairs_cases():
    """Pairs of near words, where nothing is drawn, and how likely words are used."""
    words = [3, 0, 1, 4, 1, 5, 0, 2]
    for name, arguments in [
        ("plain", {}),
        ("narrow", {"window_size": 1}),
        ("categorical", {"window_size": 2, "categorical": True}),
        ("all_used", {"sampling_table": [2.0] * 6}),
        ("none_used", {"sampling_table": [-1.0] * 6}),
    ]:
        couples, labels = sequence.skipgrams(words, 6, negative_samples=0.0, shuffle=False, **arguments)
        yield {
            "name": f"skipgrams_{name}",
            "kind": "skipgrams",
            "sequence": words,
            "vocabulary_size": 6,
            "arguments": arguments,
            "couples": couples,
            "labels": labels,
        }
    for size, factor in [(20, 1e-5), (50, 1e-2), (1, 1e-5)]:
        yield {
            "name": f"sampling_table_{size}_{factor}",
            "kind": "sampling_table",
            "size": size,
            "factor": factor,
            "table": sequence.make_sampling_table(size, factor).tolist(),
        }


def text_cases(tensors):
    """All text cases; none has tensors."""
    return [
        *[tokenizer_case(name, arguments, TEXTS, UNSEEN) for name, arguments in TOKENIZERS],
        tokenizer_case("lists", {"oov_token": "?"}, TOKENS, [["the", "CAT!", "dog"], []]),
        *words_cases(),
        *pairs_cases(),
    ]
