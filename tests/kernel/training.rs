//! Training in a notebook: interrupted without loss, and mistakes that cost nothing.

use kerust_kernel::run::client::Source;
use serde_json::{Value, json};

use super::support::{COMPILING, LIMIT, collect, request_cell, run, shared};

/// A model and data that train for minutes.
const MODEL: &str = r#"
use kerust::prelude::*;
let x = Tensor::random_uniform((4000, 64), 0.0, 1.0);
let y = Tensor::from_vec((0..4000).map(|i| i % 10).collect(), 4000)?;
let mut model = Sequential::new();
model.add(Dense::new(256).activation("relu").input_shape(64))?;
model.add(Dense::new(10).activation("softmax"))?;
model.compile(Compile {
    optimizer: "adam".into(),
    loss: "sparse_categorical_crossentropy".into(),
    metrics: vec!["accuracy".into()],
    ..Compile::default()
})?;
"#;

#[test]
fn an_interrupted_fit_keeps_the_model_and_its_history() {
    let mut kernel = shared();
    let id = request_cell(&kernel, MODEL);
    collect(&mut kernel, &id, COMPILING, |_, _| {}).assert_ok();

    run(&mut kernel, "let before = model.get_weights();").assert_ok();
    let long = "let history = model.fit(&x, &y, Fit { epochs: 100_000, ..Fit::default() })?;";
    let id = request_cell(&kernel, long);
    let mut asked = false;
    let outcome = collect(&mut kernel, &id, LIMIT, |client, message| {
        let text = message.content["data"]["text/plain"]
            .as_str()
            .unwrap_or_default();
        // Two epochs are over, and a third one runs.
        if !asked && text.starts_with("<chart: ") {
            asked = true;
            client
                .send(Source::Control, "interrupt_request", json!({}))
                .unwrap();
        }
    });
    assert_eq!(outcome.error()["ename"], "KeyboardInterrupt");
    // The bar and, below it, the table with the curves, both updated in place. The last state of
    // the bar says what happened, and the curves stay.
    let displays = outcome.of_type("display_data");
    assert_eq!(displays.len(), 2, "{:?}", outcome.summary());
    let updates = outcome.of_type("update_display_data");
    let last_of = |display: &Value| {
        let id = &display["transient"]["display_id"];
        let of_it = |update: &&&Value| update["transient"]["display_id"] == *id;
        let last = updates.iter().rev().find(of_it).expect("an update");
        last["data"]["text/html"].to_string()
    };
    let html = last_of(displays[0]);
    assert!(html.contains("Interrupted at epoch "), "{html}");
    assert!(
        html.contains("The model and the history so far are kept."),
        "{html}"
    );
    let html = last_of(displays[1]);
    assert!(html.contains("<table") && html.contains("data:image/svg+xml;base64,"));

    let after = run(
        &mut kernel,
        "let losses = history.get(\"loss\").map_or(0, |losses| losses.len());\n\
         println!(\"{} {} {:?}\", history.epoch.len() >= 3, losses == history.epoch.len(), \
         history.ending);\n\
         println!(\"{}\", model.get_weights() != before);",
    );
    after.assert_ok();
    assert_eq!(after.summary(), ["stdout: true true Interrupted\ntrue\n"]);
    let chart = run(&mut kernel, "history.plot()");
    let chart = chart.of_type("execute_result");
    assert!(
        chart[0]["data"]["image/svg+xml"]
            .as_str()
            .is_some_and(|svg| svg.contains("<path"))
    );
    let again = run(
        &mut kernel,
        "model.fit(&x, &y, Fit { verbose: 0, ..Fit::default() })?;",
    );
    again.assert_ok();
}

#[test]
fn a_mistake_is_one_readable_error_and_costs_nothing() {
    let mut kernel = shared();
    let model = MODEL
        .replace("model", "careful")
        .replace("let x", "let cx")
        .replace("let y", "let cy");
    let id = request_cell(&kernel, &model);
    collect(&mut kernel, &id, COMPILING, |_, _| {}).assert_ok();
    let mistakes = [
        ("careful.add(Conv2D::new(8, (3, 3)))?;", "layer `conv2d"),
        (
            "careful.fit(&cx, &Tensor::full(4000, 10.0), Fit::default())?;",
            "label 10 at position 0",
        ),
        (
            "careful.predict(&Tensor::ones((2, 63)))?;",
            "expected samples of shape (64,)",
        ),
        (
            "careful.compile(Compile { optimizer: \"adamm\".into(), ..Compile::default() })?;",
            "did you mean `adam`",
        ),
        (
            "kerust::datasets::cifar10::load_from(\"no/such/folder\")?;",
            "no/such/folder",
        ),
    ];
    for (code, expected) in mistakes {
        let outcome = run(&mut kernel, code);
        let error = outcome.error();
        let text = error["evalue"].as_str().unwrap_or_default();
        assert!(text.contains(expected), "{code}: {text}");
        assert!(text.lines().count() <= 6, "{text}");
        assert!(
            outcome.of_type("stream").is_empty(),
            "said once: {:?}",
            outcome.summary()
        );
    }
    let after = run(
        &mut kernel,
        "careful.evaluate(&cx, &cy, Evaluate { verbose: 0, ..Evaluate::default() })?.len()",
    );
    after.assert_ok();
    assert_eq!(after.summary(), ["execute_result: 2"]);
}
