//! Using the whole processor: its wide registers and all of its cores.

use std::ops::Range;

/// Runs `kernel` compiled for the widest registers that this processor has.
///
/// The library is built for any x86-64; this is how its loops use AVX-512 or AVX2 all the same.
/// Only what the compiler inlines into it profits: `kernel` must be an `#[inline(always)]` closure
/// around a plain loop over slices.
#[inline(always)]
pub(crate) fn vectorized<R>(kernel: impl FnOnce() -> R) -> R {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
        fn with_avx512<R>(kernel: impl FnOnce() -> R) -> R {
            kernel()
        }
        #[target_feature(enable = "avx2,fma")]
        fn with_avx2<R>(kernel: impl FnOnce() -> R) -> R {
            kernel()
        }
        if is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("fma")
        {
            // SAFETY: the processor has just said that it has these features.
            return unsafe { with_avx512(kernel) };
        }
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            // SAFETY: the processor has just said that it has these features.
            return unsafe { with_avx2(kernel) };
        }
    }
    kernel()
}

/// Runs `work` on one of the threads that share the work of operations.
///
/// A thread outside of them would hand over every operation and wait for its end, which takes longer
/// than many operations. What layers and losses of users keep for a thread is not there.
pub(crate) fn on_a_worker<R: Send>(work: impl FnOnce() -> R + Send) -> R {
    rayon::scope(|_| work())
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
