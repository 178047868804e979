//! Augmentation: layers for pictures, where everything random about them is said or can be told.

use kerust::Config;
use kerust::layers::{Interpolation, from_config};
use kerust::ops::perspective_transform;
use kerust::prelude::*;
use serde_json::Value;

use super::layers::same_whole_config;
use super::{FORWARD, Golden, list, text};

/// A model of the layer that the case describes.
fn model(case: &Value, sample: Shape) -> Result<Sequential> {
    let config = Config::from_json(&case["config"].to_string())?;
    let layer = from_config(text(&case["class_name"]), &config)?;
    same_whole_config(case, &layer.get_config()?);
    // What kerust writes down, it reads the same.
    let again = from_config(layer.class_name(), &layer.get_config()?)?;
    assert_eq!(again.get_config()?, layer.get_config()?, "{case}");
    let mut model = Sequential::new();
    model.add(Input::new(sample))?;
    model.add(again)?;
    Ok(model)
}

fn distance(one: &Tensor, other: &Tensor) -> f64 {
    let scale = f64::from(other.map(f32::abs).max()).max(1e-3);
    f64::from((one - other).map(f32::abs).max()) / scale
}

/// The picture on the line from `one` to `other` that is nearest to `ours`.
fn nearest_between(ours: &Tensor, one: &Tensor, other: &Tensor) -> Tensor {
    let direction = other - one;
    let share = (&direction * (ours - one)).sum() / (&direction * &direction).sum();
    one + direction * share.clamp(0.0, 1.0)
}

/// Calls a layer until each of the outputs was seen, for each picture one of them. There may be two
/// more, anything between which may come as well.
fn compare_one_of(golden: &mut Golden, case: &Value) -> Result<()> {
    let x = golden.tensor(&case["input"]);
    let outputs: Vec<Tensor> = list(&case["outputs"])
        .iter()
        .map(|y| golden.tensor(y))
        .collect();
    let mut model = model(case, x.shape().without_batch())?;
    let between: Vec<Tensor> = case
        .get("between")
        .map_or(&[][..], list)
        .iter()
        .map(|y| golden.tensor(y))
        .collect();
    let mut seen = vec![false; outputs.len()];
    for _ in 0..400 {
        let ours = model.call(&x, &mut Tape::off(), true)?;
        for picture in 0..x.len() {
            let ours = ours.index(picture)?;
            let mut candidates = Vec::new();
            for output in &outputs {
                candidates.push(output.index(picture)?);
            }
            if let [one, other] = &between[..] {
                let (one, other) = (one.index(picture)?, other.index(picture)?);
                candidates.push(nearest_between(&ours, &one, &other));
            }
            let order =
                |a: &&Tensor, b: &&Tensor| distance(&ours, a).total_cmp(&distance(&ours, b));
            let nearest = candidates.iter().min_by(order).expect("there are some");
            golden.compare(case, "one of the outputs", FORWARD, &ours, nearest);
            for (seen, candidate) in seen.iter_mut().zip(&candidates) {
                *seen |= candidate == nearest;
            }
        }
        if seen.iter().all(|seen| *seen) {
            return Ok(());
        }
    }
    panic!("{}: not all outputs were seen: {seen:?}", case["name"]);
}

fn compare(golden: &mut Golden, case: &Value) -> Result<()> {
    match text(&case["kind"]) {
        "layer" => {
            let x = golden.tensor(&case["input"]);
            let mut model = model(case, x.shape().without_batch())?;
            let ours = model.call(&x, &mut Tape::off(), true)?;
            let output = golden.tensor(&case["output"]);
            golden.compare(case, "output", FORWARD, &ours, &output);
        }
        "one_of" => compare_one_of(golden, case)?,
        "perspective" => {
            let interpolation: Interpolation = text(&case["interpolation"]).parse()?;
            let fill_value = case["fill_value"].as_f64().expect("a number") as f32;
            let [x, start, end, output] =
                ["input", "start", "end", "output"].map(|name| golden.tensor(&case[name]));
            let tape = &mut Tape::off();
            let ours = perspective_transform(tape, &x, &start, &end, interpolation, fill_value)?;
            golden.compare(case, "perspective", FORWARD, &ours, &output);
        }
        other => panic!("no such kind: {other}"),
    }
    golden.done();
    Ok(())
}

#[test]
fn augmentation_agrees_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("augmentation");
    for case in &cases {
        compare(&mut golden, case)?;
    }
    golden.finish(cases.len(), &[]);
    Ok(())
}
