//! The burn side of the benchmark, on its CPU backend Flex: `compare-burn WORKLOAD`. `serve.py`
//! tells what is read and written.

#[path = "../../../../library/formula.rs"]
#[allow(dead_code)]
mod formula;
mod plan;
#[path = "../../samples.rs"]
mod samples;
#[path = "../../serve.rs"]
mod serve;

use std::convert::Infallible;

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::loss::{
    BinaryCrossEntropyLoss, BinaryCrossEntropyLossConfig, CrossEntropyLoss, CrossEntropyLossConfig,
};
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::nn::{
    BatchNorm, BatchNormConfig, Dropout, DropoutConfig, Embedding, EmbeddingConfig, GateController,
    Linear, LinearConfig, Lstm, LstmConfig, PaddingConfig2d, Relu,
};
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Int, Tensor, TensorData, activation};
use plan::Step;

#[derive(Module, Debug)]
enum Layer {
    Conv(Conv2d),
    Normalize(BatchNorm),
    Relu(Relu),
    Pool(MaxPool2d),
    Dense(Linear),
    Dropout(Dropout),
    Embedding(Embedding),
    Lstm(Lstm),
}

/// Tensors have their rank in their type, and these models change it.
#[derive(Clone)]
enum Batch {
    Pictures(Tensor<4>),
    Sequences(Tensor<3>),
    Vectors(Tensor<2>),
}

impl Batch {
    fn new(values: Vec<f32>, count: usize, shape: &[usize], device: &Device) -> Batch {
        let shape = [&[count], shape].concat();
        let data = TensorData::new(values, shape.clone());
        match shape.len() {
            4 => Batch::Pictures(Tensor::from_data(data, device)),
            _ => Batch::Vectors(Tensor::from_data(data, device)),
        }
    }

    fn slice(&self, start: usize, length: usize) -> Batch {
        match self.clone() {
            Batch::Pictures(x) => Batch::Pictures(x.narrow(0, start, length)),
            Batch::Sequences(x) => Batch::Sequences(x.narrow(0, start, length)),
            Batch::Vectors(x) => Batch::Vectors(x.narrow(0, start, length)),
        }
    }
}

#[derive(Module, Debug)]
struct Model {
    layers: Vec<Layer>,
}

impl Model {
    /// The layers, less Flatten, which a dense layer does to pictures.
    fn new(steps: Vec<Step>, device: &Device) -> Model {
        let layer = |step| {
            Some(match step {
                Step::Conv {
                    weights,
                    channels,
                    filters,
                    padding,
                } => Layer::Conv(conv(weights, channels, filters, padding, device)),
                Step::Normalize { channels } => {
                    let config = BatchNormConfig::new(channels)
                        .with_epsilon(1e-3)
                        .with_momentum(0.01);
                    Layer::Normalize(config.init(device))
                }
                Step::Dense {
                    weights,
                    inputs,
                    outputs,
                } => {
                    let mut dense = LinearConfig::new(inputs, outputs).init(device);
                    dense.weight = matrix(weights, [inputs, outputs], device);
                    dense.bias = Some(Param::from_tensor(Tensor::zeros([outputs], device)));
                    Layer::Dense(dense)
                }
                Step::Embedding {
                    weights,
                    words,
                    features,
                } => {
                    let mut embedding = EmbeddingConfig::new(words, features).init(device);
                    embedding.weight = matrix(weights, [words, features], device);
                    Layer::Embedding(embedding)
                }
                Step::Lstm(first) => Layer::Lstm(lstm(&first, device)),
                Step::Relu => Layer::Relu(Relu::new()),
                Step::Pool => Layer::Pool(MaxPool2dConfig::new([2, 2]).with_strides([2, 2]).init()),
                Step::Dropout => Layer::Dropout(DropoutConfig::new(0.2).init()),
                Step::Flatten => return None,
            })
        };
        Model {
            layers: steps.into_iter().filter_map(layer).collect(),
        }
    }

    fn forward(&self, x: Batch) -> Tensor<2> {
        let mut x = x;
        for layer in &self.layers {
            x = match (layer, x) {
                (Layer::Conv(layer), Batch::Pictures(x)) => Batch::Pictures(layer.forward(x)),
                (Layer::Normalize(layer), Batch::Pictures(x)) => Batch::Pictures(layer.forward(x)),
                (Layer::Pool(layer), Batch::Pictures(x)) => Batch::Pictures(layer.forward(x)),
                (Layer::Relu(layer), Batch::Pictures(x)) => Batch::Pictures(layer.forward(x)),
                (Layer::Relu(layer), Batch::Vectors(x)) => Batch::Vectors(layer.forward(x)),
                (Layer::Dense(layer), Batch::Pictures(x)) => {
                    Batch::Vectors(layer.forward(x.flatten(1, 3)))
                }
                (Layer::Dense(layer), Batch::Vectors(x)) => Batch::Vectors(layer.forward(x)),
                (Layer::Dropout(layer), Batch::Vectors(x)) => Batch::Vectors(layer.forward(x)),
                (Layer::Embedding(layer), Batch::Vectors(x)) => {
                    Batch::Sequences(layer.forward(x.int()))
                }
                (Layer::Lstm(layer), Batch::Sequences(x)) => {
                    Batch::Vectors(layer.forward(x, None).1.hidden)
                }
                (layer, _) => panic!("no workload has {layer} here"),
            };
        }
        match x {
            Batch::Vectors(outputs) => outputs,
            _ => panic!("every workload ends with Dense"),
        }
    }
}

fn matrix(values: Vec<f32>, shape: [usize; 2], device: &Device) -> Param<Tensor<2>> {
    Param::from_tensor(Tensor::from_data(TensorData::new(values, shape), device))
}

fn lstm(first: &plan::Lstm, device: &Device) -> Lstm {
    let (inputs, units) = (first.inputs, first.units);
    let mut lstm = LstmConfig::new(inputs, units, true).init(device);
    // Some columns of the kernels for each gate; Keras has one bias for it, burn could have two.
    let set = |gate: &mut GateController, number: usize, bias: f32| {
        let columns = |kernel: &[f32]| -> Vec<f32> {
            let rows = kernel.chunks(4 * units);
            rows.flat_map(|row| row[number * units..][..units].to_vec())
                .collect()
        };
        let (input, hidden) = (&mut gate.input_transform, &mut gate.hidden_transform);
        input.weight = matrix(columns(&first.kernel), [inputs, units], device);
        input.bias = Some(Param::from_tensor(Tensor::full([units], bias, device)));
        hidden.weight = matrix(columns(&first.recurrent_kernel), [units, units], device);
        hidden.bias = None;
    };
    set(&mut lstm.input_gate, 0, 0.0);
    set(lstm.forget_gate.as_mut().expect("not coupled"), 1, 1.0);
    set(&mut lstm.cell_gate, 2, 0.0);
    set(&mut lstm.output_gate, 3, 0.0);
    lstm
}

fn conv(
    weights: Vec<f32>,
    channels: usize,
    filters: usize,
    padding: usize,
    device: &Device,
) -> Conv2d {
    let config = Conv2dConfig::new([channels, filters], [3, 3]).with_padding(
        PaddingConfig2d::Explicit(padding, padding, padding, padding),
    );
    let mut conv = config.init(device);
    let weights = TensorData::new(weights, [filters, channels, 3, 3]);
    conv.weight = Param::from_tensor(Tensor::from_data(weights, device));
    conv.bias = Some(Param::from_tensor(Tensor::zeros([filters], device)));
    conv
}

/// What is trained on or measured, on one device.
struct Samples {
    x: Batch,
    y: Tensor<1, Int>,
    count: usize,
    batch_size: usize,
}

impl Samples {
    fn batches(&self) -> impl Iterator<Item = (Batch, Tensor<1, Int>, usize)> {
        (0..self.count).step_by(self.batch_size).map(|start| {
            let length = self.batch_size.min(self.count - start);
            let y = self.y.clone().narrow(0, start, length);
            (self.x.slice(start, length), y, length)
        })
    }

    fn slice(&self, start: usize, count: usize) -> Samples {
        Samples {
            x: self.x.slice(start, count),
            y: self.y.clone().narrow(0, start, count),
            count,
            batch_size: self.batch_size,
        }
    }
}

/// The loss of many classes, and with one output that of two.
struct Loss {
    of_classes: CrossEntropyLoss,
    of_two: BinaryCrossEntropyLoss,
}

impl Loss {
    fn new(device: &Device) -> Loss {
        Loss {
            of_classes: CrossEntropyLossConfig::new().init(device),
            of_two: BinaryCrossEntropyLossConfig::new()
                .with_logits(true)
                .init(device),
        }
    }

    fn forward(&self, outputs: Tensor<2>, labels: Tensor<1, Int>) -> Tensor<1> {
        match outputs.dims()[1] {
            1 => self.of_two.forward(outputs, labels.unsqueeze_dim(1)),
            _ => self.of_classes.forward(outputs, labels),
        }
    }
}

/// How many answers are right.
fn right(outputs: Tensor<2>, labels: Tensor<1, Int>) -> i64 {
    let predicted = match outputs.dims()[1] {
        1 => outputs.greater_elem(0.0).int(),
        _ => outputs.argmax(1),
    };
    let predicted = predicted.squeeze_dim::<1>(1);
    predicted.equal(labels).int().sum().into_scalar::<i64>()
}

fn train(
    mut model: Model,
    optimizer: &mut ModuleOptimizer,
    loss: &Loss,
    samples: &Samples,
) -> (Model, f64) {
    let (mut loss_sum, mut right_sum) = (0.0, 0);
    for (images, labels, length) in samples.batches() {
        let outputs = model.forward(images);
        let mean = loss.forward(outputs.clone(), labels.clone());
        let gradients = GradientsParams::from_grads(mean.backward(), &model);
        model = optimizer.step(1e-3, model, gradients);
        loss_sum += f64::from(mean.into_scalar::<f32>()) * length as f64;
        right_sum += right(outputs, labels);
    }
    std::hint::black_box(right_sum);
    (model, loss_sum / samples.count as f64)
}

fn evaluate(model: &Model, loss: &Loss, samples: &Samples) -> f64 {
    let (mut loss_sum, mut right_sum) = (0.0, 0);
    for (images, labels, length) in samples.batches() {
        let outputs = model.forward(images);
        let mean = loss.forward(outputs.clone(), labels.clone());
        loss_sum += f64::from(mean.into_scalar::<f32>()) * length as f64;
        right_sum += right(outputs, labels);
    }
    std::hint::black_box(right_sum);
    loss_sum / samples.count as f64
}

fn predict(model: &Model, samples: &Samples) -> Vec<f32> {
    let probabilities = samples
        .batches()
        .map(|(images, _, _)| activation::softmax(model.forward(images), 1))
        .collect();
    let data = Tensor::cat(probabilities, 0).into_data();
    data.try_to_vec::<f32>().expect("float32")
}

fn main() {
    let workload = std::env::args().nth(1).unwrap_or_default();
    let plain = Device::flex();
    let recording = Device::flex().autodiff();
    let mut model = Some(Model::new(plan::steps(&workload), &recording));
    let mut optimizer = AdamConfig::new().with_epsilon(1e-7).init();
    let loss = Loss::new(&recording);
    let plain_loss = Loss::new(&plain);
    serve::ready("burn (Flex)", "0.22.0");
    let mut commands = serve::commands();
    commands.next();
    let samples = plan::samples(&workload);
    let on = |device: &Device, start: usize, count: usize| {
        let all = samples.labels.len();
        let labels = TensorData::new(samples.labels.clone(), [all]);
        let samples = Samples {
            x: Batch::new(samples.values.clone(), all, &samples.shape, device),
            y: Tensor::from_data(labels, device),
            count: all,
            batch_size: plan::batch_size(&workload),
        };
        samples.slice(start, count)
    };
    let count = samples.labels.len();
    let validated = plan::validated(&workload);
    let training = on(&recording, 0, count - validated);
    let all = on(&plain, 0, count);
    let validation = (validated > 0).then(|| all.slice(count - validated, validated));
    serve::loaded();

    for (command, calls) in commands {
        let answered: Result<(), Infallible> = match command.strip_prefix("predict-") {
            Some(some) => {
                let some = all.slice(0, some.parse().unwrap_or(count));
                let model = model.as_ref().expect("a model").valid();
                let predict = || Ok(predict(&model, &some));
                serve::timed(&command, calls, predict, |p| plan::mean_square(&p))
            }
            None if command == "evaluate" => {
                let model = model.as_ref().expect("a model").valid();
                let evaluate = || Ok(evaluate(&model, &plain_loss, &all));
                serve::timed(&command, calls, evaluate, |loss| loss)
            }
            None => {
                let epoch = || {
                    let before = model.take().expect("a model");
                    let (after, mean) = train(before, &mut optimizer, &loss, &training);
                    let after = model.insert(after);
                    Ok(match &validation {
                        None => mean,
                        Some(samples) => evaluate(&after.valid(), &plain_loss, samples),
                    })
                };
                serve::timed(&command, calls, epoch, |loss| loss)
            }
        };
        answered.expect("nothing fails");
    }
}
