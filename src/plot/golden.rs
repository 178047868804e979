//! What charts show, compared with scikit-learn (`tests/golden/plots.json`).

use serde_json::Value;

use super::labels::classes;
use super::pca::components;
use super::scores::{OneClass, against_others, area, average_precision};
use crate::{Result, Tensor};

/// Both compute in double precision.
const TOLERANCE: f64 = 1e-9;

fn cases(kind: &str) -> Vec<Value> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/plots.json");
    let text = std::fs::read_to_string(path).expect("golden values");
    let mut golden: Value = serde_json::from_str(&text).expect("JSON");
    let cases = golden["cases"].take();
    let all: Vec<Value> = serde_json::from_value(cases).expect("a list");
    let found: Vec<Value> = all
        .into_iter()
        .filter(|case| case["kind"] == kind)
        .collect();
    assert!(!found.is_empty());
    found
}

fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        number => vec![number.as_f64().expect("a number")],
    }
}

/// A vector, or a matrix.
fn tensor(value: &Value) -> Tensor {
    let values = numbers(value);
    let rows = value.as_array().map_or(0, Vec::len);
    let columns = values.len() / rows;
    let shape = if columns == 1 {
        vec![rows]
    } else {
        vec![rows, columns]
    };
    Tensor::from_vec(values, shape).expect("the values fill the shape")
}

#[track_caller]
fn assert_close(name: &Value, given: &[f64], expected: &[f64], tolerance: f64) {
    assert_eq!(given.len(), expected.len(), "{name}");
    for (a, b) in given.iter().zip(expected) {
        assert!((a - b).abs() <= tolerance, "{name}: {a} is not {b}");
    }
}

fn flat(points: Option<Vec<(f64, f64)>>) -> Vec<f64> {
    points
        .unwrap_or_default()
        .iter()
        .flat_map(|(x, y)| [*x, *y])
        .collect()
}

#[test]
fn curves_are_those_of_scikit_learn() -> Result<()> {
    for case in cases("curves") {
        let all = against_others(&tensor(&case["y_true"]), &tensor(&case["y_score"]), &[])?;
        let [only] = &all[..] else {
            panic!("two classes have one curve");
        };
        let name = &case["name"];
        assert_close(name, &flat(only.roc()), &numbers(&case["roc"]), TOLERANCE);
        let mut ours = only.precision_recall().expect("both classes are there");
        let theirs = numbers(&case["precision_recall"]);
        // scikit-learn leaves out thresholds after all of the class are found.
        ours.truncate(theirs.len() / 2);
        assert_close(name, &flat(Some(ours.clone())), &theirs, TOLERANCE);
        let areas = [
            area(&only.roc().unwrap_or_default()),
            average_precision(&only.precision_recall().unwrap_or_default()),
        ];
        let expected = numbers(&Value::from(vec![
            case["auc"].clone(),
            case["average_precision"].clone(),
        ]));
        assert_close(name, &areas, &expected, TOLERANCE);
    }
    Ok(())
}

#[test]
fn areas_of_several_classes_are_those_of_scikit_learn() -> Result<()> {
    for case in cases("classes") {
        let all = against_others(&tensor(&case["y_true"]), &tensor(&case["y_score"]), &[])?;
        let of = |area: &dyn Fn(&OneClass) -> f64| all.iter().map(area).collect::<Vec<f64>>();
        let roc = of(&|class| area(&class.roc().unwrap_or_default()));
        let precision =
            of(&|class| average_precision(&class.precision_recall().unwrap_or_default()));
        assert_close(&case["name"], &roc, &numbers(&case["auc"]), TOLERANCE);
        let expected = numbers(&case["average_precision"]);
        assert_close(&case["name"], &precision, &expected, TOLERANCE);
    }
    Ok(())
}

#[test]
fn confusion_is_that_of_scikit_learn() -> Result<()> {
    use super::confusion_matrix::{Matrix, Normalize};
    for case in cases("confusion") {
        let labels = classes(&tensor(&case["y_true"]), "y_true")?;
        let predictions = classes(&tensor(&case["y_pred"]), "y_pred")?;
        for (way, normalize) in [
            ("None", None),
            ("true", Some(Normalize::True)),
            ("pred", Some(Normalize::Pred)),
            ("all", Some(Normalize::All)),
        ] {
            let mut matrix = Matrix::new(&labels, &predictions, 3);
            if let Some(normalize) = normalize {
                matrix.normalize(normalize);
            }
            let ours: Vec<f64> = (0..3).flat_map(|row| matrix.row(row).to_vec()).collect();
            assert_close(&case["name"], &ours, &numbers(&case[way]), TOLERANCE);
        }
    }
    Ok(())
}

#[test]
fn components_are_those_of_scikit_learn() {
    for case in cases("pca") {
        let columns = case["x"][0].as_array().map_or(0, Vec::len);
        let ours = components(&numbers(&case["x"]), columns);
        assert_close(
            &case["name"],
            &ours.explained,
            &numbers(&case["explained"]),
            1e-9,
        );
        let points = flat(Some(ours.points));
        assert_close(&case["name"], &points, &numbers(&case["points"]), 1e-6);
    }
}
