"""NumPy's side of the exchange of weights: `numpy_weights.py again FOLDER` reads `weights.npz`, and
writes its arrays without their names to `again.npz`, and the names to `names.txt`.
"""

import sys
from pathlib import Path

import numpy as np


def again(folder):
    with np.load(folder / "weights.npz", allow_pickle=False) as file:
        names, arrays = list(file.files), [file[name] for name in file.files]
    assert all(array.dtype == np.float32 for array in arrays)
    np.savez(folder / "again.npz", *arrays)
    (folder / "names.txt").write_text("\n".join(names))


if __name__ == "__main__":
    {"again": again}[sys.argv[1]](Path(sys.argv[2]))
