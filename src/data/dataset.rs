//! [`Dataset`]: what a pipeline of data is to its user.

use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::element::{DatasetElement, IntoElement};
use super::iteration::{ElementIter, PairIter};
use super::sources::{Generator, Slices};
use super::spec::{Cardinality, ElementSpec};
use super::stage::{Pass, Stage};
use crate::{Error, Result, random};

/// Samples or batches that are read, changed and put in order when they are needed, on other threads
/// than those that train: data may be larger than the memory.
///
/// tf.data: `tf.data.Dataset`. Nothing happens before somebody goes through the dataset: a loop,
/// [`fit_batches`](crate::Model::fit_batches), [`evaluate_batches`](crate::Model::evaluate_batches)
/// or [`predict`](crate::Model::predict). Each time begins anew. The order and what the functions
/// of [`map`](Self::map) draw depend on seeds alone, not on the number of threads.
///
/// A loop takes each element as a [`Result`]: what fails on the way comes out with its place in the
/// pipeline. Leaving the loop ends the threads.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let x = Tensor::random_uniform((100, 28, 28), 0.0, 255.0);
/// let y = Tensor::from_vec((0..100).map(|i| i % 10).collect::<Vec<i64>>(), 100)?;
/// let train = Dataset::from_tensor_slices((&x, &y))?
///     .shuffle(100)
///     .map(|(x, y)| (x / 255.0, y))
///     .batch(32)
///     .prefetch(2);
/// for batch in &train {
///     let (x, y) = batch?;
///     assert_eq!(x.len(), y.len());
/// }
/// assert_eq!(
///     train.to_string(),
///     "<Dataset of 4 elements, x: (None, 28, 28) float32, y: (None,) int64>"
/// );
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone)]
pub struct Dataset {
    pub(super) stage: Arc<dyn Stage>,
    /// How many times somebody has gone through it.
    passes: Arc<AtomicU64>,
    /// What its elements are made of, once somebody has asked.
    spec: Arc<OnceLock<ElementSpec>>,
    files: Option<Arc<Files>>,
}

/// Where the elements come from.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) class_names: Vec<String>,
    pub(super) file_paths: Vec<PathBuf>,
}

impl Dataset {
    pub(super) fn of(stage: impl Stage + 'static) -> Dataset {
        Dataset {
            stage: Arc::new(stage),
            passes: Arc::default(),
            spec: Arc::default(),
            files: None,
        }
    }

    /// What a stage makes of this dataset.
    pub(super) fn then<S: Stage + 'static>(
        &self,
        stage: impl FnOnce(Arc<dyn Stage>) -> S,
    ) -> Dataset {
        Dataset {
            files: self.files.clone(),
            ..Dataset::of(stage(Arc::clone(&self.stage)))
        }
    }

    pub(super) fn with_files(mut self, files: Files) -> Dataset {
        self.files = Some(Arc::new(files));
        self
    }

    /// The entries of tensors along their first axis: `&x`, `(&x, &y)`, `(&x, &y, &sample_weight)`
    /// or a [`DatasetElement`].
    ///
    /// tf.data: `tf.data.Dataset.from_tensor_slices`.
    ///
    /// # Errors
    /// When the tensors have different numbers of entries, or no first axis.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let (x, y) = (Tensor::zeros((10, 4)), Tensor::arange(10));
    /// let samples = Dataset::from_tensor_slices((&x, &y))?;
    /// assert_eq!(samples.element_spec()?.to_string(), "x: (4,) float32, y: () int64");
    /// let (_, label) = samples.skip(7).iter().next().expect("three are left")?;
    /// assert_eq!(label.get(0)?, 7);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn from_tensor_slices(tensors: impl IntoElement) -> Result<Dataset> {
        let slices = tensors.into_element().and_then(Slices::new);
        let slices = slices.map_err(|e| e.at("Dataset: `from_tensor_slices`"))?;
        Ok(Dataset::of(slices))
    }

    /// What iterators give: `make` makes one for each pass. Their items are tensors, `(x, y)` and so
    /// on, or [`Result`]s of them, samples or whole batches. Whether shapes and types are known
    /// ([`element_spec`](Self::element_spec)), one more iterator is made and asked for one item.
    ///
    /// tf.data: `tf.data.Dataset.from_generator`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let squares = Dataset::from_generator(|| {
    ///     (0..5).map(|i| (Tensor::scalar(i as f32), Tensor::scalar((i * i) as f32)))
    /// });
    /// let (x, y) = squares.batch(5).iter().next().expect("not empty")?;
    /// assert_eq!(y.to_vec::<f32>(), [0.0, 1.0, 4.0, 9.0, 16.0]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn from_generator<F, I>(make: F) -> Dataset
    where
        F: Fn() -> I + Send + Sync + 'static,
        I: IntoIterator<Item: IntoElement, IntoIter: Send + 'static> + 'static,
    {
        Dataset::of(Generator::new(make))
    }

    /// How many elements there are, as far as that is known.
    ///
    /// tf.data: `dataset.cardinality()`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// use kerust::data::Cardinality;
    /// let ten = Dataset::from_tensor_slices(Tensor::arange(10))?;
    /// assert_eq!(ten.batch(4).cardinality(), Cardinality::Finite(3));
    /// assert_eq!(ten.repeat(None).cardinality(), Cardinality::Infinite);
    /// let some = ten.filter(|x: Tensor| Ok(x.get(0)? > 3));
    /// assert_eq!(some.cardinality(), Cardinality::Unknown);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn cardinality(&self) -> Cardinality {
        self.stage.cardinality()
    }

    /// What the elements are made of. The first time, the first element is made for it.
    ///
    /// tf.data: `dataset.element_spec`.
    ///
    /// # Errors
    /// When the first element cannot be made, or there is none.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let rows = Dataset::from_tensor_slices(Tensor::zeros((10, 3)))?;
    /// assert_eq!(rows.element_spec()?.to_string(), "x: (3,) float32");
    /// assert_eq!(rows.batch(4).element_spec()?.to_string(), "x: (None, 3) float32");
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn element_spec(&self) -> Result<ElementSpec> {
        if let Some(spec) = self.spec.get() {
            return Ok(spec.clone());
        }
        let Some(first) = self.glance()? else {
            return Err(Error::data("the dataset is empty").at("Dataset: `element_spec`"));
        };
        let spec = ElementSpec::of(&first, self.stage.batches_are_open());
        Ok(self.spec.get_or_init(|| spec).clone())
    }

    /// An element like the first, made without threads and buffers.
    pub(crate) fn glance(&self) -> Result<Option<DatasetElement>> {
        let pass = Pass {
            number: 0,
            seed: 0,
            is_glance: true,
        };
        ElementIter::new(self.stage.begin(pass)).next().transpose()
    }

    /// The names of the classes, by their labels, where the elements come from a folder; otherwise
    /// none.
    ///
    /// Keras: `dataset.class_names`.
    pub fn class_names(&self) -> &[String] {
        let files = self.files.as_deref();
        files.map_or(&[], |files| &files.class_names)
    }

    /// The files that the elements come from, in order before shuffling.
    ///
    /// Keras: `dataset.file_paths`.
    pub fn file_paths(&self) -> &[PathBuf] {
        let files = self.files.as_deref();
        files.map_or(&[], |files| &files.file_paths)
    }

    /// The elements `(x, y)`, which most datasets have.
    pub fn iter(&self) -> PairIter {
        PairIter(self.elements())
    }

    /// The elements, of any kind.
    pub fn elements(&self) -> ElementIter {
        let number = self.passes.fetch_add(1, Ordering::Relaxed);
        self.pass(number, random::fresh_seed())
    }

    /// The elements of the pass `number`, with everything random drawn from `seed` that has no seed
    /// of its own.
    pub(crate) fn pass(&self, number: u64, seed: u64) -> ElementIter {
        ElementIter::new(self.stage.begin(Pass {
            number,
            seed,
            is_glance: false,
        }))
    }
}

impl IntoIterator for &Dataset {
    type Item = <PairIter as Iterator>::Item;
    type IntoIter = PairIter;

    fn into_iter(self) -> PairIter {
        self.iter()
    }
}

impl IntoIterator for Dataset {
    type Item = <PairIter as Iterator>::Item;
    type IntoIter = PairIter;

    fn into_iter(self) -> PairIter {
        self.iter()
    }
}

/// How many elements, and what they are made of: for that, the first one may have to be made.
impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<Dataset of {}", self.cardinality())?;
        match self.element_spec() {
            Ok(spec) => write!(f, ", {spec}>"),
            Err(_) => f.write_str(">"),
        }
    }
}

impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
