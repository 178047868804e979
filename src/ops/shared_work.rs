//! Slices in pieces and lists of jobs, which the threads share.
//!
//! rayon's iterators do the same, and their names are kept. But every loop over them compiles rayon's
//! machinery anew, which was a sixth of what this library consists of; here all loops end in one
//! function, [`share_out`].

use std::marker::PhantomData;
use std::mem::ManuallyDrop;

/// Calls `work` with every number below `count`, on all threads; what a thread takes at a time is at
/// least `least` numbers.
pub(crate) fn share_out(count: usize, least: usize, work: &(dyn Fn(usize) + Sync)) {
    use rayon::iter::{IndexedParallelIterator, IntoParallelIterator, ParallelIterator};
    if count <= least.max(1) {
        (0..count).for_each(work);
    } else {
        (0..count)
            .into_par_iter()
            .with_min_len(least)
            .for_each(work);
    }
}

/// Things that are found by their numbers.
///
/// # Safety
/// Things of two different numbers below [`count`](Parallel::count) do not overlap, and may be found
/// by two threads at once.
pub(crate) unsafe trait Parallel: Sized + Sync {
    /// One of them.
    type Part;

    /// How many they are.
    fn count(&self) -> usize;

    /// How many a thread takes at a time at least.
    fn least(&self) -> usize {
        1
    }

    /// The one with this number.
    ///
    /// # Safety
    /// `number` is below [`count`](Parallel::count), and no number is asked for twice.
    unsafe fn part(&self, number: usize) -> Self::Part;

    /// Each with the one of `others` that has the same number; those without a partner are left out.
    fn zip<P: Parallel>(self, others: P) -> Zip<Self, P> {
        Zip(self, others)
    }

    /// Each with its number before it.
    fn enumerate(self) -> Enumerate<Self> {
        Enumerate(self)
    }

    /// The same, of which a thread takes at least `least` at a time.
    fn with_min_len(self, least: usize) -> WithMinLen<Self> {
        WithMinLen { parts: self, least }
    }

    /// Calls `work` with each, on all threads.
    fn for_each(self, work: impl Fn(Self::Part) + Sync) {
        share_out(self.count(), self.least(), &|number| {
            // SAFETY: `share_out` calls this once with each number below the count.
            work(unsafe { self.part(number) });
        });
    }

    /// What `work` makes of each, in their order.
    fn map<R: Send>(self, work: impl Fn(Self::Part) -> R + Sync) -> Vec<R> {
        let mut results: Vec<Option<R>> = Vec::new();
        results.resize_with(self.count(), || None);
        let places = results.par_chunks_mut(1);
        places
            .zip(self)
            .for_each(|(place, part)| place[0] = Some(work(part)));
        results.into_iter().flatten().collect()
    }
}

/// Slices in pieces of the same length, the last one shorter where it does not fit.
pub(crate) trait ParallelSlice<T> {
    /// Pieces to read, of `size` elements each.
    fn par_chunks(&self, size: usize) -> Chunks<'_, T>
    where
        T: Sync;

    /// Pieces to change, of `size` elements each.
    fn par_chunks_mut(&mut self, size: usize) -> ChunksMut<'_, T>
    where
        T: Send;
}

impl<T> ParallelSlice<T> for [T] {
    fn par_chunks(&self, size: usize) -> Chunks<'_, T>
    where
        T: Sync,
    {
        assert!(size > 0, "pieces have a size");
        Chunks { slice: self, size }
    }

    fn par_chunks_mut(&mut self, size: usize) -> ChunksMut<'_, T>
    where
        T: Send,
    {
        assert!(size > 0, "pieces have a size");
        ChunksMut {
            start: self.as_mut_ptr(),
            length: self.len(),
            size,
            slice: PhantomData,
        }
    }
}

/// See [`ParallelSlice::par_chunks`].
pub(crate) struct Chunks<'a, T> {
    slice: &'a [T],
    size: usize,
}

// SAFETY: reading may overlap.
unsafe impl<'a, T: Sync> Parallel for Chunks<'a, T> {
    type Part = &'a [T];

    fn count(&self) -> usize {
        self.slice.len().div_ceil(self.size)
    }

    unsafe fn part(&self, number: usize) -> &'a [T] {
        let rest = &self.slice[number * self.size..];
        &rest[..self.size.min(rest.len())]
    }
}

/// See [`ParallelSlice::par_chunks_mut`].
pub(crate) struct ChunksMut<'a, T> {
    start: *mut T,
    length: usize,
    size: usize,
    slice: PhantomData<&'a mut [T]>,
}

// SAFETY: threads get the pieces only, each piece by one thread, and elements may be sent to threads.
unsafe impl<T: Send> Sync for ChunksMut<'_, T> {}

// SAFETY: pieces of different numbers start at least a piece's length apart.
unsafe impl<'a, T: Send> Parallel for ChunksMut<'a, T> {
    type Part = &'a mut [T];

    fn count(&self) -> usize {
        self.length.div_ceil(self.size)
    }

    unsafe fn part(&self, number: usize) -> &'a mut [T] {
        let start = number * self.size;
        let length = self.size.min(self.length - start);
        // SAFETY: the piece lies within the slice, which is borrowed for 'a; nobody else has it.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(start), length) }
    }
}

// SAFETY: reading may overlap.
unsafe impl<'a, T: Sync> Parallel for &'a [T] {
    type Part = &'a T;

    fn count(&self) -> usize {
        self.len()
    }

    unsafe fn part(&self, number: usize) -> &'a T {
        &self[number]
    }
}

/// Lists of jobs, each done by one thread.
pub(crate) trait ParallelJobs<T> {
    /// The jobs, for the threads.
    fn into_par_iter(self) -> Owned<T>;
}

impl<T: Send> ParallelJobs<T> for Vec<T> {
    fn into_par_iter(self) -> Owned<T> {
        Owned(self.into_iter().map(ManuallyDrop::new).collect())
    }
}

/// See [`ParallelJobs`]. Those that nobody asks for, because others have panicked, are never dropped.
pub(crate) struct Owned<T>(Vec<ManuallyDrop<T>>);

// SAFETY: threads get the elements only, each element one thread.
unsafe impl<T: Send> Sync for Owned<T> {}

// SAFETY: the elements of a list do not overlap.
unsafe impl<T: Send> Parallel for Owned<T> {
    type Part = T;

    fn count(&self) -> usize {
        self.0.len()
    }

    unsafe fn part(&self, number: usize) -> T {
        // SAFETY: nobody asks for it twice, and the list does not drop it.
        ManuallyDrop::into_inner(unsafe { std::ptr::read(&self.0[number]) })
    }
}

/// See [`Parallel::zip`].
pub(crate) struct Zip<A, B>(A, B);

// SAFETY: pairs overlap only where their first or second things do.
unsafe impl<A: Parallel, B: Parallel> Parallel for Zip<A, B> {
    type Part = (A::Part, B::Part);

    fn count(&self) -> usize {
        self.0.count().min(self.1.count())
    }

    fn least(&self) -> usize {
        self.0.least().max(self.1.least())
    }

    unsafe fn part(&self, number: usize) -> Self::Part {
        // SAFETY: the number is below both counts, and asked for once.
        unsafe { (self.0.part(number), self.1.part(number)) }
    }
}

/// See [`Parallel::enumerate`].
pub(crate) struct Enumerate<A>(A);

// SAFETY: as those without the numbers.
unsafe impl<A: Parallel> Parallel for Enumerate<A> {
    type Part = (usize, A::Part);

    fn count(&self) -> usize {
        self.0.count()
    }

    fn least(&self) -> usize {
        self.0.least()
    }

    unsafe fn part(&self, number: usize) -> Self::Part {
        // SAFETY: passed on from the caller.
        (number, unsafe { self.0.part(number) })
    }
}

/// See [`Parallel::with_min_len`].
pub(crate) struct WithMinLen<A> {
    parts: A,
    least: usize,
}

// SAFETY: as those within.
unsafe impl<A: Parallel> Parallel for WithMinLen<A> {
    type Part = A::Part;

    fn count(&self) -> usize {
        self.parts.count()
    }

    fn least(&self) -> usize {
        self.least
    }

    unsafe fn part(&self, number: usize) -> Self::Part {
        // SAFETY: passed on from the caller.
        unsafe { self.parts.part(number) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn every_number_comes_once() {
        for (count, least) in [(0, 1), (1, 1), (7, 100), (1000, 1), (1000, 64), (5, 0)] {
            let calls: Vec<AtomicUsize> = (0..count).map(|_| AtomicUsize::new(0)).collect();
            share_out(count, least, &|number| {
                calls[number].fetch_add(1, Ordering::Relaxed);
            });
            assert!(calls.iter().all(|calls| calls.load(Ordering::Relaxed) == 1));
        }
    }

    #[test]
    fn pieces_are_those_of_slices() {
        for (length, size) in [(0, 3), (1, 3), (9, 3), (10, 3), (1000, 7), (5, 100)] {
            let from: Vec<usize> = (0..length).collect();
            let mut to = vec![0; length];
            to.par_chunks_mut(size)
                .zip(from.par_chunks(size))
                .enumerate()
                .for_each(|(piece, (to, from))| {
                    assert_eq!(from[0], piece * size);
                    to.copy_from_slice(from);
                });
            assert_eq!(to, from);
            let sizes = from.par_chunks(size).map(<[usize]>::len);
            assert!(sizes.into_iter().eq(from.chunks(size).map(<[usize]>::len)));
        }
    }

    #[test]
    fn those_without_a_partner_are_left_out() {
        let (short, long) = ([1, 2, 3], [1, 2, 3, 4, 5, 6, 7]);
        let sums = short.par_chunks(1).zip(long.par_chunks(3));
        let sums = sums.with_min_len(2).map(|(a, b)| a[0] + b.len());
        assert_eq!(sums, [4, 5, 4]);
    }

    #[test]
    fn jobs_are_done_and_dropped_once() {
        let shared = Arc::new(());
        let jobs: Vec<(usize, Arc<()>)> = (0..100).map(|i| (i, Arc::clone(&shared))).collect();
        let numbers = jobs.into_par_iter().map(|(number, _)| number);
        assert!(numbers.into_iter().eq(0..100));
        assert_eq!(Arc::strong_count(&shared), 1);
    }

    #[test]
    fn a_panic_comes_through() {
        let jobs: Vec<usize> = (0..100).collect();
        let outcome = std::panic::catch_unwind(|| {
            jobs.into_par_iter()
                .for_each(|number| assert!(number != 57));
        });
        assert!(outcome.is_err());
    }
}
