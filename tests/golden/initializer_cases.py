"""Initializers: the documented range or spread, and what Keras drew for that shape.

The random numbers themselves are not comparable, so a case states, for `fan_in` and `fan_out`:
    uniform            values lie in [-limit, limit]; the standard deviation is limit / sqrt(3)
    truncated_normal   sigma = stddev / 0.87962566103423978, cut at 2 * sigma; the standard deviation is stddev
    normal             the standard deviation is stddev
    constant           every element is value
    identity           value on the diagonal, 0 elsewhere
    orthogonal         rows or columns (of the last axis against all others) are orthogonal and of length value
"""

import math

import numpy as np
from keras import initializers

DENSE = (300, 200)
CONV = (3, 3, 16, 32)
CONV_OBLONG = (5, 2, 8, 24)
VECTOR = (2000,)

# Glorot, He and Lecun: (scale, which fan, distribution) of VarianceScaling.
SCALING = {
    "GlorotUniform": (1.0, "fan_avg", "uniform"),
    "GlorotNormal": (1.0, "fan_avg", "truncated_normal"),
    "HeUniform": (2.0, "fan_in", "uniform"),
    "HeNormal": (2.0, "fan_in", "truncated_normal"),
    "LecunUniform": (1.0, "fan_in", "uniform"),
    "LecunNormal": (1.0, "fan_in", "truncated_normal"),
}
CONSTANT = [("Zeros", {}, 0.0), ("Ones", {}, 1.0), ("Constant", {"value": 0.3}, 0.3)]


def fans(shape):
    """Keras's fan in and fan out of a kernel shape."""
    if len(shape) == 1:
        return shape[0], shape[0]
    receptive_field = math.prod(shape[:-2])
    return receptive_field * shape[-2], receptive_field * shape[-1]


def scaled(class_name, shape):
    """The range or spread that VarianceScaling's documentation gives."""
    scale, mode, distribution = SCALING[class_name]
    fan_in, fan_out = fans(shape)
    fan = {"fan_in": fan_in, "fan_avg": (fan_in + fan_out) / 2}[mode]
    spread = {"fan_in": fan_in, "fan_out": fan_out, "distribution": distribution}
    if distribution == "uniform":
        return spread | {"limit": math.sqrt(3.0 * scale / fan)}
    return spread | {"stddev": math.sqrt(scale / fan)}


def variance(arguments, fan_in, fan_out):
    """The range or spread of a VarianceScaling with these arguments."""
    fan = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[arguments["mode"]]
    stddev = math.sqrt(arguments["scale"] / fan)
    if arguments["distribution"] == "uniform":
        return {"distribution": "uniform", "limit": math.sqrt(3.0) * stddev}
    name = {"truncated_normal": "truncated_normal", "untruncated_normal": "normal"}[arguments["distribution"]]
    return {"distribution": name, "stddev": stddev}


def initializer_case(class_name, arguments, shape, expected):
    """One JSON entry with the statistics of one draw of Keras's."""
    initializer = getattr(initializers, class_name)(**arguments)
    drawn = np.asarray(initializer(shape), np.float64)
    return {
        "name": f"initializer_{class_name}_{'x'.join(map(str, shape))}",
        "kind": "initializer",
        "class_name": class_name,
        "config": initializer.get_config(),
        "shape": list(shape),
        **expected,
        "drawn": {
            "min": float(drawn.min()),
            "max": float(drawn.max()),
            "mean": float(drawn.mean()),
            "stddev": float(drawn.std()),
        },
    }


def initializer_cases(_tensors):
    """All initializer cases."""
    cases = [
        initializer_case(class_name, {"seed": 7}, shape, scaled(class_name, shape))
        for class_name in SCALING
        for shape in (DENSE, CONV, CONV_OBLONG, VECTOR)
    ]
    for class_name, arguments, value in CONSTANT:
        cases.append(initializer_case(class_name, arguments, (3, 4), {"distribution": "constant", "value": value}))
    # Keras's configuration of it does not hold the gain, so that it is the default alone.
    for shape in ((4, 5), (6, 4)):
        cases.append(initializer_case("Identity", {}, shape, {"distribution": "identity", "value": 1.0}))
    for shape in (DENSE, (20, 50), CONV):
        cases.append(initializer_case("Orthogonal", {"gain": 1.5, "seed": 7}, shape, {"distribution": "orthogonal", "value": 1.5}))
    for mode, distribution in (("fan_in", "truncated_normal"), ("fan_out", "untruncated_normal"), ("fan_avg", "uniform")):
        arguments = {"scale": 3.0, "mode": mode, "distribution": distribution, "seed": 7}
        cases.append(initializer_case("VarianceScaling", arguments, (90 + len(mode), 200), variance(arguments, 90 + len(mode), 200)))
    cut = {"distribution": "truncated_normal", "stddev": 0.05 * 0.87962566103423978}
    cases.append(initializer_case("TruncatedNormal", {"seed": 7}, DENSE, cut))
    plain = [("RandomUniform", {"distribution": "uniform", "limit": 0.05}),
             ("RandomNormal", {"distribution": "normal", "stddev": 0.05})]  # fmt: skip
    stft = [({}, (16, 1, 9)), ({"side": "imag", "window": "hamming", "scaling": "spectrum", "periodic": True}, (7, 1, 5)),
            ({"side": "imag", "window": None}, (6, 1, 5)), ({"scaling": None, "window": "boxcar"}, (5, 1, 5))]  # fmt: skip
    windows = ("blackman", "nuttall", "blackmanharris", "flattop", "cosine", "bartlett", "triang")
    stft += [({"window": window, "periodic": even}, (7 + even, 1, 3)) for window in windows for even in (False, True)]
    for number, (arguments, shape) in enumerate(stft):
        values = np.asarray(initializers.STFT(**arguments)(shape)).ravel().tolist()
        case = initializer_case("STFT", arguments, shape, {"distribution": "values", "values": values})
        cases.append(case | {"name": f"initializer_STFT_{number}"})
    for class_name, expected in plain:
        cases.append(initializer_case(class_name, {"seed": 7}, DENSE, expected))
    return cases
