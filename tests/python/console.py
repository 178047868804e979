"""jupyter-console with the kernel, at a terminal, as a person uses it.

    python console.py
"""

import re
import sys
import time

import pexpect
import pyte

FIRST_CELL_SECONDS = 1800
CELL_SECONDS = 60


class Console:
    """A console in a terminal of 100 columns."""

    def __init__(self):
        self.screen = pyte.Screen(100, 48)
        self.stream = pyte.Stream(self.screen)
        self.child = pexpect.spawn(
            sys.executable,
            ["-m", "jupyter_console", "--kernel", "kerust"],
            dimensions=(48, 100),
            encoding="utf-8",
            timeout=1,
        )

    def read(self, seconds=0.2):
        try:
            text = self.child.read_nonblocking(65536, timeout=seconds)
        except pexpect.TIMEOUT:
            return
        self.stream.feed(text)
        # A terminal that answers where its cursor is, as real ones do.
        for _ in range(text.count("\x1b[6n")):
            self.child.send(f"\x1b[{self.screen.cursor.y + 1};{self.screen.cursor.x + 1}R")

    def shown(self):
        return "\n".join(line.rstrip() for line in self.screen.display).strip()

    def wait(self, pattern, seconds=CELL_SECONDS):
        """Waits until the screen shows `pattern`."""
        deadline = time.monotonic() + seconds
        while not (match := re.search(pattern, self.shown(), re.MULTILINE)):
            if time.monotonic() > deadline:
                raise AssertionError(f"{pattern!r} is not shown:\n{self.shown()}")
            self.read()
        return match

    def settle(self):
        """Reads until nothing comes any more."""
        for _ in range(3):
            self.read(0.3)

    def prompt(self, number, seconds=CELL_SECONDS):
        self.wait(rf"^In \[{number}\]:", seconds)
        self.settle()

    def type(self, text):
        self.child.send(text)
        self.settle()


def main():
    console = Console()
    console.wait(r"kerust \d+\.\d+\.\d+")
    console.prompt(1)
    console.type('println!("hello, {}", 3 * 7);')
    console.type("\r")
    console.wait(r"^hello, 21$", FIRST_CELL_SECONDS)
    console.prompt(2)

    # Enter asks the kernel whether the cell is complete, and how far to indent.
    console.type("fn double(x: i32) -> i32 {")
    console.type("\r")
    console.wait(r"^ +\.\.\.:")
    console.type("2 * x")
    console.type("\r")
    # Out of the indentation that is given.
    console.type("\x7f\x7f\x7f\x7f}")
    console.type("\r")
    console.prompt(3)
    console.type("double(21)")
    console.type("\r")
    console.wait(r"^Out\[3\]: 42")
    console.prompt(4)

    console.type("String::from_utf8_lo")
    console.type("\t")
    console.wait(r"^In \[4\]: String::from_utf8_lossy")
    # Away with it.
    console.type("\x15")

    console.type("let kept = vec![1, 2, 3];")
    console.type("\r")
    console.prompt(5)
    code = "while !kerust::notebook::interrupted() { std::thread::sleep(std::time::Duration::from_millis(5)); }"
    console.type(code)
    console.type("\r")
    time.sleep(3)
    console.type("\x03")
    console.wait(r"KeyboardInterrupt", 5)
    console.prompt(6)
    console.type("kept.len() + 4")
    console.type("\r")
    console.wait(r"^Out\[6\]: 7")
    console.prompt(7)

    console.type("?double")
    console.type("\r")
    console.wait(r"fn double\(x: i32\) -> i32")
    console.prompt(8)
    console.type("\x04")
    console.wait("really want to exit")
    console.child.send("y\r")
    console.child.expect(pexpect.EOF, timeout=20)
    print(console.shown())


if __name__ == "__main__":
    main()
