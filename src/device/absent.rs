//! What stands for a GPU in a build without the feature `cuda`: nothing can be made of these types,
//! so that the compiler leaves out what would be done with them.

use super::precision::Format;
use super::work::{Argument, Geometry, Pass, Product, Source, Target, Threads};
use crate::Result;

pub(crate) enum Gpu {}

pub(crate) enum Buffer {}

pub(crate) enum Arriving {}

pub(crate) fn gpu() -> Option<&'static Gpu> {
    None
}

pub(crate) fn opened_gpu() -> Option<&'static Gpu> {
    None
}

pub(crate) fn on_processor<T>(work: impl FnOnce() -> T) -> T {
    work()
}

impl Buffer {
    pub(crate) fn format(&self) -> Format {
        match *self {}
    }

    pub(crate) fn len(&self) -> usize {
        match *self {}
    }

    pub(crate) fn is_empty(&self) -> bool {
        match *self {}
    }
}

impl Arriving {
    pub(crate) fn wait(self) -> Result<Vec<f32>> {
        match self {}
    }
}

impl Gpu {
    pub(crate) fn unwritten(&self, _: usize) -> Result<Buffer> {
        match *self {}
    }

    pub(crate) fn unwritten_as(&self, _: Format, _: usize) -> Result<Buffer> {
        match *self {}
    }

    pub(crate) fn format_of_activations(&self) -> Format {
        match *self {}
    }

    pub(crate) fn converted(&self, _: &Buffer, _: Format) -> Result<Buffer> {
        match *self {}
    }

    pub(crate) fn zeros(&self, _: usize) -> Result<Buffer> {
        match *self {}
    }

    pub(crate) fn filled(&self, _: usize, _: f32) -> Result<Buffer> {
        match *self {}
    }

    pub(crate) fn upload(&self, _: &[f32]) -> Result<Buffer> {
        match *self {}
    }

    pub(crate) fn download(&self, _: &Buffer) -> Result<Vec<f32>> {
        match *self {}
    }

    pub(crate) fn fetch(&self, _: &Buffer) -> Result<Arriving> {
        match *self {}
    }

    pub(crate) fn copy(&self, _: &Buffer) -> Result<Buffer> {
        match *self {}
    }

    pub(crate) fn clear(&self, _: &mut Buffer) -> Result<()> {
        match *self {}
    }

    pub(crate) fn add(&self, _: &mut Buffer, _: &Buffer) -> Result<()> {
        match *self {}
    }

    pub(crate) fn say_missing(&self, _: &'static str) {
        match *self {}
    }

    pub(crate) fn launch<const N: usize>(
        &self,
        _: &Source,
        _: &str,
        _: Threads,
        _: [Argument<'_>; N],
    ) -> Result<()> {
        match *self {}
    }

    pub(crate) fn multiply(&self, _: Product<'_>, _: &mut Buffer, _: Target) -> Result<()> {
        match *self {}
    }

    pub(crate) fn convolve(
        &self,
        _: &Geometry,
        _: Pass,
        _: &[&Buffer],
        _: &mut Buffer,
        _: bool,
    ) -> Result<bool> {
        match *self {}
    }

    pub(crate) fn address(&self, _: &Buffer) -> u64 {
        match *self {}
    }

    pub(crate) fn free_memory(&self) -> usize {
        match *self {}
    }

    pub(crate) fn occupancy(&self) -> String {
        match *self {}
    }

    pub(crate) fn status(&self) -> String {
        match *self {}
    }
}
