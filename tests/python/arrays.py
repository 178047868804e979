"""NumPy's side of the exchange of arrays: `arrays.py make FOLDER` writes some, `arrays.py check FOLDER` reads kerust's."""

import sys
from pathlib import Path

import numpy as np


def arrays():
    """What both sides know: each number is its place in row-major order, less 3."""
    for dtype in ("float16", "float32", "float64", "int8", "int16", "int32", "int64"):
        yield dtype, (np.arange(24).reshape(2, 3, 4) - 3).astype(dtype)
    yield "fortran", np.asfortranarray((np.arange(24).reshape(2, 3, 4) - 3).astype(">f4"))


def make(folder):
    """Writes them one by one and together."""
    for name, array in arrays():
        np.save(folder / f"{name}.npy", array)
    np.savez(folder / "stored.npz", **dict(arrays()))
    np.savez_compressed(folder / "deflated.npz", **dict(arrays()))


def check(folder):
    """Compares what kerust wrote of its three types."""
    expected = {
        "float32": (np.arange(24, dtype="float32").reshape(2, 3, 4) - 3) / 7,
        "int64": np.arange(24).reshape(2, 3, 4) - 3,
        "uint8": np.arange(24, dtype="uint8").reshape(2, 3, 4),
        "scalar": np.float32(2.5),
        "empty": np.zeros((2, 0), "float32"),
    }
    for name, array in expected.items():
        same(name, np.load(folder / f"{name}.npy", allow_pickle=False), array)
    for name in ("stored", "deflated"):
        with np.load(folder / f"{name}.npz", allow_pickle=False) as archive:
            if archive.files != list(expected):
                raise SystemExit(f"{name}: {archive.files}")
            for key, array in expected.items():
                same(f"{name} {key}", archive[key], array)


def same(name, ours, expected):
    """Fails unless type, shape and numbers are the same."""
    if ours.dtype != expected.dtype or ours.shape != expected.shape or not np.array_equal(ours, expected):
        raise SystemExit(f"{name}: {ours.dtype} {ours.shape} {ours}")


if __name__ == "__main__":
    {"make": make, "check": check}[sys.argv[1]](Path(sys.argv[2]))
