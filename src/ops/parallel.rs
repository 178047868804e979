//! Using the whole processor: its wide registers and all of its cores.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// What a loop can be compiled for. The library is built for any processor of its kind; this is how
/// its loops use the registers of this one all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Instructions {
    /// 32 registers of 16 floats.
    #[cfg(target_arch = "x86_64")]
    Avx512,
    /// 16 registers of 8 floats.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// Those that the library is built for.
    Usual,
}

impl Instructions {
    /// The best that this processor has.
    #[inline]
    pub(crate) fn detected() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            if has_avx512() {
                return Instructions::Avx512;
            }
            if has_avx2() {
                return Instructions::Avx2;
            }
        }
        Instructions::Usual
    }

    /// All that this processor has.
    #[cfg(test)]
    pub(crate) fn available() -> Vec<Self> {
        let mut all = vec![Instructions::Usual];
        #[cfg(target_arch = "x86_64")]
        {
            all.extend(has_avx2().then_some(Instructions::Avx2));
            all.extend(has_avx512().then_some(Instructions::Avx512));
        }
        all
    }
}

#[cfg(target_arch = "x86_64")]
fn has_avx512() -> bool {
    is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && has_avx2()
}

#[cfg(target_arch = "x86_64")]
fn has_avx2() -> bool {
    is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")
}

/// Runs `kernel` compiled for the widest registers that this processor has.
///
/// Only what the compiler inlines into it profits: `kernel` must be an `#[inline(always)]` closure
/// around a plain loop over slices.
#[inline(always)]
pub(crate) fn vectorized<R>(kernel: impl FnOnce() -> R) -> R {
    match Instructions::detected() {
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx512 => with_avx512(kernel),
        #[cfg(target_arch = "x86_64")]
        Instructions::Avx2 => with_avx2(kernel),
        Instructions::Usual => kernel(),
    }
}

/// As [`vectorized`], for AVX-512.
///
/// # Panics
/// If the processor does not have it.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn with_avx512<R>(kernel: impl FnOnce() -> R) -> R {
    #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
    fn compiled<R>(kernel: impl FnOnce() -> R) -> R {
        kernel()
    }
    assert!(has_avx512());
    // SAFETY: the processor has just said that it has these features.
    unsafe { compiled(kernel) }
}

/// As [`vectorized`], for AVX2.
///
/// # Panics
/// If the processor does not have it.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(crate) fn with_avx2<R>(kernel: impl FnOnce() -> R) -> R {
    #[target_feature(enable = "avx2,fma")]
    fn compiled<R>(kernel: impl FnOnce() -> R) -> R {
        kernel()
    }
    assert!(has_avx2());
    // SAFETY: the processor has just said that it has these features.
    unsafe { compiled(kernel) }
}

/// Runs `work` on one of the threads that share the work of operations, and keeps the others awake
/// until it is done.
///
/// A thread outside of them would hand over every operation and wait for its end, and waking a
/// thread that sleeps takes as long as many operations. What layers and losses of users keep for a
/// thread is not there.
pub(crate) fn on_a_worker<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    let done = AtomicBool::new(false);
    rayon::scope(|scope| {
        let worker = rayon::current_thread_index();
        let done = Finish(&done);
        let flag = done.0;
        scope.spawn_broadcast(move |_, thread| {
            // The worker itself may come by here while it waits for the others.
            if Some(thread.index()) != worker {
                stay_awake(flag);
            }
        });
        work()
    })
}

/// Says that the work is done, also when it panics.
struct Finish<'a>(&'a AtomicBool);

impl Drop for Finish<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

/// Helps with whatever operations come until `done`, without falling asleep between them.
fn stay_awake(done: &AtomicBool) {
    /// Between two operations of a step, nothing else is asked for the core.
    const SPIN: Duration = Duration::from_micros(50);
    /// Then others may have it, but the thread looks again at once.
    const YIELD: Duration = Duration::from_millis(2);
    const NAP: Duration = Duration::from_micros(200);
    let mut idle_since = None;
    while !done.load(Ordering::Acquire) {
        if rayon::yield_now() == Some(rayon::Yield::Executed) {
            idle_since = None;
            continue;
        }
        let idle = idle_since.get_or_insert_with(Instant::now).elapsed();
        if idle < SPIN {
            std::hint::spin_loop();
        } else if idle < YIELD {
            std::thread::yield_now();
        } else {
            // Something slow goes on elsewhere: data that is read, or a callback.
            std::thread::sleep(NAP);
        }
    }
}

/// Splits `0..len` into one range for each thread, none shorter than `least` where avoidable.
///
/// The split depends on the number of threads only, so sums over it are the same in every run.
pub(crate) fn pieces(len: usize, least: usize) -> Vec<Range<usize>> {
    let count = rayon::current_num_threads().min(len / least.max(1)).max(1);
    (0..count)
        .map(|i| len * i / count..len * (i + 1) / count)
        .collect()
}
