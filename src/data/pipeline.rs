//! The stages that the methods of a [`Dataset`] add.

use std::path::Path;
use std::sync::Arc;

use super::batching::{Batch, Batched, Unbatched, padded_stack};
use super::cache::{Cached, CachedInFile};
use super::combination::{Concatenated, Repeated, Zipped};
use super::dataset::Dataset;
use super::element::{FromElement, IntoElement};
use super::mapping::{Mapped, Prefetched};
use super::selection::{Filtered, Positions};
use super::shuffling::{Shuffle, Shuffled};
use crate::{Error, Result, Tensor};

impl Dataset {
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
        let change = move |element| change(A::from_element(element)?).into_element();
        self.then(|of| Mapped {
            of,
            change: Arc::new(change),
            threads: rayon::current_num_threads(),
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
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let ten = Dataset::from_tensor_slices(Tensor::arange(10))?;
    /// let shuffled = ten.shuffle(Shuffle::new(10).seed(3));
    /// let order = |dataset: &Dataset| -> Result<Vec<usize>> {
    ///     dataset.elements().map(|x| x?.parts::<Tensor>()?.get(0)).collect()
    /// };
    /// let (first, second) = (order(&shuffled)?, order(&shuffled)?);
    /// assert_ne!(first, second);
    /// assert_eq!(first.iter().sum::<usize>(), 45);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    #[must_use]
    pub fn shuffle(&self, shuffle: impl Into<Shuffle>) -> Dataset {
        self.then(|of| Shuffled::new(of, shuffle.into()))
    }

    /// So many elements each as one, stacked along a new first axis. `batch(32)`, or [`Batch`] to
    /// leave out a smaller batch at the end.
    ///
    /// tf.data: `dataset.batch(batch_size, drop_remainder)`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let ten = Dataset::from_tensor_slices(Tensor::arange(10))?;
    /// let sizes = ten.batch(4).elements().map(|batch| Ok(batch?.x()[0].len()));
    /// assert_eq!(sizes.collect::<Result<Vec<_>>>()?, [4, 4, 2]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
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
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let batches = Dataset::from_generator(|| (1..4).map(Tensor::arange));
    /// assert_eq!(batches.unbatch().elements().count(), 1 + 2 + 3);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    #[must_use]
    pub fn unbatch(&self) -> Dataset {
        self.then(|of| Unbatched { of })
    }

    /// The first `count` elements.
    ///
    /// tf.data: `dataset.take(count)`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let ten = Dataset::from_tensor_slices(Tensor::arange(10))?;
    /// assert_eq!(ten.take(3).cardinality().finite(), Some(3));
    /// assert_eq!(ten.take(99).cardinality().finite(), Some(10));
    /// # Ok::<(), kerust::Error>(())
    /// ```
    #[must_use]
    pub fn take(&self, count: usize) -> Dataset {
        self.positions(0, 1, Some(count))
    }

    /// All but the first `count` elements.
    ///
    /// tf.data: `dataset.skip(count)`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let ten = Dataset::from_tensor_slices(Tensor::arange(10))?;
    /// let rest = ten.skip(8).elements().next().expect("two are left")?;
    /// assert_eq!(rest.parts::<Tensor>()?.get(0)?, 8);
    /// # Ok::<(), kerust::Error>(())
    /// ```
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
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let ten = Dataset::from_tensor_slices(Tensor::arange(10))?;
    /// let second = ten.shard(3, 1)?.batch(10).elements().next().expect("not empty")?;
    /// assert_eq!(second.x()[0].to_vec::<usize>(), [1, 4, 7]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
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
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let ten = Dataset::from_tensor_slices(Tensor::arange(10))?;
    /// assert_eq!(ten.repeat(3).cardinality().finite(), Some(30));
    /// assert_eq!(ten.repeat(None).take(25).elements().count(), 25);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    #[must_use]
    pub fn repeat(&self, count: impl Into<Option<usize>>) -> Dataset {
        let count = count.into();
        self.then(|of| Repeated { of, count })
    }

    /// The elements, then those of `other`.
    ///
    /// tf.data: `dataset.concatenate(other)`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let ten = Dataset::from_tensor_slices(Tensor::arange(10))?;
    /// let ends = ten.take(2).concatenate(&ten.skip(8)).batch(4);
    /// let ends = ends.elements().next().expect("not empty")?;
    /// assert_eq!(ends.x()[0].to_vec::<usize>(), [0, 1, 8, 9]);
    /// # Ok::<(), kerust::Error>(())
    /// ```
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
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let noise = Dataset::from_tensor_slices(Tensor::zeros(5))?
    ///     .map(|x: Tensor| x + Tensor::random_uniform((), 0.0, 1.0));
    /// let drawn = |dataset: &Dataset| dataset.elements().collect::<Result<Vec<_>>>();
    /// assert_ne!(drawn(&noise)?, drawn(&noise)?);
    /// let kept = noise.cache();
    /// assert_eq!(drawn(&kept)?, drawn(&kept)?);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    #[must_use]
    pub fn cache(&self) -> Dataset {
        self.then(Cached::new)
    }

    /// As [`cache`](Self::cache), in a file, which later programs read, too. It is never looked at
    /// whether it belongs to this dataset: delete it when something changes.
    ///
    /// tf.data: `dataset.cache(filename)`.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// # let folder = tempfile::tempdir().expect("a folder");
    /// # let path = folder.path().join("digits.cache");
    /// let squares = Dataset::from_tensor_slices(Tensor::arange(5))?.map(|x: Tensor| &x * &x);
    /// // let path = "digits.cache";
    /// assert_eq!(squares.cache_file(&path).elements().count(), 5);
    /// let empty = squares.take(0).cache_file(&path);
    /// assert_eq!(empty.elements().count(), 5, "the file is not made again");
    /// # Ok::<(), kerust::Error>(())
    /// ```
    #[must_use]
    pub fn cache_file(&self, path: impl AsRef<Path>) -> Dataset {
        let path = path.as_ref().to_path_buf();
        self.then(|of| CachedInFile { of, path })
    }

    /// Makes so many elements before they are asked for, on a thread of their own.
    ///
    /// tf.data: `dataset.prefetch(buffer_size)`. [`fit_batches`](crate::Model::fit_batches) always
    /// has the next batch made while a step computes.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let ten = Dataset::from_tensor_slices(Tensor::arange(10))?;
    /// assert_eq!(ten.batch(2).prefetch(2).elements().count(), 5);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    #[must_use]
    pub fn prefetch(&self, buffer_size: usize) -> Dataset {
        self.then(|of| Prefetched { of, buffer_size })
    }
}
