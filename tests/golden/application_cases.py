"""Known architectures: the names, classes, output shapes and weights of all layers, line by line."""

import zlib

import keras
from keras import applications

# Names that Keras gives by itself: their numbers depend on what was made before.
AUTOMATIC = ("input_layer", "max_pooling2d", "global_average_pooling2d", "global_max_pooling2d")

# Builder, arguments, and whether all lines are kept; otherwise their checksum.
CASES = [
    ("ResNet50", {}, True),
    ("ResNet50", {"include_top": False, "pooling": "avg", "input_shape": (64, 32, 3)}, False),
    ("ResNet50", {"include_top": False, "pooling": "max", "input_shape": (32, 32, 1)}, False),
    ("ResNet50", {"include_top": False, "input_shape": (64, 64, 3)}, False),
    ("ResNet101", {}, False),
    ("ResNet152", {}, False),
    ("ResNet50V2", {}, True),
    ("ResNet50V2", {"include_top": False, "pooling": "max", "input_shape": (64, 64, 3)}, False),
    ("ResNet101V2", {}, False),
    ("ResNet152V2", {"classes": 7}, False),
    ("MobileNet", {}, True),
    ("MobileNet", {"alpha": 0.35, "depth_multiplier": 2, "classes": 9, "input_shape": (96, 64, 3)}, False),
    ("MobileNet", {"include_top": False, "pooling": "avg", "input_shape": (128, 128, 3)}, False),
    ("MobileNet", {"include_top": False, "pooling": "max", "input_shape": (128, 128, 3)}, False),
]


def lines(model):
    """One line for each layer: its name, class, output shape, and the shape of each weight."""
    found = []
    for layer in model.layers:
        name = "*" if layer.name.startswith(AUTOMATIC) else layer.name
        weights = " ".join("x".join(map(str, w.shape)) for w in layer.weights)
        found.append(f"{name} {type(layer).__name__} {tuple(layer.output.shape)} {weights}".rstrip())
    return found


def application_cases(_):
    """All cases; no tensors."""
    found = []
    for number, (builder, arguments, complete) in enumerate(CASES):
        keras.backend.clear_session()
        model = getattr(applications, builder)(weights=None, **arguments)
        listed = lines(model)
        found.append({
            "name": f"{builder.lower()}_{number}",
            "kind": "application",
            "builder": builder,
            "arguments": arguments,
            "model": model.name,
            "params": model.count_params(),
            "crc32": zlib.crc32("\n".join(listed).encode()),
            "lines": listed if complete else None,
        })  # fmt: skip
    return found
