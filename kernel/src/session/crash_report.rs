//! The end of the cells' process as an error that a notebook shows, with the line of the cell that
//! it happened in.

use std::collections::VecDeque;
use std::path::Path;

use addr2line::gimli::{Dwarf, EndianSlice, RunTimeEndian, SectionId};
use object::{Object, ObjectSection};
use serde_json::Value;

use super::errors::{cell_line, line_in_cell, lost, pointer};
use super::memory::format_size;
use super::shared::Panic;
use crate::events::CellError;

/// What the cells' process said before it ended.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Death {
    /// The signal of the crash; none if the process ended by itself.
    signal: Option<i32>,
    /// Whether the signal comes from what an instruction did, and from no `kill`.
    by_itself: bool,
    address: u64,
    overflow: bool,
    /// The thread, if it was not the main one.
    thread: Option<String>,
    /// The library of each call and the place in it, the innermost first.
    calls: Vec<(String, u64)>,
    /// What an allocation failed at, in bytes.
    allocation: Option<u64>,
    /// The C library's reason to abort.
    reason: Option<String>,
}

impl Death {
    /// The report with the content `content`, sent after `errors` was printed. `first` is the
    /// shorter report before this one, if there was one.
    pub(crate) fn from_content(content: &Value, errors: &str, first: Option<Death>) -> Death {
        let first = first.unwrap_or_default();
        let modules: Vec<&str> = content["modules"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|name| name.as_str().unwrap_or_default())
            .collect();
        let calls = content["calls"].as_array().into_iter().flatten();
        let call = |call: &Value| {
            let module = modules.get(usize::try_from(call[0].as_u64()?).ok()?)?;
            Some(((*module).to_owned(), call[1].as_u64()?))
        };
        Death {
            signal: content["signal"].as_i64().map(|number| number as i32),
            by_itself: content["by_itself"].as_bool().unwrap_or(false),
            address: content["address"].as_u64().unwrap_or_default(),
            overflow: content["overflow"].as_bool().unwrap_or(false),
            thread: content["thread"].as_str().map(str::to_owned),
            calls: calls.filter_map(call).collect(),
            allocation: errors
                .lines()
                .rev()
                .find_map(failed_allocation)
                .or(first.allocation),
            reason: errors
                .lines()
                .rev()
                .find(|line| is_reason(line))
                .map(str::to_owned)
                .or(first.reason),
        }
    }
}

/// The size in the message of the Rust library for a failed allocation.
fn failed_allocation(line: &str) -> Option<u64> {
    let rest = line.strip_prefix("memory allocation of ")?;
    rest.strip_suffix(" bytes failed")?.parse().ok()
}

/// Whether `line` is what the C library prints before it aborts.
fn is_reason(line: &str) -> bool {
    const STARTS: [&str; 9] = [
        "free(): ",
        "malloc(): ",
        "malloc_consolidate(): ",
        "realloc(): ",
        "munmap_chunk(): ",
        "double free or corruption",
        "corrupted ",
        "*** ",
        "terminate called ",
    ];
    STARTS.iter().any(|start| line.starts_with(start))
}

/// Whether `errors` may be about the end of the process, which then follows.
pub(crate) fn are_last_words(errors: &str) -> bool {
    errors.lines().any(|line| failed_allocation(line).is_some())
}

/// Takes out of `errors`, which was printed just before the process ended, what the error says
/// anyway.
pub(crate) fn without_last_words(errors: &str) -> String {
    let runtime = |line: &str| {
        failed_allocation(line).is_some()
            || is_reason(line)
            || line.starts_with("skipping backtrace printing")
            || line.starts_with("thread caused non-unwinding panic")
            || line.starts_with("thread panicked while processing panic")
            || line.starts_with("fatal runtime error: ")
            || line.starts_with("note: run with `RUST_BACKTRACE=1`")
    };
    errors
        .split_inclusive('\n')
        .filter(|line| !runtime(line.trim_end()))
        .collect()
}

/// A cell that has run, as its compiled form.
struct Program {
    library: String,
    code: String,
    generated: String,
}

/// How many cells that have run are remembered.
const MOST_PROGRAMS: usize = 256;

/// The cells that have run, to find lines in.
#[derive(Default)]
pub(crate) struct Programs(VecDeque<Program>);

impl Programs {
    /// Remembers that `library` holds the cell `code`, compiled from `generated`.
    pub(crate) fn add(&mut self, library: &str, code: &str, generated: &str) {
        self.0.push_front(Program {
            library: library.to_owned(),
            code: code.to_owned(),
            generated: generated.to_owned(),
        });
        self.0.truncate(MOST_PROGRAMS);
    }
}

/// How the cells' process ended, as far as the system says.
enum Status {
    Signal(i32),
    Exit(i32),
    Unknown(String),
}

impl Status {
    /// The status in evcxr's message.
    fn find(message: &str) -> Status {
        let status = message
            .rsplit("Subprocess terminated with status: ")
            .next()
            .unwrap_or(message)
            .trim();
        let number = |start: &str| {
            let rest = status.strip_prefix(start)?;
            rest.split_whitespace().next()?.parse().ok()
        };
        if let Some(signal) = number("signal: ") {
            Status::Signal(signal)
        } else if let Some(code) = number("exit status: ") {
            Status::Exit(code)
        } else {
            Status::Unknown(status.to_owned())
        }
    }
}

/// What is known of the end of the cells' process.
pub(crate) struct Circumstances<'a> {
    /// What evcxr says about it.
    pub(crate) message: &'a str,
    pub(crate) death: Option<&'a Death>,
    pub(crate) panics: &'a [Panic],
    /// The compiled form of the cell that ran.
    pub(crate) library: Option<&'a str>,
    /// All cells that have run, this one included.
    pub(crate) programs: &'a Programs,
    /// The most memory that the cells may take.
    pub(crate) limit: Option<u64>,
    /// Whether memory ran out in the system while the cell ran.
    pub(crate) out_of_memory: bool,
}

/// The end of the cells' process as an error.
pub(crate) fn explain(circumstances: &Circumstances) -> CellError {
    let (ename, what, remedy) = describe(circumstances);
    let mut details = circumstances
        .death
        .map(|death| places(death, circumstances))
        .unwrap_or_default();
    if let Some(thread) = circumstances
        .death
        .and_then(|death| death.thread.as_deref())
    {
        // Threads without a name of their own have the program's.
        details.push(match thread {
            "" | "kerust" => "  in a thread that is not the main one".to_owned(),
            name => format!("  in thread `{name}`"),
        });
    }
    if !remedy.is_empty() {
        details.push(remedy);
    }
    if circumstances.library.is_none() {
        details.push(
            "It ended before this cell ran, because of what earlier cells left running.".to_owned(),
        );
    }
    details.push(lost());
    CellError::new(ename, &what, &details)
}

/// The error's name, what happened, and what to do about it.
fn describe(circumstances: &Circumstances) -> (&'static str, String, String) {
    const DIED: &str = "ProcessDied";
    let status = Status::find(circumstances.message);
    let Some(death) = circumstances.death else {
        return match status {
            Status::Signal(libc::SIGKILL) if circumstances.out_of_memory => (
                "OutOfMemory",
                "the system ran out of memory and killed the process that runs the cells"
                    .to_owned(),
                "Use less memory at a time, or set the environment variable `KERUST_MEMORY_LIMIT` \
                 (such as `4GiB`), so that the cell fails before the system does."
                    .to_owned(),
            ),
            Status::Signal(libc::SIGKILL) => (
                DIED,
                "something outside killed the process that runs the cells (signal 9, SIGKILL)"
                    .to_owned(),
                "The cell did not do this itself; it may have been the system's out-of-memory \
                 killer, a job scheduler or a person."
                    .to_owned(),
            ),
            Status::Signal(libc::SIGSEGV) => (
                DIED,
                "the cell's process crashed: segmentation fault (SIGSEGV), or a stack overflow in \
                 a thread"
                    .to_owned(),
                String::new(),
            ),
            Status::Signal(number) => (
                DIED,
                format!(
                    "the process that runs the cells was ended by {}",
                    signal_name(number)
                ),
                String::new(),
            ),
            Status::Exit(code) => (
                DIED,
                format!("the process that runs the cells ended itself with exit code {code}"),
                String::new(),
            ),
            Status::Unknown(text) => (
                DIED,
                format!("the process that runs the cells ended ({text})"),
                String::new(),
            ),
        };
    };
    let Some(signal) = death.signal else {
        let code = match status {
            Status::Exit(code) => code.to_string(),
            _ => "…".to_owned(),
        };
        return (
            DIED,
            format!(
                "the cell called `std::process::exit({code})`, which ends the process that runs all cells"
            ),
            "To end a cell early, use `return` in a function, `break` from a block, or `?`."
                .to_owned(),
        );
    };
    if let (libc::SIGABRT, Some(size)) = (signal, death.allocation) {
        let (limit, remedy) = match circumstances.limit {
            Some(limit) => (
                format!(" (the cells may use {})", format_size(limit)),
                "Use less memory at a time, or allow more: the environment variable \
                 `KERUST_MEMORY_LIMIT` takes a size such as `16GiB`, or `0` for no limit.",
            ),
            None => (String::new(), "Use less memory at a time."),
        };
        return (
            "OutOfMemory",
            format!(
                "there is no memory for another {}{limit}",
                format_size(size)
            ),
            remedy.to_owned(),
        );
    }
    if death.overflow {
        return (
            "StackOverflow",
            "the stack is used up: a function calls itself without end or very often, or a value \
             on the stack is too large"
                .to_owned(),
            "Large values belong in a `Vec` or a `Box`; deep recursion needs a thread with a larger \
             stack (`std::thread::Builder::stack_size`)."
                .to_owned(),
        );
    }
    let name = signal_name(signal);
    if !death.by_itself && signal != libc::SIGABRT {
        return (
            DIED,
            format!("the process that runs the cells was sent {name}"),
            String::new(),
        );
    }
    let unsound = "Safe Rust does not do this: look for `unsafe` code, here or in a library.";
    match signal {
        libc::SIGSEGV => (
            DIED,
            format!("the cell crashed: {name}, at address {:#x}", death.address),
            unsound.to_owned(),
        ),
        libc::SIGBUS => (
            DIED,
            format!("the cell crashed: {name}, at address {:#x}", death.address),
            "This comes from `unsafe` code, or from a mapped file that has become shorter."
                .to_owned(),
        ),
        libc::SIGABRT => match (uncaught(circumstances.panics), &death.reason) {
            (Some(panic), _) => (
                DIED,
                format!(
                    "a panic could not be caught, so the process was aborted: {}",
                    panic.message
                ),
                "Panics cannot leave a destructor that runs because of a panic, nor an `extern \
                 \"C\"` function."
                    .to_owned(),
            ),
            (None, Some(reason)) => (
                DIED,
                format!("the process was aborted ({name}): {reason}"),
                unsound.to_owned(),
            ),
            (None, None) => (
                DIED,
                format!("the cell aborted the process that runs all cells ({name})"),
                String::new(),
            ),
        },
        _ => (DIED, format!("the cell crashed: {name}"), String::new()),
    }
}

/// The panic that aborted the process; the Rust library then says why it cannot go on.
fn uncaught(panics: &[Panic]) -> Option<&Panic> {
    const WHY: [&str; 2] = [
        "panic in a destructor during cleanup",
        "panic in a function that cannot unwind",
    ];
    let mut panics = panics.iter().rev();
    panics.find(|panic| !WHY.contains(&panic.message.as_str()))
}

fn signal_name(signal: i32) -> String {
    let (what, name) = match signal {
        libc::SIGSEGV => ("segmentation fault", "SIGSEGV"),
        libc::SIGBUS => ("bus error", "SIGBUS"),
        libc::SIGILL => ("illegal instruction", "SIGILL"),
        libc::SIGFPE => ("arithmetic error", "SIGFPE"),
        libc::SIGTRAP => ("breakpoint", "SIGTRAP"),
        libc::SIGABRT => return "SIGABRT".to_owned(),
        libc::SIGTERM => return "SIGTERM".to_owned(),
        libc::SIGXCPU => ("too much processor time", "SIGXCPU"),
        other => return format!("signal {other}"),
    };
    format!("{what} ({name})")
}

/// Where it happened: the line of the cell, and before it the line of an earlier cell's function
/// that the cell had called.
fn places(death: &Death, circumstances: &Circumstances) -> Vec<String> {
    let current = circumstances
        .library
        .and_then(|library| program(library, circumstances.programs));
    if let (Some(libc::SIGABRT), Some(program), Some(panic)) =
        (death.signal, current, uncaught(circumstances.panics))
        && let Some(number) = cell_line(panic, &program.code, Some(&program.generated))
    {
        return vec![pointer(&program.code, number)];
    }
    let mut within: Option<String> = None;
    let mut tables: Vec<(&str, Vec<Vec<usize>>)> = Vec::new();
    // A function takes its part of the stack where it starts, which says less than the line that
    // called it.
    let first = usize::from(death.overflow);
    for index in (first..death.calls.len()).chain(0..first.min(death.calls.len())) {
        let (module, _) = &death.calls[index];
        let Some(program) = program(module, circumstances.programs) else {
            continue;
        };
        if !tables.iter().any(|(known, _)| known == module) {
            let addresses: Vec<u64> = death
                .calls
                .iter()
                .map(|(owner, address)| if owner == module { *address } else { 0 })
                .collect();
            // Without a line table, the error only misses the line.
            tables.push((module, cell_lines(module, &addresses).unwrap_or_default()));
        }
        let table = tables.iter().find(|(known, _)| known == module);
        let lines = table.and_then(|(_, lines)| lines.get(index));
        for line in lines.into_iter().flatten() {
            if let Some(number) = line_in_cell(*line, &program.code, Some(&program.generated)) {
                let earlier = circumstances.library != Some(module.as_str());
                let mut details: Vec<String> = within.into_iter().collect();
                details.push(pointer(&program.code, number));
                if earlier {
                    details.push("  in an earlier cell, whose thread still ran".to_owned());
                }
                return details;
            }
            if let (None, Some(text)) = (&within, line_of_item(*line, &program.generated)) {
                within = Some(format!(
                    "  in a function of an earlier cell: {}",
                    text.trim()
                ));
            }
        }
    }
    let started = death.calls.first().map(|(module, _)| module.as_str());
    if death.overflow && within.is_none() && started == circumstances.library {
        // The stack for all of a function's variables is taken where it starts.
        within = Some(
            "  where the cell starts: its variables together do not fit on the stack".to_owned(),
        );
    }
    // Perhaps the line of an earlier cell's function, without the one that called it.
    within.into_iter().collect()
}

/// Line `number` of what evcxr compiled, if it belongs to what earlier cells have defined, which
/// comes first.
fn line_of_item(number: usize, generated: &str) -> Option<&str> {
    const OWN: [&str; 3] = [
        "evcxr_internal_runtime",
        "EvcxrUserCodeError",
        "run_user_code_",
    ];
    let mut items = generated
        .lines()
        .take_while(|line| !OWN.iter().any(|name| line.contains(name)));
    items.nth(number.checked_sub(1)?)
}

fn program<'a>(module: &str, programs: &'a Programs) -> Option<&'a Program> {
    programs.0.iter().find(|program| program.library == module)
}

/// For each address in the compiled cell `module`, the lines of evcxr's source that it belongs to,
/// the innermost inlined function first; none for code of other crates.
fn cell_lines(module: &str, addresses: &[u64]) -> Option<Vec<Vec<usize>>> {
    let bytes = std::fs::read(module).ok()?;
    let object = object::File::parse(&*bytes).ok()?;
    let endian = if object.is_little_endian() {
        RunTimeEndian::Little
    } else {
        RunTimeEndian::Big
    };
    let section = |id: SectionId| {
        let data = object
            .section_by_name(id.name())
            .and_then(|section| section.data().ok())
            .unwrap_or_default();
        Ok::<_, addr2line::gimli::Error>(EndianSlice::new(data, endian))
    };
    let context = addr2line::Context::from_dwarf(Dwarf::load(section).ok()?).ok()?;
    let own = |file: &str| {
        file.strip_suffix("/src/lib.rs")
            .is_some_and(|folder| Path::new(module).starts_with(folder))
    };
    let lines = addresses.iter().map(|address| {
        let mut lines = Vec::new();
        if let Ok(mut frames) = context.find_frames(*address).skip_all_loads() {
            while let Ok(Some(frame)) = frames.next() {
                let Some(location) = frame.location else {
                    continue;
                };
                if let (Some(file), Some(line)) = (location.file, location.line)
                    && own(file)
                {
                    lines.push(line as usize);
                }
            }
        }
        lines
    });
    Some(lines.collect())
}
