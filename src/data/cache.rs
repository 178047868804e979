//! The stages that keep elements: in memory or in a file.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use super::element::DatasetElement;
use super::element_file::{Reader, Writer};
use super::spec::Cardinality;
use super::stage::{Elements, Pass, Stage};
use crate::Result;

/// Keeps the elements of the first whole pass in memory.
pub(super) struct Cached {
    of: Arc<dyn Stage>,
    kept: Arc<OnceLock<Vec<DatasetElement>>>,
}

impl Cached {
    pub(super) fn new(of: Arc<dyn Stage>) -> Cached {
        Cached {
            of,
            kept: Arc::default(),
        }
    }
}

impl Stage for Cached {
    fn begin(&self, pass: Pass) -> Result<Elements> {
        let kept = Arc::clone(&self.kept);
        if kept.get().is_some() {
            let mut position = 0;
            return Ok(Box::new(std::iter::from_fn(move || {
                let element = kept.get()?.get(position)?.clone();
                position += 1;
                Some(Ok(element))
            })));
        }
        let mut elements = self.of.begin(pass)?;
        if pass.is_glance {
            return Ok(elements);
        }
        let mut seen = Vec::new();
        Ok(Box::new(std::iter::from_fn(move || {
            let next = elements.next();
            match &next {
                Some(Ok(element)) => seen.push(element.clone()),
                Some(Err(_)) => {}
                None => {
                    // Another pass that was whole before has the same right.
                    let _ = kept.set(std::mem::take(&mut seen));
                }
            }
            next
        })))
    }

    fn cardinality(&self) -> Cardinality {
        match self.kept.get() {
            Some(kept) => Cardinality::Finite(kept.len()),
            None => self.of.cardinality(),
        }
    }

    fn batches_are_open(&self) -> bool {
        self.of.batches_are_open()
    }
}

/// Keeps the elements of the first whole pass in a file, and reads them from it when it is there.
pub(super) struct CachedInFile {
    pub(super) of: Arc<dyn Stage>,
    pub(super) path: PathBuf,
}

impl Stage for CachedInFile {
    fn begin(&self, pass: Pass) -> Result<Elements> {
        if self.path.exists() {
            let reader = Reader::open(&self.path)?;
            return Ok(Box::new(reader));
        }
        let mut elements = self.of.begin(pass)?;
        if pass.is_glance {
            return Ok(elements);
        }
        let mut writer = Some(Writer::create(&self.path)?);
        Ok(Box::new(std::iter::from_fn(move || {
            let next = elements.next();
            let written = match (&next, &mut writer) {
                (Some(Ok(element)), Some(writer)) => writer.write(element),
                // The file is not whole and goes away with its writer.
                (Some(Err(_)), _) => {
                    writer = None;
                    Ok(())
                }
                (None, _) => writer.take().map_or(Ok(()), Writer::finish),
                (_, None) => Ok(()),
            };
            match written {
                Ok(()) => next,
                Err(error) => {
                    writer = None;
                    Some(Err(error))
                }
            }
        })))
    }

    fn cardinality(&self) -> Cardinality {
        self.of.cardinality()
    }

    fn batches_are_open(&self) -> bool {
        self.of.batches_are_open()
    }
}
