//! What the data sets of houses have in common: a table of numbers, shuffled and cut in two.

use std::path::Path;

use super::dataset::Dataset;
use super::npz::Npz;
use super::{Split, stand_in};
use crate::random_state::RandomState;
use crate::{Error, Result, Tensor};

/// How a table is shuffled and cut.
pub(super) struct Cut {
    /// Only the first rows.
    pub(super) rows: Option<usize>,
    pub(super) columns: usize,
    pub(super) test_split: f64,
    pub(super) seed: u32,
}

/// The arrays `x` and `y` of an `.npz` file.
pub(super) fn load(dataset: &Dataset, path: &Path, cut: &Cut) -> Result<Split> {
    if !(0.0..1.0).contains(&cut.test_split) {
        let expected = "a part from 0 to below 1";
        return Err(Error::argument("test_split", expected, cut.test_split));
    }
    let (folder, mut npz) = Npz::open_in(path, dataset.files[0].name)?;
    let (x, y) = (npz.tensor("x")?, npz.tensor("y")?);
    if y.ndim() != 1 || x.shape() != (y.len(), cut.columns) {
        return Err(Error::data(format!(
            "`{}` holds samples of shape {} with targets of shape {}, expected {} columns and a \
             target for each row",
            npz.path().display(),
            x.shape(),
            y.shape(),
            cut.columns
        ))
        .remedy("copy or download it again"));
    }
    let rows = cut.rows.map_or(y.len(), |rows| rows.min(y.len()));
    let order = RandomState::new(cut.seed).shuffled(rows);
    let first = (rows as f64 * (1.0 - cut.test_split)) as usize;
    let part =
        |order: &[usize]| -> Result<(Tensor, Tensor)> { Ok((x.take(order)?, y.take(order)?)) };
    let split = (part(&order[..first])?, part(&order[first..])?);
    stand_in::announce(dataset, &folder);
    Ok(split)
}
