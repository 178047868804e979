//! The machine that a pickle is a program for, with the few instructions that occur.

use std::collections::HashMap;

use crate::{Error, Result};

/// What one instruction puts onto the stack. Python never has more than a thousand at once there.
const DEEPEST_STACK: usize = 1 << 16;
/// Lists, tuples, dictionaries and arrays: as many as there may be samples, and some.
const MOST_OBJECTS: usize = 1 << 21;
/// Entries of lists that are not integers.
const MOST_ENTRIES: usize = 1 << 22;
/// Things that are remembered, to be referred to again.
const MOST_REMEMBERED: usize = 1 << 23;

/// A value on the stack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Item {
    Nothing,
    Bool(bool),
    Integer(i64),
    /// A string: where it begins and ends in the pickle.
    Text((usize, usize)),
    Name(Name),
    Object(usize),
}

/// The names that may be called.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Name {
    /// `numpy.ndarray`
    Ndarray,
    /// `numpy.dtype`
    Dtype,
    /// `numpy.core.multiarray._reconstruct`
    Reconstruct,
}

#[derive(Debug)]
pub(super) enum List {
    Integers(Vec<i64>),
    Mixed(Vec<Item>),
}

#[derive(Debug)]
pub(super) struct Array {
    pub(super) shape: Vec<usize>,
    /// NumPy's name of the type.
    pub(super) descr: Vec<u8>,
    /// A string of bytes, or a list of objects.
    pub(super) data: Item,
}

#[derive(Debug)]
pub(super) enum Object {
    List(List),
    Tuple(Vec<Item>),
    Dict(Vec<(Item, Item)>),
    Dtype(Vec<u8>),
    /// An array; nothing until it is told what it holds.
    Array(Option<Array>),
}

pub(super) struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    stack: Vec<Item>,
    /// How high the stack was at each mark.
    marks: Vec<usize>,
    memo: HashMap<u32, Item>,
    objects: Vec<Object>,
    entries: usize,
}

fn wrong(what: impl Into<String>) -> Error {
    Error::data(what)
}

impl<'a> Machine<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Machine<'a> {
        Machine {
            bytes,
            at: 0,
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
            objects: Vec::new(),
            entries: 0,
        }
    }

    /// All objects, and what the pickle stands for.
    pub(super) fn run(mut self) -> Result<(Vec<Object>, Item)> {
        loop {
            let start = self.at;
            let at = |error: Error| error.at(format!("at byte {start} of the pickle"));
            let code = self.byte().map_err(at)?;
            if code == b'.' {
                let root = self.pop().map_err(at)?;
                return Ok((self.objects, root));
            }
            self.step(code).map_err(at)?;
            if self.stack.len() > DEEPEST_STACK || self.marks.len() > DEEPEST_STACK {
                return Err(at(wrong("it puts too much onto its stack")));
            }
        }
    }

    fn step(&mut self, code: u8) -> Result<()> {
        match code {
            // The version of the language, and the size of what follows.
            0x80 => match self.byte()? {
                2..=5 => Ok(()),
                version => Err(wrong(format!(
                    "protocol {version} is not read, only 2 to 5"
                ))),
            },
            0x95 => self.skip(8),
            b'(' => {
                self.marks.push(self.stack.len());
                Ok(())
            }
            b'N' => self.push(Item::Nothing),
            0x88 => self.push(Item::Bool(true)),
            0x89 => self.push(Item::Bool(false)),
            b'K' | b'M' | b'J' | 0x8a => {
                let number = self.integer(code)?;
                self.push(Item::Integer(number))
            }
            b'U' | b'C' | 0x8c => {
                let length = self.byte()? as usize;
                self.text(length)
            }
            b'T' | b'B' | b'X' => {
                let length = self.word()? as usize;
                self.text(length)
            }
            b'c' | 0x93 => self.name(code),
            b']' => self.make(Object::List(List::Integers(Vec::new()))),
            b'}' => self.make(Object::Dict(Vec::new())),
            b')' => self.make(Object::Tuple(Vec::new())),
            0x85..=0x87 => {
                let items = self.pop_many(usize::from(code - 0x84))?;
                self.make(Object::Tuple(items))
            }
            b't' => {
                let items = self.pop_to_mark()?;
                self.make(Object::Tuple(items))
            }
            b'a' => {
                let item = self.pop()?;
                self.append(&[item])
            }
            b'e' => {
                let items = self.pop_to_mark()?;
                self.append(&items)
            }
            b's' => {
                let items = self.pop_many(2)?;
                self.set(&items)
            }
            b'u' => {
                let items = self.pop_to_mark()?;
                self.set(&items)
            }
            b'q' => {
                let index = u32::from(self.byte()?);
                self.remember(index)
            }
            b'r' => {
                let index = self.word()?;
                self.remember(index)
            }
            0x94 => self.remember(self.memo.len() as u32),
            b'h' => {
                let index = u32::from(self.byte()?);
                self.recall(index)
            }
            b'j' => {
                let index = self.word()?;
                self.recall(index)
            }
            b'R' => self.call(),
            b'b' => self.tell(),
            other => Err(wrong(format!(
                "the instruction {other:#04x} does not occur in data sets"
            ))),
        }
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let end = self.at.checked_add(count);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or_else(|| wrong("it is cut off"))?;
        self.at += count;
        Ok(taken)
    }

    fn skip(&mut self, count: usize) -> Result<()> {
        self.take(count).map(|_| ())
    }

    fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    fn word(&mut self) -> Result<u32> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn integer(&mut self, code: u8) -> Result<i64> {
        Ok(match code {
            b'K' => i64::from(self.byte()?),
            b'M' => {
                let bytes = self.take(2)?;
                i64::from(u16::from_le_bytes([bytes[0], bytes[1]]))
            }
            b'J' => i64::from(self.word()? as i32),
            // A long one: its length, then its digits.
            _ => {
                let length = self.byte()? as usize;
                let bytes = self.take(length)?;
                let negative = bytes.last().is_some_and(|last| *last >= 0x80);
                let mut digits = [if negative { 0xff } else { 0 }; 8];
                let room = digits
                    .get_mut(..length)
                    .ok_or_else(|| wrong(format!("it has an integer of {length} bytes")))?;
                room.copy_from_slice(bytes);
                i64::from_le_bytes(digits)
            }
        })
    }

    fn text(&mut self, length: usize) -> Result<()> {
        let start = self.at;
        self.skip(length)?;
        self.push(Item::Text((start, start + length)))
    }

    fn line(&mut self) -> Result<&'a [u8]> {
        let rest = &self.bytes[self.at..];
        let end = rest.iter().take(256).position(|byte| *byte == b'\n');
        let end = end.ok_or_else(|| wrong("it has a name that does not end"))?;
        let line = self.take(end)?;
        self.skip(1)?;
        Ok(line)
    }

    fn name(&mut self, code: u8) -> Result<()> {
        let (module, name) = match code {
            b'c' => (self.line()?, self.line()?),
            _ => match self.pop_many(2)?[..] {
                [Item::Text(module), Item::Text(name)] => {
                    (&self.bytes[module.0..module.1], &self.bytes[name.0..name.1])
                }
                _ => return Err(wrong("it has a name that is no string")),
            },
        };
        let known = match (module, name) {
            (b"numpy", b"ndarray") => Name::Ndarray,
            (b"numpy", b"dtype") => Name::Dtype,
            (b"numpy.core.multiarray" | b"numpy._core.multiarray", b"_reconstruct") => {
                Name::Reconstruct
            }
            _ => {
                return Err(wrong(format!(
                    "it wants to call `{}.{}`, which no data set does",
                    String::from_utf8_lossy(module),
                    String::from_utf8_lossy(name)
                ))
                .remedy("do not open this file with Python: it may have been made to do harm"));
            }
        };
        self.push(Item::Name(known))
    }

    fn push(&mut self, item: Item) -> Result<()> {
        self.stack.push(item);
        Ok(())
    }

    fn make(&mut self, object: Object) -> Result<()> {
        if self.objects.len() >= MOST_OBJECTS {
            return Err(wrong(format!("it has more than {MOST_OBJECTS} objects")));
        }
        self.objects.push(object);
        self.push(Item::Object(self.objects.len() - 1))
    }

    /// The lowest that may be popped now.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop(&mut self) -> Result<Item> {
        match self.stack.len() > self.floor() {
            true => self.stack.pop().ok_or_else(|| wrong("its stack is empty")),
            false => Err(wrong("its stack is empty")),
        }
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Item>> {
        match self.stack.len().checked_sub(count) {
            Some(from) if from >= self.floor() => Ok(self.stack.split_off(from)),
            _ => Err(wrong("its stack is empty")),
        }
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Item>> {
        let mark = self.marks.pop().ok_or_else(|| wrong("it has no mark"))?;
        Ok(self.stack.split_off(mark))
    }

    /// The object on top of the stack, which stays there.
    fn top(&mut self) -> Result<&mut Object> {
        match self.stack[self.floor().min(self.stack.len())..].last() {
            Some(Item::Object(index)) => Ok(&mut self.objects[*index]),
            _ => Err(wrong("it changes something that is no object")),
        }
    }

    fn append(&mut self, items: &[Item]) -> Result<()> {
        let mut others = 0;
        let Object::List(list) = self.top()? else {
            return Err(wrong("it appends to something that is no list"));
        };
        for item in items {
            match (&mut *list, item) {
                (List::Integers(numbers), Item::Integer(number)) => numbers.push(*number),
                (List::Mixed(all), item) => {
                    all.push(*item);
                    others += 1;
                }
                (List::Integers(numbers), item) => {
                    let before = numbers.iter().map(|number| Item::Integer(*number));
                    let all: Vec<Item> = before.chain([*item]).collect();
                    others += all.len();
                    *list = List::Mixed(all);
                }
            }
        }
        self.count(others)
    }

    fn set(&mut self, items: &[Item]) -> Result<()> {
        let (pairs, rest) = items.as_chunks::<2>();
        let Object::Dict(entries) = self.top()? else {
            return Err(wrong("it sets entries of something that is no dictionary"));
        };
        if !rest.is_empty() {
            return Err(wrong("it sets a key without a value"));
        }
        entries.extend(pairs.iter().map(|[key, value]| (*key, *value)));
        self.count(pairs.len())
    }

    /// Counts entries that were kept.
    fn count(&mut self, entries: usize) -> Result<()> {
        self.entries += entries;
        match self.entries > MOST_ENTRIES {
            true => Err(wrong(format!("it has more than {MOST_ENTRIES} entries"))),
            false => Ok(()),
        }
    }

    fn remember(&mut self, index: u32) -> Result<()> {
        let top = self.stack[self.floor().min(self.stack.len())..].last();
        let top = *top.ok_or_else(|| wrong("its stack is empty"))?;
        if self.memo.len() >= MOST_REMEMBERED {
            return Err(wrong("it remembers too much"));
        }
        self.memo.insert(index, top);
        Ok(())
    }

    fn recall(&mut self, index: u32) -> Result<()> {
        let known = self.memo.get(&index).copied();
        self.push(known.ok_or_else(|| wrong("it refers to something that it does not have"))?)
    }

    /// Calls one of NumPy's names with a tuple of arguments.
    fn call(&mut self) -> Result<()> {
        let items = self.pop_many(2)?;
        let [Item::Name(name), Item::Object(arguments)] = items[..] else {
            return Err(wrong("it calls something that is no name"));
        };
        let Object::Tuple(arguments) = &self.objects[arguments] else {
            return Err(wrong("it calls a name without arguments"));
        };
        match (name, arguments.as_slice()) {
            (Name::Reconstruct, [Item::Name(Name::Ndarray), _, _]) => {
                self.make(Object::Array(None))
            }
            (Name::Dtype, [Item::Text(range), ..]) => {
                // The longest is "uint64".
                if range.1 - range.0 > 16 {
                    return Err(wrong("it has a type with a long name"));
                }
                let descr = self.bytes[range.0..range.1].to_vec();
                self.make(Object::Dtype(descr))
            }
            _ => Err(wrong(
                "it calls a name with other arguments than data sets do",
            )),
        }
    }

    /// Tells an array or a type what it holds.
    fn tell(&mut self) -> Result<()> {
        let state = self.pop()?;
        let array = match self.top()? {
            // What a type is told says nothing about types without fields.
            Object::Dtype(_) => return Ok(()),
            Object::Array(None) => self.array(state)?,
            _ => return Err(wrong("it tells something its contents that has none")),
        };
        *self.top()? = Object::Array(Some(array));
        Ok(())
    }

    /// An array from `(1, shape, dtype, is_fortran, data)`.
    fn array(&self, state: Item) -> Result<Array> {
        let tuple = |item: Item| match item {
            Item::Object(index) => match &self.objects[index] {
                Object::Tuple(items) => Some(items.as_slice()),
                _ => None,
            },
            _ => None,
        };
        let unusual = || wrong("it has an array that is put together in an unusual way");
        let Some([_, shape, Item::Object(dtype), Item::Bool(false), data]) = tuple(state) else {
            return Err(unusual());
        };
        let Object::Dtype(descr) = &self.objects[*dtype] else {
            return Err(unusual());
        };
        let sizes = tuple(*shape).ok_or_else(unusual)?.iter();
        let shape = sizes.map(|size| match size {
            Item::Integer(size) => usize::try_from(*size).map_err(|_| unusual()),
            _ => Err(unusual()),
        });
        Ok(Array {
            shape: shape.collect::<Result<_>>()?,
            descr: descr.clone(),
            data: *data,
        })
    }
}
