"""The programs of the sides, made when they are missing: a Python environment and the Rust programs."""

import json
import os
import pathlib
import subprocess
import sys
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[2]
TEMPORARY = ROOT / "target" / "tmp"
REQUIREMENTS = [HERE / "requirements.txt", ROOT / "tests" / "golden" / "requirements.txt"]


def python():
    """A Python of its own under `target/tmp/` with what `requirements.txt` names, made once."""
    folder = TEMPORARY / "compare-python"
    program = folder / "bin" / "python"
    made_for = folder / "made-for.txt"
    wanted = "".join(path.read_text() for path in REQUIREMENTS)
    if made_for.exists() and made_for.read_text() == wanted:
        return str(program)
    print(f"installing Keras, TensorFlow, JAX and PyTorch into {folder.relative_to(ROOT)}", file=sys.stderr)
    venv.create(folder, clear=True, with_pip=True)
    install = [program, "-m", "pip", "install", "--quiet", "--requirement", REQUIREMENTS[0]]
    subprocess.run(install, check=True)
    made_for.write_text(wanted)
    return str(program)


def kerust():
    """The Rust program of this folder's `kerust_side.rs`."""
    return built("compare", ["--example", "compare"], ROOT, os.environ)


def other(name):
    """A Rust program of `others/`, which is compiled apart from kerust."""
    apart = {"CARGO_TARGET_DIR": str(TEMPORARY / "compare-others"), **os.environ}
    return built(name, ["--bin", name], HERE / "others", apart)


def built(name, arguments, folder, environment):
    """Builds the program `name` in release; its path."""
    command = ["cargo", "build", "--release", "--locked", "--message-format", "json", *arguments]
    build = subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    messages = map(json.loads, build.stdout.splitlines())
    return [m["executable"] for m in messages if m.get("target", {}).get("name") == name][-1]
