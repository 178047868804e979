//! The candle side of the benchmark: `compare-candle WORKLOAD`. `serve.py` tells what is read and
//! written.

#[path = "../../../../library/formula.rs"]
#[allow(dead_code)]
mod formula;
mod plan;
#[path = "../../samples.rs"]
mod samples;
#[path = "../../serve.rs"]
mod serve;

use std::collections::HashMap;

use candle_core::{DType, Device, Module, ModuleT, Result, Tensor, Var};
use candle_nn::{
    AdamW, BatchNorm, Conv2d, Conv2dConfig, Dropout, Embedding, Init, LSTM, LSTMConfig, Linear,
    Optimizer, ParamsAdamW, RNN, VarBuilder, loss, ops,
};
use plan::Step;

struct Model {
    layers: Vec<Box<dyn ModuleT>>,
    variables: Vec<Var>,
}

impl Model {
    fn new(steps: Vec<Step>) -> Result<Model> {
        let mut model = Model {
            layers: Vec::new(),
            variables: Vec::new(),
        };
        for step in steps {
            let layer = model.layer(step)?;
            model.layers.push(layer);
        }
        Ok(model)
    }

    fn layer(&mut self, step: Step) -> Result<Box<dyn ModuleT>> {
        Ok(match step {
            Step::Conv {
                weights,
                channels,
                filters,
                padding,
            } => {
                let weights = Tensor::from_vec(weights, (filters, channels, 3, 3), &Device::Cpu)?;
                let bias = self.constant(0.0, filters)?;
                let config = Conv2dConfig {
                    padding,
                    ..Conv2dConfig::default()
                };
                Box::new(Conv2d::new(self.variable(weights)?, Some(bias), config))
            }
            Step::Normalize { channels } => {
                let mean = Tensor::zeros(channels, DType::F32, &Device::Cpu)?;
                let variance = Tensor::ones(channels, DType::F32, &Device::Cpu)?;
                let (gamma, beta) = (self.constant(1.0, channels)?, self.constant(0.0, channels)?);
                let norm = BatchNorm::new_with_momentum(
                    channels, mean, variance, gamma, beta, 1e-3, 0.01,
                )?;
                Box::new(norm)
            }
            Step::Dense {
                weights,
                inputs,
                outputs,
            } => {
                let weights = Tensor::from_vec(weights, (inputs, outputs), &Device::Cpu)?;
                let bias = self.constant(0.0, outputs)?;
                Box::new(Linear::new(
                    self.variable(weights.t()?.contiguous()?)?,
                    Some(bias),
                ))
            }
            Step::Relu => Box::new(Function(Tensor::relu)),
            Step::Pool => Box::new(Function(|x| x.max_pool2d(2))),
            Step::Flatten => Box::new(Function(|x| x.flatten_from(1))),
            Step::Dropout => Box::new(Dropout::new(0.2)),
            Step::Embedding {
                weights,
                words,
                features,
            } => {
                let weights = Tensor::from_vec(weights, (words, features), &Device::Cpu)?;
                Box::new(Words(Embedding::new(self.variable(weights)?, features)))
            }
            Step::Lstm(lstm) => Box::new(LastOutput(self.lstm(lstm)?)),
        })
    }

    fn lstm(&mut self, first: plan::Lstm) -> Result<LSTM> {
        let (inputs, units) = (first.inputs, first.units);
        let kernel = Tensor::from_vec(first.kernel, (inputs, 4 * units), &Device::Cpu)?;
        let recurrent = Tensor::from_vec(first.recurrent_kernel, (units, 4 * units), &Device::Cpu)?;
        let bias = (0..4 * units).map(|i| if i / units == 1 { 1.0f32 } else { 0.0 });
        let bias = Tensor::from_vec(bias.collect(), 4 * units, &Device::Cpu)?;
        let weights = HashMap::from([
            (
                "weight_ih_l0".to_string(),
                self.variable(kernel.t()?.contiguous()?)?,
            ),
            (
                "weight_hh_l0".to_string(),
                self.variable(recurrent.t()?.contiguous()?)?,
            ),
            ("bias_ih_l0".to_string(), self.variable(bias)?),
        ]);
        let config = LSTMConfig {
            b_ih_init: Some(Init::Const(0.0)),
            ..LSTMConfig::default_no_bias()
        };
        let weights = VarBuilder::from_tensors(weights, DType::F32, &Device::Cpu);
        LSTM::new(inputs, units, config, weights)
    }

    fn constant(&mut self, value: f32, size: usize) -> Result<Tensor> {
        self.variable(Tensor::full(value, size, &Device::Cpu)?)
    }

    /// A tensor that the optimizer changes.
    fn variable(&mut self, first: Tensor) -> Result<Tensor> {
        let variable = Var::from_tensor(&first)?;
        let tensor = variable.as_tensor().clone();
        self.variables.push(variable);
        Ok(tensor)
    }

    fn forward(&self, x: &Tensor, training: bool) -> Result<Tensor> {
        let mut x = x.clone();
        for layer in &self.layers {
            x = layer.forward_t(&x, training)?;
        }
        Ok(x)
    }
}

/// A layer without weights.
struct Function(fn(&Tensor) -> Result<Tensor>);

impl Module for Function {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        (self.0)(x)
    }
}

/// An embedding of words that come as numbers like all samples.
struct Words(Embedding);

impl Module for Words {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.0.forward(&x.to_dtype(DType::U32)?)
    }
}

struct LastOutput(LSTM);

impl Module for LastOutput {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        let states = self.0.seq(x)?;
        Ok(states.last().expect("at least one step").h().clone())
    }
}

/// The loss of a batch: with one output, that of two classes.
fn loss_of(outputs: &Tensor, labels: &Tensor) -> Result<Tensor> {
    match outputs.dim(1)? {
        1 => {
            let targets = labels.to_dtype(DType::F32)?.unsqueeze(1)?;
            loss::binary_cross_entropy_with_logit(outputs, &targets)
        }
        _ => loss::cross_entropy(outputs, labels),
    }
}

/// Samples and labels, batch by batch.
fn batches(x: &Tensor, y: &Tensor, size: usize) -> impl Iterator<Item = Result<(Tensor, Tensor)>> {
    let count = x.dims()[0];
    (0..count).step_by(size).map(move |start| {
        let length = size.min(count - start);
        Ok((x.narrow(0, start, length)?, y.narrow(0, start, length)?))
    })
}

/// The sum of the losses of a batch, from its mean, and how many answers are right.
fn scores(outputs: &Tensor, labels: &Tensor, loss: &Tensor) -> Result<(f64, f32)> {
    let predicted = match outputs.dim(1)? {
        1 => outputs.squeeze(1)?.gt(0f32)?.to_dtype(DType::U32)?,
        _ => outputs.argmax(1)?,
    };
    let right = predicted.eq(labels)?.to_dtype(DType::F32)?;
    let sum = f64::from(loss.to_scalar::<f32>()?) * labels.dims()[0] as f64;
    Ok((sum, right.sum_all()?.to_scalar()?))
}

fn train(model: &Model, optimizer: &mut AdamW, x: &Tensor, y: &Tensor, size: usize) -> Result<f64> {
    let (mut loss_sum, mut right) = (0.0, 0.0);
    for batch in batches(x, y, size) {
        let (images, labels) = batch?;
        let outputs = model.forward(&images, true)?;
        let loss = loss_of(&outputs, &labels)?;
        optimizer.backward_step(&loss)?;
        let scores = scores(&outputs, &labels, &loss)?;
        loss_sum += scores.0;
        right += scores.1;
    }
    std::hint::black_box(right);
    Ok(loss_sum / y.dims()[0] as f64)
}

fn evaluate(model: &Model, x: &Tensor, y: &Tensor, size: usize) -> Result<f64> {
    let (mut loss_sum, mut right) = (0.0, 0.0);
    for batch in batches(x, y, size) {
        let (images, labels) = batch?;
        let outputs = model.forward(&images, false)?.detach();
        let loss = loss_of(&outputs, &labels)?;
        let scores = scores(&outputs, &labels, &loss)?;
        loss_sum += scores.0;
        right += scores.1;
    }
    std::hint::black_box(right);
    Ok(loss_sum / y.dims()[0] as f64)
}

fn predict(model: &Model, x: &Tensor, size: usize) -> Result<Vec<f32>> {
    let mut probabilities = Vec::new();
    for start in (0..x.dims()[0]).step_by(size) {
        let images = x.narrow(0, start, size.min(x.dims()[0] - start))?;
        let outputs = ops::softmax(&model.forward(&images, false)?, 1)?;
        probabilities.extend(outputs.flatten_all()?.to_vec1::<f32>()?);
    }
    Ok(probabilities)
}

fn main() -> Result<()> {
    let workload = std::env::args().nth(1).unwrap_or_default();
    let model = Model::new(plan::steps(&workload))?;
    let mut optimizer = AdamW::new(
        model.variables.clone(),
        ParamsAdamW {
            lr: 1e-3,
            eps: 1e-7,
            weight_decay: 0.0,
            ..ParamsAdamW::default()
        },
    )?;
    serve::ready("candle", "0.10.2");
    let mut commands = serve::commands();
    commands.next();
    let samples = plan::samples(&workload);
    let count = samples.labels.len();
    let shape: Vec<usize> = [&[count], &samples.shape[..]].concat();
    let x = Tensor::from_vec(samples.values, shape, &Device::Cpu)?;
    let labels: Vec<u32> = samples.labels.iter().map(|&label| label as u32).collect();
    let y = Tensor::from_vec(labels, count, &Device::Cpu)?;
    serve::loaded();

    let size = plan::batch_size(&workload);
    let validated = plan::validated(&workload);
    let trained = count - validated;
    let (x_train, y_train) = (x.narrow(0, 0, trained)?, y.narrow(0, 0, trained)?);
    for (command, calls) in commands {
        match command.strip_prefix("predict-").map(str::parse) {
            Some(some) => {
                let some = x.narrow(0, 0, some.unwrap_or(count))?;
                let predict = || predict(&model, &some, size);
                serve::timed(&command, calls, predict, |p| plan::mean_square(&p))?;
            }
            None if command == "evaluate" => {
                serve::timed(
                    &command,
                    calls,
                    || evaluate(&model, &x, &y, size),
                    |loss| loss,
                )?;
            }
            None => {
                let epoch = || {
                    let loss = train(&model, &mut optimizer, &x_train, &y_train, size)?;
                    if validated == 0 {
                        return Ok(loss);
                    }
                    let x = x.narrow(0, trained, validated)?;
                    evaluate(&model, &x, &y.narrow(0, trained, validated)?, size)
                };
                serve::timed(&command, calls, epoch, |loss| loss)?;
            }
        }
    }
    Ok(())
}
