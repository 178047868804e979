//! The tutorial itself, from the first cell to the last: by `kerust run` on a full set of drawn
//! pictures, in Chinese through `nbclient` on a small one, and under the stock evcxr kernel.

use std::path::Path;
use std::process::Command;

use kerust::datasets::cifar10::{self, CLASS_NAMES};
use kerust::plot;
use serde_json::{Value, json};

use super::clients::EXECUTE;
use super::executed::{
    TRAINING, no_errors, notebook, number_after, outputs, printed, stand_in, text,
};
use super::notebooks::read_json;
use super::python::{environment, register_stock_kernel, succeed};
use super::support::{program, root};

/// What must be in an executed tutorial, whoever ran it.
fn check(executed: &Value, home: &Path, least_accuracy: f64) {
    no_errors(executed);
    let ((x_train, _), (x_test, y_test)) =
        cifar10::load_from(home.join("datasets/cifar10/stand-in")).expect("drawn before");
    let shapes = format!(
        "Train data shape: {}\nTest data shape: {}\n",
        x_train.shape(),
        x_test.shape()
    );
    let load = outputs(executed, "load");
    assert!(
        load.iter()
            .any(|o| text(&o["data"]["text/html"]).contains("STAND-IN DATA"))
    );
    assert_eq!(printed(load), shapes);
    assert_eq!(printed(outputs(executed, "scale")), shapes);

    let [summary] = outputs(executed, "summary") else {
        panic!("one summary")
    };
    let table = text(&summary["data"]["text/plain"]);
    assert!(
        table.contains("Model: \"sequential\"")
            && table.contains("Total params: 923,914 (3.52 MB)")
    );
    assert!(text(&summary["data"]["text/html"]).contains("<table"));

    // One bar, updated in place, that ends complete, and below it the table and the curves.
    let [training, epochs] = outputs(executed, "fit") else {
        panic!("two displays: {:?}", outputs(executed, "fit"))
    };
    let lines = text(&training["data"]["text/plain"]);
    assert!(
        lines.contains("Epoch 10/10") && lines.matches("val_accuracy").count() == 10,
        "{lines}"
    );
    assert!(text(&training["data"]["text/html"]).contains("10 epochs in"));
    let html = text(&epochs["data"]["text/html"]);
    assert_eq!(html.matches("<tr").count(), 11, "{html}");
    assert_eq!(html.matches("src=\"data:image/svg+xml;base64,").count(), 1);
    assert_eq!(
        text(&epochs["data"]["text/plain"]),
        "<chart: loss and accuracy over 10 epochs>"
    );

    let [chart] = outputs(executed, "plot") else {
        panic!("one chart")
    };
    let svg = text(&chart["data"]["image/svg+xml"]);
    assert!(svg.contains("validation") && svg.contains("accuracy") && svg.contains("<path"));

    let scores = printed(outputs(executed, "evaluate"));
    assert!(number_after(&scores, "Test loss: ").is_finite());
    let accuracy = number_after(&scores, "Test accuracy: ");
    assert!(accuracy >= least_accuracy, "test accuracy {accuracy}");

    // Five times: the two labels, then the picture.
    let shown = outputs(executed, "show");
    assert_eq!(shown.len(), 10, "{shown:?}");
    let x_test = &x_test / 255.0;
    for (i, pair) in shown.chunks(2).enumerate() {
        let labels = text(&pair[0]["text"]);
        let (real, predicted) = labels.split_once('\n').expect("two lines");
        let label = y_test.get(i).expect("there are five");
        assert_eq!(real, format!("Real label: {}", CLASS_NAMES[label]));
        let name = predicted
            .trim_end()
            .strip_prefix("Predicted label: ")
            .expect("the second line");
        assert!(CLASS_NAMES.contains(&name));
        let picture = plot::imshow(&x_test.index(i).expect("there are five")).expect("a picture");
        let png = text(&pair[1]["data"]["image/png"]);
        assert_eq!(
            Some(png.trim_end()),
            picture.bundle().get("image/png"),
            "picture {i}"
        );
    }

    let [row] = outputs(executed, "probs") else {
        panic!("one table")
    };
    assert_eq!(text(&row["data"]["text/plain"]).matches('*').count(), 5);
}

#[test]
fn the_tutorial_runs_whole_by_kerust_run() {
    let _training = TRAINING.lock();
    let home = tempfile::tempdir().expect("a folder");
    stand_in(home.path(), "cifar10", 50_000, 10_000);
    let result = home.path().join("tutorial.ipynb");
    let said = succeed(
        Command::new(program())
            .arg("run")
            .arg(notebook("cifar10_tutorial.ipynb"))
            .arg("--output")
            .arg(&result)
            .env("KERUST_HOME", home.path()),
    );
    assert!(
        said.contains("NOT the real CIFAR-10"),
        "the stand-in is announced: {said}"
    );
    assert!(said.contains("[13/13] predicted_probs"), "{said}");
    let executed = read_json(&result);
    let shapes = printed(outputs(&executed, "load"));
    assert!(shapes.contains("(50000, 32, 32, 3)") && shapes.contains("(10000, 32, 32, 3)"));
    check(&executed, home.path(), 0.6);
    let page = std::fs::read_to_string(result.with_extension("html")).expect("the page");
    assert_eq!(page.matches("data:image/png;base64,").count(), 5);
    assert!(page.contains("10 epochs in") && page.contains("STAND-IN DATA"));
}

#[test]
fn the_chinese_tutorial_runs_by_nbclient() {
    let _training = TRAINING.lock();
    let home = tempfile::tempdir().expect("a folder");
    stand_in(home.path(), "cifar10", 4_000, 400);
    let environment = environment();
    let result = home.path().join("tutorial.ipynb");
    succeed(
        Command::new(environment.join("bin/python"))
            .args(["-c", EXECUTE])
            .args([&notebook("cifar10_tutorial_zh.ipynb"), &result])
            .env("KERUST_HOME", home.path())
            .env_remove("JUPYTER_PATH"),
    );
    check(&read_json(&result), home.path(), 0.3);

    // What is saved is enough for a page that knows of no kernel.
    succeed(
        Command::new(environment.join("bin/python"))
            .args(["-m", "nbconvert", "--to", "html"])
            .arg(&result),
    );
    let page = std::fs::read_to_string(result.with_extension("html")).expect("the page");
    for shown in [
        "10 epochs in",
        "923,914",
        "src=\"data:image/svg+xml;base64,",
    ] {
        assert!(page.contains(shown), "{shown}");
    }
    assert_eq!(page.matches("src=\"data:image/png;base64,").count(), 5);
}

#[test]
fn the_tutorial_runs_under_the_stock_kernel() {
    let _training = TRAINING.lock();
    let home = tempfile::tempdir().expect("a folder");
    stand_in(home.path(), "cifar10", 1_000, 100);
    let environment = environment();
    register_stock_kernel();

    let mut tutorial = read_json(&notebook("cifar10_tutorial.ipynb"));
    let library = root().canonicalize().expect("this repository");
    let first = json!({
        "cell_type": "code", "id": "dep", "metadata": {}, "outputs": [], "execution_count": null,
        "source": format!(":dep kerust = {{ path = {:?} }}", library.to_string_lossy()),
    });
    tutorial["cells"]
        .as_array_mut()
        .expect("cells")
        .insert(0, first);
    tutorial["metadata"]["kernelspec"]["name"] = json!("stock-rust");
    let source = home.path().join("stock.ipynb");
    std::fs::write(&source, tutorial.to_string()).expect("writable");
    let result = home.path().join("executed.ipynb");
    succeed(
        Command::new(environment.join("bin/python"))
            .args(["-c", &EXECUTE.replace("\"kerust\"", "\"stock-rust\"")])
            .args([&source, &result])
            .env("KERUST_HOME", home.path())
            // `cargo test` names its own folders there, and with them another build of the library.
            .env_remove("LD_LIBRARY_PATH")
            .env_remove("JUPYTER_PATH"),
    );
    let executed = read_json(&result);
    no_errors(&executed);
    let loaded = printed(outputs(&executed, "load"));
    assert!(
        loaded.contains("Train data shape: (1000, 32, 32, 3)"),
        "{loaded}"
    );
    let of = |id: &str, mime: &str| -> String {
        outputs(&executed, id)
            .iter()
            .map(|o| text(&o["data"][mime]))
            .collect()
    };
    assert!(of("summary", "text/html").contains("923,914"));
    assert_eq!(
        printed(outputs(&executed, "fit"))
            .matches("val_accuracy")
            .count(),
        10
    );
    // A line an epoch, and the curves when it ends.
    assert_eq!(
        of("fit", "text/html")
            .matches("data:image/svg+xml;base64,")
            .count(),
        1
    );
    assert!(of("plot", "text/html").contains("data:image/svg+xml;base64,"));
    assert!(number_after(&printed(outputs(&executed, "evaluate")), "Test accuracy: ") >= 0.0);
    let labels = printed(outputs(&executed, "show"));
    assert_eq!(labels.matches("Real label: ").count(), 5);
    // This kernel keeps one display a cell: it holds all five pictures.
    assert_eq!(
        of("show", "text/html")
            .matches("data:image/png;base64,")
            .count(),
        5
    );
}
