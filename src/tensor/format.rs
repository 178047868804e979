//! Printing tensors: shape, type, range and a preview, never a million numbers.

use std::fmt;

use super::{DType, Tensor};
use crate::display::terminal_width;

/// Above this many elements only the ends of each axis are printed, as NumPy does.
const WHOLE: usize = 1000;
/// How many entries are printed at each end of an axis then.
const ENDS: usize = 3;

impl Tensor {
    /// One line without the elements: `Tensor (10000, 32, 32, 3) float32, 0 to 1`.
    pub fn headline(&self) -> String {
        let mut line = format!("Tensor {} {}", self.shape, self.dtype());
        if !self.is_empty() {
            let (smallest, largest) = (self.smallest(), self.largest());
            let format = NumberFormat::of(&[smallest, largest], self.dtype());
            line += &format!(
                ", {} to {}",
                format.write(smallest).trim(),
                format.write(largest).trim()
            );
        }
        line
    }

    /// The elements in nested brackets; the middle of long axes is left out.
    pub fn preview(&self) -> String {
        self.preview_in(terminal_width())
    }

    /// Whether [`preview`](Tensor::preview) leaves out elements.
    pub(crate) fn is_shortened(&self) -> bool {
        self.size() > WHOLE
    }

    /// The first elements in their order, without brackets, in lines of at most `room` columns.
    pub(crate) fn first_elements(&self, count: usize, room: usize) -> String {
        let elements = (0..count.min(self.size())).map(|i| self.item(i).unwrap_or(f64::NAN));
        let elements: Vec<f64> = elements.collect();
        let format = NumberFormat::of(&elements, self.dtype());
        let in_line = ((room + 1) / (format.width + 1)).max(1);
        let lines = elements.chunks(in_line).map(|line| {
            let numbers: Vec<String> = line.iter().map(|v| format.write(*v)).collect();
            numbers.join(" ")
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn preview_in(&self, room: usize) -> String {
        if self.is_empty() {
            return "[]".to_string();
        }
        let shorten = self.is_shortened();
        let values = self.preview_values(shorten);
        let format = NumberFormat::of(&values, self.dtype());
        let mut numbers = values.into_iter().map(|v| format.write(v));
        let mut text = String::new();
        self.write_axis(0, (shorten, room), &mut numbers, &mut text);
        text
    }

    /// The positions along an axis that are printed.
    fn printed(size: usize, shorten: bool) -> Vec<Option<usize>> {
        if shorten && size > 2 * ENDS {
            let ends = (0..ENDS)
                .map(Some)
                .chain([None])
                .chain((size - ENDS..size).map(Some));
            ends.collect()
        } else {
            (0..size).map(Some).collect()
        }
    }

    fn preview_values(&self, shorten: bool) -> Vec<f64> {
        if !shorten {
            return self.to_vec();
        }
        let mut offsets = vec![0];
        for &size in self.shape.iter() {
            offsets = offsets
                .iter()
                .flat_map(|at| {
                    Self::printed(size, true)
                        .into_iter()
                        .flatten()
                        .map(move |i| at * size + i)
                })
                .collect();
        }
        offsets
            .into_iter()
            .map(|i| self.item(i).unwrap_or(f64::NAN))
            .collect()
    }

    fn write_axis(
        &self,
        axis: usize,
        (shorten, room): (bool, usize),
        numbers: &mut impl Iterator<Item = String>,
        text: &mut String,
    ) {
        if self.ndim() == 0 {
            text.push_str(&numbers.next().unwrap_or_default());
            return;
        }
        let innermost = axis + 1 == self.ndim();
        text.push('[');
        let mut column = axis + 1;
        for (i, position) in Self::printed(self.shape[axis], shorten)
            .into_iter()
            .enumerate()
        {
            if innermost {
                let number = match position {
                    Some(_) => numbers.next().unwrap_or_default(),
                    None => "...".to_string(),
                };
                if i > 0 && column + 1 + number.len() + self.ndim() > room {
                    text.push('\n');
                    text.push_str(&" ".repeat(axis + 1));
                    column = axis + 1;
                } else if i > 0 {
                    text.push(' ');
                    column += 1;
                }
                text.push_str(&number);
                column += number.len();
            } else {
                if i > 0 {
                    text.push_str(&"\n".repeat(self.ndim() - axis - 1));
                    text.push_str(&" ".repeat(axis + 1));
                }
                match position {
                    Some(_) => self.write_axis(axis + 1, (shorten, room), numbers, text),
                    None => text.push_str("..."),
                }
            }
        }
        text.push(']');
    }
}

/// How the numbers of one tensor are written: all alike, so that columns line up.
struct NumberFormat {
    kind: Notation,
    width: usize,
}

enum Notation {
    Whole,
    Fixed,
    Scientific,
}

impl NumberFormat {
    fn of(values: &[f64], dtype: DType) -> NumberFormat {
        let finite = values.iter().filter(|v| v.is_finite()).map(|v| v.abs());
        let largest = finite.clone().fold(0.0, f64::max);
        let kind = if dtype != DType::Float32 || finite.clone().all(|v| v.fract() == 0.0 && v < 1e7)
        {
            Notation::Whole
        } else if !(1e-3..1e6).contains(&largest) {
            Notation::Scientific
        } else {
            Notation::Fixed
        };
        let mut format = NumberFormat { kind, width: 0 };
        format.width = values
            .iter()
            .map(|&v| format.write(v).len())
            .max()
            .unwrap_or(0);
        format
    }

    fn write(&self, value: f64) -> String {
        let width = self.width;
        match self.kind {
            Notation::Whole => format!("{value:>width$.0}"),
            Notation::Fixed => format!("{value:>width$.4}"),
            Notation::Scientific => format!("{value:>width$.4e}"),
        }
    }
}

impl fmt::Display for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.headline(), self.preview())
    }
}

impl fmt::Debug for Tensor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Result;

    #[test]
    fn whole_numbers_keep_their_digits_and_empty_tensors_are_short() -> Result<()> {
        let x = Tensor::from_vec(vec![16_777_217i64, -3], 2)?;
        assert_eq!(
            x.to_string(),
            "Tensor (2,) int64, -3 to 16777217\n[16777217       -3]"
        );
        let nothing = Tensor::zeros((1_000_000, 0));
        assert_eq!(nothing.to_string(), "Tensor (1000000, 0) float32\n[]");
        let broken = Tensor::from_vec(vec![1.0, f64::NAN], 2)?;
        assert!(broken.headline().ends_with("NaN to NaN"));
        Ok(())
    }

    #[test]
    fn lines_fit_a_terminal() -> Result<()> {
        let numbers: Vec<f64> = (0..300).map(|i| f64::from(i) * 0.37).collect();
        let x = Tensor::from_vec(numbers, (3, 2, 50))?;
        for room in [60, 80, 120] {
            for text in [x.preview_in(room), x.first_elements(250, room)] {
                assert!(text.lines().all(|line| line.len() <= room), "{text}");
                assert!(text.lines().any(|line| line.len() > room - 12), "{text}");
            }
        }
        assert_eq!(x.first_elements(3, 17), "0.0000 0.3700\n0.7400");
        Ok(())
    }
}
