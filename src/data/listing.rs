//! Files with their labels, and the dataset that reads them.

use std::path::{Path, PathBuf};

use super::dataset::{Dataset, Files};
use super::labels::LabelMode;
use super::shuffling::Shuffle;
use crate::{Result, Tensor};

/// Files with their labels.
#[derive(Default)]
pub(super) struct Listing {
    pub(super) paths: Vec<PathBuf>,
    pub(super) labels: Option<Vec<usize>>,
    pub(super) class_names: Vec<String>,
    pub(super) label_mode: LabelMode,
    /// What shuffling begins with; none in the order of the paths.
    pub(super) seed: Option<u32>,
}

impl Listing {
    /// The first `count` files, and the others.
    pub(super) fn split_at(mut self, count: usize) -> (Listing, Listing) {
        let rest = Listing {
            paths: self.paths.split_off(count),
            labels: self.labels.as_mut().map(|labels| labels.split_off(count)),
            class_names: self.class_names.clone(),
            ..self
        };
        (self, rest)
    }

    /// These files, and others of the same folder.
    pub(super) fn joined(mut self, rest: Listing) -> Listing {
        self.paths.extend(rest.paths);
        if let (Some(labels), Some(rest)) = (&mut self.labels, rest.labels) {
            labels.extend(rest);
        }
        self
    }

    /// The label of a file, as the label mode asks for.
    pub(super) fn label(&self, file: usize) -> Result<Option<Tensor>> {
        let Some(labels) = &self.labels else {
            return Ok(None);
        };
        let label = labels[file];
        let label = match self.label_mode {
            LabelMode::None => return Ok(None),
            LabelMode::Int => Tensor::from_vec(vec![label as i64], ()),
            LabelMode::Binary => Tensor::from_vec(vec![label as f32], 1),
            LabelMode::Categorical => {
                let mut row = vec![0.0f32; self.class_names.len()];
                if let Some(place) = row.get_mut(label) {
                    *place = 1.0;
                }
                Tensor::from_vec(row, self.class_names.len())
            }
        };
        label.map(Some)
    }

    /// The numbers of the files in the order that they are read in, another one each time.
    pub(super) fn order(&self, batch_size: Option<usize>) -> Result<Dataset> {
        let files = Dataset::from_tensor_slices(Tensor::arange(self.paths.len()))?;
        let Some(seed) = self.seed else {
            return Ok(files);
        };
        let buffer_size = batch_size.map_or(1024, |size| size.saturating_mul(8).max(1));
        Ok(files.shuffle(Shuffle::new(buffer_size).seed(u64::from(seed))))
    }

    /// The dataset of what `read` makes of each file, in batches.
    pub(super) fn dataset(
        self,
        batch_size: Option<usize>,
        read: impl Fn(&Path) -> Result<Tensor> + Send + Sync + 'static,
    ) -> Result<Dataset> {
        let order = self.order(batch_size)?;
        let files = Files {
            class_names: self.class_names.clone(),
            file_paths: self.paths.clone(),
        };
        let samples = order.map(move |file: Tensor| {
            let file = file.get(0)?;
            let x = read(&self.paths[file])?;
            let y: Vec<Tensor> = self.label(file)?.into_iter().collect();
            Ok((x, y))
        });
        // Padding does nothing to samples of one shape.
        let batches = match batch_size {
            Some(size) => samples.padded_batch(size).prefetch(2),
            None => samples,
        };
        Ok(batches.with_files(files))
    }
}
