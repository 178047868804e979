//! `RandomSearch`: values that are drawn at random.

use super::{Known, Oracle, Proposal};
use crate::Result;

#[derive(Debug)]
pub(in crate::tuner) struct RandomSearchOracle;

impl Oracle for RandomSearchOracle {
    fn class_name(&self) -> &'static str {
        "RandomSearch"
    }

    fn propose(&self, known: &Known<'_>) -> Result<Option<Proposal>> {
        Ok(known.random_values().map(Proposal::from))
    }
}
