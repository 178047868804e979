"""Writes `files/arrays.npz`, arrays of every type, order and version that NumPy has, and what they hold in `arrays.json`."""

import io
import json
import zipfile

import numpy as np

from golden_file import FOLDER

# For each type numbers at its ends, and between them.
NUMBERS = {
    "b1": [True, False, True, True, False, False],
    "u1": [0, 1, 127, 128, 254, 255],
    "u2": [0, 1, 255, 256, 65534, 65535],
    "u4": [0, 1, 65535, 65536, 2**32 - 2, 2**32 - 1],
    "u8": [0, 1, 2**32, 2**53 + 1, 2**63 - 2, 2**63 - 1],
    "i1": [-128, -127, -1, 0, 1, 127],
    "i2": [-32768, -129, -1, 0, 256, 32767],
    "i4": [-(2**31), -32769, -1, 0, 65536, 2**31 - 1],
    "i8": [-(2**63), -(2**53) - 1, -1, 0, 2**32, 2**63 - 1],
    "f2": [0.1, -65504.0, 6e-8, 6.1e-5, 1.0, -0.0],
    "f4": [0.1, -3.4e38, 1e-45, 1.2e-38, 1.0, -0.0],
    "f8": [0.1, -3.4e38, 1e-45, 1.2e-38, 1.0 + 2.0**-24, 16777217.0],
}


def member(array, version):
    """A whole `.npy` file."""
    out = io.BytesIO()
    np.lib.format.write_array(out, array, version=version, allow_pickle=False)
    return out.getvalue()


def cases():
    """Names, arrays and versions."""
    for kind, numbers in NUMBERS.items():
        for byte_order in "<" if kind in ("b1", "u1", "i1") else "<>":
            for order in "CF":
                array = np.array(numbers, dtype=byte_order + kind).reshape(3, 2).copy(order)
                yield f"{kind}_{'big' if byte_order == '>' else 'little'}_{order}", array, (1, 0)
    deep = np.arange(48, dtype="<f4").reshape(2, 3, 4, 2)
    yield "four_axes", deep, (1, 0)
    yield "four_axes_F", deep.copy("F"), (2, 0)
    yield "third_version", deep.astype(">i2"), (3, 0)
    yield "row", np.arange(5, dtype="<i8"), (1, 0)
    yield "bytes", np.arange(5, dtype="u1"), (1, 0)
    yield "scalar", np.float32(2.5), (1, 0)
    yield "nothing", np.zeros((3, 0, 2), "<f4"), (1, 0)


def main():
    """Writes both files."""
    entries = []
    with zipfile.ZipFile(FOLDER / "files/arrays.npz", "w") as archive:
        for number, (name, array, version) in enumerate(cases()):
            array = np.asanyarray(array)
            info = zipfile.ZipInfo(f"{name}.npy")  # of 1980, so that the file is the same every time
            info.compress_type = zipfile.ZIP_DEFLATED if number % 2 else zipfile.ZIP_STORED
            archive.writestr(info, member(array, version))
            whole = array.dtype.kind in "biu"
            values = array.astype(object if whole else np.float32).ravel().tolist()
            values = [int(value) if whole else float(value) for value in values]
            entries.append({"name": name, "shape": list(array.shape), "whole": whole, "values": values})
    lines = ",\n".join(json.dumps(entry) for entry in entries)
    (FOLDER / "files/arrays.json").write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
