//! When something is saved.

use std::str::FromStr;

use crate::{Error, Result, Setting};

/// When a callback saves: after each epoch, or after so many batches.
///
/// Keras: the argument `save_freq` of callbacks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SaveFreq {
    /// After each epoch.
    #[default]
    Epoch,
    /// After so many batches, counted on from one epoch to the next.
    Batches(usize),
}

impl FromStr for SaveFreq {
    type Err = Error;

    fn from_str(name: &str) -> Result<SaveFreq> {
        match name {
            "epoch" => Ok(SaveFreq::Epoch),
            _ => Err(Error::unknown_name("save_freq", name, &["epoch"])
                .remedy("`\"epoch\"`, or a number of batches")),
        }
    }
}

impl From<SaveFreq> for Setting<SaveFreq> {
    fn from(save_freq: SaveFreq) -> Self {
        Setting::value(save_freq)
    }
}

impl From<usize> for Setting<SaveFreq> {
    fn from(batches: usize) -> Self {
        Setting::looked_up(match batches {
            0 => Err(Error::argument(
                "save_freq",
                "`\"epoch\"`, or a positive number of batches",
                0,
            )),
            batches => Ok(SaveFreq::Batches(batches)),
        })
    }
}
