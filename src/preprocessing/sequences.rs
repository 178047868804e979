//! `pad_sequences`.

use crate::{Error, Result, Setting, Tensor};

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
    /// What is added; 0 unless set.
    pub value: i64,
}

impl Default for PadSequences {
    fn default() -> Self {
        Self {
            maxlen: None,
            padding: Side::Pre.into(),
            truncating: Side::Pre.into(),
            value: 0,
        }
    }
}

/// Sequences of one length, from sequences of any length.
///
/// Keras: `keras.utils.pad_sequences`.
///
/// # Shapes
/// `(sequences, maxlen)`
///
/// # Errors
/// When a side's name does not exist or the result does not fit into memory.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// use kerust::preprocessing::PadSequences;
/// let x = pad_sequences(&[vec![1], vec![2, 3]], PadSequences::default())?;
/// assert_eq!(x.to_vec::<i64>(), [0, 1, 2, 3]);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn pad_sequences<S: AsRef<[i64]>>(sequences: &[S], how: PadSequences) -> Result<Tensor> {
    pad(sequences, &how).map_err(|e| e.at("pad_sequences"))
}

fn pad<S: AsRef<[i64]>>(sequences: &[S], how: &PadSequences) -> Result<Tensor> {
    let (padding, truncating) = (*how.padding.get()?, *how.truncating.get()?);
    let longest = sequences
        .iter()
        .map(|sequence| sequence.as_ref().len())
        .max();
    let length = how.maxlen.or(longest).unwrap_or(0);
    let mut padded: Vec<i64> = Vec::new();
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
        let fill = std::iter::repeat_n(how.value, length - kept.len());
        match padding {
            Side::Pre => padded.extend(fill.chain(kept.iter().copied())),
            Side::Post => padded.extend(kept.iter().copied().chain(fill)),
        }
    }
    Tensor::from_vec(padded, (sequences.len(), length))
}
