//! Asking the user for a line, in a terminal and under evcxr.

use std::io::Write;
use std::process::{Command, Stdio};

/// What a program prints that asks twice, with `answers` on its standard input.
fn asked(answers: &str, change: impl FnOnce(&mut Command)) -> String {
    let (_, module) = module_path!().split_once("::").expect("a module");
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args([
            "--exact",
            &format!("{module}::in_a_child"),
            "--ignored",
            "--nocapture",
        ])
        .env_remove("EVCXR_IS_RUNTIME")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    change(&mut command);
    let mut child = command.spawn().expect("it starts");
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(answers.as_bytes()).expect("it reads");
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
#[ignore = "what the other tests run in a process of its own"]
fn in_a_child() {
    let name = kerust::notebook::input("Your name: ");
    let secret = kerust::notebook::password("Password\nplease: ");
    println!("<{name:?}> <{secret:?}>");
}

#[test]
fn a_terminal_shows_the_prompt_and_takes_a_line() {
    let text = asked("  Ada \r\n\n", |_| {});
    assert!(
        text.contains("Your name: Password\nplease: <Ok(\"  Ada \")> <Ok(\"\")>"),
        "{text}"
    );
}

#[test]
fn evcxr_is_asked_in_its_own_way() {
    let text = asked("Ada\nsecret\n", |command| {
        command.env("EVCXR_IS_RUNTIME", "1");
    });
    let lines = "EVCXR_INPUT_REQUEST:Your name: \nEVCXR_INPUT_REQUEST_PASSWORD:Password please: \n";
    assert!(
        text.contains(&format!("{lines}<Ok(\"Ada\")> <Ok(\"secret\")>")),
        "{text}"
    );
}

#[test]
fn the_end_of_input_is_an_error() {
    let text = asked("last line without end", |_| {});
    assert!(
        text.contains("<Ok(\"last line without end\")> <Err("),
        "{text}"
    );
    assert!(
        text.contains("nobody can answer `Password\nplease:`"),
        "{text}"
    );
}
