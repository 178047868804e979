//! Layers for pictures. Each call makes the layer anew, so that its seed draws the same again.

use kerust::prelude::*;

use super::{check, far_apart};

/// Makes a layer for pictures with numbers between two others.
type Make = fn(f32, f32) -> Box<dyn Layer>;

fn call(layer: Box<dyn Layer>, x: &Tensor, tape: &mut Tape) -> Result<Tensor> {
    let mut model = Sequential::new();
    model.add(Input::new(x.shape().without_batch()))?;
    model.add(layer)?;
    model.call(x, tape, true)
}

#[test]
fn layers_for_pictures() -> Result<()> {
    // Numbers from -9 to 9, so far apart that no slope changes much from one to the next.
    let (low, high) = (-20.0, 20.0);
    let x = [far_apart(5, (3, 2, 2, 3)).map(|x| x * 10.0)];
    let layers: [Make; 14] = [
        |low, high| AutoContrast::new().value_range(low, high).into(),
        |low, high| {
            let layer = Solarization::new().threshold_factor((0.506, 0.506));
            layer.value_range(low, high).into()
        },
        |low, high| RandomInvert::new(1.0).value_range(low, high).seed(1).into(),
        |_, _| RandomGrayscale::new(0.5).seed(1).into(),
        |low, high| {
            let layer = RandomColorDegeneration::new((0.2, 0.8));
            layer.value_range(low, high).seed(1).into()
        },
        |low, high| RandomHue::new(0.3).value_range(low, high).seed(1).into(),
        |low, high| {
            let layer = RandomGaussianBlur::new((0.7, 0.7)).kernel_size((3, 5));
            layer.value_range(low, high).seed(1).into()
        },
        |low, high| {
            RandomSharpness::new(0.6)
                .value_range(low, high)
                .seed(1)
                .into()
        },
        |low, high| {
            RandomErasing::default()
                .value_range(low, high)
                .seed(1)
                .into()
        },
        |_, _| {
            RandomShear::new()
                .x_factor(0.3)
                .y_factor(0.2)
                .seed(1)
                .into()
        },
        |_, _| RandomPerspective::default().scale(0.5).seed(1).into(),
        |low, high| {
            let layer = RandomElasticTransform::new((1.0, 1.0));
            layer.value_range(low, high).seed(1).into()
        },
        |_, _| MixUp::new(1.0).seed(1).into(),
        |_, _| CutMix::default().seed(4).into(),
    ];
    for layer in layers {
        let name = layer(low, high).class_name();
        check(name, &x, |tape, x| call(layer(low, high), &x[0], tape))?;
    }
    Ok(())
}

#[test]
fn saturation_whether_it_is_cut_off_or_not() -> Result<()> {
    let colors = [
        [0.9, 0.3, 0.5],
        [0.2, 0.85, 0.55],
        [0.35, 0.6, 0.95],
        [0.8, 0.5, 0.2],
    ];
    let x = [Tensor::from_vec(colors.concat(), (1, 2, 2, 3))?];
    for factor in [0.3, 0.9] {
        check("saturation", &x, |tape, x| {
            let layer = RandomSaturation::new((factor, factor)).value_range(0.0, 1.0);
            call(layer.into(), &x[0], tape)
        })?;
    }
    Ok(())
}
