//! Charts and pictures: the curves of a training run, the pixels of a tensor.

mod blocks;
mod curves;
mod figure;
mod grid;
mod panel;
mod picture;

pub use curves::history;
pub use figure::Figure;
pub use grid::image_grid;
pub use picture::imshow;
