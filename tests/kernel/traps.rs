//! Errors that come from how a notebook keeps variables: what helps is told first.

use kerust_kernel::session::traps::{Gone, line_of, recognize};

use super::support::{Outcome, run, shared};

fn traceback(outcome: &Outcome) -> Vec<String> {
    outcome.error()["traceback"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn the_line_that_makes_a_variable_is_found() {
    let code = "let a = 1;\nlet (mut b, c) = f(a);\n// let\nlet other_b = b;";
    assert_eq!(line_of("a", code), Some(1));
    assert_eq!(line_of("b", code), Some(2));
    assert_eq!(line_of("c", code), Some(2));
    assert_eq!(line_of("other_b", code), Some(4));
    assert_eq!(line_of("d", code), None);
}

#[test]
fn a_moved_variable_is_remembered_until_it_is_made_again() {
    let mut gone = Gone::default();
    let message = "cannot find value `v` in this scope";
    let has = |names: &[&str]| -> Vec<(String, String)> {
        names
            .iter()
            .map(|name| ((*name).to_owned(), "Vec<i32>".to_owned()))
            .collect()
    };
    gone.cell_ended("let v = vec![1];", &has(&["v"]));
    assert!(recognize(message, Some("E0425"), &gone).is_none());
    gone.cell_ended("let n = 1;\nlet w = v;", &has(&["w", "n"]));
    let trap = recognize(message, Some("E0425"), &gone).unwrap();
    assert!(trap.remedy.contains("`let w = v;`"), "{trap:?}");
    gone.cell_ended("let v = vec![1];", &has(&["v", "w", "n"]));
    assert!(recognize(message, Some("E0425"), &gone).is_none());
}

#[test]
fn what_helps_stands_before_what_the_compiler_says() {
    let mut kernel = shared();
    let cases = [
        (
            "let text_of_trap = String::from(\"abc\");\nlet part = &text_of_trap[..2];",
            "`part` borrows from another variable",
            ".to_owned()",
            "let part = &text_of_trap[..2];",
        ),
        (
            "let add = |x: i32| x + 1;",
            "`add` is a closure",
            "fn add(…)",
            "  --> 1 |",
        ),
        (
            "\nlet steps = vec![1, 2].into_iter().map(|x| x + 1);",
            "`steps` is of type",
            "collect",
            "  --> 2 |",
        ),
    ];
    for (code, what, remedy, line) in cases {
        let lines = traceback(&run(&mut kernel, code));
        let first = lines.iter().take(2).cloned().collect::<String>();
        let whole = lines.join("\n");
        assert!(lines[0].contains(what), "{whole}");
        assert!(first.contains("help") && first.contains(remedy), "{whole}");
        assert!(whole.contains(line), "{whole}");
    }
    run(&mut kernel, "let moved_away = vec![1, 2, 3];").assert_ok();
    run(&mut kernel, "let its_new_name = moved_away;").assert_ok();
    let lines = traceback(&run(&mut kernel, "moved_away.len()"));
    assert!(lines[0].contains("an earlier cell moved it"), "{lines:?}");
    assert!(
        lines[0].contains("let its_new_name = moved_away;"),
        "{lines:?}"
    );
}
