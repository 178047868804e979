"""Runs the public conformance suite on several kernels and prints the results as a table.

    python compare_kernels.py kerust stock-rust

names the registered kernels, which must be there; the table is the one in kernel/README.md.
"""

import sys
import unittest

import conformance

# What each test asks, in the order of the table.
QUESTIONS = {
    "Conformance.test_kernel_info": "says what it is",
    "Conformance.test_execute_stdout": "standard output",
    "Conformance.test_execute_stderr": "standard error",
    "Conformance.test_execute_result": "the value of a cell",
    "Conformance.test_display_data": "displays that are not the value of a cell",
    "Conformance.test_clear_output": "clearing the output",
    "Conformance.test_error": "a panic is one error",
    "QuestionMark.test_error": "an error handed on by `?` is one error",
    "CompileError.test_error": "a compile error is one error",
    "Conformance.test_completion": "completion",
    "Conformance.test_inspect": "documentation at the cursor",
    "Conformance.test_pager": "documentation as a page (`?Vec`)",
    "Conformance.test_is_complete": "whether a cell is complete",
    "Conformance.test_history": "history: tail, range, search",
    "IopubWelcome.test_recv_iopub_welcome_msg": "a welcome to subscribers (protocol 5.5)",
}


# How each kernel spells its language; the others write it small.
LANGUAGE_NAMES = {"stock-rust": "Rust"}


class Outcomes(unittest.TestResult):
    """Whether each test passed."""

    def __init__(self):
        super().__init__()
        self.passed = {}

    def name(self, test):
        return f"{type(test).__name__}.{test._testMethodName}"

    def startTest(self, test):
        super().startTest(test)
        self.passed[self.name(test)] = True

    def failed(self, test, error):
        name = self.name(test)
        self.passed[name] = False
        said = str(error[1]).strip().splitlines()
        print(f"{name}: {type(error[1]).__name__}: {said[0] if said else ''}", file=sys.stderr)

    def addError(self, test, err):
        if isinstance(test, unittest.TestCase):
            self.failed(test, err)
        else:
            # A class that could not start its kernel.
            raise err[1]

    def addFailure(self, test, err):
        self.failed(test, err)

    def addSkip(self, test, reason):
        # A part is skipped when the part before it failed.
        if isinstance(test, conformance.Conformance):
            raise RuntimeError(f"{self.name(test)} was skipped: {reason}")

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.failed(test, err)


def outcomes(kernel):
    """The outcome of each test on the registered kernel of this name."""
    for case in (conformance.RustKernel, conformance.IopubWelcome):
        case.kernel_name = kernel
    for case in conformance.RustKernel.__subclasses__():
        case.kernel_name = kernel
    conformance.Conformance.language_name = LANGUAGE_NAMES.get(kernel, "rust")
    result = Outcomes()
    print(f"--- {kernel}", file=sys.stderr)
    conformance.load_tests(unittest.TestLoader(), None, None).run(result)
    if set(result.passed) != set(QUESTIONS):
        raise RuntimeError(f"ran {sorted(result.passed)}")
    return result.passed


def table(kernels):
    """The Markdown table."""
    columns = [outcomes(kernel) for kernel in kernels]
    lines = [
        "| what `jupyter_kernel_test` asks | " + " | ".join(f"`{name}`" for name in kernels) + " |",
        "|---" * (len(kernels) + 1) + "|",
    ]
    for test, question in QUESTIONS.items():
        marks = ["yes" if column[test] else "no" for column in columns]
        lines.append(f"| {question} | " + " | ".join(marks) + " |")
    totals = [f"{sum(column.values())} of {len(column)}" for column in columns]
    lines.append("| passed | " + " | ".join(totals) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(sys.argv[1:]))
