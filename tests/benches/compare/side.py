"""One program that computes a workload when it is told to, measured from outside."""

import json
import pathlib
import re
import statistics
import subprocess
import tempfile
import time

KIB_PER_MIB = 1024
# Thread pools of some libraries look for work some time longer; the next side should not notice.
REST_SECONDS = 0.3
LAST_LINES = 20


class Side:
    """A process with one workload, and what has been measured of it."""

    def __init__(self, title, command):
        self.title = title
        self.seconds = {}
        self.checks = {}
        self.memory = 0.0
        self.errors = tempfile.TemporaryFile("w+", errors="replace")
        started = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True
        )
        self.versions = self.answer()["versions"]
        self.start = time.perf_counter() - started
        self.ask("load")

    def answer(self):
        """The next line of JSON; other lines are the libraries' own talk."""
        for line in self.process.stdout:
            if line.startswith("{"):
                return json.loads(line)
        self.errors.seek(0)
        last = "".join(self.errors.readlines()[-LAST_LINES:])
        raise SystemExit(f"{self.title} ended early; its last words:\n{last}")

    def ask(self, command, calls=1):
        """Has the process carry out a command; the answer."""
        try:
            self.process.stdin.write(f"{command} {calls}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # The process has ended, which `answer` tells better.
        return self.answer()

    def measure(self, measure):
        """Has a command timed once."""
        answer = self.ask(measure.command, measure.calls)
        self.seconds.setdefault(measure.command, []).append(answer["seconds"])
        self.checks.setdefault(measure.command, []).append(answer["check"])
        time.sleep(REST_SECONDS)

    def values(self, measure):
        """What counts, in the measure's unit: the first round warms up."""
        return [seconds * measure.per_second for seconds in self.seconds[measure.command][1:]]

    def median(self, measure):
        """The median of what counts."""
        return statistics.median(self.values(measure))

    def end(self):
        """Keeps the peak of the memory and ends the process, if it has not ended by itself."""
        if self.process.poll() is None:
            status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
            self.memory = int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) / KIB_PER_MIB
            self.process.stdin.close()
            self.process.wait()
