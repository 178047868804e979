//! One's own data: pipelines, folders, training on them.

mod folders;
mod larger_than_memory;
mod pipeline;
mod training;

use kerust::prelude::*;

/// Samples `(x, y)` with the number of each in both, `x` of shape `(3,)`.
pub(crate) fn numbered(count: usize) -> Result<Dataset> {
    let x = (0..count).flat_map(|i| [i as f32; 3]).collect();
    let x = Tensor::from_vec::<f32>(x, (count, 3))?;
    Dataset::from_tensor_slices((&x, &Tensor::arange(count)))
}

/// The labels of all elements, in order.
pub(crate) fn labels(dataset: &Dataset) -> Result<Vec<usize>> {
    let mut labels = Vec::new();
    for pair in dataset {
        let (x, y) = pair?;
        let first: Vec<usize> = x.to_vec::<usize>().chunks(3).map(|x| x[0]).collect();
        assert_eq!(first, y.to_vec::<usize>(), "x and y stay together");
        labels.extend(first);
    }
    Ok(labels)
}
