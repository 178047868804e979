//! Cells: your own, several as one, and mistakes in them.

use kerust::layers::{CELLS, Constants, Pass, Weights, cell_from_config};
use kerust::ops;
use kerust::prelude::*;

use crate::formula::splitmix64;

/// `x · kernel + state · recurrent_kernel`, and a state that nothing is promised about.
#[derive(Clone, Debug)]
struct Plain {
    units: usize,
    promised: usize,
}

impl RNNCell for Plain {
    fn class_name(&self) -> &'static str {
        "Plain"
    }

    fn state_shapes(&self, _: &Shape) -> Result<Vec<Shape>> {
        Ok(vec![Shape::from(self.promised)])
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        let start = "glorot_uniform".into();
        weights.add("kernel", (input.last(), self.units), &start)?;
        weights.add("recurrent_kernel", (self.promised, self.units), &start)
    }

    fn call(
        &self,
        x: &Tensor,
        states: &[Tensor],
        _: &Constants,
        pass: &mut Pass<'_>,
    ) -> Result<(Tensor, Vec<Tensor>)> {
        let (kernel, recurrent) = (pass.weight("kernel")?, pass.weight("recurrent_kernel")?);
        let of_input = ops::matmul(pass.tape, x, &kernel)?;
        let of_state = ops::matmul(pass.tape, &states[0], &recurrent)?;
        let output = ops::add(pass.tape, &of_input, &of_state)?;
        Ok((output.clone(), vec![output]))
    }

    fn boxed_clone(&self) -> Box<dyn RNNCell> {
        Box::new(self.clone())
    }
}

fn plain(units: usize) -> Plain {
    Plain {
        units,
        promised: units,
    }
}

/// Another cell without its way to take all steps at once.
#[derive(Clone, Debug)]
struct Stepwise(Box<dyn RNNCell>);

impl RNNCell for Stepwise {
    fn class_name(&self) -> &'static str {
        "Stepwise"
    }

    fn state_shapes(&self, input: &Shape) -> Result<Vec<Shape>> {
        self.0.state_shapes(input)
    }

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        self.0.output_shape(input)
    }

    fn build(&self, input: &Shape, weights: &mut Weights) -> Result<()> {
        self.0.build(input, weights)
    }

    fn constants(&self, input: &Shape, batch: usize, pass: &mut Pass<'_>) -> Result<Constants> {
        self.0.constants(input, batch, pass)
    }

    fn project(&self, x: &Tensor, constants: &Constants, pass: &mut Pass<'_>) -> Result<Tensor> {
        self.0.project(x, constants, pass)
    }

    fn call(
        &self,
        x: &Tensor,
        states: &[Tensor],
        constants: &Constants,
        pass: &mut Pass<'_>,
    ) -> Result<(Tensor, Vec<Tensor>)> {
        self.0.call(x, states, constants, pass)
    }

    fn boxed_clone(&self) -> Box<dyn RNNCell> {
        Box::new(self.clone())
    }
}

/// Numbers from -1 to 1, the same each time.
fn numbers(seed: u64, shape: impl Into<Shape>) -> Tensor {
    let shape = shape.into();
    let unit = |i: usize| (splitmix64(seed, i as u64) >> 40) as f32 / (1u32 << 24) as f32;
    let values = (0..shape.elements()).map(|i| 2.0 * unit(i) - 1.0);
    Tensor::from_vec(values.collect(), shape).expect("the sizes agree")
}

/// Outputs and gradients of all weights, for sequences with a mask.
fn results(
    layer: impl Layer + 'static,
    weights: Option<&[Tensor]>,
) -> Result<(Vec<Tensor>, Vec<Tensor>)> {
    let mut model = Sequential::new();
    model.add(Masking::new(0.0).input_shape((4, 3)))?;
    model.add(layer)?;
    if let Some(weights) = weights {
        model.set_weights(weights)?;
    }
    let mut x = numbers(1, (3, 4, 3)).to_vec::<f32>();
    // The first step of the first sequence, and the last two of the second.
    x[..3].fill(0.0);
    x[18..24].fill(0.0);
    let x = Tensor::from_vec(x, (3, 4, 3))?;
    let mut tape = Tape::recording();
    let y = model.call(&x, &mut tape, true)?;
    let weights = model.get_weights();
    let sources: Vec<&Tensor> = weights.iter().collect();
    let cotangent = numbers(2, y.shape());
    let mut found = tape.gradient_from(&y, &cotangent, &sources)?;
    found.push(y);
    Ok((found, weights))
}

#[track_caller]
fn agree(ours: impl Layer + 'static, theirs: impl Layer + 'static) -> Result<()> {
    let (ours, weights) = results(ours, None)?;
    let (theirs, _) = results(theirs, Some(&weights))?;
    for (a, b) in ours.iter().zip(&theirs) {
        assert_eq!(a.shape(), b.shape());
        let distance = (a - b).map(f32::abs).max();
        assert!(distance < 1e-5, "{a:?}\n{b:?}");
    }
    Ok(())
}

#[test]
fn a_cell_of_your_own_computes_what_a_layer_does() -> Result<()> {
    let theirs = || SimpleRNN::new(4).activation("linear").use_bias(false);
    let ours = || RNN::new(plain(4));
    agree(ours(), theirs())?;
    agree(
        ours().return_sequences(true),
        theirs().return_sequences(true),
    )?;
    agree(ours().go_backwards(true), theirs().go_backwards(true))?;
    agree(
        ours().return_sequences(true).zero_output_for_mask(true),
        theirs().return_sequences(true).zero_output_for_mask(true),
    )?;
    let both = |layer: Box<dyn Layer>| -> Result<Sequential> {
        let mut model = Sequential::new();
        model.add(layer)?;
        model.build((4, 3))?;
        Ok(model)
    };
    let mut ours = both(Box::new(Bidirectional::new(ours())))?;
    let mut theirs = both(Box::new(Bidirectional::new(theirs())))?;
    theirs.set_weights(&ours.get_weights())?;
    let x = Tensor::random_uniform((2, 4, 3), -1.0, 1.0);
    let distance = (&ours.predict(&x)? - &theirs.predict(&x)?)
        .map(f32::abs)
        .max();
    assert!(distance < 1e-5, "{distance}");
    Ok(())
}

#[test]
fn all_steps_at_once_are_the_steps_one_by_one() -> Result<()> {
    let cells: [fn() -> Box<dyn RNNCell>; 5] = [
        || LSTMCell::new(4).into(),
        || GRUCell::new(4).into(),
        || GRUCell::new(4).reset_after(false).into(),
        || SimpleRNNCell::new(4).into(),
        || {
            let cells: Vec<Box<dyn RNNCell>> = vec![
                LSTMCell::new(4).into(),
                plain(3).into(),
                GRUCell::new(2).activation("relu").into(),
            ];
            cells.into()
        },
    ];
    for cell in cells {
        for which in 0..8 {
            let of = |cell: Box<dyn RNNCell>| {
                RNN::new(cell)
                    .return_sequences(which % 2 == 0)
                    .go_backwards(which / 2 % 2 == 0)
                    .zero_output_for_mask(which / 4 == 0)
            };
            agree(of(cell()), of(Stepwise(cell()).into()))?;
        }
    }
    Ok(())
}

#[test]
fn layers_and_cells_drop_the_same() -> Result<()> {
    let rates = (0.4, 0.3);
    let layer = LSTM::new(4)
        .dropout(rates.0)
        .recurrent_dropout(rates.1)
        .seed(7);
    let cell = LSTMCell::new(4)
        .dropout(rates.0)
        .recurrent_dropout(rates.1)
        .seed(7);
    agree(RNN::new(cell), layer)?;
    let cell = || GRUCell::new(4).dropout(rates.0).seed(7);
    agree(RNN::new(cell()), GRU::new(4).dropout(rates.0).seed(7))?;
    agree(RNN::new(cell()), RNN::new(Stepwise(cell().into())))
}

#[test]
fn convolutions_drop_while_training_alone() -> Result<()> {
    let layer = || ConvLSTM1D::new(2, 2).padding("same");
    let x = Tensor::random_uniform((2, 3, 5, 2), -1.0, 1.0);
    let mut model = Sequential::new();
    model.add(
        layer()
            .dropout(0.5)
            .recurrent_dropout(0.5)
            .input_shape((3, 5, 2)),
    )?;
    let mut tape = Tape::recording();
    let dropped = model.call(&x, &mut tape, true)?;
    assert_ne!(dropped, model.call(&x, &mut Tape::off(), false)?);
    let weights = model.get_weights();
    let sources: Vec<&Tensor> = weights.iter().collect();
    let gradients = tape.gradient(&dropped, &sources)?;
    assert!(gradients.iter().all(|g| g.map(f32::abs).max() > 0.0));
    let mut without = Sequential::new();
    without.add(layer().input_shape((3, 5, 2)))?;
    without.set_weights(&weights)?;
    assert_eq!(model.predict(&x)?, without.predict(&x)?);
    Ok(())
}

#[test]
fn every_cell_of_the_table_says_its_arguments() -> Result<()> {
    let cells: [Box<dyn RNNCell>; 4] = [
        SimpleRNNCell::new(2).kernel_regularizer("l2").into(),
        LSTMCell::new(2).recurrent_constraint("unit_norm").into(),
        GRUCell::new(2).trainable(false).name("gates").into(),
        StackedRNNCells::new([LSTMCell::new(2), LSTMCell::new(3)]).into(),
    ];
    for (cell, entry) in cells.iter().zip(CELLS) {
        assert_eq!(cell.class_name(), entry.class_name);
        let config = cell.get_config()?;
        let again = cell_from_config(entry.class_name, &config)?;
        assert_eq!(again.get_config()?, config);
        let layer = RNN::new(cell.clone()).return_sequences(true).get_config()?;
        let again = kerust::layers::from_config("RNN", &layer)?;
        assert_eq!(again.get_config()?, layer);
    }
    assert_eq!(cells.len(), CELLS.len());
    Ok(())
}

#[test]
fn frozen_cells_do_not_learn() -> Result<()> {
    let mut model = Sequential::new();
    model.add(RNN::new(GRUCell::new(3).trainable(false)).input_shape((4, 2)))?;
    assert_eq!(model.summary().trainable_params, 0);
    Ok(())
}

/// Why a layer is refused by a model whose samples have this shape.
#[track_caller]
fn refused(sample: impl Into<Shape>, layer: impl Layer + 'static, parts: &[&str]) {
    let mut model = Sequential::new();
    model.add(Input::new(sample)).expect("the first layer");
    let added = model.add(layer);
    // What a cell of one's own does is seen when it is called.
    let error = match added {
        Err(error) => error,
        Ok(()) => {
            let sample = model
                .output_shape()
                .map(|_| Shape::from((4, 3)))
                .expect("built");
            let x = Tensor::ones(sample.with_batch(2));
            model.predict(&x).expect_err("something is wrong")
        }
    };
    let text = error.to_string();
    for part in parts {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[test]
fn mistakes_are_named() {
    let broken = Plain {
        units: 3,
        promised: 2,
    };
    refused((4, 3), RNN::new(broken), &["Plain", "promised", "(2, 2)"]);
    refused(
        200,
        RNN::new(LSTMCell::new(2)),
        &["(steps, features)", "Embedding"],
    );
    refused(
        (4, 3, 3),
        RNN::new(LSTMCell::new(2)),
        &["(steps, features)", "(3, 3)"],
    );
    refused((4, 3), RNN::new(GRUCell::new(0)), &["`units`"]);
    let none: [LSTMCell; 0] = [];
    refused((4, 3), RNN::new(none), &["`cells`"]);
    let stack = [LSTMCell::new(2), LSTMCell::new(2).dropout(2.0)];
    refused((4, 3), RNN::new(stack), &["`dropout`"]);
    refused((4, 3), ConvLSTM1D::new(2, 2), &["(steps, steps, channels)"]);
    refused((4, 5, 3), ConvLSTM1D::new(0, 2), &["`filters`"]);
    refused((4, 5, 3), ConvLSTM1D::new(2, 9), &["9"]);
    refused((4, 5, 3), ConvLSTM1D::new(usize::MAX, 2), &["memory"]);
    let both = ConvLSTM1D::new(2, 2).strides(2).dilation_rate(2);
    refused((4, 5, 3), both, &["`strides`"]);
    refused((4, 3), LSTM::new(usize::MAX / 2), &["memory"]);
    refused(3, Dense::new(2).activity_regularizer("l3"), &["l1"]);
    let strength = Regularizer::L2 { l2: f32::NAN };
    refused(3, Dense::new(2).activity_regularizer(strength), &["`l2`"]);
    let error = RNN::new(plain(2))
        .get_config()
        .expect_err("it does not say");
    assert!(error.to_string().contains("get_config"), "{error}");
}
