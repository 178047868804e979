"""All that needs a real GPU, in one run: the numbers of Keras on it, and the speed beside Keras on JAX and PyTorch.

    python tests/benches/gpu/run.py [--python PATH] [--kerust PROGRAM] [--tests PROGRAM] [--rounds 5] [--out FOLDER]
                                    [--workloads NAME ..] [--sides kerust jax torch]

`--python` names a Python with Keras, JAX and PyTorch for CUDA; their packages also bring the libraries that kerust
opens (NVRTC, cuBLAS, cuDNN), where the system has none. `--kerust` and `--tests` name programs that were built elsewhere (`cargo
build --release --example compare`, `cargo test --release --test library --no-run`): a machine with a GPU need not
have Rust. Writes `report.md` and the output of each check to FOLDER (`target/tmp/gpu`).
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
sys.path.insert(0, str(HERE.parent / "compare"))

import programs
import results
from run import compare_checks
from side import Side
from workloads import LARGE_WORKLOADS, WORKLOADS

ALL = WORKLOADS | LARGE_WORKLOADS
BF16 = "mixed_bfloat16"
WITHOUT_CUDNN = "kerust without cuDNN"
SIDES = {"kerust": "kerust", "Keras on JAX": "jax", "Keras on PyTorch": "torch"}

# Of a training step: the batch; floating-point operations of a sample (forward, and twice that backward); bytes that have
# to be moved, for each sample (activations there and back) and once (weights, gradients and moments); how many kernels
# and products kerust starts (as `host.py` counts them).
COUNTS = {
    "tutorial": (
        32,
        3 * 2 * (30 * 30 * 32 * 27 + 7200 * 128 + 128 * 10),
        4 * 3 * (30 * 30 * 32 + 15 * 15 * 32),
        28 * 924_000,
        28,
    ),
    "cnn": (
        32,
        3 * 2 * (1024 * 32 * 27 + 256 * 64 * 288 + 64 * 128 * 576 + 2048 * 128),
        4 * 8 * (1024 * 32 + 256 * 64 + 64 * 128),
        28 * 357_000,
        65,
    ),
}
# What it takes at least to start one, in milliseconds: about 2 microseconds, on all of these cards.
LAUNCH = 2e-3
# Float32 with TF32 on tensor cores, operations a second; bytes a second of memory. From NVIDIA's data sheets.
PEAKS = {"H100": (494e12, 3.35e12), "H200": (494e12, 4.8e12), "A100": (156e12, 2.0e12)}


def libraries(python):
    """The folders of CUDA's libraries among the packages of this Python."""
    ask = "import site; print('\\n'.join(site.getsitepackages()))"
    sites = subprocess.run([python, "-c", ask], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    return [str(folder) for place in sites for folder in pathlib.Path(place).glob("nvidia/*/lib")]


def check(name, command, environment, out):
    """Runs a check; a line for the report."""
    ran = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    (out / f"{name}.txt").write_text(ran.stdout)
    counted = re.findall(r"^test result: .*$", ran.stdout, re.M)
    lacking = sorted(set(re.findall(r"^kerust: `(\w+)` has no kernels", ran.stdout, re.M)))
    line = f"* {name}: {'passed' if ran.returncode == 0 else 'FAILED'}; {' '.join(counted)}"
    return line + (f"; on the processor: {', '.join(lacking)}" if lacking else "")


def floor(workload, card):
    """What limits a step of this workload on this card, in milliseconds; none when nobody has counted."""
    name, large = workload.removesuffix("-512"), workload.endswith("-512")
    known = [peaks for part, peaks in PEAKS.items() if part in card]
    if name not in COUNTS or not known:
        return None
    batch, operations, moved, fixed, launches = COUNTS[name]
    batch = 512 if large else batch
    arithmetic = 1e3 * batch * operations / known[0][0]
    memory = 1e3 * (batch * moved + fixed) / known[0][1]
    starts = f"{launches} launches {launches * LAUNCH:.3f} ms"
    return f"arithmetic {arithmetic:.3f} ms, memory {memory:.3f} ms, {starts} a step of {batch}"


def sides(arguments, environment):
    """Titles, commands and environments."""
    keras = [arguments.python, str(HERE.parent / "compare" / "keras_side.py")]
    on_gpu = {**environment, "JAX_PLATFORMS": "cuda", "CUDA_VISIBLE_DEVICES": environment.get("CUDA_VISIBLE_DEVICES", "0")}
    # Each JAX would take three quarters of the memory for itself.
    on_gpu["XLA_PYTHON_CLIENT_MEM_FRACTION"] = "0.2"
    plain = [("kerust", [arguments.kerust]), ("Keras on JAX", [*keras, "jax"]), ("Keras on PyTorch", [*keras, "torch"])]
    plain = [side for side in plain if SIDES[side[0]] in arguments.sides]
    all_sides = [(title, command, on_gpu) for title, command in plain]
    if "kerust" in arguments.sides:
        all_sides.append((WITHOUT_CUDNN, [arguments.kerust], {**on_gpu, "KERUST_CUDNN": "0"}))
    for title, command in plain:
        if SIDES[title] == "torch":
            continue
        all_sides.append((f"{title}, {BF16}", command, {**on_gpu, "COMPARE_POLICY": BF16}))
    return all_sides


def measure(workload, all_sides, rounds):
    """The sides with their measurements."""
    started = []
    try:
        for title, command, environment in all_sides:
            os.environ.clear()
            os.environ.update(environment)
            started.append(Side(title, [*command, workload.name]))
        for number in range(rounds + 1):
            first = number % len(started)
            for each in workload.measures:
                for side in started[first:] + started[:first]:
                    side.measure(each)
                if number == 0:
                    compare_checks(each, [side for side in started if BF16 not in side.title])
    finally:
        for side in started:
            side.end()
    return started


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", default=sys.executable)
    parser.add_argument("--kerust", help="the program `compare`")
    parser.add_argument("--tests", help="the program of tests/library")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--sides", nargs="+", choices=SIDES.values(), default=list(SIDES.values()))
    parser.add_argument("--workloads", nargs="+", choices=ALL, default=list(ALL))
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "target" / "tmp" / "gpu")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    arguments.kerust = arguments.kerust or programs.kerust()
    test = [arguments.tests] if arguments.tests else ["cargo", "test", "-p", "kerust", "--release", "--test", "library", "--"]

    query = ["nvidia-smi", "--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    card = subprocess.run(query, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    paths = [*libraries(arguments.python), os.environ.get("LD_LIBRARY_PATH", "")]
    environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(filter(None, paths)), "KERUST_DEVICE": "cuda:0"}
    report = [f"# kerust on a GPU", "", card, "", "## Checks", ""]
    exact = {**environment, "KERUST_TF32": "0"}
    report.append(check("golden-float32", [*test, "golden::", "--nocapture"], exact, arguments.out))
    # Each operation on the GPU beside the processor.
    real = {**exact, "KERUST_TEST_REAL_GPU": "1"}
    compared = [f"gpu::{name}" for name in ("rows", "pictures", "rules", "tones", "recurrent", "convolutions::large")]
    compared += ["gpu::halves::bfloat16", "gpu::halves::float16"]
    report.append(check("both-devices", [*test, *compared, "--nocapture"], real, arguments.out))
    for line in report:
        print(line)
    for name in arguments.workloads:
        workload = ALL[name]
        ran = measure(workload, sides(arguments, environment), arguments.rounds)
        lines = results.workload(workload, ran)
        lines.append(f"Floor: {floor(name, card) or 'not counted'}.\n")
        print("\n".join(lines), flush=True)
        report += ["", *lines]
        (arguments.out / "report.md").write_text("\n".join(report) + "\n")


if __name__ == "__main__":
    main()
