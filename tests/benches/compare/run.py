"""kerust beside Keras, PyTorch, burn and candle on the CPU: the same models on the same samples, in one run.

    python tests/benches/compare/run.py [--rounds 5] [--workloads tutorial mlp ..] [--sides kerust ..]

Needs Linux, Rust and Python 3, nothing else: the libraries to compare with are installed under `target/tmp/`
(several gigabytes, once), unless `--python` names a Python that has what `requirements.txt` names. Prints tables;
`--write` also writes them to `tests/benches/RESULTS.md`.

Each side is a process that computes when it is told to (`serve.py`). A workload starts one for each side, has
them all compute once to warm up, compares what they computed, and then goes round so often as asked.
"""

import argparse
import math
import pathlib
import sys

import machine
import programs
import results
from side import Side
from workloads import WORKLOADS

HERE = pathlib.Path(__file__).resolve().parent
RESULTS = HERE.parent / "RESULTS.md"
PYTHON_SIDES = {
    "keras-tensorflow": ("Keras on TensorFlow", ["keras_side.py", "tensorflow"]),
    "keras-jax": ("Keras on JAX", ["keras_side.py", "jax"]),
    "keras-torch": ("Keras on PyTorch", ["keras_side.py", "torch"]),
    "pytorch": ("PyTorch", ["torch_side.py"]),
}
OTHER_RUST_SIDES = {"burn": "compare-burn", "candle": "compare-candle"}
SIDES = ["kerust", *PYTHON_SIDES, *OTHER_RUST_SIDES]


def commands(sides, python):
    """The title and the command of each side, less the workload; builds and installs what is needed."""
    found = []
    for name in sides:
        if name == "kerust":
            found.append((name, [programs.kerust()]))
        elif name in OTHER_RUST_SIDES:
            found.append((name, [programs.other(OTHER_RUST_SIDES[name])]))
        else:
            python = python or programs.python()
            title, (script, *arguments) = PYTHON_SIDES[name]
            found.append((title, [python, str(HERE / script), *arguments]))
    return found


def compare_checks(measure, sides):
    """Ends the run when a side has computed something else."""
    checks = [(side.title, side.checks[measure.command][0]) for side in sides]
    expected = checks[0][1]
    wrong = [
        title
        for title, check in checks
        if not math.isclose(check, expected, rel_tol=0.0, abs_tol=measure.tolerance * abs(expected))
    ]
    if wrong:
        listed = "\n".join(f"  {title:20} {check:.6f}" for title, check in checks)
        raise SystemExit(f"{measure.title}: {', '.join(wrong)} computed something else than {checks[0][0]}:\n{listed}")


def run(workload, commands, rounds):
    """Measures a workload; the sides with their measurements."""
    sides = []
    try:
        for title, command in commands:
            print(f"{workload.name}: starting {title}", file=sys.stderr)
            sides.append(Side(title, [*command, workload.name]))
        for number in range(rounds + 1):
            first = number % len(sides)
            for measure in workload.measures:
                for side in sides[first:] + sides[:first]:
                    side.measure(measure)
                if number == 0:
                    compare_checks(measure, sides)
            print(f"{workload.name}: round {number} of {rounds}", file=sys.stderr)
    finally:
        for side in sides:
            side.end()
    return sides


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="how many rounds count, after one that warms up")
    parser.add_argument("--workloads", nargs="+", choices=WORKLOADS, default=list(WORKLOADS))
    parser.add_argument("--sides", nargs="+", choices=SIDES, default=SIDES)
    parser.add_argument("--python", help="a Python that has the libraries to compare with")
    parser.add_argument("--write", action="store_true", help=f"write {RESULTS.name}")
    arguments = parser.parse_args()
    if arguments.rounds < 1:
        parser.error("--rounds: expected at least 1")

    # Before the programs are built, which is a load, too.
    where = machine.description()
    sides = commands(arguments.sides, arguments.python)
    ran = [(WORKLOADS[name], run(WORKLOADS[name], sides, arguments.rounds)) for name in arguments.workloads]
    page = results.page(ran, arguments.rounds, where)
    print(page)
    if arguments.write:
        RESULTS.write_text(page)


if __name__ == "__main__":
    main()
