"""The tutorial model in kerust beside Keras, in one run: an epoch of one, an epoch of the other, in turn.

    python -m pip install -r tests/benches/keras/requirements.txt
    python tests/benches/keras/compare.py [--rounds 5] [--backends tensorflow jax torch]

Trains on 6,400 pictures and validates on 1,600, in batches of 32; prints the median seconds of each and
the ratio of the medians. Both sides compute the same model on the same pictures. The first round warms up
and does not count.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]


class Side:
    """One program that trains an epoch when it is told to."""

    def __init__(self, name, command):
        self.name = name
        self.seconds = {"epoch": [], "predict": []}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        self.answer()

    def answer(self):
        """The next line of JSON; other lines are the back end's own talk."""
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        raise SystemExit(f"{self.name} ended early")

    def ask(self, what):
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        self.seconds[what].append(self.answer()["seconds"])

    def quit(self):
        self.process.stdin.write("quit\n")
        self.process.stdin.close()
        self.process.wait()


def median(side, what):
    return statistics.median(side.seconds[what][1:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--backends", nargs="+", default=["tensorflow", "jax", "torch"])
    arguments = parser.parse_args()

    build = ["cargo", "build", "--release", "--example", "epoch", "--message-format", "json"]
    built = subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    messages = [json.loads(line) for line in built.splitlines()]
    program = [m["executable"] for m in messages if m.get("target", {}).get("name") == "epoch"][-1]

    sides = [Side("kerust", [program])]
    for backend in arguments.backends:
        sides.append(Side(f"Keras on {backend}", [sys.executable, str(HERE / "epoch.py"), backend]))
    for _ in range(arguments.rounds + 1):
        for what in ("epoch", "predict"):
            for side in sides:
                side.ask(what)
    for side in sides:
        side.quit()
    kerust = sides[0]
    for what, unit, scale in (("epoch", "s", 1.0), ("predict", "ms", 1000.0)):
        title = "an epoch" if what == "epoch" else "predict of five pictures"
        print(f"{title}, median of {arguments.rounds}:")
        for side in sides:
            value = median(side, what)
            ratio = value / median(kerust, what)
            print(f"  {side.name:20} {value * scale:8.2f} {unit}   {ratio:6.2f} x kerust's")


if __name__ == "__main__":
    main()
