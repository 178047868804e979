"""Models as `model.to_json()` writes them."""

import json

import keras
from keras import layers

from model_cases import residual_model, two_input_model
from tutorial_model import tutorial_model


def compiled_tutorial_model():
    """The model of the tutorial."""
    model = tutorial_model()
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def settings_model():
    """A chain in which many arguments are not the usual ones."""
    model = keras.Sequential([
        keras.Input((12, 5), name="steps"),
        layers.Conv1D(4, 3, padding="causal", dilation_rate=2, kernel_initializer="he_normal",
                      kernel_regularizer=keras.regularizers.L2(0.001), name="convolution"),
        layers.BatchNormalization(momentum=0.8, epsilon=1e-5, scale=False, trainable=False, name="normal"),
        layers.LeakyReLU(0.1, name="leaky"),
        layers.MaxPooling1D(2, strides=1, padding="same", name="largest"),
        layers.LayerNormalization(axis=[1, 2], name="layer_normal"),
        layers.SpatialDropout1D(0.3, name="dropped"),
        layers.GRU(6, reset_after=False, recurrent_dropout=0.0, return_sequences=True, name="gru"),
        layers.TimeDistributed(layers.Dense(3, activation="elu", name="each"), name="every_step"),
        layers.Reshape((-1,), name="flat"),
        layers.Dense(2, use_bias=False, bias_initializer=keras.initializers.Constant(0.2),
                     kernel_constraint=keras.constraints.MaxNorm(2.0), name="dense"),
    ], name="settings")  # fmt: skip
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 1000, 0.9, staircase=True)
    model.compile(
        keras.optimizers.SGD(schedule, momentum=0.9, nesterov=True, clipnorm=1.0),
        keras.losses.MeanSquaredError(reduction="sum", name="squares"),
        metrics=["mse", keras.metrics.RootMeanSquaredError(name="root")],
        weighted_metrics=[keras.metrics.MeanAbsoluteError(name="weighted")],
    )
    return model


def lstm_model():
    """Words, some of them left out."""
    model = keras.Sequential([
        keras.Input((12,)),
        layers.Embedding(30, 6, mask_zero=True),
        layers.Bidirectional(layers.LSTM(5, return_sequences=True)),
        layers.LSTM(4),
        layers.Dropout(0.5),
        layers.Dense(1, activation="sigmoid"),
    ], name="words")  # fmt: skip
    model.compile("rmsprop", "binary_crossentropy", metrics=[keras.metrics.AUC(num_thresholds=50), "accuracy"])
    return model


def nested_model():
    """Models inside of a model: a frozen chain, and one of two inputs that is called twice."""
    encoder = keras.Sequential([
        keras.Input((4,), name="encoder_input"), layers.Dense(5, name="encoder_dense"),
        layers.BatchNormalization(name="encoder_normal"),
    ], name="encoder")  # fmt: skip
    encoder.trainable = False
    a, b = keras.Input((5,), name="left"), keras.Input((5,), name="right")
    difference = layers.Subtract(name="minus")([a, b])
    head = keras.Model([a, b], layers.Dense(2, name="head_dense")(difference), name="head")
    x, y = keras.Input((4,), name="x"), keras.Input((4,), name="y")
    first = head([encoder(x), encoder(y)])
    return keras.Model([x, y], [first, head([encoder(y), encoder(x)])], name="nested")


def shared_model():
    """A layer that is called three times, at different depths."""
    a, b = keras.Input((4,), name="a"), keras.Input((4,), name="b")
    shared = layers.Dense(4, name="shared")
    x = layers.Concatenate(name="both")([shared(a), shared(b)])
    y = layers.Dense(4, name="dense")(x)
    z = layers.Add(name="sum")([y, shared(y), a])
    return keras.Model([a, b], [layers.Dense(1, name="price")(z), y], name="shared_layer")


def attention_model():
    """Self-attention that does not look ahead, on words some of which are left out."""
    words = keras.Input((7,), name="words")
    x = layers.Embedding(20, 8, mask_zero=True, name="embedding")(words)
    y = layers.MultiHeadAttention(2, 4, dropout=0.1, name="attention")(x, x, use_causal_mask=True)
    x = layers.LayerNormalization(name="normal")(layers.Add(name="sum")([x, y]))
    z = layers.Attention(use_scale=True, name="looking")([x, y])
    return keras.Model(words, layers.GlobalAveragePooling1D(name="mean")(z), name="attentive")


def states_model():
    """A decoder that goes on where the encoder stopped."""
    source, target = keras.Input((6, 3), name="source"), keras.Input((5, 3), name="target")
    _, h, c = layers.LSTM(4, return_state=True, name="encoder")(source)
    x = layers.LSTM(4, return_sequences=True, name="decoder")(target, initial_state=[h, c])
    return keras.Model([source, target], layers.Dense(3, activation="softmax", name="next")(x), name="states")


def prepared_model():
    """Categories that count differently, and pictures that are brought to one size and scale."""
    categories, weights = keras.Input((3,), name="categories"), keras.Input((3,), name="weights")
    picture = keras.Input((6, 5, 2), name="picture")
    counts = layers.CategoryEncoding(10, output_mode="count", name="counts")(categories, count_weights=weights)
    x = layers.Rescaling([0.5, 2.0], [-1.0, 0.0], name="scaled")(picture)
    x = layers.Resizing(4, 3, interpolation="bicubic", antialias=True, name="sized")(x)
    x = layers.BatchNormalization(renorm=True, renorm_clipping={"rmax": 3.0}, renorm_momentum=0.9, name="normal")(x)
    return keras.Model([categories, weights, picture], [counts, layers.Flatten(name="flat")(x)], name="prepared")


MODELS = {
    "tutorial": compiled_tutorial_model,
    "settings": settings_model,
    "residual": residual_model,
    "two_inputs": two_input_model,
    "lstm": lstm_model,
    "nested": nested_model,
    "shared": shared_model,
    "attention": attention_model,
    "states": states_model,
    "prepared": prepared_model,
}


def model_json_cases(_):
    """All models; no tensors."""
    found = []
    for name, make in MODELS.items():
        keras.backend.clear_session()
        model = make()
        found.append({
            "name": name,
            "kind": "model_json",
            "weights": [list(w.shape) for w in model.get_weights()],
            "trainable": sum(int(w.numpy().size) for w in model.trainable_weights),
            "json": json.loads(model.to_json()),
        })  # fmt: skip
    return found
