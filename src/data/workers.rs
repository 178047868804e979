//! Threads that make elements ahead of whoever asks for them, in order.
//!
//! The elements that are ready or under way are bounded, so the memory is. Each thread is the only
//! one of a rayon pool of its own: operations within a function that is mapped stay on it, where
//! they would otherwise wait for the threads that train, or those for them.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::element::DatasetElement;
use super::stage::{Elements, caught};
use crate::device::on_processor;
use crate::{Error, ErrorKind, Result, notebook};

/// What a worker makes of an element, whose position is counted from 0.
pub(super) type Work = dyn Fn(u64, DatasetElement) -> Result<DatasetElement> + Send + Sync;

/// How far the threads run ahead.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ahead {
    pub(super) threads: usize,
    /// How many chunks are ready or under way at most.
    pub(super) chunks: usize,
    /// How many elements make a chunk at most. There are several where they are made in no time:
    /// passing each on would take longer.
    pub(super) chunk: usize,
}

type Chunk = Vec<Result<DatasetElement>>;

struct State {
    /// The elements to work on; none while a thread takes some, and at the end.
    source: Option<Elements>,
    /// How many elements were taken from it.
    taken: u64,
    /// The chunks in order, from the next one to give; none where a thread is still at work.
    chunks: VecDeque<Option<Chunk>>,
    /// How many chunks were given.
    given: u64,
    /// Whether the source has nothing more.
    is_over: bool,
    /// Whether nobody wants any more.
    is_stopped: bool,
}

struct Shared {
    state: Mutex<State>,
    /// There is room for another chunk, or the end.
    room: Condvar,
    /// The next chunk is ready, or the end.
    ready: Condvar,
    ahead: Ahead,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that panics runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes elements and works on them until there are none or nobody wants any.
    fn work(&self, work: &Work) {
        let mut size = 1;
        while let Some((number, first, chunk)) = self.take(size) {
            let begun = Instant::now();
            let made: Chunk = chunk
                .into_iter()
                .zip(first..)
                .map(|(element, position)| {
                    element.and_then(|element| caught("the function", || work(position, element)))
                })
                .collect();
            size = next_size(size, begun.elapsed(), self.ahead.chunk);
            let mut state = self.lock();
            let place = (number - state.given) as usize;
            state.chunks[place] = Some(made);
            if place == 0 {
                self.ready.notify_one();
            }
        }
    }

    /// The next elements with the number of their chunk and the position of the first.
    fn take(&self, size: usize) -> Option<(u64, u64, Chunk)> {
        let mut state = self.lock();
        let mut source = loop {
            if state.is_stopped || state.is_over {
                return None;
            }
            if state.chunks.len() < self.ahead.chunks
                && let Some(source) = state.source.take()
            {
                break source;
            }
            state = self
                .room
                .wait(state)
                .unwrap_or_else(PoisonError::into_inner);
        };
        let first = state.taken;
        let number = state.given + state.chunks.len() as u64;
        // Reserved now: a chunk that another thread takes later comes after it.
        state.chunks.push_back(None);
        drop(state);

        let mut chunk = Vec::new();
        let begun = Instant::now();
        let taken = catch_unwind(AssertUnwindSafe(|| {
            while chunk.len() < size {
                match source.next() {
                    Some(element) => chunk.push(element),
                    None => return true,
                }
                if begun.elapsed() > QUICK || chunk.last().is_some_and(Result::is_err) {
                    return false;
                }
            }
            false
        }));
        let failed = chunk.last().is_some_and(Result::is_err);
        let mut state = self.lock();
        match taken {
            Ok(is_over) => {
                state.is_over |= is_over || failed;
                state.source = (!state.is_over).then_some(source);
            }
            Err(panic) => {
                // Stages catch what users' functions do; this is a mistake of a stage itself.
                drop(source);
                state.is_over = true;
                chunk.push(caught("reading", || std::panic::resume_unwind(panic)));
            }
        }
        state.taken += chunk.len() as u64;
        self.room.notify_all();
        Some((number, first, chunk))
    }
}

/// Passing on a chunk costs little against what takes this long.
const QUICK: Duration = Duration::from_micros(100);

/// How many elements the next chunk has, after one of `size` took so long.
fn next_size(size: usize, took: Duration, most: usize) -> usize {
    if took < QUICK {
        (size * 2).min(most)
    } else if took > 4 * QUICK {
        (size / 2).max(1)
    } else {
        size
    }
}

/// The elements that threads make, in the order of those that they are made from.
pub(super) struct MadeAhead {
    shared: Arc<Shared>,
    /// The rest of the chunk that is being given.
    chunk: std::vec::IntoIter<Result<DatasetElement>>,
}

impl MadeAhead {
    pub(super) fn new(source: Elements, work: Arc<Work>, ahead: Ahead) -> Result<MadeAhead> {
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                source: Some(source),
                taken: 0,
                chunks: VecDeque::new(),
                given: 0,
                is_over: false,
                is_stopped: false,
            }),
            room: Condvar::new(),
            ready: Condvar::new(),
            ahead,
        });
        // From here on, an early return stops the threads that run already.
        let made = MadeAhead {
            shared,
            chunk: Vec::new().into_iter(),
        };
        for _ in 0..ahead.threads {
            let thread = rayon::ThreadPoolBuilder::new()
                .num_threads(1)
                .thread_name(|_| "kerust-data".to_string())
                .build()
                .map_err(|error| {
                    let what = format!("no thread for the dataset: {error}");
                    Error::new(ErrorKind::Device, what)
                        .remedy("stop iterators that are not needed any more")
                })?;
            let (shared, work) = (Arc::clone(&made.shared), Arc::clone(&work));
            // The thread ends when the work does: its pool is dropped here.
            thread.spawn(move || on_processor(|| shared.work(&*work)));
        }
        Ok(made)
    }
}

impl Iterator for MadeAhead {
    type Item = Result<DatasetElement>;

    fn next(&mut self) -> Option<Self::Item> {
        /// How long an interrupt of the notebook may wait.
        const LISTEN: Duration = Duration::from_millis(20);
        loop {
            if let Some(element) = self.chunk.next() {
                return Some(element);
            }
            let mut state = self.shared.lock();
            loop {
                match state.chunks.front_mut().map(Option::take) {
                    Some(Some(chunk)) => {
                        state.chunks.pop_front();
                        state.given += 1;
                        self.shared.room.notify_one();
                        self.chunk = chunk.into_iter();
                        break;
                    }
                    // A thread is still at work.
                    Some(None) => {}
                    None if state.is_over => return None,
                    None => {}
                }
                if notebook::interrupted() {
                    return Some(Err(Error::interrupted("reading the dataset")));
                }
                let waited = self.shared.ready.wait_timeout(state, LISTEN);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
    }
}

impl Drop for MadeAhead {
    /// The threads end after the element that they are at; nobody waits for them, because a function
    /// may take as long as it likes.
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.is_stopped = true;
        // Dropped outside of the lock: it may have threads of its own.
        let source = state.source.take();
        state.chunks.iter_mut().for_each(|chunk| *chunk = None);
        drop(state);
        self.shared.room.notify_all();
        drop(source);
    }
}
