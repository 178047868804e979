//! Layers that are computed together learn what they learn one after the other.

use kerust::prelude::*;

/// Weights and predictions after a few steps of a network with `last` behind a batch
/// normalization: right behind it, or with a layer between them that does nothing.
fn learned(last: impl Layer + 'static, apart: bool) -> Vec<Tensor> {
    let learn = || -> Result<Vec<Tensor>> {
        set_random_seed(11);
        let x = Tensor::random_normal((24, 6, 5, 3), 0.5, 2.0);
        let y = Tensor::random_normal((24, 1), 0.0, 1.0);
        let mut model = Sequential::new();
        model.add(Input::new((6, 5, 3)))?;
        model.add(BatchNormalization::new().momentum(0.9))?;
        if apart {
            model.add(Activation::layer("linear"))?;
        }
        model.add(last)?;
        model.add(Flatten::new())?;
        model.add(Dense::new(1))?;
        let compile = Compile {
            optimizer: SGD::new().learning_rate(0.05).into(),
            loss: "mse".into(),
            ..Compile::default()
        };
        model.compile(compile)?;
        // The layer between draws from the same stream of chance.
        let mut weights = model.get_weights();
        let kernel = (0..90).map(|i| (i * 37 % 90) as f32 / 900.0 - 0.05);
        weights[4] = Tensor::from_vec(kernel.collect(), (90, 1))?;
        model.set_weights(&weights)?;
        let fit = Fit {
            epochs: 3,
            batch_size: 8,
            shuffle: false,
            verbose: 0,
            ..Fit::default()
        };
        model.fit(&x, &y, fit)?;
        let mut learned = model.get_weights();
        learned.push(model.predict(&x)?);
        Ok(learned)
    };
    learn().expect("trains")
}

/// The largest difference of any two numbers.
fn distance(some: &[Tensor], others: &[Tensor]) -> f32 {
    let numbers = |tensors: &[Tensor]| -> Vec<f32> {
        tensors.iter().flat_map(Tensor::to_vec::<f32>).collect()
    };
    let (some, others) = (numbers(some), numbers(others));
    assert_eq!(some.len(), others.len());
    let pairs = some.iter().zip(&others);
    pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Asserts that it makes no difference whether batch normalization and relu are one.
pub(crate) fn assert_relu_behind_batch_normalization() {
    let relu = || Activation::layer("relu");
    let expected = learned(relu(), true);
    let together = [learned(relu(), false), learned(ReLU::new(), false)];
    for learned in together {
        let distance = distance(&learned, &expected);
        assert!(distance < 1e-5, "{distance}");
    }
    // A relu of another kind stays a layer of its own.
    let leaky = || ReLU::new().negative_slope(0.3);
    let (apart, together) = (learned(leaky(), true), learned(leaky(), false));
    assert_eq!(distance(&apart, &together), 0.0);
    assert!(distance(&apart, &expected) > 1e-3);
}

#[test]
fn batch_normalization_and_relu() {
    assert_relu_behind_batch_normalization();
}
