//! Layers that cut off, fill up and stretch pictures, sequences and volumes.

use serde::Deserialize;

use crate::layers::PicturePart;
use crate::models::export::builder::{Builder, Id, Layout};
use crate::models::export::onnx::Attribute;
use crate::models::export::part::Part;
use crate::ops::Interpolation;
use crate::{Error, Result, Setting};

/// One pair for a sequence, a pair for each axis of others.
#[derive(Deserialize)]
#[serde(untagged)]
enum Pairs {
    Each(Vec<[i64; 2]>),
    One([i64; 2]),
}

impl Pairs {
    fn each(self) -> Vec<[i64; 2]> {
        match self {
            Pairs::Each(pairs) => pairs,
            Pairs::One(pair) => vec![pair],
        }
    }
}

/// How often axes in space come before the channels in a layout: where the first of them is.
fn first_in_space(layout: Layout) -> usize {
    match layout {
        Layout::Last => 1,
        Layout::First => 2,
    }
}

pub(super) fn zero_padding(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct ZeroPadding {
        padding: Pairs,
    }
    let ZeroPadding { padding } = part.read()?;
    let input = part.input()?;
    let (layout, rank) = (b.layout(input), b.rank(input));
    let x = b.name(input, layout);
    let y = padded(b, &x, layout, rank, &padding.each(), 0.0);
    Ok(vec![b.value(y, layout, part.output())])
}

/// `x` with so many cells more before and behind each axis in space.
fn padded(
    b: &mut Builder,
    x: &str,
    layout: Layout,
    rank: usize,
    sides: &[[i64; 2]],
    value: f32,
) -> String {
    let mut pads = vec![0; 2 * rank];
    for (i, [before, after]) in sides.iter().enumerate() {
        let axis = first_in_space(layout) + i;
        pads[axis] = *before;
        pads[rank + axis] = *after;
    }
    let (pads, value) = (b.whole(&pads), b.number(value));
    b.plain("Pad", &[x, &pads, &value])
}

pub(super) fn cropping(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct Cropping {
        cropping: Pairs,
    }
    let Cropping { cropping } = part.read()?;
    let input = part.input()?;
    let layout = b.layout(input);
    let x = b.name(input, layout);
    let sides: Vec<[i64; 2]> = cropping.each();
    let ends = sides.iter().map(|[before, after]| match after {
        0 => [*before, i64::MAX],
        after => [*before, -after],
    });
    let y = part_of(b, &x, layout, &ends.collect::<Vec<_>>());
    Ok(vec![b.value(y, layout, part.output())])
}

/// What lies between the start and the end on each axis in space.
fn part_of(b: &mut Builder, x: &str, layout: Layout, sides: &[[i64; 2]]) -> String {
    let first = first_in_space(layout) as i64;
    let starts: Vec<i64> = sides.iter().map(|[start, _]| *start).collect();
    let ends: Vec<i64> = sides.iter().map(|[_, end]| *end).collect();
    let axes: Vec<i64> = (first..first + sides.len() as i64).collect();
    let (starts, ends, axes) = (b.whole(&starts), b.whole(&ends), b.whole(&axes));
    b.plain("Slice", &[x, &starts, &ends, &axes])
}

/// How ONNX is told to make the places between cells.
fn way(interpolation: Interpolation) -> Result<Vec<(&'static str, Attribute)>> {
    let middle = ("coordinate_transformation_mode", "half_pixel".into());
    Ok(match interpolation {
        Interpolation::Nearest => {
            vec![
                middle,
                ("mode", "nearest".into()),
                ("nearest_mode", "round_prefer_ceil".into()),
            ]
        }
        Interpolation::Bilinear => vec![middle, ("mode", "linear".into())],
        Interpolation::Bicubic => vec![
            middle,
            ("mode", "cubic".into()),
            ("cubic_coeff_a", (-0.5).into()),
            ("exclude_outside", 1.into()),
        ],
        _ => {
            let expected = "\"nearest\", \"bilinear\" or \"bicubic\", for ONNX";
            return Err(Error::argument("interpolation", expected, "another"));
        }
    })
}

pub(super) fn up_sampling(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Factors {
        One(usize),
        Each(Vec<usize>),
    }
    #[derive(Deserialize)]
    struct UpSampling {
        size: Factors,
        #[serde(default)]
        interpolation: Option<Setting<Interpolation>>,
    }
    let UpSampling {
        size,
        interpolation,
    } = part.read()?;
    let factors = match size {
        Factors::One(factor) => vec![factor],
        Factors::Each(factors) => factors,
    };
    let interpolation = match &interpolation {
        Some(setting) => *setting.get()?,
        None => Interpolation::Nearest,
    };
    let x = b.name(part.input()?, Layout::First);
    let scales: Vec<f32> = [1, 1]
        .iter()
        .chain(&factors)
        .map(|&factor| factor as f32)
        .collect();
    let scales = b.floats("scales", &[scales.len()], scales);
    let y = b.op("Resize", &[&x, "", &scales], way(interpolation)?);
    Ok(vec![b.value(y, Layout::First, part.output())])
}

/// `Resizing`, and `CenterCrop` and `RandomCrop`, which resize pictures that are too small.
pub(super) fn resizing(b: &mut Builder, part: &Part<'_>) -> Result<Vec<Id>> {
    #[derive(Deserialize)]
    struct Resizing {
        height: usize,
        width: usize,
        #[serde(default)]
        interpolation: Option<Setting<Interpolation>>,
        #[serde(default)]
        crop_to_aspect_ratio: bool,
        #[serde(default)]
        pad_to_aspect_ratio: bool,
        #[serde(default)]
        fill_value: f32,
    }
    let layer: Resizing = part.read()?;
    let wanted = (layer.height, layer.width);
    let input = part.input()?;
    let is_crop = part.class != "Resizing";
    let (crop, pad) = (
        layer.crop_to_aspect_ratio || is_crop,
        layer.pad_to_aspect_ratio,
    );
    let interpolation = match &layer.interpolation {
        Some(setting) => *setting.get()?,
        None => Interpolation::Bilinear,
    };
    let mut x = b.name(input, Layout::First);
    if crop || pad {
        let sizes: Vec<usize> = b.shape(input).sizes().flatten().collect();
        let &[height, width, _] = sizes.as_slice() else {
            let error = "which part of a picture is kept depends on its size, which is open";
            return Err(Error::shape(error).remedy("tell the input its height and width"));
        };
        let size = (height, width);
        let fits = height >= wanted.0 && width >= wanted.1;
        let cut = match (part.class, pad) {
            ("CenterCrop", _) if fits => middle(size, wanted),
            (_, true) => PicturePart::padded(size, wanted),
            _ => PicturePart::cropped(size, wanted),
        };
        x = cut_out(b, &x, &cut, layer.fill_value);
    }
    let batch = b.op("Shape", &[&x], vec![("start", 0.into()), ("end", 2.into())]);
    let space = b.whole(&[wanted.0 as i64, wanted.1 as i64]);
    let sizes = b.op("Concat", &[&batch, &space], vec![("axis", 0.into())]);
    let y = b.op("Resize", &[&x, "", "", &sizes], way(interpolation)?);
    Ok(vec![b.value(y, Layout::First, part.output())])
}

/// The part of `size` in the middle.
fn middle(from: (usize, usize), size: (usize, usize)) -> PicturePart {
    let axis = |from: usize, size: usize| (size, ((from - size) / 2) as isize, from);
    PicturePart {
        axes: [axis(from.0, size.0), axis(from.1, size.1)],
    }
}

fn cut_out(b: &mut Builder, x: &str, cut: &PicturePart, fill_value: f32) -> String {
    let sides = cut.axes.map(|(length, start, from)| {
        let end = start + length as isize;
        let behind = (end - from as isize).max(0);
        (
            [start.max(0) as i64, end.min(from as isize) as i64],
            [(-start).max(0) as i64, behind as i64],
        )
    });
    let kept = part_of(b, x, Layout::First, &sides.map(|(kept, _)| kept));
    let pads = sides.map(|(_, pads)| pads);
    match pads.iter().flatten().all(|&pad| pad == 0) {
        true => kept,
        false => padded(b, &kept, Layout::First, 4, &pads, fill_value),
    }
}
