"""The public test suite for Jupyter kernels, `jupyter_kernel_test`, with every attribute set.

    KERNEL=kerust python conformance.py -v

runs it on the registered kernel of that name; any Rust kernel on evcxr will do.
"""

import functools
import unittest

from jupyter_client.manager import start_new_kernel
from jupyter_kernel_test import IopubWelcomeTests, KernelTests

from session import CELL_SECONDS, FIRST_CELL_SECONDS, KERNEL, without_progress


class RustKernel(KernelTests):
    """What all classes share: one kernel whose session is up, and time to compile."""

    kernel_name = KERNEL

    @classmethod
    def setUpClass(cls):
        if not hasattr(RustKernel, "km"):
            RustKernel.km, RustKernel.kc = start_new_kernel(
                kernel_name=cls.kernel_name, startup_timeout=120
            )
            unittest.addModuleCleanup(RustKernel.close)
            cls.kc.execute_interactive("0", timeout=FIRST_CELL_SECONDS, output_hook=lambda _: None)

    @classmethod
    def tearDownClass(cls):
        """The next class needs the kernel."""

    @staticmethod
    def close():
        RustKernel.kc.stop_channels()
        RustKernel.km.shutdown_kernel()
        del RustKernel.km, RustKernel.kc

    def execute_helper(self, code, timeout=CELL_SECONDS, **options):
        reply, messages = super().execute_helper(code, timeout=timeout, **options)
        # On a busy machine, where a cell compiles for seconds, kerust says so meanwhile.
        return reply, without_progress(messages)


class Conformance(RustKernel):
    """The whole suite."""

    language_name = "rust"
    file_extension = ".rs"
    code_hello_world = 'println!("hello, world");'
    code_stderr = 'eprintln!("oops");'
    completion_samples = [
        {"text": "Strin", "matches": {"String"}},
        {"text": 'let text = "a".to_string();\ntext.to_upper'},
        {"text": "std::collections::Hash"},
    ]
    complete_code_samples = [
        "1 + 1",
        'println!("x");',
        "fn double(x: i32) -> i32 { 2 * x }",
        "let text = r#\"a \" b\"#;",
        "// a comment",
    ]
    incomplete_code_samples = [
        "fn double(x: i32) -> i32 {",
        "let x =",
        "vec![1,",
        'let text = "not closed',
        "/* not closed",
    ]
    invalid_code_samples = ["fn double) {", "let x = (1];"]
    code_page_something = "?Vec"
    code_generate_error = 'panic!("boom")'
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "1 + 2 + 3", "result": "6"},
        {"code": 'format!("{:?}", [1, 2]).len()', "result": "6"},
    ]
    # How displays are printed under every kernel on evcxr.
    code_display_data = [
        {
            "code": r'println!("EVCXR_BEGIN_CONTENT text/html\n<b>bold</b>\nEVCXR_END_CONTENT");',
            "mime": "text/html",
        },
        {
            "code": r'println!("EVCXR_BEGIN_CONTENT image/svg+xml\n<svg/>\nEVCXR_END_CONTENT");',
            "mime": "image/svg+xml",
        },
    ]
    code_history_pattern = "1 ? 2*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "Vec"
    # evcxr has nothing of the kind, in any words.
    code_clear_output = "kerust::display::clear_output(false);"


class CompileError(RustKernel):
    """An error that the compiler finds."""

    code_generate_error = 'let number: i32 = "text";'


class QuestionMark(RustKernel):
    """An error that a cell hands on with `?`."""

    code_generate_error = 'let number: u8 = "text".parse()?;'


class IopubWelcome(IopubWelcomeTests):
    """The first message to a subscriber."""

    kernel_name = KERNEL
    support_iopub_welcome = True

    def setUp(self):
        # The test itself would wait for ever.
        self.kc.get_iopub_msg = functools.partial(self.kc.get_iopub_msg, timeout=15)


def load_tests(loader, _standard_tests, _pattern):
    """All of the suite, and for the other kinds of errors the one test about errors."""
    suite = unittest.TestSuite()
    suite.addTests(loader.loadTestsFromTestCase(Conformance))
    suite.addTest(CompileError("test_error"))
    suite.addTest(QuestionMark("test_error"))
    suite.addTests(loader.loadTestsFromTestCase(IopubWelcome))
    return suite


if __name__ == "__main__":
    unittest.main()
