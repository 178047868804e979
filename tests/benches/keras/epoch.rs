//! The kerust side of `epoch.py`: trains the tutorial model on 8,000 pictures, an epoch for each
//! line `epoch` on standard input, and answers with one line of JSON. A driver alternates the two.

#[path = "../../library/formula.rs"]
#[allow(dead_code)]
mod formula;

use std::io::BufRead;
use std::time::Instant;

use kerust::prelude::*;

fn main() -> Result<()> {
    let (x, y) = formula::pictures(0, 8000);
    let x = &x / 255.0;
    let five = x.slice(0..5)?;
    let mut model = formula::tutorial_model()?;
    let loss = "sparse_categorical_crossentropy".into();
    let metrics = vec!["accuracy".into()];
    model.compile(Compile {
        optimizer: "adam".into(),
        loss,
        metrics,
    })?;
    println!(
        "{}",
        serde_json::json!({"backend": "kerust", "ready": true})
    );
    let mut epoch = 0;
    for line in std::io::stdin()
        .lock()
        .lines()
        .map_while(std::result::Result::ok)
    {
        let started = Instant::now();
        match line.trim() {
            "epoch" => {
                let fit = Fit {
                    validation_split: 0.2,
                    verbose: 0,
                    ..Fit::default()
                };
                let history = model.fit(&x, &y, fit)?;
                epoch += 1;
                let last = |name| history.get(name).and_then(|v| v.last().copied());
                println!(
                    "{}",
                    serde_json::json!({
                        "backend": "kerust",
                        "epoch": epoch,
                        "seconds": started.elapsed().as_secs_f64(),
                        "loss": last("loss"),
                        "val_accuracy": last("val_accuracy"),
                    })
                );
            }
            "predict" => {
                model.predict(&five)?;
                println!(
                    "{}",
                    serde_json::json!({"backend": "kerust", "predict": started.elapsed().as_secs_f64()})
                );
            }
            _ => break,
        }
    }
    Ok(())
}
