"""Writes the files of Keras itself in `files`, which the Rust tests read without Python."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "python"))

import keras_files

for name, ending in [("embedding", ".keras"), ("short", ".weights.h5"), ("normalized", ".h5")]:
    keras_files.write(name, HERE / "files", [ending])
