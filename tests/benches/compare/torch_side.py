"""The plain PyTorch side of the benchmark: `python tests/benches/compare/torch_side.py WORKLOAD`.

A usual training loop, without `torch.compile`; batches are slices of one tensor, which is faster than a
DataLoader. `serve.py` tells what is read and written.
"""

import os
import sys

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import torch
from torch import nn
from torch.nn import functional

import samples
import serve


def tutorial_layers():
    """Also the layers of `inference`. The softmax is in the loss, as usual in PyTorch."""
    return [
        nn.Conv2d(3, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(32 * 15 * 15, 128), nn.ReLU(), nn.Linear(128, 10),
    ]  # fmt: skip


def mlp_layers():
    """Dense layers with Dropout."""
    return [
        nn.Linear(784, 512), nn.ReLU(), nn.Dropout(0.2),
        nn.Linear(512, 256), nn.ReLU(), nn.Dropout(0.2), nn.Linear(256, 10),
    ]  # fmt: skip


def cnn_layers():
    """Convolutions with BatchNormalization, with the numbers that Keras has by default."""
    layers = []
    for before, filters in ((3, 32), (32, 64), (64, 128)):
        layers += [
            nn.Conv2d(before, filters, 3, padding="same"),
            nn.BatchNorm2d(filters, eps=1e-3, momentum=0.01),
            nn.ReLU(),
            nn.MaxPool2d(2),
        ]
    return [*layers, nn.Flatten(), nn.Linear(128 * 4 * 4, 128), nn.ReLU(), nn.Linear(128, 10)]


class LastOutput(nn.LSTM):
    """An LSTM layer that gives its last output; with one bias, as in Keras."""

    def __init__(self, features, units):
        super().__init__(features, units, batch_first=True)
        self.bias_hh_l0.requires_grad_(False)

    def forward(self, x):
        return super().forward(x)[0][:, -1]


def lstm_layers():
    """Words. The sigmoid is in the loss, as usual in PyTorch."""
    return [nn.Embedding(samples.KNOWN_WORDS, 64), LastOutput(64, 64), nn.Linear(64, 1)]


def set_lstm_weights(model):
    """The weights that Keras has; the gates are in the same order."""
    embedding, lstm, dense = model
    shapes = [tuple(embedding.weight.shape), (64, 256), (64, 256), (64, 1)]
    words, kernel, recurrent, last = map(torch.from_numpy, samples.kernels(shapes))
    with torch.no_grad():
        embedding.weight.copy_(words)
        lstm.weight_ih_l0.copy_(kernel.T)
        lstm.weight_hh_l0.copy_(recurrent.T)
        lstm.bias_hh_l0.zero_()
        lstm.bias_ih_l0.zero_()
        lstm.bias_ih_l0[64:128] = 1.0
        dense.weight.copy_(last.T)
        dense.bias.zero_()


LAYERS = {"tutorial": tutorial_layers, "mlp": mlp_layers, "cnn": cnn_layers, "lstm": lstm_layers, "inference": tutorial_layers}
BATCH_SIZE = {"tutorial": 32, "mlp": 128, "cnn": 32, "lstm": 32, "inference": 32}
VALIDATED = {"tutorial": 1600}


def model_of(workload):
    """The model with the first weights that Keras has, in the layout of PyTorch."""
    model = nn.Sequential(*LAYERS[workload]())
    if workload == "lstm":
        set_lstm_weights(model)
        return model
    weighted = [layer for layer in model if isinstance(layer, (nn.Conv2d, nn.Linear))]
    shapes = [
        (*layer.kernel_size, layer.in_channels, layer.out_channels)
        if isinstance(layer, nn.Conv2d)
        else (layer.in_features, layer.out_features)
        for layer in weighted
    ]
    channels = None
    with torch.no_grad():
        for layer, kernel in zip(weighted, map(torch.from_numpy, samples.kernels(shapes))):
            layer.bias.zero_()
            if isinstance(layer, nn.Conv2d):
                channels = layer.out_channels
                layer.weight.copy_(kernel.permute(3, 2, 0, 1))
                continue
            if channels:
                # Behind Flatten: Keras has the channels last, PyTorch first.
                kernel = kernel.reshape(-1, channels, kernel.shape[1]).transpose(0, 1).reshape(kernel.shape)
                channels = None
            layer.weight.copy_(kernel.T)
    return model


def loss_of(outputs, labels):
    """The loss of a batch, and how many samples are right."""
    if outputs.shape[1] == 1:
        loss = functional.binary_cross_entropy_with_logits(outputs, labels.float())
        return loss, ((outputs > 0) == labels).sum().item()
    return functional.cross_entropy(outputs, labels), (outputs.argmax(1) == labels).sum().item()


def batches(x, y, size):
    """The samples in order."""
    return zip(x.split(size), y.split(size))


def train(model, optimizer, x, y, size):
    """One epoch; the mean loss."""
    model.train()
    loss_sum, correct = 0.0, 0
    for images, labels in batches(x, y, size):
        optimizer.zero_grad()
        outputs = model(images)
        loss, right = loss_of(outputs, labels)
        loss.backward()
        optimizer.step()
        loss_sum += loss.item() * len(labels)
        correct += right
    return loss_sum / len(y)


@torch.no_grad()
def evaluate(model, x, y, size):
    """The mean loss; the accuracy is computed as well, as on the other sides."""
    model.eval()
    loss_sum, correct = 0.0, 0
    for images, labels in batches(x, y, size):
        outputs = model(images)
        loss_sum += functional.cross_entropy(outputs, labels).item() * len(labels)
        correct += (outputs.argmax(1) == labels).sum().item()
    return loss_sum / len(y)


@torch.no_grad()
def predict(model, x, size):
    """The probabilities."""
    model.eval()
    return torch.cat([model(images).softmax(1) for images in x.split(size)]).numpy()


def main():
    """Makes the model, then the samples, then what it is told."""
    (workload,) = sys.argv[1:]
    model = model_of(workload)
    optimizer = torch.optim.Adam(model.parameters(), eps=1e-7)
    serve.answer("ready", versions={"PyTorch": torch.__version__})
    commands = serve.commands()
    next(commands)
    x, y = (torch.from_numpy(array) for array in samples.of(workload))
    y = y.long()
    if x.dim() == 4:
        x = x.permute(0, 3, 1, 2).contiguous()
    serve.answer("load")
    size = BATCH_SIZE[workload]
    trained = len(x) - VALIDATED.get(workload, 0)

    def epoch():
        loss = train(model, optimizer, x[:trained], y[:trained], size)
        return evaluate(model, x[trained:], y[trained:], size) if trained < len(x) else loss

    for command, calls in commands:
        if command == "epoch":
            serve.timed(command, calls, epoch)
        elif command == "evaluate":
            serve.timed(command, calls, lambda: evaluate(model, x, y, size))
        else:
            some = x[: int(command.removeprefix("predict-"))]
            serve.timed(command, calls, lambda: predict(model, some, size), samples.mean_square)


if __name__ == "__main__":
    main()
