"""Compiles all kernels with NVIDIA's own compiler, on a machine without a GPU.

    python tests/benches/gpu/compile.py [--cuda 11 12 13] [--arch 70 80 90]

Installs NVRTC of these versions of CUDA from PyPI under `target/tmp/`, once. What it writes is thrown away: the question is
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
PACKAGES = {
    "11": "nvidia-cuda-nvrtc-cu11==11.8.89",
    "12": "nvidia-cuda-nvrtc-cu12==12.9.86",
    "13": "nvidia-cuda-nvrtc==13.0.88",
}
# A multiprocessor has 65,536 of them, and a block 256 threads: with more than these, fewer than three blocks fit. Kernels
# that take more say so by their bounds.
REGISTERS = 80


def library(cuda="12"):
    """NVRTC."""
    folder = ROOT / "target" / "tmp" / f"nvrtc-{cuda}-python"
    if not folder.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([folder / "bin" / "python", "-m", "pip", "install", "--quiet", PACKAGES[cuda]], check=True)
    libraries = [path for path in folder.glob("lib/python*/site-packages/nvidia/*/lib/libnvrtc*.so.*") if ".alt." not in path.name]
    # Its other half first, which it would look for elsewhere.
    libraries.sort(key=lambda path: "builtins" not in path.name)
    return [ctypes.CDLL(str(path)) for path in libraries][-1]


def known(nvrtc):
    """The compute capabilities that it compiles for."""
    count = ctypes.c_int()
    nvrtc.nvrtcGetNumSupportedArchs(ctypes.byref(count))
    numbers = (ctypes.c_int * count.value)()
    nvrtc.nvrtcGetSupportedArchs(numbers)
    return {str(number) for number in numbers}


def sources():
    """Each file of kernels with what stands in front of it, as the Rust files put them together, for each kind of `Real`."""
    prelude = (ROOT / "src" / "device" / "prelude.cuh").read_text(encoding="utf-8")
    for rust in sorted((ROOT / "src").rglob("*.rs")):
        for text in re.findall(r"= Source \{(.*?)\n\s*\};", rust.read_text(encoding="utf-8"), re.S):
            names = re.findall(r'include_str!\("([^"]+\.cuh?)"\)', text)
            if not names:
                continue
            own = "\n".join((rust.parent / name).read_text(encoding="utf-8") for name in names)
            yield names[-1], f"{prelude}\n{own}"
            if re.search(r"\bReal\b", own):
                for chosen in ("BFLOAT16", "FLOAT16"):
                    yield f"{names[-1]} ({chosen})", f"#define {chosen}\n{prelude}\n{own}"


def compiled(nvrtc, name, text, arch):
    """What is wrong, if anything is, and how many registers the hungriest kernel takes."""
    program = ctypes.c_void_p()
    nvrtc.nvrtcCreateProgram(ctypes.byref(program), text.encode(), name.encode(), 0, None, None)
    options = [f"--gpu-architecture=sm_{arch}".encode(), b"--std=c++17", b"--prec-div=true", b"--prec-sqrt=true", b"--ptxas-options=-v"]
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
    parser.add_argument("--cuda", nargs="+", choices=PACKAGES, default=list(PACKAGES))
    parser.add_argument("--arch", nargs="+", default=["70", "80", "90"], help="compute capabilities")
    arguments = parser.parse_args()
    wrong, asked = 0, 0
    for cuda in arguments.cuda:
        nvrtc = library(cuda)
        for name, text in sources():
            for arch in sorted(known(nvrtc).intersection(arguments.arch)):
                errors, registers = compiled(nvrtc, name, text, arch)
                wrong, asked = wrong + (errors is not None), asked + 1
                print(f"CUDA {cuda}, {name} for {arch}: {errors or f'ok, {registers} registers'}")
    if not asked:
        sys.exit("these versions of CUDA compile nothing for these GPUs")
    sys.exit(min(wrong, 1))


if __name__ == "__main__":
    main()
