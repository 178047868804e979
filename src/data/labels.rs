//! What the functions take that make a dataset of a folder: labels and parts of the files.

use std::str::FromStr;

use crate::{Error, Result, Setting};

/// Where the labels of files come from.
///
/// Keras: the argument `labels`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Labels {
    /// From the folders that the files are in, one for each class.
    #[default]
    Inferred,
    /// There are none.
    None,
    /// One for each file, in the order of their paths.
    Given(Vec<usize>),
}

impl<const N: usize> From<[usize; N]> for Labels {
    fn from(labels: [usize; N]) -> Self {
        Labels::Given(labels.into())
    }
}

impl From<Vec<usize>> for Labels {
    fn from(labels: Vec<usize>) -> Self {
        Labels::Given(labels)
    }
}

/// What labels look like.
///
/// Keras: the argument `label_mode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LabelMode {
    /// Whole numbers, for `sparse_categorical_crossentropy`.
    #[default]
    Int,
    /// A row with a 1 in the place of the class, for `categorical_crossentropy`.
    Categorical,
    /// 0.0 or 1.0, for `binary_crossentropy`.
    Binary,
    /// There are none.
    None,
}

impl FromStr for LabelMode {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "int" => Ok(LabelMode::Int),
            "categorical" => Ok(LabelMode::Categorical),
            "binary" => Ok(LabelMode::Binary),
            "none" => Ok(LabelMode::None),
            _ => {
                let known = ["int", "categorical", "binary", "none"];
                Err(Error::unknown_name("label mode", name, &known))
            }
        }
    }
}

impl From<LabelMode> for Setting<LabelMode> {
    fn from(label_mode: LabelMode) -> Self {
        Setting::value(label_mode)
    }
}

/// A part of the files.
///
/// Keras: the argument `subset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subset {
    /// All but the last `validation_split` of the files.
    Training,
    /// The last `validation_split` of the files.
    Validation,
    /// Both, one after the other.
    Both,
}

impl FromStr for Subset {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "training" => Ok(Subset::Training),
            "validation" => Ok(Subset::Validation),
            "both" => Ok(Subset::Both),
            _ => {
                let known = ["training", "validation", "both"];
                Err(Error::unknown_name("subset", name, &known))
            }
        }
    }
}

impl From<Subset> for Setting<Subset> {
    fn from(subset: Subset) -> Self {
        Setting::value(subset)
    }
}
