//! A picture as the value of a cell.

use super::{Bundle, show, show_result};
use crate::plot::{Figure, imshow};
use crate::preprocessing::image::Image;

/// Larger pictures are shown smaller.
const LONGEST: usize = 640;

impl Image {
    /// The picture in every form in which it can be shown; large ones smaller than they are.
    pub fn bundle(&self) -> Bundle {
        match self.figure() {
            Some(figure) => figure.bundle(),
            None => Bundle::text(format!("{self:?}")),
        }
    }

    /// Shows the picture below what the cell has shown so far.
    pub fn show(&self) {
        match self.figure() {
            Some(figure) => figure.show(),
            None => show(&self.bundle()),
        }
    }

    /// Shows the picture as the value of a cell; notebooks call it.
    pub fn evcxr_display(&self) {
        match self.figure() {
            Some(figure) => figure.evcxr_display(),
            None => show_result(&self.bundle()),
        }
    }

    fn figure(&self) -> Option<Figure> {
        imshow(&self.preview(LONGEST)).ok()
    }
}
