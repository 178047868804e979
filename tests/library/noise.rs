//! Layers that draw random numbers: what they draw, when, and that a seed repeats it.

use kerust::layers::{LayerBase, Pass};
use kerust::prelude::*;

/// A model of one layer.
fn alone(layer: impl Into<Box<dyn Layer>>, sample: &[usize]) -> Result<Sequential> {
    let mut model = Sequential::new();
    model.add(Input::new(sample))?;
    model.add(layer)?;
    Ok(model)
}

/// What the layer makes of `x` while training.
fn noisy(layer: impl Into<Box<dyn Layer>>, x: &Tensor) -> Result<Tensor> {
    let sample = x.shape().without_batch();
    alone(layer, &sample)?.call(x, &mut Tape::off(), true)
}

fn mean_and_deviation(x: &Tensor) -> (f32, f32) {
    let mean = x.mean();
    (
        mean,
        (x - &Tensor::scalar(mean)).map(|v| v * v).mean().sqrt(),
    )
}

#[test]
fn noise_has_the_statistics_that_it_should() -> Result<()> {
    let x = Tensor::full((200, 300), 2.0);
    let (mean, deviation) = mean_and_deviation(&noisy(GaussianNoise::new(0.5).seed(1), &x)?);
    assert!((mean - 2.0).abs() < 0.01 && (deviation - 0.5).abs() < 0.01);
    // sqrt(0.2 / 0.8) = 0.5 around 1, times 2.
    let (mean, deviation) = mean_and_deviation(&noisy(GaussianDropout::new(0.2).seed(2), &x)?);
    assert!((mean - 2.0).abs() < 0.02 && (deviation - 1.0).abs() < 0.02);
    let y = noisy(Dropout::new(0.25).seed(3), &x)?;
    let dropped = y.map(|v| if v == 0.0 { 1.0 } else { 0.0 }).mean();
    assert!((dropped - 0.25).abs() < 0.01 && (y.mean() - 2.0).abs() < 0.03);
    // Mean 0 and deviation 1 stay.
    set_random_seed(4);
    let x = Tensor::random_normal((200, 300), 0.0, 1.0);
    let (mean, deviation) = mean_and_deviation(&noisy(AlphaDropout::new(0.2).seed(5), &x)?);
    assert!(mean.abs() < 0.02 && (deviation - 1.0).abs() < 0.02);
    Ok(())
}

#[test]
fn what_is_left_out_together() -> Result<()> {
    let x = Tensor::ones((4, 5, 6));
    let by_feature = Dropout::new(0.5).noise_shape([None, Some(1), None]).seed(6);
    for y in [
        noisy(SpatialDropout1D::new(0.5).seed(7), &x)?,
        noisy(by_feature, &x)?,
    ] {
        let values = y.to_vec::<f32>();
        let step = |sample: usize, step: usize| &values[(sample * 5 + step) * 6..][..6];
        for sample in 0..4 {
            assert!((1..5).all(|i| step(sample, i) == step(sample, 0)));
        }
        assert!(values.contains(&0.0) && values.contains(&2.0));
        assert_ne!(step(0, 0), step(1, 0), "each sample is drawn by itself");
    }
    let y = noisy(
        SpatialDropout2D::new(0.5).seed(8),
        &Tensor::ones((3, 2, 2, 8)),
    )?;
    let values = y.to_vec::<f32>();
    assert!((0..3).all(|i| values[i * 32..][..8] == values[i * 32 + 24..][..8]));
    let y = noisy(
        SpatialDropout3D::new(0.5).seed(9),
        &Tensor::ones((2, 2, 2, 2, 8)),
    )?;
    let values = y.to_vec::<f32>();
    assert!((0..2).all(|i| values[i * 64..][..8] == values[i * 64 + 56..][..8]));
    Ok(())
}

#[test]
fn a_seed_repeats_and_does_not_stand_still() -> Result<()> {
    let x = Tensor::ones((3, 40));
    let layers: [fn() -> Box<dyn Layer>; 4] = [
        || Box::new(Dropout::new(0.5).seed(1)),
        || Box::new(GaussianNoise::new(0.5).seed(1)),
        || Box::new(GaussianDropout::new(0.5).seed(1)),
        || Box::new(AlphaDropout::new(0.5).seed(1)),
    ];
    for layer in layers {
        let twice = || -> Result<[Tensor; 2]> {
            let mut model = alone(layer(), &[40])?;
            let mut call = || model.call(&x, &mut Tape::off(), true);
            Ok([call()?, call()?])
        };
        let ([first, second], again) = (twice()?, twice()?);
        assert_ne!(first, second);
        assert_eq!([first, second], again);
        // When predicting, everything passes.
        assert_eq!(alone(layer(), &[40])?.predict(&x)?, x);
    }
    Ok(())
}

/// What the layer inside adds to the loss, as the output.
#[derive(Clone, Debug)]
struct Price(ActivityRegularization);

impl Layer for Price {
    fn class_name(&self) -> &'static str {
        "Price"
    }

    fn base(&self) -> &LayerBase {
        self.0.base()
    }

    fn base_mut(&mut self) -> &mut LayerBase {
        self.0.base_mut()
    }

    fn output_shape(&self, _: &Shape) -> Result<Shape> {
        Ok(Shape::from(1))
    }

    fn call(&self, x: &Tensor, pass: &mut Pass<'_>) -> Result<Tensor> {
        assert_eq!(&self.0.call(x, pass)?, x);
        let loss = pass.losses.pop().expect("one loss");
        kerust::ops::broadcast_to(pass.tape, &loss, (x.len(), 1))
    }

    fn boxed_clone(&self) -> Box<dyn Layer> {
        Box::new(self.clone())
    }
}

/// `l1 * sum(|x|) + l2 * sum(x * x)`, divided by the size of the batch.
#[test]
fn activity_has_its_price() -> Result<()> {
    let price = ActivityRegularization::new().l1(0.1).l2(0.2);
    let mut model = alone(Price(price), &[2])?;
    let mut tape = Tape::recording();
    let x = tape.watch(&Tensor::from_vec(vec![1.0, -2.0, 3.0, 0.0], (2, 2))?);
    let y = model.call(&x, &mut tape, true)?;
    let expected = (0.1 * 6.0 + 0.2 * 14.0) / 2.0;
    assert!(
        (y.item(0)? - expected).abs() < 1e-6,
        "{y:?}, expected {expected}"
    );
    // Each of the two rows of the output is the whole price.
    let slopes = tape.gradient(&y, &[&x])?.swap_remove(0);
    let expected = [0.5, -0.9, 1.3, 0.0];
    for (slope, expected) in slopes.to_vec::<f64>().iter().zip(expected) {
        assert!((slope - expected).abs() < 1e-6, "{slopes:?}");
    }
    Ok(())
}
