//! What the equation of an `EinsumDense` says about its shapes.

use crate::{Error, ErrorKind, Result, Shape};

/// The shapes of one layer, for samples of one shape.
#[derive(Debug)]
pub(super) struct Shapes {
    pub(super) kernel: Shape,
    /// The axes of the kernel that the output does not have, and those that it has.
    pub(super) input_axes: Vec<usize>,
    pub(super) output_axes: Vec<usize>,
    /// With sizes of 1 where there is one number for all places; none without `bias_axes`.
    pub(super) bias: Option<Shape>,
    /// For one sample.
    pub(super) output: Shape,
}

/// The letters of an equation; `...` may stand left or right of those of input and output.
struct Letters {
    input: Vec<char>,
    kernel: Vec<char>,
    output: Vec<char>,
    elided: Elided,
}

#[derive(Clone, Copy, PartialEq)]
enum Elided {
    Nothing,
    Left,
    Right,
}

fn wrong(equation: &str, why: impl std::fmt::Display) -> Error {
    let error = format!("argument `equation`: {why}, got `{equation}`");
    Error::new(ErrorKind::Argument, error)
        .remedy("write it like `ab,bc->ac`, `...a,ab->...b` or `ab...,bc->ac...`")
}

impl Letters {
    fn read(equation: &str) -> Result<Letters> {
        let form = || wrong(equation, "expected input, kernel and output");
        let (operands, output) = equation.split_once("->").ok_or_else(form)?;
        let (input, kernel) = operands.split_once(',').ok_or_else(form)?;
        let (input, left, right) = without_dots(input);
        let (output, output_left, output_right) = without_dots(output);
        let elided = match (left, right) {
            (false, false) => Elided::Nothing,
            (true, false) => Elided::Left,
            (false, true) => Elided::Right,
            (true, true) => return Err(form()),
        };
        if (left, right) != (output_left, output_right) {
            return Err(wrong(equation, "expected `...` in input and output alike"));
        }
        let letters = |part: &str| -> Result<Vec<char>> {
            let letters: Vec<char> = part.chars().collect();
            let differ = (1..letters.len()).all(|i| !letters[..i].contains(&letters[i]));
            if letters.is_empty() || !letters.iter().all(char::is_ascii_alphabetic) || !differ {
                return Err(wrong(equation, "expected different letters in each part"));
            }
            Ok(letters)
        };
        Ok(Letters {
            input: letters(input)?,
            kernel: letters(kernel)?,
            output: letters(output)?,
            elided,
        })
    }
}

/// What is left without `...`, and whether it stood left or right.
fn without_dots(part: &str) -> (&str, bool, bool) {
    if let Some(rest) = part.strip_prefix("...") {
        return (rest, true, false);
    }
    match part.strip_suffix("...") {
        Some(rest) => (rest, false, true),
        None => (part, false, false),
    }
}

/// The shapes for samples of shape `input`, when the axes of the output that `...` does not stand
/// for have the sizes `given`.
pub(super) fn shapes(
    equation: &str,
    given: &Shape,
    bias_axes: Option<&str>,
    input: &Shape,
) -> Result<Shapes> {
    let letters = Letters::read(equation)?;
    let elided = elided_axes(equation, &letters, input)?;
    // Of the batch, which has no letter where `...` stands for it.
    let batch = match letters.elided {
        Elided::Left if elided > 0 => None,
        _ => letters.input.first().copied(),
    };
    if batch.is_some_and(|batch| letters.output[0] != batch || letters.kernel.contains(&batch)) {
        let why = "expected the first axis, that of the batch, to stay the first";
        return Err(wrong(equation, why));
    }
    // Axes of samples, from here on.
    let (left, right) = match (letters.elided, batch) {
        (Elided::Left, None) => (&input[..elided - 1], &input[input.rank()..]),
        (Elided::Right, _) => (&input[..0], &input[input.rank() - elided..]),
        _ => (&input[..0], &input[input.rank()..]),
    };
    let in_sample = |letters: &[char]| -> Vec<char> {
        letters
            .iter()
            .copied()
            .filter(|l| Some(*l) != batch)
            .collect()
    };
    let (own, made) = (in_sample(&letters.input), in_sample(&letters.output));
    let own_sizes = &input[left.len()..left.len() + own.len()];
    let size_of = |letter: char| {
        let axis = own.iter().position(|own| *own == letter);
        axis.map(|axis| own_sizes[axis])
    };
    if given.rank() != made.len() {
        let expected = format!("{} sizes, one for each of {made:?}", made.len());
        return Err(Error::argument("output_shape", &expected, given));
    }
    let mut sizes = Vec::new();
    for (&letter, given) in made.iter().zip(given.sizes()) {
        sizes.push(size_of_output(letter, given, size_of(letter))?);
        if size_of(letter).is_none() && !letters.kernel.contains(&letter) {
            let why = format!("expected `{letter}` in the input or in the kernel");
            return Err(wrong(equation, why));
        }
    }
    let (mut kernel, mut input_axes, mut output_axes) = (Vec::new(), Vec::new(), Vec::new());
    for (axis, letter) in letters.kernel.iter().enumerate() {
        if let Some(made) = made.iter().position(|made| made == letter) {
            kernel.push(sizes[made]);
            output_axes.push(axis);
        } else if let Some(size) = size_of(*letter) {
            kernel.push(size);
            input_axes.push(axis);
        } else {
            let why = format!("expected `{letter}` in the input or in the output");
            return Err(wrong(equation, why));
        }
    }
    Ok(Shapes {
        kernel: Shape::from(kernel),
        input_axes,
        output_axes,
        bias: bias_axes
            .map(|axes| bias_shape(axes, &made, &sizes, right.len()))
            .transpose()?,
        output: Shape::from([left, sizes.as_slice(), right].concat()),
    })
}

/// How many axes of a batch `...` stands for.
fn elided_axes(equation: &str, letters: &Letters, input: &Shape) -> Result<usize> {
    let rank = input.rank() + 1;
    let elided = rank.checked_sub(letters.input.len());
    match (elided, letters.elided) {
        (Some(0), _) | (Some(_), Elided::Left | Elided::Right) => Ok(rank - letters.input.len()),
        _ => Err(Error::shape(format!(
            "`{equation}` has {} axes for the input, batches of such samples have {rank}: got \
             {input} per sample",
            letters.input.len()
        ))
        .remedy("use `...` for axes that stay as they are")),
    }
}

fn size_of_output(letter: char, given: Option<usize>, own: Option<usize>) -> Result<usize> {
    match (given, own) {
        (Some(given), Some(own)) if given != own => {
            let expected = format!("{own} for `{letter}`, as in the input, or None");
            Err(Error::argument("output_shape", &expected, given))
        }
        (Some(0), _) => Err(Error::argument("output_shape", "positive sizes", 0)),
        (Some(size), _) | (None, Some(size)) => Ok(size),
        (None, None) => {
            let expected = format!("a size for `{letter}`, which the input does not have");
            Err(Error::argument("output_shape", &expected, "None"))
        }
    }
}

/// From the first axis of the output that has a bias on; `right` more axes stay behind.
fn bias_shape(axes: &str, made: &[char], sizes: &[usize], right: usize) -> Result<Shape> {
    let first = made.iter().position(|letter| axes.contains(*letter));
    let (Some(first), true) = (first, axes.chars().all(|axis| made.contains(&axis))) else {
        let expected = format!("letters of the output, out of {made:?}");
        return Err(Error::argument("bias_axes", &expected, format!("{axes:?}")));
    };
    let from_first = made[first..].iter().zip(&sizes[first..]);
    let sizes = from_first.map(|(letter, size)| if axes.contains(*letter) { *size } else { 1 });
    let behind = std::iter::repeat_n(1, right);
    Ok(Shape::from(sizes.chain(behind).collect::<Vec<usize>>()))
}
