//! `pad_sequences`.

use crate::{DType, Element, Error, Result, Setting, Shape, Tensor};

/// The end of a sequence at which something happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Side {
    /// In front: `"pre"`.
    #[default]
    Pre,
    /// Behind: `"post"`.
    Post,
}

impl std::str::FromStr for Side {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "pre" => Ok(Side::Pre),
            "post" => Ok(Side::Post),
            _ => Err(Error::unknown_name("side", name, &["pre", "post"])),
        }
    }
}

impl From<Side> for Setting<Side> {
    fn from(side: Side) -> Self {
        Setting::value(side)
    }
}

/// The arguments of [`pad_sequences`], with Keras's defaults.
#[derive(Clone, Debug)]
pub struct PadSequences {
    /// The length of all sequences in the end; that of the longest unless set.
    pub maxlen: Option<usize>,
    /// Where `value` is added to shorter ones: `"pre"` (unless set) or `"post"`.
    pub padding: Setting<Side>,
    /// Where longer ones are cut off: `"pre"` (unless set) or `"post"`.
    pub truncating: Setting<Side>,
    /// What is added; 0 unless set. Of whole numbers a whole one.
    pub value: f64,
}

impl Default for PadSequences {
    fn default() -> Self {
        Self {
            maxlen: None,
            padding: Side::Pre.into(),
            truncating: Side::Pre.into(),
            value: 0.0,
        }
    }
}

/// Sequences of one length, from sequences of any length. Floats make a float32 tensor, whole numbers
/// one of int64.
///
/// Keras: `keras.utils.pad_sequences`, whose `dtype` is that of the numbers here; for others,
/// `.astype(..)` the result.
///
/// # Shapes
/// `(sequences, maxlen)`
///
/// # Errors
/// When a side's name does not exist, `value` is no number of the sequences' type, or the result does
/// not fit into memory.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::preprocessing::PadSequences;
/// let x = pad_sequences(&[vec![1], vec![2, 3]], PadSequences::default())?;
/// assert_eq!(x.to_vec::<i64>(), [0, 1, 2, 3]);
///
/// let how = PadSequences { value: -1.0, padding: "post".into(), ..Default::default() };
/// let x = pad_sequences(&[vec![0.5], vec![2.5, 3.5]], how)?;
/// assert_eq!(x.to_vec::<f32>(), [0.5, -1.0, 2.5, 3.5]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn pad_sequences<S: AsRef<[T]>, T: Element>(
    sequences: &[S],
    how: PadSequences,
) -> Result<Tensor> {
    pad(sequences, &how).map_err(|e| e.at("pad_sequences"))
}

/// `value` among numbers of a type.
fn filling<T: Element>(value: f64) -> Result<T> {
    let whole = T::from_i64(value as i64);
    let made = T::into_tensor(vec![whole], Shape::from(1));
    match made.dtype() {
        DType::Float32 => Ok(T::from_f32(value as f32)),
        _ if made.item(0)? == value => Ok(whole),
        dtype => {
            let expected = format!("a number that a tensor of type {dtype} has");
            Err(Error::argument("value", &expected, value)
                .remedy("give sequences of floats to fill them up with fractions"))
        }
    }
}

fn pad<S: AsRef<[T]>, T: Element>(sequences: &[S], how: &PadSequences) -> Result<Tensor> {
    let value = filling(how.value)?;
    let (padding, truncating) = (*how.padding.get()?, *how.truncating.get()?);
    let longest = sequences
        .iter()
        .map(|sequence| sequence.as_ref().len())
        .max();
    let length = how.maxlen.or(longest).unwrap_or(0);
    let mut padded: Vec<T> = Vec::new();
    let size = sequences.len().saturating_mul(length);
    if padded.try_reserve_exact(size).is_err() {
        return Err(Error::argument(
            "maxlen",
            "a length that fits into memory",
            length,
        ));
    }
    for sequence in sequences {
        let sequence = sequence.as_ref();
        let too_many = sequence.len().saturating_sub(length);
        let kept = match truncating {
            Side::Pre => &sequence[too_many..],
            Side::Post => &sequence[..sequence.len() - too_many],
        };
        let fill = std::iter::repeat_n(value, length - kept.len());
        match padding {
            Side::Pre => padded.extend(fill.chain(kept.iter().copied())),
            Side::Post => padded.extend(kept.iter().copied().chain(fill)),
        }
    }
    Tensor::from_vec(padded, (sequences.len(), length))
}
