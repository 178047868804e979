//! Threads that cells start, with a stack for signal handlers each.
//!
//! The standard library gives such stacks to the threads of programs, but the one that cells use is
//! a shared library, which was never started as a program. Without, a stack overflow in a thread
//! ends the process without a word. So this program's own `pthread_create` comes before the C
//! library's.

use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use super::crash;

/// Whether new threads get a handler stack: only in the process that runs the cells.
static GIVE_STACKS: AtomicBool = AtomicBool::new(false);
/// The C library's function.
static CREATE: AtomicPtr<c_void> = AtomicPtr::new(std::ptr::null_mut());

type Routine = extern "C-unwind" fn(*mut c_void) -> *mut c_void;
type Create = unsafe extern "C" fn(
    *mut libc::pthread_t,
    *const libc::pthread_attr_t,
    Routine,
    *mut c_void,
) -> c_int;

struct Start {
    routine: Routine,
    argument: *mut c_void,
}

/// Gives a handler stack to every thread from now on.
pub(super) fn give_stacks() {
    GIVE_STACKS.store(true, Ordering::SeqCst);
}

/// The C library's function of this name, with a handler stack for the new thread.
///
/// # Safety
/// As for the C library's.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn pthread_create(
    thread: *mut libc::pthread_t,
    attributes: *const libc::pthread_attr_t,
    routine: Routine,
    argument: *mut c_void,
) -> c_int {
    let mut create = CREATE.load(Ordering::Relaxed);
    if create.is_null() {
        // SAFETY: the name is a C string; the next definition after this one is the C library's.
        create = unsafe { libc::dlsym(libc::RTLD_NEXT, c"pthread_create".as_ptr()) };
        if create.is_null() {
            return libc::EAGAIN;
        }
        CREATE.store(create, Ordering::Relaxed);
    }
    // SAFETY: that is the type of the C library's function.
    let create = unsafe { std::mem::transmute::<*mut c_void, Create>(create) };
    if !GIVE_STACKS.load(Ordering::Relaxed) {
        // SAFETY: the caller keeps to the function's contract.
        return unsafe { create(thread, attributes, routine, argument) };
    }
    let start = Box::into_raw(Box::new(Start { routine, argument }));
    // SAFETY: as above; `begin` takes back the box.
    let result = unsafe { create(thread, attributes, begin, start.cast()) };
    if result != 0 {
        // SAFETY: no thread was made, so the box is still this function's.
        drop(unsafe { Box::from_raw(start) });
    }
    result
}

extern "C-unwind" fn begin(start: *mut c_void) -> *mut c_void {
    // SAFETY: `pthread_create` made the box for this thread alone.
    let Start { routine, argument } = *unsafe { Box::from_raw(start.cast::<Start>()) };
    // Plain numbers only, for a thread may also end by unwinding through here.
    let stack = crash::give_stack();
    let result = routine(argument);
    crash::take_stack(stack);
    result
}
