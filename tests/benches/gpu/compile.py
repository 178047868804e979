"""Compiles all kernels with NVIDIA's own compiler, on a machine without a GPU.

    python tests/benches/gpu/compile.py [--arch 70 80 90]

Installs `nvidia-cuda-nvrtc-cu12` from PyPI under `target/tmp/`, once. What it writes is thrown away: the question is
whether there are errors, and whether a GPU has registers enough for as many threads as kerust starts. kerust does the
same when it finds a GPU.
"""

import argparse
import ctypes
import pathlib
import re
import subprocess
import sys
import venv

ROOT = pathlib.Path(__file__).resolve().parents[3]
FOLDER = ROOT / "target" / "tmp" / "nvrtc-python"
PACKAGE = "nvidia-cuda-nvrtc-cu12==12.9.86"
# A multiprocessor has 65,536 of them, and a block up to 1,024 threads unless its kernel is bounded.
REGISTERS = 64


def library():
    """NVRTC."""
    if not FOLDER.exists():
        venv.create(FOLDER, with_pip=True)
        subprocess.run([FOLDER / "bin" / "python", "-m", "pip", "install", "--quiet", PACKAGE], check=True)
    found = list(FOLDER.glob("lib/python*/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12"))
    return ctypes.CDLL(str(found[0]))


def sources():
    """Each file of kernels with what stands in front of it, as the Rust files put them together, for each kind of `Real`."""
    prelude = (ROOT / "src" / "device" / "prelude.cuh").read_text()
    for rust in sorted((ROOT / "src").rglob("*.rs")):
        for text in re.findall(r"= Source \{(.*?)\n\s*\};", rust.read_text(), re.S):
            names = re.findall(r'include_str!\("([^"]+\.cuh?)"\)', text)
            if not names:
                continue
            own = "\n".join((rust.parent / name).read_text() for name in names)
            yield names[-1], f"{prelude}\n{own}"
            if re.search(r"\bReal\b", own):
                for chosen in ("BFLOAT16", "FLOAT16"):
                    yield f"{names[-1]} ({chosen})", f"#define {chosen}\n{prelude}\n{own}"


def compiled(nvrtc, name, text, arch):
    """What is wrong, if anything is, and how many registers the hungriest kernel takes."""
    program = ctypes.c_void_p()
    nvrtc.nvrtcCreateProgram(ctypes.byref(program), text.encode(), name.encode(), 0, None, None)
    options = [f"--gpu-architecture=sm_{arch}".encode(), b"--prec-div=true", b"--prec-sqrt=true", b"--ptxas-options=-v"]
    failed = nvrtc.nvrtcCompileProgram(program, len(options), (ctypes.c_char_p * len(options))(*options))
    size = ctypes.c_size_t()
    nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size))
    log = ctypes.create_string_buffer(size.value)
    nvrtc.nvrtcGetProgramLog(program, log)
    nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
    log = log.value.decode()
    if failed:
        return log, 0
    used = dict(re.findall(r"Function properties for (\w+)\n.*\n.*Used (\d+) registers", log))
    # Macros put names together: of `name##_steps`, the end is known.
    bounded = tuple(name.split("##")[-1] for name in re.findall(r"__launch_bounds__\([^)]+\)\s+([\w#]+)\(", text))
    spilled = re.findall(r"Function properties for (\w+)\n(?!.* 0 bytes spill stores)", log)
    hungry = [kernel for kernel, registers in used.items() if int(registers) > REGISTERS and not kernel.endswith(bounded)]
    wrong = [f"{kernel} takes {used[kernel]} registers" for kernel in hungry] + [f"{kernel} spills" for kernel in spilled]
    return "; ".join(wrong) or None, max(map(int, used.values()), default=0)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arch", nargs="+", default=["70", "80", "90"], help="compute capabilities")
    arguments = parser.parse_args()
    nvrtc, wrong = library(), 0
    for name, text in sources():
        for arch in arguments.arch:
            errors, registers = compiled(nvrtc, name, text, arch)
            wrong += errors is not None
            print(f"{name} for {arch}: {errors or f'ok, {registers} registers'}")
    sys.exit(min(wrong, 1))


if __name__ == "__main__":
    main()
