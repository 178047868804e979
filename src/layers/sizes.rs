//! One number for each axis in space.

use serde::{Deserialize, Serialize};

use crate::{Error, Result, Shape};

/// One number for each of `RANK` axes; a single number stands for all of them: `3` or `(3, 3)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Vec<usize>", try_from = "OneOrMore")]
pub struct Sizes<const RANK: usize>(pub [usize; RANK]);

/// A height and a width.
pub type Pair = Sizes<2>;

impl<const RANK: usize> From<usize> for Sizes<RANK> {
    fn from(all: usize) -> Self {
        Sizes([all; RANK])
    }
}

impl<const RANK: usize> From<[usize; RANK]> for Sizes<RANK> {
    fn from(sizes: [usize; RANK]) -> Self {
        Sizes(sizes)
    }
}

impl From<(usize, usize)> for Sizes<2> {
    fn from(sizes: (usize, usize)) -> Self {
        Sizes(sizes.into())
    }
}

impl From<(usize, usize, usize)> for Sizes<3> {
    fn from(sizes: (usize, usize, usize)) -> Self {
        Sizes(sizes.into())
    }
}

impl<const RANK: usize> Sizes<RANK> {
    /// Fails with the argument's name unless all are positive.
    pub(crate) fn require_positive(self, name: &str) -> Result<[usize; RANK]> {
        if !self.0.contains(&0) {
            return Ok(self.0);
        }
        Err(match RANK {
            1 => Error::argument(name, "a positive whole number", 0),
            _ => Error::argument(name, "positive whole numbers", Shape::from(self.0)),
        })
    }
}

/// How Keras writes them down.
#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    One(usize),
    More(Vec<usize>),
}

impl<const RANK: usize> TryFrom<OneOrMore> for Sizes<RANK> {
    type Error = String;

    fn try_from(written: OneOrMore) -> Result<Self, String> {
        match written {
            OneOrMore::One(all) => Ok(all.into()),
            OneOrMore::More(sizes) => {
                let sizes = sizes.try_into();
                sizes
                    .map(Sizes)
                    .map_err(|sizes| format!("expected {RANK} numbers, got {sizes:?}"))
            }
        }
    }
}

impl<const RANK: usize> From<Sizes<RANK>> for Vec<usize> {
    fn from(sizes: Sizes<RANK>) -> Self {
        sizes.0.to_vec()
    }
}
