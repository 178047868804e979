//! Every mistake that a user can make: the full text that answers it, and that nothing is lost.
//!
//! Texts are part of what users see, so a change of one must be meant.

mod compile;
mod data;
mod divergence;
mod families;
mod labels;
mod layers;
mod losses;
mod metrics;
mod names;
mod ops;
mod spatial;
mod tensors;

use kerust::prelude::*;

/// A compiled model, and data that it trains on.
struct Fixture {
    model: Sequential,
    x: Tensor,
    y: Tensor,
}

impl Fixture {
    /// Four numbers in, three classes out.
    fn new() -> Result<Fixture> {
        let mut model = Sequential::named("model");
        model.add(
            Dense::new(5)
                .activation("relu")
                .name("hidden")
                .input_shape(4),
        )?;
        model.add(BatchNormalization::new().name("norm"))?;
        model.add(Dense::new(3).activation("softmax").name("output"))?;
        let (x, y) = (Tensor::random_normal((12, 4), 0.0, 1.0), Tensor::arange(12));
        let y = Tensor::from_vec(y.to_vec::<i64>().iter().map(|y| y % 3).collect(), 12)?;
        let mut fixture = Fixture { model, x, y };
        fixture.model.compile(good_compile())?;
        Ok(fixture)
    }

    /// Fails unless `call` fails with this text, the model and the data are what they were before,
    /// and the model can still be trained and asked.
    #[track_caller]
    fn refuses<T>(
        &mut self,
        call: impl FnOnce(&mut Sequential, &Tensor, &Tensor) -> Result<T>,
        message: &str,
        help: &str,
    ) {
        let before = bits(&self.model);
        let (x, y) = (self.x.to_vec::<f32>(), self.y.to_vec::<i64>());
        let result = call(&mut self.model, &self.x, &self.y);
        refused(result, message, help);
        assert_eq!(before, bits(&self.model), "the weights stay");
        assert!(
            x == self.x.to_vec::<f32>() && y == self.y.to_vec::<i64>(),
            "the data stays"
        );
        self.works();
    }

    /// Fails unless the model trains and predicts.
    #[track_caller]
    fn works(&mut self) {
        let history = self
            .model
            .fit(&self.x, &self.y, quiet())
            .expect("the model still trains");
        let loss = history
            .get("loss")
            .and_then(|losses| losses.last().copied());
        assert!(loss.is_some_and(f64::is_finite), "loss {loss:?}");
        let probabilities = self
            .model
            .predict(&self.x)
            .expect("the model still predicts");
        assert!(probabilities.to_vec::<f32>().iter().all(|p| p.is_finite()));
    }
}

fn good_compile() -> Compile {
    Compile {
        optimizer: "adam".into(),
        loss: "sparse_categorical_crossentropy".into(),
        metrics: vec!["accuracy".into()],
        ..Compile::default()
    }
}

fn quiet() -> Fit {
    Fit {
        verbose: 0,
        ..Fit::default()
    }
}

fn quiet_evaluate() -> Evaluate {
    Evaluate {
        verbose: 0,
        ..Evaluate::default()
    }
}

/// All weights, bit for bit.
fn bits(model: &Sequential) -> Vec<u32> {
    model
        .get_weights()
        .iter()
        .flat_map(|w| w.to_vec::<f32>())
        .map(f32::to_bits)
        .collect()
}

/// Fails unless `result` is an error of this text.
#[track_caller]
fn refused<T>(result: Result<T>, message: &str, help: &str) {
    let Err(error) = result else {
        panic!("expected an error: {message}")
    };
    let expected = if help.is_empty() {
        message.to_string()
    } else {
        format!("{message}\n  help: {help}")
    };
    if message == "?" {
        let at = std::panic::Location::caller();
        println!("FILL {}:{} {:?}", at.file(), at.line(), error.to_string());
        return;
    }
    assert_eq!(error.to_string(), expected);
    assert_eq!(format!("{error:?}"), expected, "notebooks show either form");
}
