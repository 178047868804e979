//! Every layer that kerust has, by itself.

use kerust::activations::ACTIVATIONS;
use kerust::layers::{LAYERS, LayerEntry, PReLU, Pipeline, Softmax};
use kerust::models::SharedLayer;
use kerust::prelude::*;

use super::{Exported, normal, with_other_weights};

/// Layers of which there is nothing in ONNX; `translation` says why.
const REFUSED: &[&str] = &[
    "CategoryEncoding",
    "ContrastLimitedAdaptiveHistogramEqualization",
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    "Discretization",
    "HashedCrossing",
    "Hashing",
    "IntegerLookup",
    "Lambda",
    "MelSpectrogram",
    "STFTSpectrogram",
    "StringLookup",
    "TextVectorization",
    // Their examples have windows of different sizes.
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling3D",
];

/// A model of a layer's example: with one input, or with two where it needs them.
fn model_of(entry: &LayerEntry) -> Result<Model> {
    let (layer, sample) = (entry.example)();
    let takes_one = layer.output_shapes(std::slice::from_ref(&sample)).is_ok();
    let inputs: Vec<Input> = (0..if takes_one { 1 } else { 2 })
        .map(|_| Input::new(sample.clone()))
        .collect();
    let layer = SharedLayer::new(layer);
    match inputs.as_slice() {
        [only] => Model::new(only, &layer.on_all(only)?),
        [first, second] => Model::new([first, second], &layer.on_all([first, second])?),
        _ => unreachable!(),
    }
}

/// Three samples for each input.
fn samples(entry: &LayerEntry, model: &Model) -> Result<Vec<Tensor>> {
    let shapes = model.input_shapes()?;
    Ok(shapes
        .iter()
        .map(|shape| {
            let x = normal(&shape.with_batch(3));
            match entry.class_name {
                "Embedding" => x.map(|number| (number.abs() * 3.0).floor().min(9.0)),
                _ => x,
            }
        })
        .collect())
}

#[test]
fn every_layer_computes_the_same_in_onnxruntime() -> Result<()> {
    let all = Exported::new();
    for entry in LAYERS.iter() {
        let mut model = model_of(entry)?;
        with_other_weights(&mut model)?;
        let x = samples(entry, &model)?;
        let result = all.add(entry.class_name, &mut model, x, None);
        match REFUSED.contains(&entry.class_name) {
            true => {
                let error = result.expect_err(entry.class_name).to_string();
                assert!(error.contains("ONNX"), "{error}");
                assert!(error.contains(entry.class_name), "{error}");
            }
            false => result?,
        }
    }
    all.check();
    Ok(())
}

#[test]
fn every_activation_computes_the_same_in_onnxruntime() -> Result<()> {
    let all = Exported::new();
    let add = |name: &str, layer: Box<dyn Layer>| -> Result<()> {
        let mut model = Sequential::new();
        model.add(Input::new((5, 4)))?;
        model.add(layer)?;
        all.add(
            name,
            &mut model,
            normal(&[3, 5, 4]).map(|number| 3.0 * number),
            None,
        )
    };
    for (names, activation) in ACTIVATIONS {
        add(names[0], Activation::layer(*activation).into())?;
    }
    let relu = ReLU::new()
        .negative_slope(0.1)
        .max_value(1.5)
        .threshold(0.5);
    add("ReLU with all arguments", relu.into())?;
    add("LeakyReLU 0.4", LeakyReLU::new().negative_slope(0.4).into())?;
    add("ELU 2", ELU::new().alpha(2.0).into())?;
    add("Softmax along axis 1", Softmax::new().axis(1).into())?;
    add(
        "PReLU of each number",
        PReLU::new().alpha_initializer("ones").into(),
    )?;
    let both: [Box<dyn Layer>; 2] = [Rescaling::new(0.5).into(), ReLU::new().into()];
    add("two in a pipeline", Pipeline::new(both).into())?;
    all.check();
    Ok(())
}

/// The arguments of layers that change what ONNX is told.
#[test]
fn layers_with_other_arguments_compute_the_same_in_onnxruntime() -> Result<()> {
    use kerust::layers::*;
    let all = Exported::new();
    let mut count = 0;
    let mut add = |layer: Box<dyn Layer>, sample: &[usize]| -> Result<()> {
        let mut model = Sequential::new();
        model.add(Input::new(sample))?;
        let name = format!("{} {count}", layer.class_name());
        count += 1;
        model.add(layer)?;
        with_other_weights(&mut model)?;
        let x = normal(&[&[3], sample].concat());
        all.add(&name, &mut model, x, None)
    };
    let picture = [7, 8, 4];
    for padding in ["valid", "same"] {
        for strides in [1, 2, 3] {
            add(
                Conv2D::new(6, (3, 2))
                    .strides(strides)
                    .padding(padding)
                    .groups(2)
                    .into(),
                &picture,
            )?;
            let transposed = Conv2DTranspose::new(3, (3, 2))
                .strides(strides)
                .padding(padding);
            add(transposed.into(), &picture)?;
            add(
                MaxPooling2D::new(3)
                    .strides(strides)
                    .padding(padding)
                    .into(),
                &picture,
            )?;
            add(
                AveragePooling2D::new(2)
                    .strides(strides)
                    .padding(padding)
                    .into(),
                &picture,
            )?;
            add(
                DepthwiseConv2D::new(3)
                    .strides(strides)
                    .padding(padding)
                    .into(),
                &picture,
            )?;
        }
        add(
            Conv2D::new(2, 3).dilation_rate(2).padding(padding).into(),
            &picture,
        )?;
        add(
            Conv2DTranspose::new(2, 3)
                .dilation_rate(2)
                .padding(padding)
                .into(),
            &picture,
        )?;
    }
    add(
        Conv2DTranspose::new(2, 3)
            .strides(3)
            .padding("same")
            .output_padding(1)
            .into(),
        &picture,
    )?;
    add(
        Conv3D::new(2, 2).strides(2).padding("same").into(),
        &[4, 5, 6, 2],
    )?;
    add(Conv3DTranspose::new(2, 2).strides(2).into(), &[2, 3, 2, 2])?;
    add(
        Conv1DTranspose::new(2, 4).strides(2).padding("same").into(),
        &[5, 3],
    )?;
    add(Conv2D::new(4, 1).activation("softmax").into(), &picture)?;
    add(BatchNormalization::new().axis(1).into(), &picture)?;
    add(BatchNormalization::new().scale(false).into(), &picture)?;
    add(LayerNormalization::new().axis([1, 2, 3]).into(), &picture)?;
    add(
        LayerNormalization::new().axis(1).center(false).into(),
        &picture,
    )?;
    add(LayerNormalization::new().rms_scaling(true).into(), &picture)?;
    add(GroupNormalization::new().groups(-1).into(), &picture)?;
    add(UnitNormalization::new().axis([1, 3]).into(), &picture)?;
    add(Cropping2D::new(((1, 0), (2, 3))).into(), &picture)?;
    add(ZeroPadding2D::new(((1, 0), (2, 3))).into(), &picture)?;
    for interpolation in ["nearest", "bilinear", "bicubic"] {
        add(
            UpSampling2D::new((2, 3))
                .interpolation(interpolation)
                .into(),
            &picture,
        )?;
    }
    for interpolation in ["nearest", "bilinear"] {
        for size in [(4, 5), (9, 13)] {
            let resizing = || Resizing::new(size.0, size.1).interpolation(interpolation);
            add(resizing().into(), &picture)?;
            add(resizing().crop_to_aspect_ratio(true).into(), &picture)?;
            add(
                resizing().pad_to_aspect_ratio(true).fill_value(0.5).into(),
                &picture,
            )?;
        }
    }
    add(CenterCrop::new(3, 4).into(), &picture)?;
    add(CenterCrop::new(9, 4).into(), &picture)?;
    add(RandomCrop::new(3, 4).into(), &picture)?;
    add(AdaptiveMaxPooling2D::new((7, 4)).into(), &picture)?;
    add(AdaptiveAveragePooling2D::new((1, 2)).into(), &picture)?;
    add(
        GlobalAveragePooling2D::new().keepdims(true).into(),
        &picture,
    )?;
    add(Reshape::new([-1, 4]).into(), &picture)?;
    add(
        Bidirectional::new(LSTM::new(2)).merge_mode("mul").into(),
        &[4, 3],
    )?;
    add(Conv2D::new(4, 1).activation("glu").into(), &picture)?;
    all.check();
    Ok(())
}
