//! What layers learn.

use std::cell::Cell;

use rand::rngs::StdRng;

use super::Layer;
use super::weight_settings::WeightSettings;
use crate::constraints::Constraint;
use crate::initializers::Initializer;
use crate::regularizers::Regularizer;
use crate::{Error, ErrorKind, Result, Setting, Shape, Tape, Tensor};

/// A named tensor that belongs to a layer.
///
/// Keras: `keras.Variable`.
#[derive(Clone, Debug, PartialEq)]
pub struct Weight {
    /// The name inside of the layer: `kernel`, `bias`, `gamma`.
    pub name: String,
    /// The numbers.
    pub value: Tensor,
    /// Whether training changes it.
    pub trainable: bool,
    /// Whether training would change it if its layer were not frozen.
    learns: bool,
    /// What is added to the loss for it.
    pub regularizer: Option<Regularizer>,
    /// What it is brought back to after every step.
    pub constraint: Option<Constraint>,
}

impl Weight {
    /// Whether training changes it while its layer is not frozen.
    pub(crate) fn learns(&self) -> bool {
        self.learns
    }

    /// The numbers, ready for operations on the tape: with a gradient where training changes them.
    pub(crate) fn on(&self, tape: &Tape) -> Tensor {
        let value = self.value.clone();
        if self.trainable && tape.is_recording() {
            value.tracked()
        } else {
            value
        }
    }
}

/// The weights of one layer, in Keras's order.
#[derive(Clone, Debug)]
pub struct Weights {
    entries: Vec<Weight>,
    generator: StdRng,
    frozen: bool,
    /// In front of the names, while a layer inside of the layer is built or called: `forward/`.
    prefix: String,
}

thread_local! {
    /// How many numbers the weights may still have that are made for a file; none while no file is
    /// read.
    static LEFT: Cell<Option<usize>> = const { Cell::new(None) };
}

/// Makes a model whose weights are to be read from a file: they are 0 until then, which saves the
/// time of drawing them. All together, they may have `most` numbers.
pub(crate) fn for_file<T>(most: usize, make: impl FnOnce() -> Result<T>) -> Result<T> {
    struct Before(Option<usize>);
    impl Drop for Before {
        fn drop(&mut self) {
            LEFT.set(self.0);
        }
    }
    let _before = Before(LEFT.replace(Some(most)));
    make()
}

/// Where [`Weights`] stood before they entered a layer inside of another.
pub(super) struct Outer {
    frozen: bool,
    prefix: usize,
}

impl Weights {
    pub(crate) fn new(generator: StdRng, frozen: bool) -> Self {
        Self {
            entries: Vec::new(),
            generator,
            frozen,
            prefix: String::new(),
        }
    }

    /// Makes the weights of a layer inside of the one that is being built; their names begin with
    /// `name`.
    ///
    /// # Errors
    /// As the inner layer, which the error names.
    pub fn build_inner(&mut self, name: &str, layer: &dyn Layer, inputs: &[Shape]) -> Result<()> {
        let outer = self.enter(name, layer.base().frozen);
        let checked = layer.base().check_regularizer(&[]);
        let built = checked.and_then(|()| layer.build_for(inputs, self));
        self.leave(outer);
        built.map_err(|e| e.at(super::inner_title(name, layer)))
    }

    /// Gives the weights of the inner layer `name` the numbers of others, in the same order.
    pub(crate) fn take_over<'a>(
        &mut self,
        name: &str,
        others: impl Iterator<Item = &'a Weight>,
    ) -> Result<()> {
        let prefix = format!("{}{name}/", self.prefix);
        let own = self.entries.iter_mut();
        let own = own.filter(|weight| weight.name.starts_with(&prefix));
        for (own, other) in own.zip(others) {
            if own.value.shape() != other.value.shape() {
                return Err(Error::shape(format!(
                    "weight `{}` has shape {}, the model has learned one of shape {}",
                    own.name,
                    own.value.shape(),
                    other.value.shape()
                ))
                .remedy("build the layer for inputs of the shape that the model has learned"));
            }
            own.value = other.value.clone();
        }
        Ok(())
    }

    pub(super) fn enter(&mut self, name: &str, frozen: bool) -> Outer {
        let outer = Outer {
            frozen: self.frozen,
            prefix: self.prefix.len(),
        };
        self.frozen |= frozen;
        self.prefix += name;
        self.prefix.push('/');
        outer
    }

    pub(super) fn leave(&mut self, outer: Outer) {
        self.frozen = outer.frozen;
        self.prefix.truncate(outer.prefix);
    }

    fn is_called(&self, weight: &Weight, name: &str) -> bool {
        weight
            .name
            .strip_prefix(self.prefix.as_str())
            .is_some_and(|rest| rest == name)
    }

    /// Adds a weight that training changes.
    ///
    /// Keras: `self.add_weight(shape, initializer, name=name)`.
    ///
    /// # Errors
    /// When the initializer's name does not exist, its range makes no sense, or the weight does not
    /// fit into memory.
    pub fn add(
        &mut self,
        name: &str,
        shape: impl Into<Shape>,
        initializer: &Setting<Initializer>,
    ) -> Result<()> {
        self.push_checked(name, shape.into(), None, initializer, true)
    }

    /// As [`add`](Self::add), with a penalty on the weight and a rule that it obeys.
    ///
    /// Keras: `self.add_weight(shape, initializer, regularizer=.., constraint=..)`.
    ///
    /// # Errors
    /// As [`add`](Self::add); when the regularizer or the constraint does not fit the shape.
    pub fn add_with(
        &mut self,
        name: &str,
        shape: impl Into<Shape>,
        initializer: &Setting<Initializer>,
        regularizer: Option<&Setting<Regularizer>>,
        constraint: Option<&Setting<Constraint>>,
    ) -> Result<()> {
        self.add_checked(
            name,
            shape.into(),
            None,
            initializer,
            (regularizer, constraint),
        )
    }

    fn add_checked(
        &mut self,
        name: &str,
        shape: Shape,
        fans: Option<[f64; 2]>,
        initializer: &Setting<Initializer>,
        (regularizer, constraint): (Option<&Setting<Regularizer>>, Option<&Setting<Constraint>>),
    ) -> Result<()> {
        let regularizer = regularizer.map(Setting::get).transpose()?.copied();
        let constraint = constraint.map(Setting::get).transpose()?.cloned();
        if let Some(regularizer) = regularizer {
            regularizer.check()?;
            regularizer.check_shape(&shape)?;
        }
        if let Some(constraint) = &constraint {
            constraint.check(&shape)?;
        }
        self.push_checked(name, shape, fans, initializer, true)?;
        if let Some(added) = self.entries.last_mut() {
            (added.regularizer, added.constraint) = (regularizer, constraint);
        }
        Ok(())
    }

    /// Adds a weight as the layer was told to.
    pub(crate) fn add_configured(
        &mut self,
        name: &str,
        shape: impl Into<Shape>,
        settings: &WeightSettings,
    ) -> Result<()> {
        let told = (settings.regularizer.as_ref(), settings.constraint.as_ref());
        self.add_checked(name, shape.into(), None, &settings.initializer, told)
    }

    /// As [`add_configured`](Self::add_configured), for a weight that connects as many inputs and
    /// outputs as `fans` says.
    pub(crate) fn add_connecting(
        &mut self,
        name: &str,
        shape: impl Into<Shape>,
        settings: &WeightSettings,
        fans: [f64; 2],
    ) -> Result<()> {
        let told = (settings.regularizer.as_ref(), settings.constraint.as_ref());
        self.add_checked(name, shape.into(), Some(fans), &settings.initializer, told)
    }

    /// Adds a weight that training leaves alone, such as a moving average.
    ///
    /// # Errors
    /// When it does not fit into memory.
    pub fn add_non_trainable(
        &mut self,
        name: &str,
        shape: impl Into<Shape>,
        initial: f32,
    ) -> Result<()> {
        let initializer = Initializer::Constant(initial);
        self.push_checked(name, shape.into(), None, &initializer.into(), false)
    }

    /// Adds a weight that training leaves alone and that starts as the layer was told.
    pub(crate) fn add_moving(
        &mut self,
        name: &str,
        shape: impl Into<Shape>,
        initializer: &Setting<Initializer>,
    ) -> Result<()> {
        self.push_checked(name, shape.into(), None, initializer, false)
    }

    fn push_checked(
        &mut self,
        name: &str,
        shape: Shape,
        fans: Option<[f64; 2]>,
        initializer: &Setting<Initializer>,
        learns: bool,
    ) -> Result<()> {
        let initializer = *initializer.get()?;
        initializer.check()?;
        initializer.check_shape(&shape)?;
        let value = match LEFT.get() {
            Some(left) => {
                let left = left.checked_sub(shape.elements());
                LEFT.set(Some(left.ok_or_else(|| larger_than_file(name, &shape))?));
                check_memory(name, &shape)?;
                Tensor::zeros(&shape)
            }
            None => {
                check_memory(name, &shape)?;
                initializer.tensor(&shape, fans, &mut self.generator)
            }
        };
        self.entries.push(Weight {
            name: format!("{}{name}", self.prefix),
            value,
            trainable: learns && !self.frozen,
            learns,
            regularizer: None,
            constraint: None,
        });
        Ok(())
    }

    /// The weight called `name`.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(&self, name: &str) -> Result<&Weight> {
        self.entries
            .iter()
            .find(|weight| self.is_called(weight, name))
            .ok_or_else(|| self.unknown(name))
    }

    /// Replaces the numbers of a weight.
    ///
    /// # Errors
    /// When there is no such weight or its shape differs.
    pub fn set(&mut self, name: &str, value: Tensor) -> Result<()> {
        let found = self.entries.iter().position(|w| self.is_called(w, name));
        let Some(position) = found else {
            return Err(self.unknown(name));
        };
        let weight = &mut self.entries[position];
        if weight.value.shape() != value.shape() {
            return Err(Error::shape(format!(
                "weight `{name}` has shape {}, got {}",
                weight.value.shape(),
                value.shape()
            ))
            .remedy("give it numbers of the weight's shape"));
        }
        weight.value = value.in_float32()?;
        Ok(())
    }

    fn unknown(&self, name: &str) -> Error {
        let known: Vec<&str> = self
            .entries
            .iter()
            .map(|weight| weight.name.as_str())
            .collect();
        Error::unknown_name("weight", name, &known)
    }

    /// Moves the weight that was added last to `position`.
    pub(crate) fn move_last_to(&mut self, position: usize) {
        self.entries[position..].rotate_right(1);
    }

    /// All of them, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Weight> {
        self.entries.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Weight> {
        self.entries.iter_mut()
    }

    /// Keeps training away from all of them, or lets it change those that learn.
    pub(crate) fn freeze(&mut self, frozen: bool) {
        self.frozen = frozen;
        for weight in &mut self.entries {
            weight.trainable = weight.learns && !frozen;
        }
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen
    }
}

fn larger_than_file(name: &str, shape: &Shape) -> Error {
    Error::data(format!(
        "the file describes a model much larger than the weights in it: `{name}` of shape {shape}"
    ))
    .remedy("take another copy of the file, or save the model again")
}

/// Fails when the system would refuse the memory, which would end the process.
fn check_memory(name: &str, shape: &Shape) -> Result<()> {
    let mut values: Vec<f32> = Vec::new();
    values.try_reserve_exact(shape.elements()).map_err(|_| {
        Error::new(
            ErrorKind::Device,
            format!("weight `{name}` of shape {shape} does not fit into memory"),
        )
        .remedy("make the layer, or what comes before it, smaller")
    })
}
