//! Registers of floats, for the loops in `direct`.

/// A register of floats.
///
/// # Safety
/// The processor must have the instructions, and pointers must point to as many numbers as there
/// are lanes.
pub(super) trait Register: Copy {
    /// A yes or no for each lane.
    type Mask: Copy;

    /// How many floats.
    const LANES: usize;

    unsafe fn splat(x: f32) -> Self;
    unsafe fn load(from: *const f32) -> Self;
    unsafe fn store(self, to: *mut f32);
    unsafe fn load_bytes(from: *const u8) -> Self;
    unsafe fn store_bytes(self, to: *mut u8);
    unsafe fn plus(self, other: Self) -> Self;
    unsafe fn plus_product(self, x: Self, y: Self) -> Self;
    unsafe fn equals(self, other: Self) -> Self::Mask;
    unsafe fn is_larger(self, than: Self) -> Self::Mask;
    unsafe fn is_larger_or_nan(self, than: Self) -> Self::Mask;
    unsafe fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;
}

/// Four floats in whatever registers the compiler finds for them.
#[derive(Clone, Copy)]
pub(super) struct Four([f32; 4]);

impl Four {
    #[inline(always)]
    fn mask(self, other: Self, test: impl Fn(f32, f32) -> bool) -> [bool; 4] {
        std::array::from_fn(|lane| test(self.0[lane], other.0[lane]))
    }
}

impl Register for Four {
    type Mask = [bool; 4];

    const LANES: usize = 4;

    #[inline(always)]
    unsafe fn splat(x: f32) -> Self {
        Self([x; 4])
    }

    #[inline(always)]
    unsafe fn load(from: *const f32) -> Self {
        // SAFETY: the caller vouches for the pointer; an array is aligned as its floats are.
        Self(unsafe { from.cast::<[f32; 4]>().read() })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f32) {
        // SAFETY: as above.
        unsafe { to.cast::<[f32; 4]>().write(self.0) }
    }

    #[inline(always)]
    unsafe fn load_bytes(from: *const u8) -> Self {
        // SAFETY: as above.
        Self(unsafe { from.cast::<[u8; 4]>().read() }.map(f32::from))
    }

    #[inline(always)]
    unsafe fn store_bytes(self, to: *mut u8) {
        // SAFETY: as above.
        unsafe { to.cast::<[u8; 4]>().write(self.0.map(|x| x as u8)) }
    }

    #[inline(always)]
    unsafe fn plus(self, other: Self) -> Self {
        Self(std::array::from_fn(|lane| self.0[lane] + other.0[lane]))
    }

    #[inline(always)]
    unsafe fn plus_product(self, x: Self, y: Self) -> Self {
        Self(std::array::from_fn(|lane| {
            x.0[lane].mul_add(y.0[lane], self.0[lane])
        }))
    }

    #[inline(always)]
    unsafe fn equals(self, other: Self) -> Self::Mask {
        self.mask(other, |a, b| a == b)
    }

    #[inline(always)]
    unsafe fn is_larger(self, than: Self) -> Self::Mask {
        self.mask(than, |a, b| a > b)
    }

    #[inline(always)]
    unsafe fn is_larger_or_nan(self, than: Self) -> Self::Mask {
        self.mask(than, |a, b| a > b || a.is_nan())
    }

    #[inline(always)]
    unsafe fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        Self(std::array::from_fn(|lane| match mask[lane] {
            true => yes.0[lane],
            false => no.0[lane],
        }))
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::Register;

    impl Register for __m512 {
        type Mask = __mmask16;

        const LANES: usize = 16;

        #[inline]
        #[target_feature(enable = "avx512f")]
        unsafe fn splat(x: f32) -> Self {
            _mm512_set1_ps(x)
        }

        #[inline]
        #[target_feature(enable = "avx512f")]
        unsafe fn load(from: *const f32) -> Self {
            // SAFETY: the caller vouches for the pointer.
            unsafe { _mm512_loadu_ps(from) }
        }

        #[inline]
        #[target_feature(enable = "avx512f")]
        unsafe fn store(self, to: *mut f32) {
            // SAFETY: as above.
            unsafe { _mm512_storeu_ps(to, self) }
        }

        #[inline]
        #[target_feature(enable = "avx512f")]
        unsafe fn load_bytes(from: *const u8) -> Self {
            // SAFETY: as above.
            let bytes = unsafe { _mm_loadu_si128(from.cast()) };
            _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(bytes))
        }

        #[inline]
        #[target_feature(enable = "avx512f")]
        unsafe fn store_bytes(self, to: *mut u8) {
            let bytes = _mm512_cvtepi32_epi8(_mm512_cvttps_epi32(self));
            // SAFETY: as above.
            unsafe { _mm_storeu_si128(to.cast(), bytes) }
        }

        #[inline]
        #[target_feature(enable = "avx512f")]
        unsafe fn plus(self, other: Self) -> Self {
            _mm512_add_ps(self, other)
        }

        #[inline]
        #[target_feature(enable = "avx512f")]
        unsafe fn plus_product(self, x: Self, y: Self) -> Self {
            _mm512_fmadd_ps(x, y, self)
        }

        #[inline]
        #[target_feature(enable = "avx512f")]
        unsafe fn equals(self, other: Self) -> Self::Mask {
            _mm512_cmp_ps_mask::<_CMP_EQ_OQ>(self, other)
        }

        #[inline]
        #[target_feature(enable = "avx512f")]
        unsafe fn is_larger(self, than: Self) -> Self::Mask {
            _mm512_cmp_ps_mask::<_CMP_GT_OQ>(self, than)
        }

        #[inline]
        #[target_feature(enable = "avx512f")]
        unsafe fn is_larger_or_nan(self, than: Self) -> Self::Mask {
            let is_nan = _mm512_cmp_ps_mask::<_CMP_UNORD_Q>(self, self);
            _mm512_cmp_ps_mask::<_CMP_GT_OQ>(self, than) | is_nan
        }

        #[inline]
        #[target_feature(enable = "avx512f")]
        unsafe fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
            _mm512_mask_blend_ps(mask, no, yes)
        }
    }

    impl Register for __m256 {
        type Mask = __m256;

        const LANES: usize = 8;

        #[inline]
        #[target_feature(enable = "avx2,fma")]
        unsafe fn splat(x: f32) -> Self {
            _mm256_set1_ps(x)
        }

        #[inline]
        #[target_feature(enable = "avx2,fma")]
        unsafe fn load(from: *const f32) -> Self {
            // SAFETY: the caller vouches for the pointer.
            unsafe { _mm256_loadu_ps(from) }
        }

        #[inline]
        #[target_feature(enable = "avx2,fma")]
        unsafe fn store(self, to: *mut f32) {
            // SAFETY: as above.
            unsafe { _mm256_storeu_ps(to, self) }
        }

        #[inline]
        #[target_feature(enable = "avx2,fma")]
        unsafe fn load_bytes(from: *const u8) -> Self {
            // SAFETY: as above.
            let bytes = unsafe { _mm_loadl_epi64(from.cast()) };
            _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes))
        }

        #[inline]
        #[target_feature(enable = "avx2,fma")]
        unsafe fn store_bytes(self, to: *mut u8) {
            let whole = _mm256_cvttps_epi32(self);
            let (low, high) = (
                _mm256_castsi256_si128(whole),
                _mm256_extracti128_si256::<1>(whole),
            );
            let halves = _mm_packus_epi32(low, high);
            // SAFETY: as above.
            unsafe { _mm_storel_epi64(to.cast(), _mm_packus_epi16(halves, halves)) }
        }

        #[inline]
        #[target_feature(enable = "avx2,fma")]
        unsafe fn plus(self, other: Self) -> Self {
            _mm256_add_ps(self, other)
        }

        #[inline]
        #[target_feature(enable = "avx2,fma")]
        unsafe fn plus_product(self, x: Self, y: Self) -> Self {
            _mm256_fmadd_ps(x, y, self)
        }

        #[inline]
        #[target_feature(enable = "avx2,fma")]
        unsafe fn equals(self, other: Self) -> Self::Mask {
            _mm256_cmp_ps::<_CMP_EQ_OQ>(self, other)
        }

        #[inline]
        #[target_feature(enable = "avx2,fma")]
        unsafe fn is_larger(self, than: Self) -> Self::Mask {
            _mm256_cmp_ps::<_CMP_GT_OQ>(self, than)
        }

        #[inline]
        #[target_feature(enable = "avx2,fma")]
        unsafe fn is_larger_or_nan(self, than: Self) -> Self::Mask {
            let is_nan = _mm256_cmp_ps::<_CMP_UNORD_Q>(self, self);
            _mm256_or_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(self, than), is_nan)
        }

        #[inline]
        #[target_feature(enable = "avx2,fma")]
        unsafe fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
            _mm256_blendv_ps(no, yes, mask)
        }
    }
}
