"""What the public suite does not ask, by `jupyter_client` alone.

    KERNEL=kerust python protocol.py -v
"""

import time
import unittest

from jupyter_client.blocking.client import BlockingKernelClient

from session import Session, without_progress

# A call of the library that goes on until somebody stops it, and has something to keep.
LONG_TRAINING = """
let x = Tensor::from_vec(vec![0.0, 1.0, 2.0, 3.0], (4, 1))?;
let y = Tensor::from_vec(vec![0.0, 2.0, 4.0, 6.0], (4, 1))?;
let mut model = Sequential::new();
model.add(Dense::new(1).input_shape(1))?;
model.compile(Compile { optimizer: "sgd".into(), loss: "mse".into(), ..Compile::default() })?;
"""
FIT = """
println!("training");
let history = model.fit(&x, &y, Fit { epochs: 1_000_000, verbose: 0, ..Fit::default() })?;
"""


class Cells(unittest.TestCase):
    """Cells and questions to a kernel that is up."""

    @classmethod
    def setUpClass(cls):
        cls.session = Session()

    @classmethod
    def tearDownClass(cls):
        cls.session.close()

    def run_cell(self, code, **options):
        return self.session.run(code, **options)

    def test_every_request_is_between_busy_and_idle(self):
        client = self.session.client
        requests = {
            "execute": lambda: client.execute("1 + 1"),
            "kernel_info": client.kernel_info,
            "complete": lambda: client.complete("Strin"),
            "inspect": lambda: client.inspect("Vec"),
            "is_complete": lambda: client.is_complete("1"),
            "history": lambda: client.history(hist_access_type="tail", n=1),
            "comm_info": client.comm_info,
        }
        for name, send in requests.items():
            with self.subTest(name):
                request = send()
                outcome = self.session.collect(request)
                states = [status["execution_state"] for status in outcome.of_type("status")]
                self.assertEqual(states, ["busy", "idle"])
                outcome.types()
                late = [
                    message
                    for message in self.session.published_within(0.3)
                    if message["parent_header"].get("msg_id") == request
                ]
                self.assertEqual(late, [], "nothing comes after the end")

    def test_what_a_cell_publishes(self):
        outcome = self.run_cell('println!("a");\neprintln!("b");\n1')
        self.assertEqual(outcome.types()[0], "execute_input")
        self.assertEqual(sorted(outcome.types()[1:]), ["execute_result", "stream", "stream"])
        count = outcome.reply["execution_count"]
        self.assertEqual(outcome.of_type("execute_input")[0]["execution_count"], count)
        self.assertEqual(outcome.of_type("execute_result")[0]["execution_count"], count)
        for name in ("user_expressions", "payload"):
            self.assertIn(name, outcome.reply)

    def test_an_error_is_published_once_and_replied(self):
        outcome = self.run_cell('panic!("boom")')
        self.assertEqual(outcome.types(), ["execute_input", "error"])
        (error,) = outcome.of_type("error")
        self.assertEqual(outcome.reply["status"], "error")
        for name in ("ename", "evalue", "traceback"):
            self.assertEqual(outcome.reply[name], error[name])
        self.assertIn("boom", error["evalue"])

    def test_silent_cells_do_not_count(self):
        count = self.run_cell("1").reply["execution_count"]
        for store in (False, True):
            outcome = self.run_cell("let quiet = 3;\n1 + quiet", silent=True, store_history=store)
            self.assertEqual(outcome.types(), [], "neither input nor result")
            self.assertEqual(outcome.reply["status"], "ok")
            self.assertEqual(outcome.reply["execution_count"], count)
        after = self.run_cell("quiet")
        self.assertEqual((after.result(), after.reply["execution_count"]), ("3", count + 1))

    def test_cells_that_are_not_stored_show_their_result(self):
        count = self.run_cell("1").reply["execution_count"]
        outcome = self.run_cell("40 + 2", store_history=False)
        self.assertEqual(outcome.types(), ["execute_input", "execute_result"])
        self.assertEqual(outcome.result(), "42")
        self.assertEqual(outcome.reply["execution_count"], count)
        request = self.session.client.history(hist_access_type="tail", n=5, output=False)
        stored = [entry[2] for entry in self.session.collect(request).reply["history"]]
        self.assertNotIn("40 + 2", stored)
        self.assertEqual(self.run_cell("1").reply["execution_count"], count + 1)

    def test_an_empty_cell_is_quick_and_does_not_count_when_silent(self):
        count = self.run_cell("1").reply["execution_count"]
        outcome = self.run_cell("", silent=True)
        self.assertEqual(outcome.reply["execution_count"], count)
        self.assertEqual(outcome.reply["status"], "ok")

    def test_an_error_aborts_the_cells_that_wait(self):
        client = self.session.client
        codes = ["let before = 1;", 'panic!("stop")', "let after = 2;", 'println!("x");']
        requests = [client.execute(code) for code in codes]
        outcomes = [self.session.collect(request) for request in requests]
        states = [outcome.reply["status"] for outcome in outcomes]
        self.assertEqual(states, ["ok", "error", "aborted", "aborted"])
        for outcome in outcomes[2:]:
            self.assertEqual(outcome.types(), [])
        self.assertEqual(self.run_cell("before").result(), "1")

    def test_the_cells_that_wait_run_if_the_client_says_so(self):
        client = self.session.client
        codes = ['panic!("go on")', "let later = 2;", "later"]
        requests = [client.execute(code, stop_on_error=False) for code in codes]
        outcomes = [self.session.collect(request) for request in requests]
        states = [outcome.reply["status"] for outcome in outcomes]
        self.assertEqual(states, ["error", "ok", "ok"])
        self.assertEqual(outcomes[2].result(), "2")

    def test_a_cell_asks_for_a_line(self):
        code = """
println!("EVCXR_INPUT_REQUEST:Your name? ");
let mut name = String::new();
std::io::stdin().read_line(&mut name)?;
println!("Hello, {}", name.trim());
"""
        client = self.session.client
        request = client.execute(code, allow_stdin=True)
        question = client.get_stdin_msg(timeout=60)
        self.assertEqual(question["msg_type"], "input_request")
        self.assertEqual(question["parent_header"]["msg_id"], request)
        self.assertEqual(question["content"]["prompt"].strip(), "Your name?")
        self.assertFalse(question["content"]["password"])
        client.input("Ada")
        self.assertEqual(self.session.collect(request).text(), "Hello, Ada\n")

    def test_no_question_reaches_a_client_without_input(self):
        code = """
println!("EVCXR_INPUT_REQUEST:Your name? ");
let mut line = String::new();
std::io::stdin().read_line(&mut line)?;
println!("got {:?}", line.trim());
"""
        outcome = self.run_cell(code, allow_stdin=False)
        self.assertEqual(outcome.text(), 'got ""\n')

    def test_a_display_is_updated_under_its_id(self):
        code = """
use kerust::display::{Bundle, Live};
let mut live = Live::new(&Bundle::text("one"));
live.update(&Bundle::text("two"));
"""
        outcome = self.run_cell(code)
        self.assertEqual(outcome.reply["status"], "ok", outcome.reply)
        (shown,) = outcome.of_type("display_data")
        updates = outcome.of_type("update_display_data")
        self.assertEqual(shown["data"]["text/plain"], "one")
        self.assertEqual(updates[-1]["data"]["text/plain"], "two")
        identity = shown["transient"]["display_id"]
        self.assertEqual(updates[-1]["transient"]["display_id"], identity)
        later = self.run_cell('live.update(&Bundle::text("three"));')
        self.assertEqual(later.types(), ["execute_input", "update_display_data"])
        (update,) = later.of_type("update_display_data")
        self.assertEqual(update["transient"]["display_id"], identity)

    def test_positions_count_characters(self):
        # Each of the two signs is one code point, two UTF-16 units, four bytes.
        before = 'let s = "\N{GRINNING FACE}\N{MATHEMATICAL BOLD CAPITAL A}";\n'
        request = self.session.client.complete(before + "Strin + 1", len(before) + 5)
        reply = self.session.collect(request).reply
        # The library has names that begin alike.
        self.assertIn("String", reply["matches"])
        self.assertEqual((reply["cursor_start"], reply["cursor_end"]), (len(before), len(before) + 5))
        request = self.session.client.inspect(before + "String::new()", len(before) + 3)
        reply = self.session.collect(request).reply
        self.assertTrue(reply["found"])
        self.assertIn("UTF-8", reply["data"]["text/plain"])

    def test_a_question_about_a_name_shows_a_page(self):
        self.run_cell("let answer = 42_u8;")
        for code, expected in (("?answer", "answer: u8"), ("?String::from_utf8", "UTF-8")):
            outcome = self.run_cell(code)
            self.assertEqual(outcome.types(), ["execute_input"])
            (page,) = outcome.reply["payload"]
            self.assertEqual(page["source"], "page")
            self.assertIn(expected, page["data"]["text/plain"])
        outcome = self.run_cell("?no_such_name")
        self.assertEqual(outcome.reply["payload"], [])
        self.assertEqual(outcome.text(), "nothing is known about `no_such_name`\n")

    def test_a_comm_to_an_unknown_target_is_closed(self):
        client = self.session.client
        content = {"comm_id": "c1", "target_name": "nobody", "data": {}}
        message = client.session.msg("comm_open", content)
        client.shell_channel.send(message)
        request = message["header"]["msg_id"]
        closed = self.session.wait_for("comm_close", request, 10)
        self.assertEqual(closed["content"]["comm_id"], "c1")
        request = client.comm_info()
        self.assertEqual(self.session.collect(request).reply["comms"], {})

    def test_a_message_of_unknown_type_does_no_harm(self):
        client = self.session.client
        message = client.session.msg("no_such_request", {"a": 1})
        client.shell_channel.send(message)
        self.assertEqual(self.run_cell("5").result(), "5")

    def test_two_clients_see_one_session(self):
        # Not `manager.client()`: it would share the first client's identity.
        other = BlockingKernelClient(connection_file=self.session.manager.connection_file)
        other.load_connection_file()
        other.start_channels()
        try:
            other.wait_for_ready(timeout=60)
            request = self.session.client.execute('println!("from the first");\nlet common = 7;')
            self.session.collect(request)
            seen = []
            while not seen or seen[-1]["content"].get("execution_state") != "idle":
                message = other.get_iopub_msg(timeout=30)
                if message["parent_header"].get("msg_id") == request:
                    seen.append(message)
            kinds = [message["msg_type"] for message in without_progress(seen)]
            self.assertEqual(kinds, ["status", "execute_input", "stream", "status"])
            own = self.session.collect(other.execute("common"), client=other)
            self.assertEqual(own.result(), "7")
        finally:
            other.stop_channels()

    def test_questions_are_answered_on_control_while_a_cell_runs(self):
        client = self.session.client
        code = 'println!("on");\nstd::thread::sleep(std::time::Duration::from_secs(3));'
        request = client.execute(code)
        self.session.wait_for("stream", request)
        asked = time.monotonic()
        message = client.session.msg("kernel_info_request", {})
        client.control_channel.send(message)
        reply = client.get_control_msg(timeout=10)
        self.assertLess(time.monotonic() - asked, 1)
        self.assertEqual(reply["parent_header"]["msg_id"], message["header"]["msg_id"])
        self.assertEqual(self.session.reply(request)["content"]["status"], "ok")

    def test_an_interrupt_keeps_variables_and_what_was_learned(self):
        session = self.session
        outcome = self.run_cell("use kerust::prelude::*;\nlet kept = vec![1, 2, 3];" + LONG_TRAINING)
        self.assertEqual(outcome.reply["status"], "ok", outcome.reply)
        request = session.client.execute(FIT)
        session.wait_for("stream", request)
        time.sleep(1)
        asked = time.monotonic()
        session.manager.interrupt_kernel()
        reply = session.reply(request)["content"]
        self.assertLess(time.monotonic() - asked, 2)
        self.assertEqual((reply["status"], reply["ename"]), ("error", "KeyboardInterrupt"))
        after = self.run_cell('println!("{kept:?} {}", history.epoch.len() > 0);\nmodel.predict(&x)?.shape()')
        self.assertEqual(after.text(), "[1, 2, 3] true\n", after.reply)
        self.assertEqual(after.result(), "(4, 1)")

    def test_an_interrupt_of_an_idle_kernel_changes_nothing(self):
        self.run_cell("let calm = 1;")
        self.session.manager.interrupt_kernel()
        time.sleep(0.5)
        self.assertEqual(self.run_cell("calm").result(), "1")


class Life(unittest.TestCase):
    """A kernel's start and end."""

    def test_a_kernel_answers_while_it_loads(self):
        started = time.monotonic()
        session = Session(ready=False)
        try:
            client = session.client
            client.wait_for_ready(timeout=60)
            cell = client.execute("1 + 1")
            question = client.kernel_info()
            first = client.get_shell_msg(timeout=60)
            while first["parent_header"]["msg_id"] not in (cell, question):
                first = client.get_shell_msg(timeout=60)
            self.assertEqual(first["parent_header"]["msg_id"], question, "it need not wait")
            self.assertLess(time.monotonic() - started, 10)
            outcome = session.collect(cell, 1800)
            self.assertEqual(outcome.reply["execution_count"], 1)
            self.assertEqual(outcome.result(), "2")
        finally:
            session.close()

    def test_restart_and_shutdown(self):
        session = Session()
        try:
            session.run("let lost = 1;")
            session.manager.restart_kernel()
            session.client.wait_for_ready(timeout=60)
            outcome = session.run("lost")
            self.assertEqual(outcome.reply["status"], "error")
            self.assertEqual(outcome.reply["execution_count"], 1)
            self.assertEqual(session.run("1 + 1").result(), "2")

            client = session.client
            message = client.session.msg("shutdown_request", {"restart": False})
            client.control_channel.send(message)
            reply = client.get_control_msg(timeout=10)
            self.assertEqual(reply["msg_type"], "shutdown_reply")
            self.assertEqual(reply["content"], {"status": "ok", "restart": False})
            deadline = time.monotonic() + 5
            while session.manager.is_alive() and time.monotonic() < deadline:
                time.sleep(0.05)
            self.assertFalse(session.manager.is_alive())
        finally:
            session.close()


if __name__ == "__main__":
    unittest.main()
