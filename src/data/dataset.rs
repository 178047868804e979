//! [`Dataset`]: what a pipeline of data is to its user.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::batching::{Batch, Batched, Unbatched, padded_stack};
use super::cache::{Cached, CachedInFile};
use super::combination::{Concatenated, Repeated, Zipped};
use super::element::{DatasetElement, FromElement, IntoElement};
use super::iteration::{ElementIter, PairIter};
use super::mapping::{Mapped, Prefetched};
use super::selection::{Filtered, Positions};
use super::shuffling::{Shuffle, Shuffled};
use super::sources::{Generator, Slices};
use super::spec::{Cardinality, ElementSpec};
use super::stage::{Pass, Stage};
use crate::{Error, Result, Tensor, random};

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
    stage: Arc<dyn Stage>,
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
    fn then<S: Stage + 'static>(&self, stage: impl FnOnce(Arc<dyn Stage>) -> S) -> Dataset {
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

    /// What `change` makes of each element, on all cores, in the order of the elements. It takes
    /// `|(x, y)|`, `|(x, y, sample_weight)|`, `|x: Tensor|` or `|element: DatasetElement|` and
    /// returns the like, or a [`Result`] of it.
    ///
    /// tf.data: `dataset.map(f, num_parallel_calls=AUTOTUNE)`; the number of threads is rayon's
    /// (`RAYON_NUM_THREADS`).
    ///
    /// What `change` draws at random depends on the seed of the pass and the position of the element:
    /// augmentation is repeatable with any number of threads. An error or a panic of `change` comes
    /// out of the dataset as an error with that position.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let x = Tensor::ones((6, 4));
    /// let rows = Dataset::from_tensor_slices((&x, &Tensor::arange(6)))?;
    /// let squares = rows.map(|(x, y)| Ok((x.reshape((2, 2))?, y)));
    /// let doubled = squares.map(|(x, y)| (x * 2.0, y));
    /// assert_eq!(doubled.element_spec()?.x[0].shape, (2, 2));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    #[must_use]
    pub fn map<A, R>(&self, change: impl Fn(A) -> R + Send + Sync + 'static) -> Dataset
    where
        A: FromElement,
        R: IntoElement,
    {
        self.map_on(rayon::current_num_threads(), change)
    }

    pub(super) fn map_on<A, R>(
        &self,
        threads: usize,
        change: impl Fn(A) -> R + Send + Sync + 'static,
    ) -> Dataset
    where
        A: FromElement,
        R: IntoElement,
    {
        let change = move |element| change(A::from_element(element)?).into_element();
        self.then(|of| Mapped {
            of,
            change: Arc::new(change),
            threads,
        })
    }

    /// The elements that `stays` is true of.
    ///
    /// tf.data: `dataset.filter(predicate)`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let digits = Dataset::from_tensor_slices((&Tensor::ones((10, 3)), &Tensor::arange(10)))?;
    /// let even = digits.filter(|(_, y)| Ok(y.get(0)? % 2 == 0));
    /// assert_eq!(even.iter().count(), 5);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    #[must_use]
    pub fn filter<A: FromElement>(
        &self,
        stays: impl Fn(A) -> Result<bool> + Send + Sync + 'static,
    ) -> Dataset {
        let stays = move |element| stays(A::from_element(element)?);
        self.then(|of| Filtered {
            of,
            stays: Arc::new(stays),
        })
    }

    /// The elements in another order: each is drawn among so many that come next. `shuffle(1000)`,
    /// or [`Shuffle`] for a seed.
    ///
    /// tf.data: `dataset.shuffle(buffer_size, seed, reshuffle_each_iteration)`.
    #[must_use]
    pub fn shuffle(&self, shuffle: impl Into<Shuffle>) -> Dataset {
        self.then(|of| Shuffled::new(of, shuffle.into()))
    }

    /// So many elements each as one, stacked along a new first axis. `batch(32)`, or [`Batch`] to
    /// leave out a smaller batch at the end.
    ///
    /// tf.data: `dataset.batch(batch_size, drop_remainder)`.
    #[must_use]
    pub fn batch(&self, batch: impl Into<Batch>) -> Dataset {
        self.batched(batch.into(), Tensor::stack)
    }

    /// As [`batch`](Self::batch), for elements of different lengths: each axis becomes as long as the
    /// longest of the batch, with zeros behind what is shorter.
    ///
    /// tf.data: `dataset.padded_batch(batch_size)`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let growing = Dataset::from_generator(|| (1..=3).map(Tensor::arange));
    /// let batch = growing.padded_batch(3).elements().next().expect("not empty")?;
    /// assert_eq!(batch.x()[0].to_vec::<i64>(), [0, 0, 0, 0, 1, 0, 0, 1, 2]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    #[must_use]
    pub fn padded_batch(&self, batch: impl Into<Batch>) -> Dataset {
        self.batched(batch.into(), padded_stack)
    }

    fn batched(&self, batch: Batch, join: fn(&[Tensor]) -> Result<Tensor>) -> Dataset {
        self.then(|of| Batched { of, batch, join })
    }

    /// The entries of each element along its first axis as elements: the opposite of
    /// [`batch`](Self::batch).
    ///
    /// tf.data: `dataset.unbatch()`.
    #[must_use]
    pub fn unbatch(&self) -> Dataset {
        self.then(|of| Unbatched { of })
    }

    /// The first `count` elements.
    ///
    /// tf.data: `dataset.take(count)`.
    #[must_use]
    pub fn take(&self, count: usize) -> Dataset {
        self.positions(0, 1, Some(count))
    }

    /// All but the first `count` elements.
    ///
    /// tf.data: `dataset.skip(count)`.
    #[must_use]
    pub fn skip(&self, count: usize) -> Dataset {
        self.positions(count, 1, None)
    }

    /// Every `num_shards`-th element, from the one at `index` on.
    ///
    /// tf.data: `dataset.shard(num_shards, index)`.
    ///
    /// # Errors
    /// When `index` is not below `num_shards`.
    pub fn shard(&self, num_shards: usize, index: usize) -> Result<Dataset> {
        if index >= num_shards {
            let expected = format!("a number below `num_shards` ({num_shards})");
            let error = Error::argument("index", &expected, index);
            return Err(error.at("Dataset: `shard`"));
        }
        Ok(self.positions(index, num_shards, None))
    }

    fn positions(&self, first: usize, step: usize, count: Option<usize>) -> Dataset {
        self.then(|of| Positions {
            of,
            first,
            step,
            count,
        })
    }

    /// The elements `count` times, or without end: `repeat(3)`, `repeat(None)`.
    ///
    /// tf.data: `dataset.repeat(count)`.
    #[must_use]
    pub fn repeat(&self, count: impl Into<Option<usize>>) -> Dataset {
        let count = count.into();
        self.then(|of| Repeated { of, count })
    }

    /// The elements, then those of `other`.
    ///
    /// tf.data: `dataset.concatenate(other)`.
    #[must_use]
    pub fn concatenate(&self, other: &Dataset) -> Dataset {
        self.then(|first| Concatenated {
            first,
            second: Arc::clone(&other.stage),
        })
    }

    /// Elements `(x, y)` of two datasets, the inputs from this one, the labels from `labels`, up to
    /// the end of the shorter.
    ///
    /// tf.data: `tf.data.Dataset.zip((dataset, labels))`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let x = Dataset::from_tensor_slices(Tensor::ones((10, 3)))?;
    /// let y = Dataset::from_tensor_slices(Tensor::arange(8))?;
    /// assert_eq!(x.zip(&y).cardinality().finite(), Some(8));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    #[must_use]
    pub fn zip(&self, labels: &Dataset) -> Dataset {
        self.then(|x| Zipped {
            x,
            y: Arc::clone(&labels.stage),
        })
    }

    /// Keeps the elements in memory once somebody has gone through all of them: what was read and
    /// computed before is not done again.
    ///
    /// tf.data: `dataset.cache()`.
    #[must_use]
    pub fn cache(&self) -> Dataset {
        self.then(Cached::new)
    }

    /// As [`cache`](Self::cache), in a file, which later programs read, too. It is never looked at
    /// whether it belongs to this dataset: delete it when something changes.
    ///
    /// tf.data: `dataset.cache(filename)`.
    #[must_use]
    pub fn cache_file(&self, path: impl AsRef<Path>) -> Dataset {
        let path = path.as_ref().to_path_buf();
        self.then(|of| CachedInFile { of, path })
    }

    /// Makes so many elements before they are asked for, on a thread of their own.
    ///
    /// tf.data: `dataset.prefetch(buffer_size)`. [`fit_batches`](crate::Model::fit_batches) always
    /// has the next batch made while a step computes.
    #[must_use]
    pub fn prefetch(&self, buffer_size: usize) -> Dataset {
        self.then(|of| Prefetched { of, buffer_size })
    }

    /// How many elements there are, as far as that is known.
    ///
    /// tf.data: `dataset.cardinality()`.
    pub fn cardinality(&self) -> Cardinality {
        self.stage.cardinality()
    }

    /// What the elements are made of. The first time, the first element is made for it.
    ///
    /// tf.data: `dataset.element_spec`.
    ///
    /// # Errors
    /// When the first element cannot be made, or there is none.
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
