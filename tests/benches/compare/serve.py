"""What a side of the benchmark says and is told, in Python; `serve.rs` is the same in Rust.

A side prints one JSON line when its libraries are loaded and its model is made:

    {"event": "ready", "versions": {"Keras": "3.15.1", "JAX": "0.10.2"}}

and then answers each line `COMMAND CALLS` on standard input with one JSON line:

    {"event": "epoch", "seconds": 3.21, "check": 2.1}

`seconds` is the mean of the calls. `check` is a number that all sides must agree on, more or less: the loss,
or of predictions the mean square. `load` makes the samples. The end of the input ends the side. Nothing
runs while a command is awaited.
"""

import json
import sys
import time


def answer(event, **values):
    """Prints one JSON line at once."""
    print(json.dumps({"event": event, **values}), flush=True)


def commands():
    """Each command as it comes, with the number of calls."""
    for line in iter(sys.stdin.readline, ""):
        command, calls = line.split()
        yield command, int(calls)


def timed(command, calls, function, check=float):
    """Calls `function` and answers; `check` makes the number of its last result, untimed."""
    started = time.perf_counter()
    for _ in range(calls):
        result = function()
    seconds = (time.perf_counter() - started) / calls
    answer(command, seconds=seconds, check=check(result))
