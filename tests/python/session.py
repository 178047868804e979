"""A kernel for tests that speak the protocol themselves, by `jupyter_client` alone."""

import os
import queue
import re
import time

from jupyter_client.manager import KernelManager

KERNEL = os.environ.get("KERNEL", "kerust")

# The kernel's first cell may have to wait until libraries are compiled.
FIRST_CELL_SECONDS = 1800
CELL_SECONDS = 120


# What the kernel shows, and takes away again, while a slow machine compiles a cell.
COMPILING = re.compile(r"( \(\d+ s\)|^compiled)$")


def without_progress(messages):
    """`messages` without the display that tells how long a cell has been compiled by now."""
    kept = []
    shown = False
    for message in messages:
        data = message["content"].get("data", {})
        if list(data) == ["text/plain"] and COMPILING.search(data["text/plain"]):
            shown = True
        elif message["msg_type"] == "clear_output" and shown:
            shown = False
        else:
            kept.append(message)
    return kept


class Outcome:
    """What came of one request: its reply and what was published for it, in order."""

    def __init__(self, reply, published):
        self.reply = reply["content"]
        self.published = without_progress(published)

    def types(self):
        """The types of what was published, without the first and the last status."""
        kinds = [message["msg_type"] for message in self.published]
        assert kinds[0] == kinds[-1] == "status", kinds
        return kinds[1:-1]

    def of_type(self, msg_type):
        return [m["content"] for m in self.published if m["msg_type"] == msg_type]

    def text(self, name="stdout"):
        return "".join(c["text"] for c in self.of_type("stream") if c["name"] == name)

    def result(self):
        """The text of the cell's value, if it has one."""
        results = self.of_type("execute_result")
        return results[0]["data"]["text/plain"] if results else None


class Session:
    """A running kernel and one client of it."""

    def __init__(self, ready=True):
        self.manager = KernelManager(kernel_name=KERNEL)
        self.manager.start_kernel()
        self.client = self.manager.client()
        self.client.start_channels()
        if ready:
            self.client.wait_for_ready(timeout=120)
            self.run("0", seconds=FIRST_CELL_SECONDS)

    def close(self):
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)

    def run(self, code, seconds=CELL_SECONDS, **options):
        return self.collect(self.client.execute(code, **options), seconds)

    def collect(self, request, seconds=CELL_SECONDS, watch=None, client=None):
        """Waits for the reply to `request` and for the idle status that ends it."""
        client = client or self.client
        deadline = time.monotonic() + seconds
        published = []
        while True:
            message = client.get_iopub_msg(timeout=deadline - time.monotonic())
            if message["parent_header"].get("msg_id") != request:
                continue
            published.append(message)
            if watch:
                watch(message)
            if message["content"].get("execution_state") == "idle":
                break
        reply = self.reply(request, deadline - time.monotonic(), client)
        return Outcome(reply, published)

    def reply(self, request, seconds=CELL_SECONDS, client=None):
        """The reply to `request`; replies to others are passed over."""
        client = client or self.client
        deadline = time.monotonic() + seconds
        while True:
            reply = client.get_shell_msg(timeout=max(deadline - time.monotonic(), 0.01))
            if reply["parent_header"]["msg_id"] == request:
                return reply

    def published_within(self, seconds):
        """Everything that is published in the next `seconds`."""
        deadline = time.monotonic() + seconds
        messages = []
        while (left := deadline - time.monotonic()) > 0:
            try:
                messages.append(self.client.get_iopub_msg(timeout=left))
            except queue.Empty:
                break
        return messages

    def wait_for(self, msg_type, request, seconds=CELL_SECONDS):
        """The first message of this type that is published for `request`."""
        deadline = time.monotonic() + seconds
        while True:
            message = self.client.get_iopub_msg(timeout=deadline - time.monotonic())
            if message["msg_type"] == msg_type:
                if message["parent_header"].get("msg_id") == request:
                    return message
