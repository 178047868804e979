"""Recurrent layers and what belongs to them: outputs, states and gradients, with masks and initial states."""

import jax
import jax.numpy as jnp
import keras
import numpy as np
from keras import layers, tree

from golden_file import generator, normal, relevant
from layer_cases import weight_values

SEQUENCE = (3, 5, 4)
# Steps that are left out at the start, in the middle, at the end, and everywhere.
MASK = np.array([[0, 1, 1, 0, 1], [1, 1, 0, 0, 0], [0, 0, 0, 0, 0]], bool)
ALL = {"return_sequences": True, "return_state": True}


def cases_of_kind(name, kind, **arguments):
    """The configurations that every recurrent layer is tried in: name, layer, input shape, mask, initial states."""
    states = 2 if kind is layers.LSTM else 1
    return [
        (f"{name}", kind(6, **arguments), SEQUENCE, None, 0),
        (f"{name}_all_outputs", kind(6, **ALL, **arguments), SEQUENCE, None, 0),
        (f"{name}_masked", kind(6, **arguments), SEQUENCE, MASK, 0),
        (f"{name}_masked_all_outputs", kind(6, **ALL, **arguments), SEQUENCE, MASK, states),
        (f"{name}_masked_zero", kind(6, zero_output_for_mask=True, **ALL, **arguments), SEQUENCE, MASK, states),
        (f"{name}_backwards_masked", kind(6, go_backwards=True, **ALL, **arguments), SEQUENCE, MASK, 0),
        (f"{name}_initial_state", kind(6, **arguments), SEQUENCE, None, states),
        (f"{name}_no_bias", kind(6, use_bias=False, **ALL, **arguments), SEQUENCE, None, 0),
        (f"{name}_wide", kind(21, return_sequences=True, **arguments), (7, 3, 2), None, 0),
        (f"{name}_one_of_everything", kind(1, **arguments), (1, 1, 1), None, states),
        (f"{name}_relu", kind(6, activation="relu", **ALL, **arguments), SEQUENCE, MASK, states),
        (f"{name}_relu_zero", kind(6, activation="relu", zero_output_for_mask=True, go_backwards=True,
                                   **ALL, **arguments), SEQUENCE, MASK, 0),
    ]  # fmt: skip


def cases():
    """All cases but those of `stateful` layers."""
    found = []
    found += cases_of_kind("lstm", layers.LSTM)
    found += cases_of_kind("gru", layers.GRU)
    found += cases_of_kind("gru_reset_before", layers.GRU, reset_after=False)
    found += cases_of_kind("simplernn", layers.SimpleRNN)
    hard = {"recurrent_activation": "hard_sigmoid"}
    found += [
        ("lstm_hard_sigmoid", layers.LSTM(5, **hard, **ALL), SEQUENCE, MASK, 2),
        ("lstm_softmax", layers.LSTM(5, activation="softmax", use_bias=False), SEQUENCE, None, 0),
        ("lstm_no_unit_forget_bias", layers.LSTM(5, unit_forget_bias=False, **ALL), SEQUENCE, MASK, 2),
        ("gru_hard_sigmoid", layers.GRU(5, **hard, **ALL), SEQUENCE, MASK, 1),
        ("gru_reset_before_hard_sigmoid", layers.GRU(5, reset_after=False, **hard), SEQUENCE, None, 0),
        ("simplernn_linear", layers.SimpleRNN(5, activation="linear"), SEQUENCE, None, 1),
        ("masking", layers.Masking(), SEQUENCE, None, 0),
        ("masking_value", layers.Masking(1.0), SEQUENCE, None, 0),
        ("embedding", layers.Embedding(11, 3), (4, 6), None, 0),
        ("embedding_mask_zero", layers.Embedding(11, 3, mask_zero=True), (4, 6), None, 0),
        ("embedding_rank1", layers.Embedding(11, 3), (5,), None, 0),
        ("embedding_one_wide", layers.Embedding(1, 1), (3, 4), None, 0),
        ("embedding_many", layers.Embedding(300, 33, mask_zero=True), (7, 1), None, 0),
        ("embedding_rank3", layers.Embedding(11, 3), (4, 2, 3), None, 0),
    ]
    for mode in ("concat", "sum", "mul", "ave", None):
        lstm = layers.LSTM(3, return_sequences=True)
        found.append((f"bidirectional_{mode}", layers.Bidirectional(lstm, merge_mode=mode), SEQUENCE, MASK, 0))
    found += [
        ("bidirectional_last", layers.Bidirectional(layers.LSTM(3)), SEQUENCE, MASK, 0),
        ("bidirectional_state", layers.Bidirectional(layers.LSTM(3, **ALL)), SEQUENCE, None, 4),
        ("bidirectional_gru_state_apart", layers.Bidirectional(layers.GRU(3, **ALL), merge_mode=None), SEQUENCE, MASK, 2),
        ("bidirectional_two_layers", layers.Bidirectional(
            layers.SimpleRNN(3), backward_layer=layers.SimpleRNN(3, activation="relu", go_backwards=True)),
         SEQUENCE, None, 0),
        ("timedistributed_dense", layers.TimeDistributed(layers.Dense(4, activation="relu")), (2, 3, 5), None, 0),
        ("timedistributed_conv2d", layers.TimeDistributed(layers.Conv2D(2, 3)), (2, 3, 5, 4, 2), None, 0),
    ]  # fmt: skip
    return found


def cells_cases():
    """Layers around cells, and those whose products are convolutions: as `cases`, with true for all initial states."""
    rnn = layers.RNN
    stack = [layers.LSTMCell(4), layers.GRUCell(3), layers.SimpleRNNCell(2)]
    two = [layers.LSTMCell(4, activation="relu"), layers.LSTMCell(3)]
    lines, films, volumes = (3, 5, 6, 2), (2, 3, 5, 4, 2), (2, 3, 4, 3, 3, 1)
    short, batches = (2, 3, 4, 2), (2, 2, 3, 5, 1)
    zero = {"zero_output_for_mask": True, **ALL}
    back = {"go_backwards": True, **ALL}
    return [
        ("rnn_lstm", rnn(layers.LSTMCell(5), **ALL), SEQUENCE, MASK, True),
        ("rnn_lstm_relu", rnn(layers.LSTMCell(5, activation="relu", unit_forget_bias=False), **zero), SEQUENCE, MASK, True),
        ("rnn_lstm_no_bias", rnn(layers.LSTMCell(5, use_bias=False, recurrent_activation="tanh")), SEQUENCE, None, 0),
        ("rnn_gru", rnn(layers.GRUCell(5), **back), SEQUENCE, MASK, True),
        ("rnn_gru_reset_before", rnn(layers.GRUCell(5, reset_after=False, activation="elu")), SEQUENCE, MASK, True),
        ("rnn_gru_unrolled", rnn(layers.GRUCell(5), unroll=True, return_sequences=True), SEQUENCE, None, 0),
        ("rnn_simple", rnn(layers.SimpleRNNCell(5)), SEQUENCE, MASK, True),
        ("rnn_simple_relu", rnn(layers.SimpleRNNCell(5, activation="relu"), go_backwards=True, **zero), SEQUENCE, MASK, True),
        ("rnn_stack", rnn(stack), SEQUENCE, None, 0),
        ("rnn_stack_all", rnn(stack, **ALL), SEQUENCE, MASK, True),
        ("rnn_stack_backwards_zero", rnn(stack, go_backwards=True, **zero), SEQUENCE, MASK, True),
        ("rnn_stacked_cells", rnn(layers.StackedRNNCells(two), go_backwards=True), SEQUENCE, MASK, 0),
        ("bidirectional_rnn", layers.Bidirectional(rnn(layers.GRUCell(3), return_sequences=True)), SEQUENCE, MASK, 0),
        ("bidirectional_rnn_stack", layers.Bidirectional(rnn(two)), SEQUENCE, None, 0),
        ("timedistributed_lstm", layers.TimeDistributed(layers.LSTM(3)), short, None, 0),
        ("timedistributed_rnn", layers.TimeDistributed(rnn(layers.GRUCell(3, activation="relu"))), short, None, 0),
        ("convlstm1d", layers.ConvLSTM1D(3, 3), lines, None, 0),
        ("convlstm1d_same", layers.ConvLSTM1D(3, 2, padding="same", **ALL), lines, None, True),
        ("convlstm1d_strides", layers.ConvLSTM1D(3, 3, strides=2, use_bias=False, **back), lines, None, True),
        ("convlstm1d_dilation", layers.ConvLSTM1D(2, 2, dilation_rate=2, activation="relu"), lines, None, 0),
        # Keras stretches the mask of a convolution's steps only where they are unrolled.
        ("convlstm1d_masked", layers.ConvLSTM1D(3, 3, unroll=True, **ALL), lines, MASK, 0),
        ("convlstm2d", layers.ConvLSTM2D(3, (3, 2)), films, None, 0),
        ("convlstm2d_same", layers.ConvLSTM2D(3, 2, padding="same", recurrent_activation="hard_sigmoid", **ALL), films, None, True),
        ("convlstm2d_strides", layers.ConvLSTM2D(2, 3, strides=(2, 1), unit_forget_bias=False, **ALL), films, None, True),
        ("convlstm3d", layers.ConvLSTM3D(2, 2), volumes, None, 0),
        ("convlstm3d_same", layers.ConvLSTM3D(2, (2, 1, 3), padding="same", **ALL), volumes, None, True),
        ("bidirectional_convlstm1d", layers.Bidirectional(layers.ConvLSTM1D(2, 3, return_sequences=True)), lines, None, 0),
        ("timedistributed_convlstm1d", layers.TimeDistributed(layers.ConvLSTM1D(2, 3)), batches, None, 0),
    ]  # fmt: skip


def input_of(name, random, layer, shape):
    """Indices for Embedding, steps to be left out for Masking, else normal values."""
    if isinstance(layer, layers.Embedding):
        return random.integers(0, layer.input_dim, shape).astype(np.int32)
    x = normal(random, *shape)
    if isinstance(layer, layers.Masking):
        x[0, 1] = x[2, 0] = x[2, 4] = layer.mask_value
        x[1, 1, 1:] = layer.mask_value
    return x


def described(tensors, name, layer, random):
    """Gives the layer random weights and describes them in their order."""
    for variable in layer.variables:
        if "seed" not in variable.name and variable.name != "rnn_state":
            variable.assign(weight_values(variable, random))
    return [tensors.add(f"{name}/weight{i}", v.numpy()) for i, v in enumerate(layer.weights)]


def initial_states(layer, shape, states, random):
    """Random states to begin with, in the structure that the layer takes them in."""
    if states is True:
        return tree.map_structure(lambda zero: normal(random, *zero.shape), layer.get_initial_state(shape[0]))
    units = getattr(layer, "forward_layer", layer).units if states else 0
    return [normal(random, shape[0], units) for _ in range(states)]


def recurrent_case(tensors, name, layer, shape, mask, states):
    """One JSON entry; its tensors go to `tensors`."""
    random = generator(name)
    x = input_of(name, random, layer, shape)
    layer.build(shape)
    entry = {
        "name": name,
        "kind": "recurrent",
        "class_name": type(layer).__name__,
        "config": relevant(layer.get_config()),
        "weights": described(tensors, name, layer, random),
    }
    initial = initial_states(layer, shape, states, random)
    arguments = {} if mask is None else {"mask": mask}
    trained = [v.value for v in layer.trainable_variables]
    held = [v.value for v in layer.non_trainable_variables]

    def call(trained, x, initial):
        with_states = {"initial_state": initial} if initial else {}
        return tree.flatten(layer.stateless_call(trained, held, x, **with_states, **arguments)[0])

    outputs = call(trained, x, initial)
    cotangents = [normal(random, *output.shape) for output in outputs]

    def weighted_sum(trained, x, initial):
        return sum(jnp.sum(y * c) for y, c in zip(call(trained, x, initial), cotangents))

    whole = x.dtype == np.int32
    if whole:
        of_weights, of_states = jax.grad(weighted_sum, argnums=(0, 2))(trained, x, initial)
        of_inputs = []
    else:
        of_weights, of_x, of_states = jax.grad(weighted_sum, argnums=(0, 1, 2))(trained, x, initial)
        of_inputs = [of_x]
    entry["inputs"] = [tensors.add(f"{name}/input{i}", v) for i, v in enumerate([x, *tree.flatten(initial)])]
    entry["mask"] = None if mask is None else tensors.add(f"{name}/mask", mask)
    output_mask = getattr(layer(x), "_keras_mask", None)
    if isinstance(layer, (layers.Embedding, layers.Masking)) and output_mask is not None:
        entry["output_mask"] = tensors.add(f"{name}/output_mask", output_mask)
    for what, values in (
        ("outputs", outputs),
        ("cotangents", cotangents),
        ("input_gradients", of_inputs + tree.flatten(of_states)),
        ("weight_gradients", of_weights),
    ):
        entry[what] = [tensors.add(f"{name}/{what}{i}", v) for i, v in enumerate(values)]
    return entry


def stateful_case(tensors, name, layer, shape=SEQUENCE):
    """A layer that goes on with the states of the batch before: two calls, and one after a reset."""
    random = generator(name)
    layer.build(shape)
    entry = {
        "name": name,
        "kind": "stateful",
        "class_name": type(layer).__name__,
        "config": relevant(layer.get_config()),
        "weights": described(tensors, name, layer, random),
        "calls": [],
    }
    for number in range(3):
        if number == 2:
            layer.reset_states()
        x = normal(random, *shape)
        entry["calls"].append({
            "input": tensors.add(f"{name}/input{number}", x),
            "output": tensors.add(f"{name}/output{number}", layer(x)),
        })  # fmt: skip
    return entry


STEPS, BATCH, LENGTH, WORDS = 20, 8, 12, 30


def training_case(tensors):
    """Embedding and LSTM on words, some of them 0 and left out: losses before each of 20 updates."""
    random = generator("training")
    model = keras.Sequential([
        keras.Input((LENGTH,)),
        layers.Embedding(WORDS, 6, mask_zero=True),
        layers.LSTM(5),
        layers.Dense(1, activation="sigmoid"),
    ])  # fmt: skip
    for variable in model.variables:
        if "seed" not in variable.name:
            variable.assign(normal(random, *variable.shape, scale=0.4))
    start = [tensors.add(f"training/weight{i}", w) for i, w in enumerate(model.get_weights())]
    words = random.integers(1, WORDS, (BATCH * 2, LENGTH)).astype(np.int32)
    for row, length in enumerate(random.integers(4, LENGTH + 1, BATCH * 2)):
        words[row, length:] = 0
    labels = (words[:, 1] > WORDS // 2).astype(np.int32)
    model.compile(optimizer=keras.optimizers.Adam(0.01), loss="binary_crossentropy")
    losses = []
    for step in range(STEPS):
        rows = slice(step % 2 * BATCH, (step % 2 + 1) * BATCH)
        losses.append(float(model.train_on_batch(words[rows], labels[rows])))
        model.reset_metrics()
    return {
        "name": "training",
        "kind": "training",
        "words": tensors.add("training/words", words),
        "labels": tensors.add("training/labels", labels),
        "weights": start,
        "learning_rate": 0.01,
        "losses": losses,
        "weights_after": [tensors.add(f"training/after{i}", w) for i, w in enumerate(model.get_weights())],
    }


def recurrent_cases(tensors):
    """All cases of recurrent layers."""
    stateful = [
        stateful_case(tensors, "lstm_stateful", layers.LSTM(4, stateful=True)),
        stateful_case(tensors, "gru_stateful", layers.GRU(4, stateful=True, return_sequences=True)),
        stateful_case(tensors, "simplernn_stateful", layers.SimpleRNN(4, stateful=True, activation="relu")),
        stateful_case(tensors, "rnn_stateful", layers.RNN(layers.LSTMCell(4), stateful=True)),
        stateful_case(tensors, "convlstm1d_stateful", layers.ConvLSTM1D(2, 3, stateful=True), (2, 3, 5, 2)),
    ]
    return [recurrent_case(tensors, *case) for case in cases() + cells_cases()] + stateful + [training_case(tensors)]
