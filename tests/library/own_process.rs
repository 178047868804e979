//! Tests that need a process of their own: the random seed, the automatic names and the memory
//! belong to the process, which the other tests use at the same time.

use std::process::{Command, ExitStatus};

const MARK: &str = "KERUST_TEST_IN_OWN_PROCESS";

/// Runs `body`, the body of the test called `name` (`training::same_seed`), in a new process.
pub(crate) fn run(name: &str, body: impl FnOnce()) {
    if std::env::var_os(MARK).is_some() {
        return body();
    }
    let (status, text) = start(name, &[(MARK, "1")]);
    let ran = text.contains("1 passed") || !status.success();
    assert!(ran, "there is no test called `{name}`");
    assert!(status.success(), "{text}");
    for line in text.lines().filter(|line| line.starts_with("  note: ")) {
        say(line.trim_start_matches("  note: "));
    }
}

/// Runs the test called `name` in a new process, which may be killed: whether it lived to the end.
pub(crate) fn lives(name: &str, variable: &str, arguments: &str) -> bool {
    use std::os::unix::process::ExitStatusExt;
    let (status, text) = start(name, &[(variable, arguments)]);
    let killed = status.signal() == Some(libc::SIGKILL);
    assert!(killed || status.success(), "{text}");
    !killed
}

/// How a process with one test ended, and all that it said.
pub(crate) fn start(name: &str, variables: &[(&str, &str)]) -> (ExitStatus, String) {
    let program = std::env::current_exe().expect("a test runs from a file");
    let output = Command::new(program)
        .args([name, "--exact", "--nocapture"])
        .envs(variables.iter().copied())
        .output()
        .expect("the test's own program starts");
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    (output.status, text)
}

/// The most memory that this process has had, in KiB.
pub(crate) fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux says");
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number
        .and_then(|number| number.parse().ok())
        .expect("a number")
}

/// Shows a line although the test passes.
pub(crate) fn say(line: &str) {
    use std::io::Write;
    // Not `eprintln!`, which the test harness captures.
    let _ = writeln!(std::io::stderr(), "  note: {line}");
}
