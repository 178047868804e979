"""Runs models that kerust has exported: `onnx_files.py FOLDER`.

In the folder, each model has `NAME.onnx` and `NAME.json`: `inputs`, what kerust computes of them in
`outputs`, and perhaps `transposes`, how many transpositions there may be at most.
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

# Relative to the largest number of a tensor.
TOLERANCE = 1e-4


def compare(what, found, expected):
    assert found.shape == expected.shape, f"{what}: {found.shape}, kerust {expected.shape}"
    assert np.isfinite(found).all(), f"{what}: {found}"
    difference = np.abs(found - expected).max(initial=0) / max(np.abs(expected).max(initial=0), 1e-6)
    assert difference < TOLERANCE, f"{what}: {difference}: {found}, kerust {expected}"


def check(path):
    case = json.loads(path.with_suffix(".json").read_text())
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    transposes = sum(node.op_type == "Transpose" for node in model.graph.node)
    most = case["transposes"]
    assert most is None or transposes <= most, f"{transposes} transpositions"

    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    given = [np.asarray(x, np.float32) for x in case["inputs"]]
    expected = [np.asarray(y, np.float32) for y in case["outputs"]]
    names = [port.name for port in session.get_inputs()]
    assert len(names) == len(given), names
    found = session.run(None, dict(zip(names, given)))
    assert len(found) == len(expected)
    for i, (found, wanted) in enumerate(zip(found, expected)):
        compare(f"output {i}", found, wanted)
    # The number of samples is open.
    found = session.run(None, {name: x[:1] for name, x in zip(names, given)})
    for i, (found, wanted) in enumerate(zip(found, expected)):
        compare(f"output {i} of one sample", found, wanted[:1])


def main():
    paths = sorted(Path(sys.argv[1]).glob("*.onnx"))
    failed = 0
    for path in paths:
        try:
            check(path)
        except Exception as error:
            failed += 1
            print(f"{path.stem}: {error}"[:600], file=sys.stderr)
    print(f"{len(paths) - failed} models agree")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
