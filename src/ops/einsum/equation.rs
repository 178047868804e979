//! The equations of `einsum`: a letter for each axis.

use crate::{Error, ErrorKind, Result};

/// What an axis is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Label {
    /// One of those that `...` stands for, counted from the last, which is 0.
    Elided(usize),
    Letter(char),
}

/// The axes of every operand and of the result.
pub(super) struct Equation {
    pub(super) operands: Vec<Vec<Label>>,
    pub(super) output: Vec<Label>,
}

/// A term of an equation: letters, and where `...` stands between them.
struct Term {
    letters: Vec<char>,
    dots: Option<usize>,
}

impl Term {
    fn parse(equation: &str, term: &str) -> Result<Term> {
        let wrong = || misread(equation, &format!("cannot read `{term}`"));
        let (before, after) = match term.split_once("...") {
            Some((before, after)) => (before, Some(after)),
            None => (term, None),
        };
        let letters: Vec<char> = before.chars().chain(after.unwrap_or("").chars()).collect();
        if !letters.iter().all(char::is_ascii_alphabetic) {
            return Err(wrong());
        }
        Ok(Term {
            letters,
            dots: after.map(|_| before.len()),
        })
    }

    /// The labels, when `...` stands for `elided` axes.
    fn labels(&self, elided: usize) -> Vec<Label> {
        let letters = self.letters.iter().copied().map(Label::Letter);
        let Some(dots) = self.dots else {
            return letters.collect();
        };
        let mut labels: Vec<Label> = letters.collect();
        labels.splice(dots..dots, (0..elided).rev().map(Label::Elided));
        labels
    }
}

fn misread(equation: &str, why: &str) -> Error {
    Error::new(
        ErrorKind::Argument,
        format!("argument `equation`: {why} in `{equation}`"),
    )
    .remedy("write a letter for each axis, such as `ab,bc->ac` or `...a,ab->...b`")
}

impl Equation {
    /// Reads an equation for operands with so many axes.
    pub(super) fn parse(equation: &str, ranks: &[usize]) -> Result<Equation> {
        let text: String = equation.split_whitespace().collect();
        let (left, right) = match text.split_once("->") {
            Some((left, right)) => (left, Some(right)),
            None => (text.as_str(), None),
        };
        let terms: Vec<Term> = left
            .split(',')
            .map(|term| Term::parse(equation, term))
            .collect::<Result<_>>()?;
        if terms.len() != ranks.len() {
            let why = format!("expected one term for each of {} tensors", ranks.len());
            return Err(misread(equation, &why));
        }
        let mut operands = Vec::new();
        let mut most_elided = 0;
        for (i, (term, &rank)) in terms.iter().zip(ranks).enumerate() {
            let elided = rank.checked_sub(term.letters.len());
            let Some(elided) = elided.filter(|&elided| elided == 0 || term.dots.is_some()) else {
                let why = format!(
                    "tensor {i} has {rank} axes, its term {} letters",
                    term.letters.len()
                );
                return Err(misread(equation, &why));
            };
            most_elided = most_elided.max(elided);
            operands.push(term.labels(elided));
        }
        let output = match right {
            Some(right) => Term::parse(equation, right)?.labels(most_elided),
            None => unspoken_output(&operands, most_elided),
        };
        for (i, label) in output.iter().enumerate() {
            if output[..i].contains(label) {
                return Err(misread(equation, "an axis of the result is named twice"));
            }
            if !operands.iter().any(|labels| labels.contains(label)) {
                return Err(misread(
                    equation,
                    "the result has an axis that no tensor has",
                ));
            }
        }
        Ok(Equation { operands, output })
    }
}

/// The output where none is said: what `...` stands for, then letters that are there once, sorted.
fn unspoken_output(operands: &[Vec<Label>], elided: usize) -> Vec<Label> {
    let mut letters: Vec<Label> = operands.iter().flatten().copied().collect();
    letters.retain(|label| matches!(label, Label::Letter(_)));
    letters.sort_unstable();
    let once = |label: &&Label| letters.iter().filter(|other| other == label).count() == 1;
    let front = (0..elided).rev().map(Label::Elided);
    front.chain(letters.iter().filter(once).copied()).collect()
}
