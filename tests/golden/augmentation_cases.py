"""Augmentation: what layers make of pictures once everything random about them is said."""

import math

import numpy as np
from keras import layers, ops

from golden_file import generator, whole_config

SIZES = (2, 7, 6, 3)
RANGES = ((0, 255), (0, 1), (-1, 1))
FILL_MODES = ("reflect", "wrap", "constant", "nearest")
INTERPOLATIONS = ("bilinear", "nearest")


def pictures(name, value_range, sizes=SIZES):
    """Pictures with numbers in a range."""
    low, high = value_range
    return generator(name).uniform(low, high, sizes).astype(np.float32)


# name, a layer for a range; each factor is one number, so that nothing is left to chance
LAYERS = [
    ("autocontrast", lambda r: layers.AutoContrast(value_range=r)),
    ("equalization", lambda r: layers.Equalization(value_range=r)),
    ("equalization_bins", lambda r: layers.Equalization(value_range=r, bins=7)),
    ("randominvert", lambda r: layers.RandomInvert((1.0, 1.0), value_range=r)),
    ("randominvert_never", lambda r: layers.RandomInvert((0.0, 0.0), value_range=r)),
    ("randomposterization", lambda r: layers.RandomPosterization((3, 3), value_range=r)),
    ("randomposterization_all", lambda r: layers.RandomPosterization((8, 8), value_range=r)),
    ("randomcolordegeneration", lambda r: layers.RandomColorDegeneration((0.3, 0.3), value_range=r)),
    ("randomcolordegeneration_gray", lambda r: layers.RandomColorDegeneration((1.0, 1.0), value_range=r)),
    ("randomsharpness", lambda r: layers.RandomSharpness((0.9, 0.9), value_range=r)),
    ("randomsharpness_smooth", lambda r: layers.RandomSharpness((0.1, 0.1), value_range=r)),
    ("randomgaussianblur", lambda r: layers.RandomGaussianBlur((1.0, 1.0), 3, (0.7, 0.7), value_range=r)),
    ("randomgaussianblur_odd", lambda r: layers.RandomGaussianBlur((1.0, 1.0), (7, 3), (0.9, 0.9), value_range=r)),
    ("randomgaussianblur_sharp", lambda r: layers.RandomGaussianBlur((1.0, 1.0), 3, 0.0, value_range=r)),
    ("randomerasing_all", lambda r: layers.RandomErasing((1.0, 1.0), (1.0, 1.0), fill_value=0.3, value_range=r)),
    ("clahe", lambda r: layers.ContrastLimitedAdaptiveHistogramEqualization(value_range=r, tile_grid_size=(2, 3))),
    ("clahe_small_tiles", lambda r: layers.ContrastLimitedAdaptiveHistogramEqualization(value_range=r)),
    ("clahe_one_tile", lambda r: layers.ContrastLimitedAdaptiveHistogramEqualization(value_range=r, clip_limit=0.0, tile_grid_size=(1, 1))),
    ("colorjitter_bright", lambda r: layers.RandomColorJitter(r, (0.1, 0.1), (-0.2, 0.2))),
]  # fmt: skip


def case(tensors, name, layer, x, **outputs):
    """A layer on pictures."""
    return {
        "name": name,
        "kind": "layer",
        "class_name": type(layer).__name__,
        "config": whole_config(name, layer),
        "input": tensors.add(f"{name}/input", x),
        **outputs,
    }


def layer_cases(tensors):
    """Layers that leave nothing to chance."""
    for label, make in LAYERS:
        for value_range in RANGES:
            name = f"{label}_{value_range[0]}_{value_range[1]}"
            layer, x = make(value_range), pictures(name, value_range)
            output = np.asarray(layer(x, training=True))
            if label == "randominvert":
                # Keras subtracts from the highest number alone and so leaves the range.
                output = output + np.float32(value_range[0])
            yield case(tensors, name, layer, x, output=tensors.add(f"{name}/output", output))
    for value_range in RANGES[1:2]:
        for factor in (0.0, 0.3, 0.5, 0.8, 1.0):
            name = f"randomsaturation_{factor}"
            layer, x = layers.RandomSaturation((factor, factor), value_range), pictures(name, value_range)
            yield case(tensors, name, layer, x, output=tensors.add(f"{name}/output", layer(x, training=True)))
    for factor in (0.0, 1.0):
        name = f"randomgrayscale_{factor}"
        layer, x = layers.RandomGrayscale(factor), pictures(name, (0, 255))
        yield case(tensors, name, layer, x, output=tensors.add(f"{name}/output", layer(x, training=True)))
    flat = np.full((2, 4, 4, 1), 7, np.float32)
    for name, layer in [
        ("autocontrast_flat", layers.AutoContrast()),
        ("equalization_flat", layers.Equalization()),
        ("clahe_flat", layers.ContrastLimitedAdaptiveHistogramEqualization(tile_grid_size=(2, 2))),
        ("grayscale_gray", layers.RandomGrayscale(1.0)),
    ]:
        yield case(tensors, name, layer, flat, output=tensors.add(f"{name}/output", layer(flat, training=True)))
    layer = layers.Pipeline([
        layers.RandomBrightness((0.1, 0.1), name="first"), layers.Rescaling(1 / 255, name="second"),
        layers.CenterCrop(3, 4, name="third"),
    ])  # fmt: skip
    x = pictures("pipeline", (0, 255))
    yield case(tensors, "pipeline", layer, x, output=tensors.add("pipeline/output", layer(x, training=True)))


def solarization_cases(tensors):
    """Solarization, whose bounds Keras scales differently: additions and thresholds are said instead."""
    for value_range in RANGES:
        for addition, threshold in [(0.0, 0.0), (0.0, 0.5), (0.3, 0.7), (0.6, 0.2)]:
            name = f"solarization_{value_range[0]}_{value_range[1]}_{addition}_{threshold}"
            layer = layers.Solarization((addition, addition), (threshold, threshold), value_range)
            x = pictures(name, value_range)
            each = np.ones((2, 1, 1, 1), np.float32) * 255
            output = layer.transform_images(x, {"additions": each * addition, "thresholds": each * threshold})
            yield case(tensors, name, layer, x, output=tensors.add(f"{name}/output", output))


def one_of(tensors, name, layer, x, outputs):
    """A layer that makes of each picture one of several."""
    return {**case(tensors, name, layer, x, outputs=[tensors.add(f"{name}/output{i}", y) for i, y in enumerate(outputs)]), "kind": "one_of"}


def sheared(layer, x):
    """Both directions in which a layer of one factor shears."""
    factors = np.array([[layer.x_factor[1], layer.y_factor[1]]] * len(x), np.float32)
    return [
        np.asarray(layer.transform_images(x, {"shear_factor": ops.convert_to_tensor(sign * factors), "input_shape": x.shape}))
        for sign in (1, -1)
    ]


def turned(layer, x):
    """Both directions in which a layer of one factor turns the hue."""
    factors = np.full(len(x), layer.factor[0] * 0.5, np.float32)
    return [np.asarray(layer.transform_images(x, {"factor": sign * factors})) for sign in (1, -1)]


def direction_cases(tensors):
    """Layers that go in one direction or the other."""
    for value_range in RANGES:
        for factor in (0.05, 0.4, 1.0):
            name = f"randomhue_{value_range[0]}_{value_range[1]}_{factor}"
            layer, x = layers.RandomHue((factor, factor), value_range), pictures(name, value_range)
            yield one_of(tensors, name, layer, x, turned(layer, x))
    for mode in FILL_MODES:
        for interpolation in INTERPOLATIONS:
            name = f"randomshear_{mode}_{interpolation}"
            layer = layers.RandomShear((0.37, 0.37), (0.23, 0.23), interpolation, mode, 0.7)
            x = pictures(name, (0, 1))
            yield one_of(tensors, name, layer, x, sheared(layer, x))
    name = "colorjitter_all"
    bounds = dict(brightness_factor=(0.1, 0.1), contrast_factor=(-0.2, 0.2), saturation_factor=(0.4, 0.4))
    jitter = layers.RandomColorJitter((0, 1), hue_factor=(0.3, 0.3), **bounds)
    before, x = layers.RandomColorJitter((0, 1), **bounds), pictures(name, (0, 1))
    yield one_of(tensors, name, jitter, x, turned(jitter.random_hue, np.asarray(before(x, training=True))))


def flip_cases(tensors):
    """RandomFlip, which turns a picture around or leaves it."""
    for mode in ("horizontal", "vertical", "horizontal_and_vertical"):
        name = f"randomflip_{mode}"
        layer, x = layers.RandomFlip(mode), pictures(name, (0, 1))
        flips = np.ones((len(x), 1, 1, 1), bool)
        both = [layer.transform_images(x, {"flips": turned, "input_shape": x.shape}) for turned in (flips, ~flips)]
        yield one_of(tensors, name, layer, x, [np.asarray(y) for y in both])


def mixing_cases(tensors):
    """MixUp and CutMix of two pictures: each is mixed with itself or with the other."""
    order = np.array([1, 0])
    everywhere, nowhere = np.ones(SIZES, bool), np.zeros(SIZES, bool)
    # So small a number makes each picture one of the two alone.
    layer, x = layers.MixUp(1e-6), pictures("mixup_one", (0, 1))
    mixed = [layer.transform_images(x, {"mix_weight": np.full(2, w, np.float32), "permutation_order": order}) for w in (0, 1)]
    yield one_of(tensors, "mixup_one", layer, x, [np.asarray(y) for y in mixed])
    layer, x = layers.MixUp(1.0), pictures("mixup_between", (0, 1))
    ends = [layer.transform_images(x, {"mix_weight": np.full(2, w, np.float32), "permutation_order": order}) for w in (0, 1)]
    yield {
        **one_of(tensors, "mixup_between", layer, x, [np.asarray(ends[1])]),
        "between": [tensors.add(f"mixup_between/between{i}", y) for i, y in enumerate(ends)],
    }
    layer, x = layers.CutMix((0.0, 0.0)), pictures("cutmix_one", (0, 1))
    cut = [layer.transform_images(x, {"permutation_order": order, "batch_masks": masks}) for masks in (everywhere, nowhere)]
    yield one_of(tensors, "cutmix_one", layer, x, [np.asarray(y) for y in cut])


def rand_augment_case(tensors):
    """RandAugment with one change, which is one of eleven; a quarter leaves posterization one bit."""
    name, factor = "randaugment", (0.25, 0.25)
    # Far enough from the ends of the range that contrast cuts nothing off.
    layer, x = layers.RandAugment(num_ops=1, factor=factor), pictures("randaugment", (70, 180))
    each = np.full((2, 1, 1, 1), 255 * factor[0], np.float32)
    outputs = sheared(layer.random_shear, x)
    outputs.append(np.asarray(layer.solarization.transform_images(x, {"additions": each, "thresholds": each})))
    for key in layer._AUGMENT_LAYERS:
        if key not in ("random_shear", "solarization", "random_contrast"):
            outputs.append(np.asarray(getattr(layer, key)(x, training=True)))
    # The contrast is still drawn between these two.
    between = [
        np.asarray(layer.random_contrast.transform_images(x, {"contrast_factor": np.full((2, 1, 1, 1), 1 + sign * factor[0], np.float32)}))
        for sign in (-1, 1)
    ]
    return {
        **one_of(tensors, name, layer, x, outputs),
        "between": [tensors.add(f"{name}/between{i}", y) for i, y in enumerate(between)],
    }


def perspective_cases(tensors):
    """Pictures whose corners move."""
    _, height, width, _ = SIZES
    corners = np.array([[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]], np.float32)
    start = np.stack([corners] * 2)
    for interpolation in INTERPOLATIONS:
        for reach in (0.1, 0.4):
            name = f"perspective_{interpolation}_{reach}"
            x = pictures(name, (0, 1))
            end = start + generator(f"{name}/end").uniform(-reach, reach, start.shape).astype(np.float32) * math.sqrt(width * height)
            output = ops.image.perspective_transform(x, start, end, interpolation, fill_value=0.7)
            yield {
                "name": name,
                "kind": "perspective",
                "interpolation": interpolation,
                "fill_value": 0.7,
                "input": tensors.add(f"{name}/input", x),
                "start": tensors.add(f"{name}/start", start),
                "end": tensors.add(f"{name}/end", end),
                "output": tensors.add(f"{name}/output", output),
            }


def augmentation_cases(tensors):
    """All augmentation cases."""
    return [
        *layer_cases(tensors),
        *solarization_cases(tensors),
        *direction_cases(tensors),
        *flip_cases(tensors),
        *mixing_cases(tensors),
        rand_augment_case(tensors),
        *perspective_cases(tensors),
    ]
