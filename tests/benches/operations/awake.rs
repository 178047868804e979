//! The threads as they are while a model trains.

use std::sync::atomic::{AtomicBool, Ordering};

/// Runs `work` on one of the threads that share the work of operations, and keeps the others awake
/// meanwhile, as `fit` does: waking one takes as long as many operations.
pub(crate) fn as_in_training<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let done = AtomicBool::new(false);
    rayon::scope(|scope| {
        let worker = rayon::current_thread_index();
        let done = &done;
        scope.spawn_broadcast(move |_, thread| {
            while Some(thread.index()) != worker && !done.load(Ordering::Acquire) {
                if rayon::yield_now() != Some(rayon::Yield::Executed) {
                    std::hint::spin_loop();
                }
            }
        });
        let result = work();
        done.store(true, Ordering::Release);
        result
    })
}
