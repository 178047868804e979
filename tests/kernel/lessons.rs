//! The notebooks beside the tutorial, each run whole, in its English version: both versions have the
//! same code.

use serde_json::Value;

use super::executed::{
    TRAINING, execute_on_stand_in, execute_without_data, number_after, outputs, printed, shown,
};

#[test]
fn functional_models_and_a_layer_of_ones_own_train() {
    let _training = TRAINING.lock();
    let executed = execute_without_data("functional_models.ipynb");
    let printed = |id: &str| printed(outputs(&executed, id));
    // The layer that a cell defines does what no Dense layer can.
    assert!(number_after(&printed("line"), "A line: ") < 0.75);
    assert!(number_after(&printed("circle"), "A circle: ") > 0.95);
    let weights = printed("weights");
    assert!(
        (number_after(&weights, "a / b  = ") - 1.0).abs() < 0.2,
        "{weights}"
    );
    assert!(
        (number_after(&weights, "-c / a = ") - 0.6).abs() < 0.1,
        "{weights}"
    );

    let table = shown(&executed, "model", "text/plain");
    assert!(
        table.contains("encoder (Functional)") && table.contains("Connected to"),
        "{table}"
    );
    let answers = printed("predict");
    assert!(number_after(&answers, "middle: ") > 80.0, "{answers}");
    assert!(
        (number_after(&answers, "Distance: ") - 2f64.sqrt()).abs() < 0.3,
        "{answers}"
    );
    assert_eq!(printed("freeze"), "The encoder is as it was: true\n");
    assert!(number_after(&printed("highways"), "Highways: ") > 0.9);
}

#[test]
fn hyperparameters_are_searched_and_the_search_goes_on() {
    let _training = TRAINING.lock();
    let executed = execute_without_data("tuning.ipynb");
    let html = |id: &str| shown(&executed, id, "text/html");
    // One table that grew in place: a row for each trial, and the head.
    let table = html("search");
    assert_eq!(table.matches("<tr").count(), 13, "{table}");
    assert!(html("hyperband").contains("<table"));
    let accuracy = |id: &str| number_after(&printed(outputs(&executed, id)), "Test accuracy: ");
    assert!(accuracy("evaluate") > 0.8);
    assert!(accuracy("winner") > 0.9);
    // The search that was opened again has its old trials and three more.
    let table = html("resume");
    assert_eq!(table.matches("<tr").count(), 16, "{table}");
}

/// The number that a text begins with.
fn first_number(text: &str) -> f64 {
    let word = text.split_whitespace().next();
    word.and_then(|word| word.parse().ok())
        .unwrap_or_else(|| panic!("no number in front of {text}"))
}

/// Fails unless a cell shows a chart on which these words stand.
#[track_caller]
fn has_chart(executed: &Value, id: &str, named: &[&str]) {
    let svg = shown(executed, id, "image/svg+xml");
    assert!(svg.contains("<path"), "{id} shows no chart");
    for name in named {
        assert!(svg.contains(name), "{id}: the chart lacks `{name}`");
    }
}

#[test]
fn digits_are_read_by_two_networks() {
    let _training = TRAINING.lock();
    let executed = execute_on_stand_in("mnist.ipynb", "mnist", 6_000, 1_000);
    let printed = |id: &str| printed(outputs(&executed, id));
    let told = shown(&executed, "load", "text/html");
    assert!(told.contains("STAND-IN DATA"), "{told}");
    assert!(printed("load").contains("train: 6000 pictures of shape (28, 28)"));

    // Without training, one answer in ten is right.
    let scores = printed("evaluate");
    for network in ["MLP: ", "CNN: "] {
        let line = scores.lines().find(|line| line.starts_with(network));
        let line = line.expect("a line for each network");
        assert!(number_after(line, "accuracy ") > 0.6, "{scores}");
    }
    for id in ["mlp", "cnn"] {
        assert!(shown(&executed, id, "text/html").contains("<table"), "{id}");
    }
    for id in ["fit_mlp", "fit_cnn"] {
        let bar = shown(&executed, id, "text/html");
        assert!(
            bar.contains("5 epochs in") && bar.contains("svg+xml"),
            "{id}"
        );
    }
    has_chart(&executed, "compare", &["mlp", "cnn", "validation"]);
    let matrix = shown(&executed, "confusion", "text/plain");
    assert!(matrix.contains("of 1000 right"), "{matrix}");
    assert!(printed("wrong").contains(" of 1000 are wrong"));
    assert!(shown(&executed, "look", "text/plain").contains("6000 samples of 10 classes"));
    assert!(shown(&executed, "one", "text/plain").contains("probabilities of 10 classes"));
    assert_eq!(printed("save"), "the same answers: true\n");
}

#[test]
fn a_first_network_becomes_a_better_one() {
    let _training = TRAINING.lock();
    let executed = execute_on_stand_in("better_cifar10.ipynb", "cifar10", 2_000, 500);
    let scores = printed(outputs(&executed, "score"));
    // So few pictures and so few steps say nothing about which network is best.
    for network in ["first ", "deeper ", "best "] {
        let line = scores.lines().find(|line| line.starts_with(network));
        let line = line.expect("a line for each network");
        assert!(number_after(line, "accuracy: ") > 0.2, "{scores}");
    }
    let most = number_after(&scores, "first ");
    assert!(most > 5.0 * number_after(&scores, "deeper "), "{scores}");
    assert!(shown(&executed, "deeper", "text/html").contains("global_average_pooling2d"));
    let pictures = shown(&executed, "augment", "text/plain");
    assert_eq!(pictures, "<16 pictures 32x32x3>");
    has_chart(&executed, "schedule", &["cosine with warm-up"]);
    has_chart(&executed, "compare", &["first", "deeper", "best"]);
    assert!(shown(&executed, "confusion", "text/plain").contains("of 500 right"));
}

#[test]
fn the_ideas_are_computed_and_drawn() {
    let _training = TRAINING.lock();
    let executed = execute_without_data("concepts.ipynb");
    let printed = |id: &str| printed(outputs(&executed, id));
    // A neuron by hand, and as a layer.
    let by_hand = number_after(
        &printed("neuron"),
        "bias 0.7: the sum is 0.40, the neuron says ",
    );
    assert!((by_hand - number_after(&printed("dense"), "Dense says ")).abs() < 1e-9);
    let losses = printed("mse");
    let by_hand = number_after(&losses, "by hand: ");
    assert!((by_hand - number_after(&losses, "MeanSquaredError: ")).abs() < 1e-9);
    // The tape finds the gradient that was derived by hand.
    assert!(printed("points").contains("(2.683, -4.303, -2.450)"));
    assert_eq!(printed("tape"), "loss 2.683\ngradient -4.303 and -2.450\n");

    has_chart(&executed, "activations", &["leaky_relu", "elu", "gelu"]);
    has_chart(&executed, "losscurves", &["huber", "binary_crossentropy"]);
    has_chart(
        &executed,
        "walk",
        &["learning rate 0.03", "learning rate 0.383"],
    );
    has_chart(&executed, "surface", &["SGD", "momentum", "Adam"]);
    has_chart(
        &executed,
        "compare",
        &["SGD", "momentum", "RMSprop", "Adam"],
    );
    has_chart(&executed, "schedules", &["cosine", "stairs", "warm-up"]);
    has_chart(
        &executed,
        "few",
        &["large", "dropout and decay", "validation"],
    );
    assert_eq!(outputs(&executed, "softmax").len(), 2);
    assert!(shown(&executed, "maps", "text/plain").contains("4 pictures 96x96x3"));

    assert!(number_after(&printed("stopped"), "stopped after ") < 100.0);
    let accuracies = printed("seen");
    for name in ["large: ", "dropout and decay: ", "stopped early: "] {
        assert!(number_after(&accuracies, name) > 0.65, "{accuracies}");
    }
}

#[test]
fn models_go_into_files_and_come_back() {
    let _training = TRAINING.lock();
    let executed = execute_without_data("saving.ipynb");
    let printed = |id: &str| printed(outputs(&executed, id));
    let table = |id: &str| shown(&executed, id, "text/html");
    assert!(table("load").contains("ring") && table("load").contains("second"));
    for id in ["foreign", "legacy"] {
        assert!(table(id).contains("<table"), "{id}");
    }
    let same = printed("same");
    assert!(same.starts_with("the same answers: true\n"), "{same}");
    let losses: Vec<&str> = same.lines().skip(1).collect();
    assert!(losses.len() == 2 && losses[0] == losses[1], "{same}");
    assert_eq!(
        printed("weights").matches("the same weights: true").count(),
        3
    );
    let names = printed("names");
    assert!(names.contains("first/kernel") && names.contains("optimizer/velocity/inside/bias"));
    assert!(printed("wrong").contains("expected `first/kernel` of shape (2, 16)"));

    let epochs = printed("best");
    let (last, best) = (
        number_after(&epochs, "last epoch: loss "),
        number_after(&epochs, "best epoch: loss "),
    );
    assert!(best <= last, "{epochs}");
    let crashed = printed("crashed");
    assert!(crashed.contains("the lights went out"), "{crashed}");
    assert!(crashed.contains("10 epochs in the history"), "{crashed}");
    assert_eq!(printed("survived"), "the same weights: true\n");
    assert!(first_number(&printed("onnx")) > 1000.0);
}

#[test]
fn what_keras_does_is_done_step_by_step() {
    let _training = TRAINING.lock();
    let executed = execute_without_data("from_keras.ipynb");
    let printed = |id: &str| printed(outputs(&executed, id));
    assert!(printed("slicing").starts_with("(2400, 4) float32 "));
    assert!(shown(&executed, "model", "text/html").contains("batch_normalization"));
    has_chart(&executed, "history", &["validation"]);
    assert!(number_after(&printed("evaluate"), "accuracy ") > 0.6);
    let errors = printed("errors");
    assert!(errors.contains("each sample needs one"), "{errors}");
    assert!(
        errors.contains("expected samples of shape (4,)"),
        "{errors}"
    );
    assert!(printed("callbacks").contains("that will do"));
    has_chart(&executed, "functional", &["InputLayer", "Concatenate"]);
    // The layer of one's own finds what sixteen neurons alone would not.
    assert!(number_after(&printed("products"), "accuracy ") > 0.9);
    assert_eq!(printed("pipeline").matches("accuracy").count(), 2);
    assert_eq!(printed("saving"), "true\n");
}

#[test]
fn reviews_are_read() {
    let _training = TRAINING.lock();
    let executed = execute_on_stand_in("imdb.ipynb", "imdb", 3_000, 1_000);
    let printed = |id: &str| printed(outputs(&executed, id));
    assert!(shown(&executed, "load", "text/html").contains("STAND-IN DATA"));
    assert!(printed("load").contains("3000 reviews to train on, 1000 to test with"));
    assert_eq!(printed("read").matches(" ...").count(), 3);
    assert!(shown(&executed, "model", "text/html").contains("meanings"));
    assert!(number_after(&printed("evaluate"), "Test accuracy: ") > 0.65);
    has_chart(&executed, "evaluate", &["AUC"]);

    let answers = printed("ask");
    let praise = |sentence: &str| -> f64 {
        let line = answers.lines().find(|line| line.contains(sentence));
        first_number(line.expect("an answer for each sentence"))
    };
    assert!(
        praise("A wonderful film") > 60.0 && praise("Terrible acting") < 40.0,
        "{answers}"
    );
    let words = shown(&executed, "space", "text/plain");
    assert!(words.contains("1000 points of 16 dimensions"), "{words}");
}
