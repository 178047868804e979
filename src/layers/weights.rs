//! What layers learn.

use rand::rngs::StdRng;

use crate::initializers::Initializer;
use crate::{Error, ErrorKind, Result, Setting, Shape, Tensor};

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
}

/// The weights of one layer, in Keras's order.
#[derive(Debug)]
pub struct Weights {
    entries: Vec<Weight>,
    generator: StdRng,
    frozen: bool,
}

impl Weights {
    pub(crate) fn new(generator: StdRng, frozen: bool) -> Self {
        Self {
            entries: Vec::new(),
            generator,
            frozen,
        }
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
        let initializer = *initializer.get()?;
        initializer.check()?;
        let shape = shape.into();
        check_memory(name, &shape)?;
        self.push(name, shape, initializer, !self.frozen);
        Ok(())
    }

    /// Adds a weight that training leaves alone, such as a moving average.
    pub fn add_non_trainable(&mut self, name: &str, shape: impl Into<Shape>, initial: f32) {
        self.push(name, shape.into(), Initializer::Constant(initial), false);
    }

    fn push(&mut self, name: &str, shape: Shape, initializer: Initializer, trainable: bool) {
        let value = initializer.tensor(&shape, &mut self.generator);
        self.entries.push(Weight {
            name: name.to_string(),
            value,
            trainable,
        });
    }

    /// The weight called `name`.
    ///
    /// # Errors
    /// When there is none.
    pub fn get(&self, name: &str) -> Result<&Weight> {
        self.entries
            .iter()
            .find(|weight| weight.name == name)
            .ok_or_else(|| self.unknown(name))
    }

    /// Replaces the numbers of a weight.
    ///
    /// # Errors
    /// When there is no such weight or its shape differs.
    pub fn set(&mut self, name: &str, value: Tensor) -> Result<()> {
        let Some(weight) = self.entries.iter_mut().find(|weight| weight.name == name) else {
            return Err(self.unknown(name));
        };
        if weight.value.shape() != value.shape() {
            return Err(Error::shape(format!(
                "weight `{name}` has shape {}, got {}",
                weight.value.shape(),
                value.shape()
            )));
        }
        weight.value = value;
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

    /// All of them, in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Weight> {
        self.entries.iter()
    }

    pub(crate) fn iter_mut(&mut self) -> std::slice::IterMut<'_, Weight> {
        self.entries.iter_mut()
    }

    pub(crate) fn is_frozen(&self) -> bool {
        self.frozen
    }
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
