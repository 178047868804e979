//! Kernels of the source files, started on the GPU.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::c_void;
use std::sync::{Arc, PoisonError};

use cudarc::driver::{CudaFunction, CudaModule, result};

use super::super::kernels;
use super::super::precision::Format;
use super::super::work::{Argument, Source, Threads};
use super::{Buffer, Gpu};
use crate::{Error, ErrorKind, Result};

const BASICS: Source = Source {
    name: "basics",
    text: include_str!("../basics.cu"),
};

/// Of a kernel.
const MOST_ARGUMENTS: usize = 32;

/// The kernels of files, by the files and what `Real` is in them.
pub(super) type Modules = HashMap<(&'static str, Format), Module>;

pub(super) struct Module {
    loaded: Arc<CudaModule>,
    /// Those that were asked for, by their names.
    functions: HashMap<String, CudaFunction>,
}

impl Gpu {
    /// Adds numbers to as many others of the same format.
    pub(crate) fn add(&self, to: &mut Buffer, more: &Buffer) -> Result<()> {
        let (count, threads) = (to.len(), Threads::wide(to.len(), to.format()));
        let arguments = [
            Argument::WriteReal(to),
            Argument::ReadReal(more),
            Argument::Size(count),
        ];
        self.launch(&BASICS, "add", threads, arguments)
    }

    /// The same numbers in another format.
    pub(crate) fn converted(&self, from: &Buffer, format: Format) -> Result<Buffer> {
        let count = from.len();
        let mut to = self.unwritten_as(format, count)?;
        let (name, other, to_argument, from) = match (from.format(), format) {
            (other, Format::Float32) => (
                "widen",
                other,
                Argument::Write(&mut to),
                Argument::ReadReal(from),
            ),
            (Format::Float32, other) => (
                "narrow",
                other,
                Argument::WriteReal(&mut to),
                Argument::Read(from),
            ),
            _ => {
                let floats = self.converted(from, Format::Float32)?;
                return self.converted(&floats, format);
            }
        };
        let arguments = [to_argument, from, Argument::Size(count)];
        let threads = Threads::wide(count, other);
        self.launch(&BASICS, name, threads, arguments)?;
        Ok(to)
    }

    /// Starts a kernel of a file. Its arguments must be those of its definition, and it must stay
    /// within their lengths: nothing checks that.
    pub(crate) fn launch<const N: usize>(
        &self,
        source: &Source,
        name: &str,
        threads: Threads,
        arguments: [Argument<'_>; N],
    ) -> Result<()> {
        const { assert!(N <= MOST_ARGUMENTS) };
        self.start(source, name, threads, &arguments)
    }

    fn start(
        &self,
        source: &Source,
        name: &str,
        threads: Threads,
        arguments: &[Argument<'_>],
    ) -> Result<()> {
        let kernel = self.kernel(source, name, format_of(name, arguments)?)?;
        // The driver copies the arguments from where these pointers lead.
        let mut words = [0u64; MOST_ARGUMENTS];
        let mut pointers = [std::ptr::null_mut::<c_void>(); MOST_ARGUMENTS];
        let places = words.iter_mut().zip(&mut pointers);
        for ((word, pointer), argument) in places.zip(arguments) {
            *word = self.word(argument);
            *pointer = match argument {
                Argument::Table(table) => std::ptr::from_ref(table).cast_mut().cast(),
                Argument::Words(words) => words.as_ptr().cast_mut().cast(),
                _ => std::ptr::from_mut(word).cast(),
            };
        }
        let [x, y, z] = threads.blocks.map(|blocks| blocks as u32);
        let started = self.context.bind_to_thread().and_then(|()| {
            // SAFETY: the caller's promise; words and tables outlive the call.
            unsafe {
                result::launch_kernel(
                    kernel.cu_function(),
                    (x, y, z),
                    (threads.threads, 1, 1),
                    0,
                    self.stream.cu_stream(),
                    &mut pointers[..arguments.len()],
                )
            }
        });
        started.map_err(|error| self.refused(&format!("the kernel `{name}`"), error))
    }

    /// The bits of an argument that is no table, the first byte first (GPUs and the processors that
    /// drive them are little-endian).
    fn word(&self, argument: &Argument<'_>) -> u64 {
        match argument {
            Argument::Read(buffer)
            | Argument::ReadReal(buffer)
            | Argument::Maybe(Some(buffer))
            | Argument::MaybeReal(Some(buffer)) => self.address(buffer),
            Argument::Write(buffer) | Argument::WriteReal(buffer) => self.address(buffer),
            Argument::Maybe(None)
            | Argument::MaybeReal(None)
            | Argument::Table(_)
            | Argument::Words(_) => 0,
            Argument::Size(size) => *size as u64,
            Argument::Whole(number) => u64::from(*number as u32),
            Argument::Word(word) => u64::from(*word),
            Argument::Number(number) => u64::from(number.to_bits()),
        }
    }

    /// A kernel of a file, which is compiled first.
    fn kernel(&self, source: &Source, name: &str, format: Format) -> Result<CudaFunction> {
        let mut modules = self.modules.lock().unwrap_or_else(PoisonError::into_inner);
        let module = match modules.entry((source.name, format)) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(Module {
                loaded: self.load(source, format)?,
                functions: HashMap::new(),
            }),
        };
        if let Some(function) = module.functions.get(name) {
            return Ok(function.clone());
        }
        let function = module.loaded.load_function(name);
        let function =
            function.map_err(|error| self.refused(&format!("the kernel `{name}`"), error))?;
        module.functions.insert(name.to_owned(), function.clone());
        Ok(function)
    }

    fn load(&self, source: &Source, format: Format) -> Result<Arc<CudaModule>> {
        // What was kept may be damaged, or of another driver.
        let kept = kernels::kept(source, format, self.capability)
            .and_then(|kept| self.context.load_module(kept).ok());
        if let Some(module) = kept {
            return Ok(module);
        }
        let compiled = kernels::compile(source, format, self.capability)?;
        let loaded = self.context.load_module(compiled);
        loaded.map_err(|error| self.refused("its kernels", error))
    }
}

/// What `Real` is in a call. An error when buffers are not what their arguments say: a kernel would go
/// beyond their ends.
fn format_of(name: &str, arguments: &[Argument<'_>]) -> Result<Format> {
    let mut found = None;
    for argument in arguments {
        let (buffer, is_real): (&Buffer, bool) = match argument {
            Argument::Read(buffer) | Argument::Maybe(Some(buffer)) => (buffer, false),
            Argument::Write(buffer) => (buffer, false),
            Argument::ReadReal(buffer) | Argument::MaybeReal(Some(buffer)) => (buffer, true),
            Argument::WriteReal(buffer) => (buffer, true),
            _ => continue,
        };
        let expected = match is_real {
            true => *found.get_or_insert(buffer.format()),
            false => Format::Float32,
        };
        if buffer.format() != expected {
            let given = buffer.format();
            let what = format!("the kernel `{name}` expects {expected:?}, and was given {given:?}");
            return Err(Error::new(ErrorKind::Device, what));
        }
    }
    Ok(found.unwrap_or(Format::Float32))
}
