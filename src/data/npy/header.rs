//! The header of a `.npy` file: a Python dictionary that says type, order and shape.

use std::io::{self, Read};

use super::damaged;
use crate::{DType, Error, Result, Shape, Tensor};

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// Longer headers are those of records with many fields, or lies.
const LONGEST: usize = 1 << 16;
/// Numbers start at a multiple of this.
const ALIGNMENT: usize = 64;
/// NumPy leaves room for a first axis of so many digits.
const GROWTH: usize = 21;

/// What kind of numbers an array has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Bool,
    Unsigned,
    Signed,
    Float,
}

/// How a number stands in the file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Number {
    pub(super) kind: Kind,
    pub(super) bytes: usize,
    pub(super) big_endian: bool,
}

/// What stands in front of the numbers.
#[derive(Debug)]
pub(in crate::data) struct Header {
    pub(super) number: Number,
    /// Whether the first axis is the one whose entries are next to each other.
    pub(super) fortran_order: bool,
    pub(super) shape: Shape,
    /// The bytes in front of the numbers.
    pub(super) length: u64,
}

impl Header {
    pub(super) fn read(source: &mut impl Read) -> Result<Header> {
        let (text, length) = text(source)?;
        let fields = parse(&text)?;
        Ok(Header {
            number: number_of(fields.descr)?,
            fortran_order: fields.fortran_order,
            shape: fields.shape,
            length,
        })
    }

    /// The bytes of all numbers.
    pub(in crate::data) fn bytes(&self) -> Result<u64> {
        let bytes = self.elements().checked_mul(self.number.bytes as u64);
        bytes.ok_or_else(|| self.too_large())
    }

    /// The bytes of the tensor that they become.
    pub(in crate::data) fn bytes_in_memory(&self) -> u64 {
        let size = super::numbers::size(self.dtype()) as u64;
        self.elements().saturating_mul(size)
    }

    fn elements(&self) -> u64 {
        // The header was refused if this is no exact number.
        self.shape.elements() as u64
    }

    /// The type of the tensor that the numbers become.
    pub(super) fn dtype(&self) -> DType {
        match (self.number.kind, self.number.bytes) {
            (Kind::Float, _) => DType::Float32,
            (Kind::Bool, _) | (Kind::Unsigned, 1) => DType::Uint8,
            _ => DType::Int64,
        }
    }

    pub(super) fn too_large(&self) -> Error {
        too_large(&self.shape)
    }
}

fn too_large(shape: &Shape) -> Error {
    Error::data(format!(
        "an array of shape {shape} does not fit into memory"
    ))
    .remedy("save it in parts, `np.save(path, x[:100_000])`")
}

/// Reads the header of an array of Python objects; the pickle follows.
pub(super) fn of_objects(source: &mut impl Read) -> Result<()> {
    let (text, _) = text(source)?;
    match parse(&text)?.descr {
        descr if is_object(without_order(descr)) => Ok(()),
        descr => Err(Error::data(format!(
            "expected Python objects, it holds elements of type `{}`",
            shortened(descr)
        ))),
    }
}

/// Reads the text of a header; gives the bytes in front of what follows it, too.
fn text(source: &mut impl Read) -> Result<(String, u64)> {
    let mut start = [0; 8];
    fill(source, &mut start)?;
    if &start[..6] != MAGIC {
        return Err(damaged("it does not start as a `.npy` file does"));
    }
    let (length, fields) = match start[6] {
        1 => {
            let mut length = [0; 2];
            fill(source, &mut length)?;
            (usize::from(u16::from_le_bytes(length)), 10)
        }
        2 | 3 => {
            let mut length = [0; 4];
            fill(source, &mut length)?;
            (u32::from_le_bytes(length) as usize, 12)
        }
        version => {
            return Err(damaged(format!("its version is {version}, not 1, 2 or 3")));
        }
    };
    if length > LONGEST {
        return Err(damaged(format!("its header has {length} bytes")));
    }
    let mut text = vec![0; length];
    fill(source, &mut text)?;
    let text = String::from_utf8_lossy(&text).into_owned();
    Ok((text, fields + length as u64))
}

fn fill(source: &mut impl Read, bytes: &mut [u8]) -> Result<()> {
    source
        .read_exact(bytes)
        .map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => damaged("it ends within its header"),
            _ => damaged(error),
        })
}

/// The part of Python in which headers are written.
struct Literal<'a>(&'a str);

impl<'a> Literal<'a> {
    /// Whether `token` comes next; it is behind us then.
    fn takes(&mut self, token: &str) -> bool {
        let rest = self.0.trim_start();
        match rest.strip_prefix(token) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    fn text(&mut self) -> Option<&'a str> {
        let quote = ["'", "\""].into_iter().find(|quote| self.takes(quote))?;
        let (text, rest) = self.0.split_once(quote)?;
        self.0 = rest;
        (!text.contains('\\')).then_some(text)
    }

    fn truth(&mut self) -> Option<bool> {
        if self.takes("True") {
            return Some(true);
        }
        self.takes("False").then_some(false)
    }

    fn sizes(&mut self) -> Option<Vec<usize>> {
        let mut sizes = Vec::new();
        if !self.takes("(") {
            return None;
        }
        while !self.takes(")") {
            self.0 = self.0.trim_start();
            let digits = self.0.len()
                - self
                    .0
                    .trim_start_matches(|c: char| c.is_ascii_digit())
                    .len();
            let (number, rest) = self.0.split_at(digits);
            self.0 = rest;
            // A size may be no more than NumPy can count.
            let size = number.parse::<i64>().ok()?;
            sizes.push(usize::try_from(size).ok()?);
            // Python 2 wrote some numbers as `3L`.
            let _ = self.takes("L");
            if !self.takes(",") && !self.0.trim_start().starts_with(')') {
                return None;
            }
        }
        Some(sizes)
    }
}

/// The fields of a header.
struct Fields<'a> {
    /// NumPy's name of the type.
    descr: &'a str,
    fortran_order: bool,
    shape: Shape,
}

fn parse(text: &str) -> Result<Fields<'_>> {
    let wrong = || damaged(format!("its header is {:?}", shortened(text)));
    let mut rest = Literal(text);
    let (mut descr, mut fortran_order, mut shape) = (None, None, None);
    if !rest.takes("{") {
        return Err(wrong());
    }
    while !rest.takes("}") {
        let name = rest.text().filter(|_| rest.takes(":"));
        match name {
            Some("descr") if descr.is_none() => {
                if rest.0.trim_start().starts_with(['[', '(', '{']) {
                    return Err(no_numbers("records of several fields"));
                }
                descr = Some(rest.text().ok_or_else(wrong)?);
            }
            Some("fortran_order") if fortran_order.is_none() => {
                fortran_order = Some(rest.truth().ok_or_else(wrong)?);
            }
            Some("shape") if shape.is_none() => {
                shape = Some(rest.sizes().ok_or_else(wrong)?);
            }
            _ => return Err(wrong()),
        }
        if !rest.takes(",") && !rest.0.trim_start().starts_with('}') {
            return Err(wrong());
        }
    }
    let (Some(descr), Some(fortran_order), Some(shape)) = (descr, fortran_order, shape) else {
        return Err(wrong());
    };
    if !rest.0.trim().is_empty() || shape.len() > super::MOST_AXES {
        return Err(wrong());
    }
    // No part of a shape may be beyond counting, even if another axis has no entries.
    let mut filled = shape.iter().map(|&size| size.max(1) as u64);
    let most = filled.try_fold(8u64, u64::checked_mul);
    let shape = Shape::from(shape);
    match most {
        Some(bytes) if bytes <= i64::MAX as u64 => Ok(Fields {
            descr,
            fortran_order,
            shape,
        }),
        _ => Err(too_large(&shape)),
    }
}

/// Whether a type, its order left out, is that of Python objects.
fn is_object(name: &str) -> bool {
    matches!(name, "O" | "O8")
}

/// NumPy's name of a type without the order of its bytes.
fn without_order(descr: &str) -> &str {
    descr.trim_start_matches(['<', '|', '='])
}

/// What NumPy calls the type of numbers: `<f4`, `|u1`.
fn number_of(descr: &str) -> Result<Number> {
    let unknown = || no_numbers(&format!("elements of type `{}`", shortened(descr)));
    let (big_endian, name) = match descr.strip_prefix('>') {
        Some(name) => (true, name),
        None => (false, without_order(descr)),
    };
    let (kind, bytes) = match name {
        "b1" => (Kind::Bool, 1),
        "u1" => (Kind::Unsigned, 1),
        "u2" => (Kind::Unsigned, 2),
        "u4" => (Kind::Unsigned, 4),
        "u8" => (Kind::Unsigned, 8),
        "i1" => (Kind::Signed, 1),
        "i2" => (Kind::Signed, 2),
        "i4" => (Kind::Signed, 4),
        "i8" => (Kind::Signed, 8),
        "f2" => (Kind::Float, 2),
        "f4" => (Kind::Float, 4),
        "f8" => (Kind::Float, 8),
        _ if is_object(name) => {
            return Err(Error::data("it holds Python objects, which are pickled")
                .remedy("save numbers: `np.save(path, np.array(x, dtype=\"float32\"))`"));
        }
        _ if name.starts_with(['U', 'S']) => {
            return Err(Error::data("it holds texts, not numbers")
                .remedy("save texts as `.csv`, and numbers that stand for them as `.npy`"));
        }
        _ => return Err(unknown()),
    };
    Ok(Number {
        kind,
        bytes,
        big_endian,
    })
}

fn no_numbers(what: &str) -> Error {
    Error::data(format!("it holds {what}, which tensors do not have"))
        .remedy("save it as floats: `np.save(path, x.astype(\"float32\"))`")
}

/// The start of a text from a file.
fn shortened(text: &str) -> String {
    const SHOWN: usize = 80;
    let text = text.trim_end();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// All in front of the numbers of `array`, byte by byte as NumPy writes it.
pub(super) fn bytes(array: &Tensor) -> Vec<u8> {
    let descr = match array.dtype() {
        DType::Float32 => "<f4",
        DType::Uint8 => "|u1",
        DType::Int64 => "<i8",
    };
    let shape = array.shape();
    let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}");
    if let Some(first) = shape.first() {
        let digits = first.to_string().len();
        text += &" ".repeat(GROWTH.saturating_sub(digits));
    }
    const BEFORE: usize = MAGIC.len() + 4;
    let length = (BEFORE + text.len() + 1) / ALIGNMENT * ALIGNMENT + ALIGNMENT;
    text += &" ".repeat(length - BEFORE - text.len() - 1);
    text.push('\n');
    let mut bytes = MAGIC.to_vec();
    bytes.extend([1, 0]);
    // 64 axes of 20 digits each are far below the largest header of version 1.
    bytes.extend((text.len() as u16).to_le_bytes());
    bytes.extend(text.as_bytes());
    bytes
}
