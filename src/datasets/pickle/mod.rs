//! Reading Python's pickles of what data sets are made of, and of nothing else: numbers, strings,
//! lists, dictionaries, and NumPy's arrays.
//!
//! A pickle is a program for a small machine, and may come from a stranger. Nothing of it is
//! executed here: only NumPy's three names may be called, and calling them makes an entry. The
//! machine knows the instructions that occur in such files (protocols 2 to 5), counts what it
//! keeps, and refuses everything else.

mod machine;

use std::ops::Range;

use crate::{Error, Result};
use machine::{Array, Item, List, Machine, Object};

/// A pickle that was read; strings and arrays of bytes stay where they are.
pub(super) struct Pickle<'a> {
    bytes: &'a [u8],
    objects: Vec<Object>,
    root: Item,
}

impl<'a> Pickle<'a> {
    /// Reads the whole pickle.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Pickle<'a>> {
        let (objects, root) = Machine::new(bytes).run()?;
        Ok(Pickle {
            bytes,
            objects,
            root,
        })
    }

    /// The lists of integers in an array of objects with one axis.
    pub(super) fn array_of_lists(&self) -> Result<Vec<Vec<i64>>> {
        let array = self.array(self.root)?;
        let (Item::Object(list), [length]) = (array.data, array.shape.as_slice()) else {
            return Err(Error::data("expected an array of objects with one axis"));
        };
        let entries = match &self.objects[list] {
            Object::List(List::Mixed(entries)) if entries.len() == *length => entries,
            Object::List(List::Integers(none)) if none.is_empty() && *length == 0 => {
                return Ok(vec![]);
            }
            _ => return Err(Error::data(format!("expected {length} lists in the array"))),
        };
        let mut numbers = 0;
        let lists = entries.iter().map(|entry| {
            let list = self.integers_at(*entry)?;
            numbers += list.len();
            // A number takes at least two bytes: there are more only where a small file refers to
            // the same list again and again.
            if numbers > self.bytes.len() {
                return Err(Error::data("it repeats its lists without end"));
            }
            Ok(list.to_vec())
        });
        lists.collect()
    }

    /// The integers in the list under a key of the dictionary.
    pub(super) fn integers(&self, key: &str) -> Result<&[i64]> {
        self.integers_at(self.entry(key)?)
            .map_err(|error| error.at(format!("`{key}`")))
    }

    /// The shape and the bytes of the array of bytes under a key of the dictionary.
    pub(super) fn byte_array(&self, key: &str) -> Result<(&[usize], &'a [u8])> {
        let array = self
            .array(self.entry(key)?)
            .map_err(|error| error.at(format!("`{key}`")))?;
        let elements = array
            .shape
            .iter()
            .try_fold(1usize, |n, size| n.checked_mul(*size));
        match (array.data, array.descr.as_slice()) {
            (Item::Text(range), b"u1" | b"|u1" | b"uint8")
                if elements == Some(range.1 - range.0) =>
            {
                Ok((&array.shape, self.text(range)))
            }
            _ => Err(Error::data(format!(
                "`{key}`: expected {:?} bytes",
                array.shape
            ))),
        }
    }

    fn text(&self, (start, end): (usize, usize)) -> &'a [u8] {
        let range: Range<usize> = start..end;
        &self.bytes[range]
    }

    fn entry(&self, key: &str) -> Result<Item> {
        let Item::Object(root) = self.root else {
            return Err(Error::data("expected a dictionary"));
        };
        let Object::Dict(entries) = &self.objects[root] else {
            return Err(Error::data("expected a dictionary"));
        };
        let found = entries.iter().find(|(name, _)| match name {
            Item::Text(range) => self.text(*range) == key.as_bytes(),
            _ => false,
        });
        found
            .map(|(_, value)| *value)
            .ok_or_else(|| Error::data(format!("it has no `{key}`")))
    }

    fn integers_at(&self, item: Item) -> Result<&[i64]> {
        match item {
            Item::Object(list) => match &self.objects[list] {
                Object::List(List::Integers(numbers)) => Ok(numbers),
                _ => Err(Error::data("expected a list of integers")),
            },
            _ => Err(Error::data("expected a list of integers")),
        }
    }

    fn array(&self, item: Item) -> Result<&Array> {
        match item {
            Item::Object(array) => match &self.objects[array] {
                Object::Array(Some(array)) => Ok(array),
                _ => Err(Error::data("expected an array")),
            },
            _ => Err(Error::data("expected an array")),
        }
    }
}
