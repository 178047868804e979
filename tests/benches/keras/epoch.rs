//! The kerust side of `epoch.py`: trains the tutorial model on 8,000 pictures, an epoch for each
//! line `epoch` on standard input, and answers with one line of JSON. A driver alternates the two.

#[path = "../../library/formula.rs"]
#[allow(dead_code)]
mod formula;

use std::io::BufRead;
use std::time::Instant;

use kerust::prelude::*;
use serde_json::json;

fn main() -> Result<()> {
    let (x, y) = formula::pictures(0, 8000);
    let x = &x / 255.0;
    let five = x.slice(0..5)?;
    let mut model = formula::tutorial_model()?;
    model.compile(Compile {
        optimizer: "adam".into(),
        loss: "sparse_categorical_crossentropy".into(),
        metrics: vec!["accuracy".into()],
    })?;
    println!("{}", json!({"event": "ready", "backend": "kerust"}));
    let commands = std::io::stdin().lock().lines();
    for command in commands.map_while(std::result::Result::ok) {
        let started = Instant::now();
        let mut scores = None;
        match command.trim() {
            "epoch" => {
                let fit = Fit {
                    validation_split: 0.2,
                    verbose: 0,
                    ..Fit::default()
                };
                let history = model.fit(&x, &y, fit)?;
                scores = history
                    .get("val_accuracy")
                    .and_then(|values| values.last().copied());
            }
            "predict" => drop(model.predict(&five)?),
            _ => break,
        }
        let seconds = started.elapsed().as_secs_f64();
        let answer = json!({"event": command.trim(), "seconds": seconds, "val_accuracy": scores});
        println!("{answer}");
    }
    Ok(())
}
