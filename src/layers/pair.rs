//! A height and a width.

use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// A height and a width; one number stands for both: `3` or `(3, 3)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "OneOrTwo")]
pub struct Pair(pub usize, pub usize);

impl From<usize> for Pair {
    fn from(both: usize) -> Self {
        Pair(both, both)
    }
}

impl From<(usize, usize)> for Pair {
    fn from((height, width): (usize, usize)) -> Self {
        Pair(height, width)
    }
}

impl Pair {
    /// Fails with the argument's name unless both are positive.
    pub(crate) fn require_positive(self, name: &str) -> Result<(usize, usize)> {
        if self.0 == 0 || self.1 == 0 {
            let given = format!("({}, {})", self.0, self.1);
            return Err(Error::argument(name, "positive whole numbers", given));
        }
        Ok((self.0, self.1))
    }
}

/// How Keras writes a pair down.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrTwo {
    One(usize),
    Two(usize, usize),
}

impl From<OneOrTwo> for Pair {
    fn from(written: OneOrTwo) -> Self {
        match written {
            OneOrTwo::One(both) => both.into(),
            OneOrTwo::Two(height, width) => (height, width).into(),
        }
    }
}
