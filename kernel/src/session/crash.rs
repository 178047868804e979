//! The last words of the cells' process: when it crashes or ends itself, it tells the kernel what
//! happened and where it was.
//!
//! All of this runs in a signal handler, or while the process ends: it allocates nothing, takes no
//! lock of Rust's, and gives up after [`TIME_LIMIT`]. So the report only holds addresses; the
//! kernel finds the lines that they belong to.

use std::cell::UnsafeCell;
use std::ffi::{CStr, c_int, c_void};
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

/// The signals that end a process because of what it did itself.
const SIGNALS: [c_int; 6] = [
    libc::SIGSEGV,
    libc::SIGBUS,
    libc::SIGILL,
    libc::SIGFPE,
    libc::SIGABRT,
    libc::SIGTRAP,
];
/// How long a report may take, in seconds; a crash may leave a lock held for ever.
const TIME_LIMIT: u32 = 5;
/// How long the walk up the stack may take; after an endless recursion it is long.
const WALK_LIMIT: i64 = 2;
/// How many of the innermost calls are reported.
const INNERMOST: usize = 40;
/// How many of the outermost calls are reported, where there are more.
const OUTERMOST: usize = 24;
/// How many libraries a report names.
const MOST_MODULES: usize = 16;
/// How far from the stack pointer an access still counts as one to the stack.
const STACK_REACH: u64 = 64 << 10;
/// The size of the stack on which the handlers run.
const HANDLER_STACK: usize = 128 << 10;

/// The process that reports; one that a cell forks off does not.
static PROCESS: AtomicI32 = AtomicI32::new(0);
/// The thread that reports; the first to crash is the one.
static REPORTER: AtomicI32 = AtomicI32::new(0);
/// The signal that is being reported.
static SIGNAL: AtomicI32 = AtomicI32::new(0);
static REPORT: Shared = Shared(UnsafeCell::new(Report::new()));

struct Shared(UnsafeCell<Report>);

// SAFETY: only the one thread that has put itself into `REPORTER` touches the content.
unsafe impl Sync for Shared {}

/// Makes this process report how it ends. Call it while it has one thread.
pub(super) fn watch_exit() {
    // SAFETY: `getpid` has no preconditions.
    PROCESS.store(unsafe { libc::getpid() }, Ordering::SeqCst);
    // SAFETY: the function stays as long as the process. Without memory for the entry, only the
    // report is lost.
    unsafe { libc::atexit(on_exit) };
    give_stack();
}

/// The handler that the process has for `signal` now.
pub(super) fn handler(signal: c_int) -> usize {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: `sigaction` fills in the structure and reads none here; zeroes are valid for it too.
    unsafe {
        libc::sigaction(signal, ptr::null(), action.as_mut_ptr());
        action.assume_init().sa_sigaction
    }
}

/// Takes over the signals of crashes.
pub(super) fn watch_signals() {
    for signal in SIGNALS {
        set_handler(signal, on_signal as *const () as usize, libc::SA_SIGINFO);
    }
}

fn set_handler(signal: c_int, handler: usize, flags: c_int) {
    // SAFETY: zeroes are valid for the structure, and the handlers stay as long as the process.
    unsafe {
        let mut action = MaybeUninit::<libc::sigaction>::zeroed().assume_init();
        action.sa_sigaction = handler;
        action.sa_flags = flags | libc::SA_ONSTACK;
        // Nothing but the time limit may come between.
        libc::sigfillset(&mut action.sa_mask);
        libc::sigdelset(&mut action.sa_mask, libc::SIGALRM);
        libc::sigaction(signal, &action, ptr::null_mut());
    }
}

/// Gives the calling thread a stack for signal handlers, which work on it even when the thread's
/// own is used up. Returns where it is; null if there is no memory for it.
pub(super) fn give_stack() -> *mut c_void {
    // SAFETY: an anonymous mapping that nobody else knows of becomes the thread's handler stack.
    unsafe {
        let stack = libc::mmap(
            ptr::null_mut(),
            HANDLER_STACK,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
            -1,
            0,
        );
        if stack == libc::MAP_FAILED {
            return ptr::null_mut();
        }
        let description = libc::stack_t {
            ss_sp: stack,
            ss_flags: 0,
            ss_size: HANDLER_STACK,
        };
        libc::sigaltstack(&description, ptr::null_mut());
        stack
    }
}

/// Takes a stack away again that [`give_stack`] gave to the calling thread.
pub(super) fn take_stack(stack: *mut c_void) {
    if stack.is_null() {
        return;
    }
    let nothing = libc::stack_t {
        ss_sp: ptr::null_mut(),
        ss_flags: libc::SS_DISABLE,
        ss_size: 0,
    };
    // SAFETY: the mapping is the one that `give_stack` made, and no handler runs on it here.
    unsafe {
        libc::sigaltstack(&nothing, ptr::null_mut());
        libc::munmap(stack, HANDLER_STACK);
    }
}

/// Whether the calling thread is the one to report.
fn claim() -> bool {
    // SAFETY: both only return a number.
    let (process, thread) = unsafe { (libc::getpid(), libc::gettid()) };
    process == PROCESS.load(Ordering::SeqCst)
        && REPORTER
            .compare_exchange(0, thread, Ordering::SeqCst, Ordering::SeqCst)
            .is_ok()
}

extern "C" fn on_exit() {
    if !claim() {
        return;
    }
    limit_time();
    // SAFETY: this thread is the only one that reports.
    let report = unsafe { &mut *REPORT.0.get() };
    report.walk(None);
    report.send(&Cause::Exit);
    // SAFETY: takes back the alarm; other exit handlers may take their time.
    unsafe { libc::alarm(0) };
}

extern "C" fn on_signal(signal: c_int, info: *mut libc::siginfo_t, context: *mut c_void) {
    if claim() {
        SIGNAL.store(signal, Ordering::SeqCst);
        limit_time();
        // SAFETY: the system passes valid pointers, and this thread is the only one that reports.
        let (report, code, address) =
            unsafe { (&mut *REPORT.0.get(), (*info).si_code, (*info).si_addr()) };
        let (instruction, stack) = registers(context);
        let address = address as u64;
        let overflow = signal == libc::SIGSEGV
            && code > 0
            && stack != 0
            && address.abs_diff(stack) < STACK_REACH;
        let cause = Cause::Signal {
            signal,
            code,
            address,
            overflow,
        };
        report.add_call(instruction);
        let known = find_module(instruction).is_some();
        if !known && let Some(caller) = read_word(stack) {
            // A jump to nowhere: what called it has left its address on the stack.
            report.add_call(caller.saturating_sub(1));
        }
        report.send(&cause);
        if known {
            // The stack may be damaged, so that this itself crashes: then the first report counts.
            report.walk(Some(instruction));
            report.send(&cause);
        }
    } else {
        // SAFETY: all of these only return numbers or wait.
        unsafe {
            let reporter = REPORTER.load(Ordering::SeqCst);
            if reporter != libc::gettid() && libc::getpid() == PROCESS.load(Ordering::SeqCst) {
                // Another thread reports, and then ends the process.
                libc::sleep(TIME_LIMIT);
            }
        }
    }
    end_by(signal);
}

/// Ends the process by `signal`, as it would have ended without this handler: when the handler
/// returns, at the latest.
fn end_by(signal: c_int) {
    // SAFETY: the default action needs no handler; the rest reads only its arguments.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        libc::raise(signal);
    }
}

fn limit_time() {
    set_handler(libc::SIGALRM, on_alarm as *const () as usize, 0);
    // SAFETY: the set is initialised before it is used.
    unsafe {
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), libc::SIGALRM);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, set.as_ptr(), ptr::null_mut());
        libc::alarm(TIME_LIMIT);
    }
}

extern "C" fn on_alarm(_: c_int) {
    let signal = match SIGNAL.load(Ordering::SeqCst) {
        0 => libc::SIGALRM,
        signal => signal,
    };
    end_by(signal);
    // SAFETY: as in `limit_time`; the signal is blocked by the handler that did not come to an
    // end, and takes effect once it is not.
    unsafe {
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        libc::sigemptyset(set.as_mut_ptr());
        libc::sigaddset(set.as_mut_ptr(), signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, set.as_ptr(), ptr::null_mut());
    }
}

/// The instruction pointer and the stack pointer at the time of the signal; zeroes if unknown.
fn registers(context: *mut c_void) -> (u64, u64) {
    let context = context.cast::<libc::ucontext_t>();
    if context.is_null() {
        return (0, 0);
    }
    // SAFETY: the system passes the interrupted thread's context.
    let machine = unsafe { &(*context).uc_mcontext };
    #[cfg(target_arch = "x86_64")]
    let found = (
        machine.gregs[libc::REG_RIP as usize] as u64,
        machine.gregs[libc::REG_RSP as usize] as u64,
    );
    #[cfg(target_arch = "aarch64")]
    let found = (machine.pc, machine.sp);
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let found = {
        let _ = machine;
        (0, 0)
    };
    found
}

enum Cause {
    Exit,
    Signal {
        signal: c_int,
        code: c_int,
        address: u64,
        overflow: bool,
    },
}

/// A report being written, in memory that is there from the start.
struct Report {
    innermost: [u64; INNERMOST],
    /// A ring.
    outermost: [u64; OUTERMOST],
    count: usize,
    modules: [u64; MOST_MODULES],
    module_count: usize,
    text: [u8; 16 << 10],
    length: usize,
}

/// Room for the frame's start, which holds the length.
const HEADER: usize = 32;

impl Report {
    const fn new() -> Self {
        Report {
            innermost: [0; INNERMOST],
            outermost: [0; OUTERMOST],
            count: 0,
            modules: [0; MOST_MODULES],
            module_count: 0,
            text: [0; 16 << 10],
            length: HEADER,
        }
    }

    fn add_call(&mut self, address: u64) {
        if self.count < INNERMOST {
            self.innermost[self.count] = address;
        } else {
            self.outermost[(self.count - INNERMOST) % OUTERMOST] = address;
        }
        self.count += 1;
    }

    /// Notes the calls that led here, or to the given instruction. Each address lies inside the
    /// instruction that called.
    fn walk(&mut self, start: Option<u64>) {
        self.count = 0;
        let mut inside = start.is_none();
        let began = seconds();
        let mut steps = 0usize;
        // SAFETY: `REPORTER` lets one thread in here, and the closure does not panic.
        unsafe {
            backtrace::trace_unsynchronized(|frame| {
                let address = frame.ip() as u64;
                if inside {
                    self.add_call(address.saturating_sub(1));
                } else if start == Some(address) {
                    inside = true;
                    self.add_call(address);
                }
                steps += 1;
                !steps.is_multiple_of(4096) || seconds() - began < WALK_LIMIT
            });
        }
        if let (false, Some(instruction)) = (inside, start) {
            self.add_call(instruction);
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        let end = self.length + bytes.len();
        if let Some(place) = self.text.get_mut(self.length..end) {
            place.copy_from_slice(bytes);
            self.length = end;
        }
    }

    fn put_number(&mut self, mut number: u64) {
        let mut digits = [0u8; 20];
        let mut start = digits.len();
        loop {
            start -= 1;
            digits[start] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.put(&digits[start..]);
    }

    /// Puts `bytes` as a JSON string.
    fn put_string(&mut self, bytes: &[u8]) {
        self.put(b"\"");
        if std::str::from_utf8(bytes).is_ok() {
            for byte in bytes {
                match byte {
                    b'"' | b'\\' => self.put(&[b'\\', *byte]),
                    0..0x20 | 0x7f => self.put(b"?"),
                    _ => self.put(&[*byte]),
                }
            }
        }
        self.put(b"\"");
    }

    /// Puts one call: which library, and where in it.
    fn put_call(&mut self, address: u64) {
        let base = find_module(address).map_or(0, |module| module.dli_fbase as u64);
        let known = &self.modules[..self.module_count];
        let index = match known.iter().position(|module| *module == base) {
            Some(index) => index,
            None if self.module_count < MOST_MODULES => {
                self.modules[self.module_count] = base;
                self.module_count += 1;
                self.module_count - 1
            }
            None => return,
        };
        if self.text[self.length - 1] == b']' {
            self.put(b",");
        }
        self.put(b"[");
        self.put_number(index as u64);
        self.put(b",");
        self.put_number(address - base);
        self.put(b"]");
    }

    fn send(&mut self, cause: &Cause) {
        self.length = HEADER;
        self.module_count = 0;
        self.put(b"{\"msg_type\":\"died\",\"content\":{");
        if let Cause::Signal {
            signal,
            code,
            address,
            overflow,
        } = *cause
        {
            self.put(b"\"signal\":");
            self.put_number(signal as u64);
            self.put(b",\"by_itself\":");
            self.put(if code > 0 { b"true" } else { b"false" });
            self.put(b",\"address\":");
            self.put_number(address);
            self.put(b",\"overflow\":");
            self.put(if overflow { b"true" } else { b"false" });
            self.put(b",");
        }
        let mut name = [0u8; 16];
        // SAFETY: the call writes at most 16 bytes; the others only return a number.
        let main = unsafe {
            libc::prctl(libc::PR_GET_NAME, name.as_mut_ptr());
            libc::gettid() == libc::getpid()
        };
        if !main {
            self.put(b"\"thread\":");
            let length = name.iter().position(|byte| *byte == 0).unwrap_or(0);
            self.put_string(&name[..length]);
            self.put(b",");
        }
        self.put(b"\"calls\":[");
        for index in 0..self.count.min(INNERMOST) {
            self.put_call(self.innermost[index]);
        }
        for index in self.count.saturating_sub(OUTERMOST).max(INNERMOST)..self.count {
            self.put_call(self.outermost[(index - INNERMOST) % OUTERMOST]);
        }
        self.put(b"],\"modules\":[");
        for index in 0..self.module_count {
            if index > 0 {
                self.put(b",");
            }
            let name = find_module(self.modules[index]).map(|module| module.dli_fname);
            match name {
                Some(name) if !name.is_null() => {
                    // SAFETY: the loader's names are C strings that stay while the library does.
                    let name = unsafe { CStr::from_ptr(name) };
                    self.put_string(name.to_bytes());
                }
                _ => self.put(b"\"\""),
            }
        }
        self.put(b"]}}");
        let end = self.length;
        self.put(b"\x1b\\");
        let whole = self.length;
        self.length = 0;
        self.put(b"\x1b_kerust;");
        self.put_number((end - HEADER) as u64);
        self.put(b";");
        let header = self.length;
        self.text.copy_within(..header, HEADER - header);
        write_all(&self.text[HEADER - header..whole]);
    }
}

fn find_module(address: u64) -> Option<libc::Dl_info> {
    let mut found = MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: `dladdr` only compares the address, and fills in the structure if it knows it.
    unsafe {
        (libc::dladdr(address as *const c_void, found.as_mut_ptr()) != 0)
            .then(|| found.assume_init())
    }
}

/// The word at `address` of this process, if it can be read.
fn read_word(address: u64) -> Option<u64> {
    let mut word = 0u64;
    let here = libc::iovec {
        iov_base: (&raw mut word).cast(),
        iov_len: size_of::<u64>(),
    };
    let there = libc::iovec {
        iov_base: address as *mut c_void,
        iov_len: size_of::<u64>(),
    };
    // SAFETY: the call checks the address that it reads, and writes one word to the variable.
    let count = unsafe { libc::process_vm_readv(libc::getpid(), &here, 1, &there, 1, 0) };
    (count == size_of::<u64>() as isize).then_some(word)
}

fn seconds() -> i64 {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the call fills in the structure.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &mut time) };
    time.tv_sec
}

fn write_all(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        // SAFETY: the pointer and the length are those of a slice.
        let count = unsafe { libc::write(libc::STDOUT_FILENO, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(count) {
            Ok(count) if count > 0 => bytes = &bytes[count..],
            // Nobody listens any more.
            _ => return,
        }
    }
}
