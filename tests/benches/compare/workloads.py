"""What is measured: the workloads and, of each, the commands that the sides are given.

What a command computes is in the sides themselves: `keras_side.py`, `torch_side.py`, `kerust_side.rs`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """One command of a workload."""

    command: str
    title: str
    # The unit of the medians, and how many of it are a second.
    unit: str
    per_second: float
    # How often the side repeats it before it answers with the mean: what is short needs more than once.
    calls: int
    # How far the value that a side computes may be from the first side's, as a share of that.
    tolerance: float


@dataclass(frozen=True)
class Workload:
    """A model, its samples, and what is asked of them."""

    name: str
    title: str
    measures: tuple


# With the same weights and samples in the same order, training differs only by rounding, which
# it amplifies; with Dropout it differs by chance. What does not train differs by rounding alone.
TRAINED = 0.05
BY_CHANCE = 0.15
ROUNDED = 1e-3

MLP_STEPS = 100
CNN_STEPS = 20
LSTM_STEPS = 20

TUTORIAL = Workload(
    "tutorial",
    "the tutorial's model: Conv2D(32, 3x3, relu), MaxPooling2D, Flatten, Dense(128, relu), Dense(10, softmax); "
    "8,000 pictures of 32x32x3, validation_split 0.2, batches of 32, adam",
    (Measure("epoch", "an epoch: trains on 6,400, validates on 1,600", "s", 1.0, 1, TRAINED),),
)

MLP = Workload(
    "mlp",
    "Dense 784-512-256-10, relu, Dropout(0.2) behind both hidden layers; 12,800 samples, batches of 128, adam",
    (Measure("epoch", "a training step, mean of an epoch", "ms", 1000.0 / MLP_STEPS, 1, BY_CHANCE),),
)

CNN = Workload(
    "cnn",
    "three blocks of Conv2D 3x3 same, BatchNormalization, relu, MaxPooling2D with 32, 64, 128 filters, "
    "Flatten, Dense(128, relu), Dense(10, softmax); 640 pictures of 32x32x3, batches of 32, adam",
    (Measure("epoch", "a training step, mean of an epoch", "ms", 1000.0 / CNN_STEPS, 1, TRAINED),),
)

LSTM = Workload(
    "lstm",
    "Embedding(10000, 64), LSTM(64), Dense(1, sigmoid); 640 samples of 200 words, batches of 32, adam",
    (Measure("epoch", "a training step, mean of an epoch", "ms", 1000.0 / LSTM_STEPS, 1, TRAINED),),
)

INFERENCE = Workload(
    "inference",
    "the tutorial's model, not trained; batches of 32",
    (
        Measure("evaluate", "evaluate of 10,000 pictures", "s", 1.0, 1, ROUNDED),
        Measure("predict-10000", "predict of 10,000 pictures", "s", 1.0, 1, ROUNDED),
        Measure("predict-1", "predict of one picture", "ms", 1000.0, 20, ROUNDED),
        Measure("predict-5", "predict of five pictures", "ms", 1000.0, 20, ROUNDED),
    ),
)

# For GPUs, which a batch of 32 leaves idle most of the time.
TUTORIAL_512 = Workload(
    "tutorial-512",
    "the tutorial's model in batches of 512; 40,960 pictures, validation_split 0.2",
    (Measure("epoch", "an epoch: trains on 32,768, validates on 8,192", "s", 1.0, 1, TRAINED),),
)

CNN_512 = Workload(
    "cnn-512",
    "the model of cnn in batches of 512; 10,240 pictures",
    (Measure("epoch", "a training step, mean of an epoch", "ms", 1000.0 / CNN_STEPS, 1, TRAINED),),
)

LARGE_WORKLOADS = {workload.name: workload for workload in (TUTORIAL_512, CNN_512)}

WORKLOADS = {workload.name: workload for workload in (TUTORIAL, MLP, CNN, LSTM, INFERENCE)}
