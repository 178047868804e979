//! The one error type: where it happened, what was expected, what was given, what to do.

use std::fmt;

/// The result of everything in kerust that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of mistake or mishap an [`Error`] reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// Shapes that do not fit together.
    Shape,
    /// An argument outside of what is allowed.
    Argument,
    /// A name (of a loss, an optimizer, an activation, ...) that does not exist.
    UnknownName,
    /// Data that cannot be used: labels out of range, a damaged file.
    Data,
    /// A call that comes too early, such as `fit` before `compile`.
    State,
    /// The loss became NaN or infinite.
    NotFinite,
    /// The user stopped the call before it had a result.
    Interrupted,
    /// A file or the network failed.
    Io,
    /// The device refused (out of memory, not available).
    Device,
}

/// An error that says where it happened, what was expected, what was given, and what to do.
///
/// `Debug` prints the same text as `Display`, because notebooks show either.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let error = "reluu".parse::<Activation>().unwrap_err();
/// assert!(error.to_string().contains("did you mean `relu`"));
/// ```
#[derive(Clone)]
pub struct Error {
    kind: ErrorKind,
    /// Outermost place first: "model `sequential`", "layer `dense` (Dense)".
    places: Vec<String>,
    message: String,
    remedy: Option<String>,
}

impl Error {
    /// An error of `kind`; `message` says what was expected and what was given.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            places: Vec::new(),
            message: message.into(),
            remedy: None,
        }
    }

    /// Shapes that do not fit.
    pub fn shape(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Shape, message)
    }

    /// An argument outside of what is allowed: ``argument `rate`: expected .., got ..``.
    pub fn argument(name: &str, expected: &str, given: impl fmt::Display) -> Self {
        Self::new(
            ErrorKind::Argument,
            format!("argument `{name}`: expected {expected}, got {given}"),
        )
    }

    /// Data that cannot be used.
    pub fn data(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Data, message)
    }

    /// A call that comes too early or too late.
    pub fn state(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::State, message)
    }

    /// The user stopped `what` before it had a result.
    pub fn interrupted(what: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Interrupted, format!("{what} was interrupted"))
    }

    /// A failure of a file or the network while doing `what`.
    pub fn io(what: impl fmt::Display, source: impl fmt::Display) -> Self {
        Self::new(ErrorKind::Io, format!("{what}: {source}"))
    }

    /// A name that is not in `known`, with the nearest one as a suggestion.
    pub fn unknown_name(family: &str, given: &str, known: &[&str]) -> Self {
        let error = Self::new(
            ErrorKind::UnknownName,
            format!("unknown {family} `{given}`"),
        );
        let wanted = given.to_lowercase();
        let nearest = known
            .iter()
            .map(|name| (strsim::jaro_winkler(&wanted, &name.to_lowercase()), *name))
            .max_by(|a, b| a.0.total_cmp(&b.0));
        match nearest {
            Some((likeness, name)) if likeness > 0.75 => error.remedy(format!(
                "did you mean `{name}`? known: {}",
                known.join(", ")
            )),
            _ => error.remedy(format!("known: {}", known.join(", "))),
        }
    }

    /// Adds the place around the error, outermost last called.
    #[must_use]
    pub fn at(mut self, place: impl Into<String>) -> Self {
        self.places.insert(0, place.into());
        self
    }

    /// Says what to do about it.
    #[must_use]
    pub fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = Some(remedy.into());
        self
    }

    /// What is wrong, and what to do about it, without the places.
    #[cfg_attr(not(feature = "cuda"), allow(dead_code))]
    pub(crate) fn parts(&self) -> (&str, Option<&str>) {
        (&self.message, self.remedy.as_deref())
    }

    /// The kind of the error, to match on.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in &self.places {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(remedy) = &self.remedy {
            write!(f, "\n  help: {remedy}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {}

impl From<dfdx::tensor::CpuError> for Error {
    fn from(error: dfdx::tensor::CpuError) -> Self {
        Error::new(ErrorKind::Device, format!("the CPU device reports {error}"))
            .remedy("free memory, use a smaller `batch_size` or a smaller model")
    }
}
