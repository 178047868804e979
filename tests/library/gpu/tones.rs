//! Layers that change colors, tones and sharpness of pictures, or mix pictures: on the GPU as on the
//! processor.

use kerust::prelude::*;

use super::rows::{Results, compare, note, numbers};

/// Sizes that no block of threads divides, and pictures of one pixel.
const SIZES: [[usize; 2]; 3] = [[1, 1], [5, 9], [23, 14]];
const RANGES: [(f32, f32); 3] = [(0.0, 255.0), (0.0, 1.0), (-1.0, 1.0)];

/// Makes a layer for pictures with numbers between two others.
type Make = fn(f32, f32) -> Box<dyn Layer>;

/// Layers for pictures with any number of channels.
const FOR_ALL: [(&str, Make); 22] = [
    ("invert all", |low, high| {
        let layer = RandomInvert::new((1.0, 1.0));
        layer.value_range(low, high).into()
    }),
    ("invert", |low, high| {
        let layer = RandomInvert::new((0.5, 0.5)).value_range(low, high);
        layer.seed(3).into()
    }),
    ("solarize", |low, high| {
        let layer = Solarization::new().addition_factor(0.6);
        let layer = layer.threshold_factor(0.8).value_range(low, high);
        layer.seed(2).into()
    }),
    ("turn over", |low, high| {
        Solarization::new().value_range(low, high).into()
    }),
    ("posterize", |low, high| {
        let layer = RandomPosterization::new((1, 8)).value_range(low, high);
        layer.seed(3).into()
    }),
    ("all bits", |low, high| {
        let layer = RandomPosterization::new((8, 8));
        layer.value_range(low, high).into()
    }),
    ("erase", |low, high| {
        let layer = RandomErasing::new(0.9).scale((0.2, 0.9));
        layer.value_range(low, high).seed(4).into()
    }),
    ("erase all", |low, high| {
        let layer = RandomErasing::new((1.0, 1.0)).scale((1.0, 1.0));
        layer.fill_value(7.0).value_range(low, high).seed(5).into()
    }),
    ("erase with a color", |low, high| {
        let layer = RandomErasing::new(0.9).scale((0.1, 0.5)).fill_value(0.5);
        layer.value_range(low, high).seed(6).into()
    }),
    ("mix", |_, _| MixUp::new(0.4).seed(7).into()),
    ("cut and mix", |_, _| CutMix::new(1.0).seed(8).into()),
    ("blur", |low, high| {
        let layer = RandomGaussianBlur::new(0.9).kernel_size((9, 3));
        layer.value_range(low, high).seed(9).into()
    }),
    ("blur far", |low, high| {
        let layer = RandomGaussianBlur::new((1.0, 1.0)).kernel_size((41, 33));
        let layer = layer.sigma((0.9, 1.0)).value_range(low, high);
        layer.seed(10).into()
    }),
    ("sharpness", |low, high| {
        let layer = RandomSharpness::new(1.0).value_range(low, high);
        layer.seed(11).into()
    }),
    ("auto contrast", |low, high| {
        AutoContrast::new().value_range(low, high).into()
    }),
    ("equalize", |low, high| {
        Equalization::new().value_range(low, high).into()
    }),
    ("equalize in one bin", |low, high| {
        Equalization::new().bins(1).value_range(low, high).into()
    }),
    ("equalize in few bins", |low, high| {
        Equalization::new().bins(7).value_range(low, high).into()
    }),
    ("equalize in many bins", |low, high| {
        let layer = Equalization::new().bins(1 << 16);
        layer.value_range(low, high).into()
    }),
    ("equalize tiles", |low, high| {
        let layer = ContrastLimitedAdaptiveHistogramEqualization::new();
        let layer = layer.tile_grid_size((3, 2)).clip_limit(2.0);
        layer.value_range(low, high).into()
    }),
    ("equalize many tiles", |low, high| {
        let layer = ContrastLimitedAdaptiveHistogramEqualization::new();
        layer.value_range(low, high).into()
    }),
    ("equalize tiles without a limit", |low, high| {
        let layer = ContrastLimitedAdaptiveHistogramEqualization::new();
        let layer = layer.tile_grid_size((2, 4)).clip_limit(0.0);
        layer.value_range(low, high).into()
    }),
];

/// Layers for gray or colored pictures.
const FOR_GRAY_AND_COLORED: [(&str, Make); 2] = [
    ("gray", |_, _| RandomGrayscale::new(0.6).seed(12).into()),
    ("degenerate", |low, high| {
        let layer = RandomColorDegeneration::new(0.9).value_range(low, high);
        layer.seed(13).into()
    }),
];

/// Layers for colored pictures alone.
const FOR_COLORED: [(&str, Make); 4] = [
    ("erase with three numbers", |low, high| {
        let layer = RandomErasing::new(0.9).scale((0.3, 0.6));
        let layer = layer.fill_value([0.1, 0.5, 0.9]);
        layer.value_range(low, high).seed(19).into()
    }),
    ("hue", |low, high| {
        RandomHue::new(1.0).value_range(low, high).seed(14).into()
    }),
    ("saturation", |low, high| {
        let layer = RandomSaturation::new((0.1, 0.9)).value_range(low, high);
        layer.seed(15).into()
    }),
    ("jitter", |low, high| {
        let layer = RandomColorJitter::new().value_range(low, high);
        let layer = layer.brightness_factor(0.2).contrast_factor(0.3);
        let layer = layer.saturation_factor((0.3, 0.7)).hue_factor(0.4);
        layer.seed(16).into()
    }),
];

/// Layers that choose from the others.
const OF_OTHERS: [(&str, Make); 2] = [
    ("chosen", |low, high| {
        let layer = RandAugment::new().num_ops(4).factor(0.4);
        layer.value_range(low, high).seed(17).into()
    }),
    ("chains", |low, high| {
        let layer = AugMix::new().factor(0.4).value_range(low, high);
        layer.seed(18).into()
    }),
];

/// Numbers from a little below the range to a little above it; each third one is what a file could
/// hold, and some are equal.
fn pictures(shape: [usize; 4], (low, high): (f32, f32)) -> Tensor {
    let shares = numbers(19, shape).to_vec::<f32>();
    let shares = shares.into_iter().enumerate().map(|(i, share)| {
        let share = (share + 2.0) / 4.0;
        match i % 3 {
            0 => (share * 255.0).round() / 255.0,
            1 => share * 1.2 - 0.1,
            _ => (share * 9.0).floor() / 8.0,
        }
    });
    let values = shares.map(|share| low + share * (high - low));
    Tensor::from_vec(values.collect(), shape).expect("the sizes agree")
}

/// Notes what a layer makes of pictures, and the gradients where `slopes` says so.
fn note_layer(
    results: &mut Results,
    (name, make): (&str, Make),
    range: (f32, f32),
    x: &Tensor,
    slopes: bool,
) -> Result<()> {
    let mut model = Sequential::named("alone");
    model.add(Input::new(x.shape().without_batch()))?;
    model.add(make(range.0, range.1))?;
    let name = format!("{name} {range:?} {}", x.shape());
    if slopes {
        // A layer that draws numbers draws the same for both gradients.
        return note(results, &name, std::slice::from_ref(x), |t, x| {
            model.clone().call(&x[0], t, true)
        });
    }
    let y = model.call(x, &mut Tape::off(), true)?;
    results.insert(name, y.to_vec());
    Ok(())
}

#[test]
fn tones_and_mixtures_are_those_of_the_processor() {
    let name = "gpu::tones::tones_and_mixtures_are_those_of_the_processor";
    compare(name, 1e-6, |results| {
        for [height, width] in SIZES {
            for (channels, range) in [1, 3, 2].into_iter().zip(RANGES) {
                let x = pictures([4, height, width, channels], range);
                for layer in FOR_ALL {
                    note_layer(results, layer, range, &x, true)?;
                }
            }
            let x = pictures([4, height, width, 3], RANGES[0]);
            for layer in FOR_ALL {
                note_layer(results, layer, RANGES[0], &x, true)?;
            }
        }
        Ok(())
    });
}

#[test]
fn colors_are_those_of_the_processor() {
    let name = "gpu::tones::colors_are_those_of_the_processor";
    compare(name, 1e-5, |results| {
        for [height, width] in SIZES {
            for range in RANGES {
                for channels in [1, 3] {
                    let x = pictures([4, height, width, channels], range);
                    for layer in FOR_GRAY_AND_COLORED {
                        note_layer(results, layer, range, &x, true)?;
                    }
                }
                let x = pictures([4, height, width, 3], range);
                for layer in FOR_COLORED {
                    note_layer(results, layer, range, &x, true)?;
                }
                for layer in OF_OTHERS {
                    note_layer(results, layer, range, &x, true)?;
                }
            }
        }
        Ok(())
    });
}

#[test]
fn pictures_with_odd_numbers_are_those_of_the_processor() {
    let name = "gpu::tones::pictures_with_odd_numbers_are_those_of_the_processor";
    compare(name, 1e-6, |results| {
        let range = RANGES[1];
        let changes: [fn(&mut [f32]); 5] = [
            |x| x[0] = f32::NAN,
            |x| x[20] = f32::NAN,
            |x| x.fill(0.25),
            |x| x[20] = f32::INFINITY,
            |x| x[20] = f32::NEG_INFINITY,
        ];
        let mut x = pictures([5, 4, 5, 3], range).to_vec::<f32>();
        for (x, change) in x.chunks_exact_mut(60).zip(changes) {
            change(x);
        }
        let x = Tensor::from_vec(x, (5, 4, 5, 3))?;
        let layers = FOR_ALL.into_iter().chain(FOR_GRAY_AND_COLORED);
        for layer in layers.chain(FOR_COLORED.into_iter().take(3)) {
            note_layer(results, layer, range, &x, false)?;
        }
        Ok(())
    });
}
