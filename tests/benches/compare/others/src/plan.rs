//! The models of the workloads step by step, with their first weights in the layout of the libraries
//! that have the channels first.

use kerust::prelude::*;

use crate::samples;

pub(crate) const CLASSES: usize = 10;

/// A layer. The softmax or sigmoid at the end is not one: it is part of the loss, as usual in these
/// libraries.
pub(crate) enum Step {
    /// A convolution of 3x3 with weights of shape `[filters, channels, 3, 3]`.
    Conv {
        weights: Vec<f32>,
        channels: usize,
        filters: usize,
        padding: usize,
    },
    /// BatchNormalization of so many channels, with the numbers that Keras has by default.
    Normalize {
        channels: usize,
    },
    Relu,
    /// MaxPooling2D of 2x2.
    Pool,
    Flatten,
    /// A dense layer with weights of shape `[inputs, outputs]`.
    Dense {
        weights: Vec<f32>,
        inputs: usize,
        outputs: usize,
    },
    /// Dropout of 0.2.
    Dropout,
    /// An embedding with weights of shape `[words, features]`.
    Embedding {
        weights: Vec<f32>,
        words: usize,
        features: usize,
    },
    /// An LSTM of which only the last output goes on.
    Lstm(Lstm),
}

/// The first weights of an LSTM; the bias is 1 for the forget gate and 0 for the others.
pub(crate) struct Lstm {
    /// Of shape `[inputs, 4 * units]`, the gates in the order input, forget, candidate, output.
    pub(crate) kernel: Vec<f32>,
    /// Of shape `[units, 4 * units]`.
    pub(crate) recurrent_kernel: Vec<f32>,
    pub(crate) inputs: usize,
    pub(crate) units: usize,
}

/// The layers of a workload.
pub(crate) fn steps(workload: &str) -> Vec<Step> {
    if workload == "lstm" {
        return steps_of_lstm();
    }
    let shapes: &[Shape] = match workload {
        "mlp" => &[(784, 512).into(), (512, 256).into(), (256, 10).into()],
        "cnn" => &[
            (3, 3, 3, 32).into(),
            (3, 3, 32, 64).into(),
            (3, 3, 64, 128).into(),
            (2048, 128).into(),
            (128, 10).into(),
        ],
        _ => &[(3, 3, 3, 32).into(), (7200, 128).into(), (128, 10).into()],
    };
    let mut steps = Vec::new();
    // The channels that Flatten finds, which is where the order of the axes matters to Dense.
    let mut flattened = 1;
    for (shape, kernel) in shapes.iter().zip(samples::kernels(shapes)) {
        let values = kernel.to_vec::<f32>();
        if let &[_, _, channels, filters] = shape.dims() {
            steps.push(Step::Conv {
                weights: reordered(&values, [9, channels, filters], [2, 1, 0]),
                channels,
                filters,
                padding: usize::from(workload == "cnn"),
            });
            if workload == "cnn" {
                steps.push(Step::Normalize { channels: filters });
            }
            steps.extend([Step::Relu, Step::Pool]);
            flattened = filters;
            continue;
        }
        let (inputs, outputs) = (shape[0], shape[1]);
        if flattened > 1 {
            steps.push(Step::Flatten);
        }
        let places = inputs / flattened;
        steps.push(Step::Dense {
            weights: reordered(&values, [places, flattened, outputs], [1, 0, 2]),
            inputs,
            outputs,
        });
        flattened = 1;
        if outputs != CLASSES {
            steps.push(Step::Relu);
            if workload == "mlp" {
                steps.push(Step::Dropout);
            }
        }
    }
    steps
}

fn steps_of_lstm() -> Vec<Step> {
    let (words, features, units) = (samples::KNOWN_WORDS as usize, 64, 64);
    let shapes = [
        (words, features).into(),
        (features, 4 * units).into(),
        (units, 4 * units).into(),
        (units, 1).into(),
    ];
    let kernels = samples::kernels(&shapes);
    let values = |number: usize| kernels[number].to_vec::<f32>();
    vec![
        Step::Embedding {
            weights: values(0),
            words,
            features,
        },
        Step::Lstm(Lstm {
            kernel: values(1),
            recurrent_kernel: values(2),
            inputs: features,
            units,
        }),
        Step::Dense {
            weights: values(3),
            inputs: units,
            outputs: 1,
        },
    ]
}

/// What is trained on or predicted: values, the shape of one sample, labels.
pub(crate) struct Samples {
    pub(crate) values: Vec<f32>,
    pub(crate) shape: Vec<usize>,
    pub(crate) labels: Vec<i64>,
}

/// The samples of a workload, pictures with the channels first.
pub(crate) fn samples(workload: &str) -> Samples {
    let (x, y) = samples::of(workload);
    let values = x.to_vec::<f32>();
    let labels = y.to_vec::<i64>();
    match *x.shape().dims() {
        [count, height, width, channels] => Samples {
            values: reordered(&values, [count, height * width, channels], [0, 2, 1]),
            shape: vec![channels, height, width],
            labels,
        },
        _ => Samples {
            values,
            shape: x.shape().without_batch().dims().to_vec(),
            labels,
        },
    }
}

/// The samples that a step trains on.
pub(crate) fn batch_size(workload: &str) -> usize {
    if workload == "mlp" { 128 } else { 32 }
}

/// How many of the samples validate.
pub(crate) fn validated(workload: &str) -> usize {
    if workload == "tutorial" { 1600 } else { 0 }
}

/// The mean square of predictions.
pub(crate) fn mean_square(values: &[f32]) -> f64 {
    let squares: f64 = values.iter().map(|&p| f64::from(p) * f64::from(p)).sum();
    squares / values.len() as f64
}

/// Values of shape `dims` with the axes in another `order`.
fn reordered(values: &[f32], dims: [usize; 3], order: [usize; 3]) -> Vec<f32> {
    let strides = [dims[1] * dims[2], dims[2], 1];
    let mut result = Vec::with_capacity(values.len());
    for i in 0..dims[order[0]] {
        for j in 0..dims[order[1]] {
            for k in 0..dims[order[2]] {
                let place = i * strides[order[0]] + j * strides[order[1]] + k * strides[order[2]];
                result.push(values[place]);
            }
        }
    }
    result
}
