"""How long a person waits in a notebook: kerust's kernel beside the stock evcxr_jupyter, in turn.

    cargo build --release --workspace --examples --bins
    python -m pip install -r tests/benches/kernel/requirements.txt
    python tests/benches/kernel/compare.py [--rounds 5]

Each round starts one kernel, then the other, and runs the same cells in both; the stock kernel gets the
library by a `:dep` line before, and keeps what it has compiled from round to round. Each cell ends with a
comment that no cell had before, because kerust's kernel does not compile a cell again that it knows; how
long such cells take is measured at the end of the round, in a second session. Prints the median of each, in
seconds, and their ratio. The first round warms up and does not count. The tutorial's cells are those of
notebooks/cifar10_tutorial.ipynb, without the two that compute (`fit` and `evaluate`), on few pictures.
"""

import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time
import uuid

from jupyter_client.manager import KernelManager

ROOT = pathlib.Path(__file__).resolve().parents[3]
TUTORIAL = ROOT / "notebooks" / "cifar10_tutorial.ipynb"
COMPUTE = {"fit", "evaluate"}
FIRST = "use kerust::prelude::*;\nlet tensor = Tensor::zeros([2, 3]);"
PATIENCE = 1800


class Side:
    """One kernel, registered in a folder of its own."""

    def __init__(self, name, arguments, folder, environment, before=()):
        self.name = name
        self.before = list(before)
        self.seconds = {}
        self.environment = {**os.environ, **environment, "JUPYTER_PATH": str(folder)}
        kernel = folder / "kernels" / name
        kernel.mkdir(parents=True, exist_ok=True)
        description = {
            "argv": arguments,
            "display_name": name,
            "language": "rust",
            "interrupt_mode": "message",
        }
        (kernel / "kernel.json").write_text(json.dumps(description))

    def note(self, what, seconds, counts):
        if counts:
            self.seconds.setdefault(what, []).append(seconds)

    def round(self, cells, counts):
        """A session with cells that nobody has run before, and one with the same cells."""
        mark = f" // {uuid.uuid4().hex}"
        with self.session(counts) as (client, start):
            for cell in self.before:
                self.run(client, cell)
            self.note("the first cell that uses the library", self.run(client, FIRST + mark), counts)
            if not self.before:
                waited = time.perf_counter() - start
                self.note("  from the start of the kernel", waited, counts)
            self.sums(client, mark, "`1 + 1`", counts)
            self.tutorial(client, cells, mark, "a cell of the tutorial", counts)
        with self.session(False) as (client, _):
            for cell in [*self.before, FIRST + mark]:
                self.run(client, cell)
            self.sums(client, mark, "", False)
            self.tutorial(client, cells, mark, "  run again, after a restart", counts)

    def sums(self, client, mark, what, counts):
        self.run(client, "1 + 1" + mark)
        for number in range(10):
            self.note(what, self.run(client, f"{number} + 1{mark}"), counts)

    def tutorial(self, client, cells, mark, what, counts):
        for name, code in cells:
            seconds = self.run(client, code + mark)
            if name not in COMPUTE:
                self.note(what, seconds, counts)

    @contextlib.contextmanager
    def session(self, counts):
        os.environ["JUPYTER_PATH"] = self.environment["JUPYTER_PATH"]
        manager = KernelManager(kernel_name=self.name)
        start = time.perf_counter()
        manager.start_kernel(env=self.environment, cwd=str(ROOT / "notebooks"))
        client = manager.blocking_client()
        client.start_channels()
        try:
            client.wait_for_ready(timeout=PATIENCE)
            self.note("the kernel answers", time.perf_counter() - start, counts)
            yield client, start
        finally:
            client.stop_channels()
            manager.shutdown_kernel(now=True)

    def run(self, client, code):
        """Seconds from sending `code` to its reply and its idle status."""
        start = time.perf_counter()
        reply = client.execute_interactive(code, timeout=PATIENCE, output_hook=lambda message: None)
        seconds = time.perf_counter() - start
        if reply["content"]["status"] != "ok":
            raise SystemExit(f"{self.name}: {code!r} failed: {reply['content']}")
        return seconds


def tutorial_cells():
    notebook = json.loads(TUTORIAL.read_text())
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    return [(cell["id"], "".join(cell["source"]).replace("epochs: 10", "epochs: 1")) for cell in code]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--programs", default=str(ROOT / "target" / "release"), help="where they were built")
    arguments = parser.parse_args()
    programs = pathlib.Path(arguments.programs).resolve()
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        home = folder / "home"
        environment = {"KERUST_HOME": str(home), "LD_LIBRARY_PATH": ""}
        subprocess.run(
            [programs / "kerust", "datasets", "stand-in", "cifar10", "--train", "200", "--test", "40"],
            env={**os.environ, **environment},
            check=True,
            stdout=subprocess.DEVNULL,
        )
        work = pathlib.Path(tempfile.gettempdir()) / "kerust-bench-stock"
        work.mkdir(exist_ok=True)
        sides = [
            Side("kerust", [str(programs / "kerust"), "kernel", "-f", "{connection_file}"], folder, environment),
            Side(
                "stock",
                [str(programs / "examples" / "stock_evcxr_jupyter"), "--control_file", "{connection_file}"],
                folder,
                {**environment, "EVCXR_TMPDIR": str(work)},
                before=[f':dep kerust = {{ path = "{ROOT}" }}'],
            ),
        ]
        cells = tutorial_cells()
        for number in range(arguments.rounds + 1):
            for side in sides:
                side.round(cells, counts=number > 0)
    ours, stock = sides
    print(f"{'median of seconds':38} {'kerust':>8} {'stock':>8} {'ratio':>6}")
    for what, seconds in ours.seconds.items():
        mine = statistics.median(seconds)
        other = statistics.median(stock.seconds[what]) if what in stock.seconds else None
        rest = f"{other:8.2f} {other / mine:6.1f}" if other else ""
        print(f"{what:38} {mine:8.3f} {rest}")


if __name__ == "__main__":
    main()
