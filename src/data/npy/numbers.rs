//! The numbers of a `.npy` file as those of a tensor, and back.

use std::io::{self, Read, Write};

use super::damaged;
use super::header::{Header, Kind, Number};
use crate::{DType, Element, Error, Result, Shape, Tensor, notebook};

/// How many bytes are converted at once: a multiple of every number's size.
const PIECE: usize = 1 << 16;

/// The bytes of a tensor's number.
pub(super) fn size(dtype: DType) -> usize {
    match dtype {
        DType::Uint8 => 1,
        DType::Float32 => 4,
        DType::Int64 => 8,
    }
}

/// Reads the numbers that follow a header, and nothing else; `there` is how many bytes surely do.
pub(super) fn read(source: &mut impl Read, header: &Header, there: u64) -> Result<Tensor> {
    let mut from = Source {
        source,
        header,
        there,
    };
    let Number { kind, bytes, .. } = header.number;
    match (kind, bytes) {
        (Kind::Bool, _) => from.tensor(|[byte]| Some(u8::from(byte != 0))),
        (Kind::Unsigned, 1) => from.tensor(|[byte]| Some(byte)),
        (Kind::Unsigned, 2) => from.tensor(|b| Some(i64::from(u16::from_le_bytes(b)))),
        (Kind::Unsigned, 4) => from.tensor(|b| Some(i64::from(u32::from_le_bytes(b)))),
        (Kind::Unsigned, _) => from.tensor(|b| i64::try_from(u64::from_le_bytes(b)).ok()),
        (Kind::Signed, 1) => from.tensor(|b| Some(i64::from(i8::from_le_bytes(b)))),
        (Kind::Signed, 2) => from.tensor(|b| Some(i64::from(i16::from_le_bytes(b)))),
        (Kind::Signed, 4) => from.tensor(|b| Some(i64::from(i32::from_le_bytes(b)))),
        (Kind::Signed, _) => from.tensor(|b| Some(i64::from_le_bytes(b))),
        (Kind::Float, 2) => from.tensor(|b| Some(half(u16::from_le_bytes(b)))),
        (Kind::Float, 4) => from.tensor(|b| Some(f32::from_le_bytes(b))),
        (Kind::Float, _) => from.tensor(|b| single(f64::from_le_bytes(b))),
    }
}

struct Source<'a, R> {
    source: &'a mut R,
    header: &'a Header,
    there: u64,
}

impl<R: Read> Source<'_, R> {
    /// A tensor of all numbers; `convert` takes the bytes of one, in little-endian order.
    fn tensor<const BYTES: usize, T: Element>(
        &mut self,
        convert: impl Fn([u8; BYTES]) -> Option<T>,
    ) -> Result<Tensor> {
        let Header { number, shape, .. } = self.header;
        let mut left = shape.elements();
        let surely = self.there / BYTES as u64;
        let mut values = Vec::new();
        let room = left.min(usize::try_from(surely).unwrap_or(usize::MAX));
        reserve(&mut values, room, self.header)?;
        let mut buffer = vec![0; PIECE];
        while left > 0 {
            if notebook::interrupted() {
                return Err(Error::interrupted("reading the array"));
            }
            let count = left.min(PIECE / BYTES);
            let piece = &mut buffer[..count * BYTES];
            let filled = self.source.read_exact(piece);
            filled.map_err(|error| match error.kind() {
                io::ErrorKind::UnexpectedEof => damaged("it ends within its numbers"),
                _ => damaged(error),
            })?;
            reserve(&mut values, count, self.header)?;
            for bytes in piece.as_chunks_mut::<BYTES>().0 {
                if number.big_endian {
                    bytes.reverse();
                }
                let value = convert(*bytes).ok_or_else(|| too_large_a_number(*number))?;
                values.push(value);
            }
            left -= count;
        }
        if self.header.fortran_order {
            values = by_rows(&values, shape, self.header)?;
        }
        Tensor::from_vec(values, shape)
    }
}

fn reserve<T>(values: &mut Vec<T>, count: usize, header: &Header) -> Result<()> {
    values.try_reserve(count).map_err(|_| header.too_large())
}

fn too_large_a_number(number: Number) -> Error {
    let (name, remedy) = match number.kind {
        Kind::Float => (
            "float32",
            "scale the numbers before you save them, `x / x.max()`",
        ),
        _ => (
            "int64",
            "save numbers that fit, `np.save(path, x.astype(\"int64\"))`",
        ),
    };
    Error::data(format!("a number in it is too large for {name}")).remedy(remedy)
}

/// Numbers that stand column by column, row by row.
fn by_rows<T: Copy>(values: &[T], shape: &Shape, header: &Header) -> Result<Vec<T>> {
    let mut ordered = Vec::new();
    reserve(&mut ordered, values.len(), header)?;
    // How far apart two entries of an axis stand.
    let mut steps = Vec::with_capacity(shape.rank());
    let mut step = 1;
    for size in shape.iter() {
        steps.push(step);
        step *= size;
    }
    let mut index = vec![0; shape.rank()];
    let mut place = 0;
    for _ in 0..values.len() {
        ordered.push(values[place]);
        for axis in (0..shape.rank()).rev() {
            index[axis] += 1;
            place += steps[axis];
            if index[axis] < shape[axis] {
                break;
            }
            place -= steps[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    Ok(ordered)
}

/// The nearest float32, unless that is infinite where the number is not.
fn single(number: f64) -> Option<f32> {
    let nearest = number as f32;
    (nearest.is_finite() || !number.is_finite()).then_some(nearest)
}

/// A float of 16 bits, which is a float32 exactly.
fn half(bits: u16) -> f32 {
    let sign = u32::from(bits >> 15) << 31;
    let exponent = u32::from(bits >> 10 & 0x1f);
    let digits = u32::from(bits & 0x3ff);
    match exponent {
        0 => {
            let size = digits as f32 / (1 << 24) as f32;
            if sign == 0 { size } else { -size }
        }
        0x1f => f32::from_bits(sign | 0x7f80_0000 | digits << 13),
        _ => f32::from_bits(sign | (exponent + 112) << 23 | digits << 13),
    }
}

/// Writes the numbers of a tensor.
pub(super) fn write(out: &mut impl Write, array: &Tensor) -> io::Result<()> {
    match array.dtype() {
        DType::Float32 => in_pieces(out, &array.to_vec::<f32>(), f32::to_le_bytes),
        DType::Uint8 => out.write_all(&array.to_vec::<u8>()),
        DType::Int64 => in_pieces(out, &array.to_vec::<i64>(), i64::to_le_bytes),
    }
}

fn in_pieces<const BYTES: usize, T: Copy>(
    out: &mut impl Write,
    values: &[T],
    bytes: impl Fn(T) -> [u8; BYTES],
) -> io::Result<()> {
    let mut buffer = Vec::with_capacity(PIECE);
    for piece in values.chunks(PIECE / BYTES) {
        buffer.clear();
        buffer.extend(piece.iter().flat_map(|&value| bytes(value)));
        out.write_all(&buffer)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::half;

    #[test]
    fn floats_of_16_bits() {
        for (bits, value) in [
            (0x0000, 0.0),
            (0x0001, 2f32.powi(-24)),
            (0x03ff, 1023.0 * 2f32.powi(-24)),
            (0x0400, 2f32.powi(-14)),
            (0x3555, 0.333_251_95),
            (0x3c00, 1.0),
            (0x7bff, 65504.0),
            (0x7c00, f32::INFINITY),
            (0xfc00, f32::NEG_INFINITY),
            (0xc000, -2.0),
        ] {
            assert_eq!(half(bits), value, "{bits:#06x}");
        }
        assert_eq!(half(0x8000).to_bits(), (-0.0f32).to_bits());
        assert!(half(0x7e00).is_nan());
    }
}
