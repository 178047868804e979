"""On what machine it was measured."""

import datetime
import os
import pathlib
import platform
import re
import subprocess

# Libraries whose threads wait for each other in a loop, as PyTorch's do, suffer far more from a taken core than
# the others: above this load, not even the ratios hold.
BUSY = 0.5


def description():
    """Lines of Markdown: the date, the processor, the system, and the versions of what is the same for all."""
    processors = pathlib.Path("/proc/cpuinfo").read_text()
    name = re.search(r"model name\s*:\s*(.+)", processors)
    wide = [title for flag, title in (("avx2", "AVX2"), ("avx512f", "AVX-512")) if f" {flag} " in processors]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    rust = subprocess.run(["rustc", "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
    load = os.getloadavg()[0]
    busy = "; **the machine was busy: measure again when it is idle**" if load > BUSY else ""
    return [
        f"* {datetime.date.today().isoformat()}",
        f"* {name[1] if name else platform.machine()}, {len(os.sched_getaffinity(0))} cores, "
        f"{', '.join(wide) or 'neither AVX2 nor AVX-512'}, {memory:.0f} GiB",
        f"* {platform.system()} {platform.release()}, {' '.join(rust.split()[:2])}",
        f"* load before the start: {load:.1f} (programs that want a core; 0 is an idle machine){busy}",
    ]
