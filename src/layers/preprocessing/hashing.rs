//! Hashing.

use serde::{Deserialize, Serialize};

use super::encoding::OutputMode;
use super::salt::{self, Salt};
use crate::layers::{Layer, LayerBase, LayerEntry, Pass, layer_identity, require_positive};
use crate::{Config, Result, Setting, Shape, Tensor};

/// Distributes integers or words over bins by their hash: a vocabulary without learning one.
///
/// Keras: `keras.layers.Hashing`; the bins are the same.
///
/// # Shapes
/// `(batch, ..)` to the same; with other output modes as [`CategoryEncoding`](super::CategoryEncoding)
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let hashing = Hashing::new(3);
/// let bins = hashing.call_text(&["a", "b", "a"])?;
/// assert_eq!(bins.get(0)?, bins.get(2)?);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Hashing {
    #[serde(flatten)]
    base: LayerBase,
    num_bins: usize,
    #[serde(default)]
    mask_value: Option<Masked>,
    #[serde(default)]
    salt: Option<Salt>,
    #[serde(default)]
    output_mode: Setting<OutputMode>,
}

/// The word or integer that stands for nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(untagged)]
enum Masked {
    Integer(i64),
    Word(String),
}

impl Hashing {
    /// Over `num_bins` bins.
    pub fn new(num_bins: usize) -> Self {
        Self {
            base: LayerBase::default(),
            num_bins,
            mask_value: None,
            salt: None,
            output_mode: OutputMode::Int.into(),
        }
    }

    /// The integer that gets bin 0 for itself; none unless set.
    #[must_use]
    pub fn mask_value(mut self, mask_value: i64) -> Self {
        self.mask_value = Some(Masked::Integer(mask_value));
        self
    }

    /// The word that gets bin 0 for itself; none unless set.
    ///
    /// Keras: the argument `mask_value`.
    #[must_use]
    pub fn mask_text(mut self, mask_value: &str) -> Self {
        self.mask_value = Some(Masked::Word(mask_value.to_string()));
        self
    }

    /// A key for the hash: one integer or two; none unless set.
    #[must_use]
    pub fn salt(mut self, salt: impl Into<Salt>) -> Self {
        self.salt = Some(salt.into());
        self
    }

    /// `"int"` (unless set), `"one_hot"`, `"multi_hot"` or `"count"`.
    #[must_use]
    pub fn output_mode(mut self, output_mode: impl Into<Setting<OutputMode>>) -> Self {
        self.output_mode = output_mode.into();
        self
    }

    /// The bin of each word, of shape `(words,)`; with the mode `"one_hot"` a row for each.
    ///
    /// # Errors
    /// When an argument is wrong.
    pub fn call_text<S: AsRef<str>>(&self, words: &[S]) -> Result<Tensor> {
        let call = || {
            self.check()?;
            let bins = words.iter().map(|word| {
                let word = word.as_ref();
                let masked = matches!(&self.mask_value, Some(Masked::Word(mask)) if mask == word);
                self.bin(word, masked)
            });
            let row = self.output_mode.get()?.encode(
                bins.collect(),
                &Shape::from(words.len()),
                self.num_bins,
            )?;
            row.reshape(row.shape().without_batch())
        };
        call().map_err(|e: crate::Error| e.at("Hashing"))
    }

    fn bin(&self, text: &str, masked: bool) -> i64 {
        let bucket = |buckets| salt::bucket(text.as_bytes(), buckets, self.salt);
        match (&self.mask_value, self.num_bins) {
            (Some(_), 2..) if masked => 0,
            (Some(_), bins @ 2..) => 1 + bucket(bins - 1),
            (_, bins) => bucket(bins),
        }
    }

    fn check(&self) -> Result<OutputMode> {
        use OutputMode::{Count, Int, MultiHot, OneHot};
        require_positive("num_bins", self.num_bins)?;
        let mode = *self.output_mode.get()?;
        mode.require(&[Int, OneHot, MultiHot, Count])?;
        Ok(mode)
    }
}

impl Layer for Hashing {
    layer_identity!("Hashing");

    fn output_shape(&self, input: &Shape) -> Result<Shape> {
        Ok(self.check()?.output_shape(input, self.num_bins))
    }

    fn call(&self, x: &Tensor, _: &mut Pass<'_>) -> Result<Tensor> {
        let bin = |value: i64| {
            let masked = matches!(self.mask_value, Some(Masked::Integer(mask)) if mask == value);
            self.bin(&value.to_string(), masked)
        };
        let bins = x.to_vec::<i64>().into_iter().map(bin).collect();
        let mode = *self.output_mode.get()?;
        mode.encode(bins, &x.shape().without_batch(), self.num_bins)
    }
}

/// The layers of this file.
pub(super) const ENTRIES: &[LayerEntry] = &[LayerEntry {
    class_name: "Hashing",
    what: "distributes integers over bins",
    example: || {
        let layer = Hashing::new(4).output_mode("multi_hot");
        (Box::new(layer), Shape::from(3))
    },
    from_config: Config::layer::<Hashing>,
}];
