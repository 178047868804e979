//! Where this program's memory comes from.
//!
//! rust-analyzer takes hundreds of megabytes in small pieces on several threads, for which the C
//! library's allocator keeps them waiting for one another. The process that runs the cells stays
//! with that allocator, as any Rust program would: mimalloc reserves more than it uses, which would
//! count against the limit of the cells' memory.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicU8, Ordering};

use mimalloc::MiMalloc;

/// The allocator of the program.
#[derive(Debug)]
pub struct Allocator;

const UNDECIDED: u8 = 0;
const SYSTEM: u8 = 1;
const MIMALLOC: u8 = 2;

/// Decided by the first allocation, for good: memory has to go back to where it came from.
static CHOICE: AtomicU8 = AtomicU8::new(UNDECIDED);

/// What evcxr sets for the process that runs the cells.
const OF_CELLS: &std::ffi::CStr = c"EVCXR_IS_RUNTIME";

fn is_system() -> bool {
    match CHOICE.load(Ordering::Relaxed) {
        UNDECIDED => decide() == SYSTEM,
        choice => choice == SYSTEM,
    }
}

#[cold]
fn decide() -> u8 {
    // SAFETY: the first allocation comes before `main`, so nobody changes the environment meanwhile.
    let runs_cells = unsafe { !libc::getenv(OF_CELLS.as_ptr()).is_null() };
    let choice = if runs_cells { SYSTEM } else { MIMALLOC };
    CHOICE.store(choice, Ordering::Relaxed);
    choice
}

// SAFETY: each call is passed on as it is, and all of a process go to the same allocator.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the rules of the one that is called.
        unsafe {
            if is_system() {
                System.alloc(layout)
            } else {
                MiMalloc.alloc(layout)
            }
        }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe {
            if is_system() {
                System.dealloc(pointer, layout);
            } else {
                MiMalloc.dealloc(pointer, layout);
            }
        }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        unsafe {
            if is_system() {
                System.alloc_zeroed(layout)
            } else {
                MiMalloc.alloc_zeroed(layout)
            }
        }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as above.
        unsafe {
            if is_system() {
                System.realloc(pointer, layout, size)
            } else {
                MiMalloc.realloc(pointer, layout, size)
            }
        }
    }
}
