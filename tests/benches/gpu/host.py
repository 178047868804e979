"""What a training step costs the host when the GPU takes no time at all, on a machine without one.

    python tests/benches/gpu/host.py [--kerust PROGRAM] [--rounds 7] [--workloads tutorial cnn ..]

The emulated GPU of `tests/emulated_gpu` is told to compute nothing: what is left is kerust's own share of a step. A real
driver takes about 2 microseconds more for each kernel and product that is started; they are counted, too, and so are the
blocks of memory that the driver is asked for.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
EMULATED = ROOT / "tests" / "emulated_gpu"
sys.path.insert(0, str(HERE.parent / "compare"))

import programs
from side import Side

# Of an epoch: training steps, and batches of its validation.
BATCHES = {"tutorial": (200, 50), "cnn": (20, 0), "mlp": (100, 0), "lstm": (20, 0)}


def build(folder):
    """The libraries of the emulated GPU."""
    for source, library in re.findall(r'\("(\w+\.cpp)", "([^"]+)"\)', (EMULATED / "build.rs").read_text()):
        compiler = os.environ.get("CXX", "c++")
        flags = ["-std=c++17", "-O2", "-shared", "-fPIC"]
        subprocess.run([compiler, *flags, "-o", folder / library, EMULATED / source, "-ldl"], check=True)
        (folder / library).with_name(library.split(".so")[0] + ".so").symlink_to(library)


def epochs(program, workload, rounds):
    """The seconds of some epochs; the first compiled the kernels."""
    side = Side(workload, [program, workload])
    seconds = [side.ask("epoch")["seconds"] for _ in range(rounds + 1)]
    side.end()
    return seconds[1:]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kerust", help="the program `compare`")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--workloads", nargs="+", choices=BATCHES, default=list(BATCHES))
    arguments = parser.parse_args()
    program = arguments.kerust or programs.kerust()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        build(folder)
        log = folder / "log"
        os.environ |= {
            "LD_LIBRARY_PATH": f"{folder}:{os.environ.get('LD_LIBRARY_PATH', '')}",
            "KERUST_HOME": str(folder / "home"),
            "KERUST_DEVICE": "cuda:0",
            "EMULATED_GPU_HEADER": str(EMULATED / "kernel.h"),
            "EMULATED_GPU_MEMORY": str(8 << 30),
            "EMULATED_GPU_IDLE": "1",
        }
        for workload in arguments.workloads:
            seconds = epochs(program, workload, arguments.rounds)
            os.environ["EMULATED_GPU_LOG"] = str(log)
            epochs(program, workload, 1)
            del os.environ["EMULATED_GPU_LOG"]
            # Of the second epoch: everything behind the first one's steps.
            steps, validations = BATCHES[workload]
            text = log.read_text()
            log.unlink()
            last = text.split("launch adam ")[steps : 2 * steps]
            started = [len(re.findall(r"^(?:launch|product|convolve)", step, re.M)) for step in last]
            asked = [step.count("allocate") for step in last]
            middle = [sorted(numbers)[len(numbers) // 2] for numbers in (seconds, started, asked)]
            share = middle[0] / (steps + validations / 3) * 1e6
            print(f"{workload}: {share:.0f} microseconds a step, {middle[1]} started, {middle[2]} blocks asked for", flush=True)


if __name__ == "__main__":
    main()
