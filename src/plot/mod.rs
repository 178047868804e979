//! Charts and pictures: the curves of a training run, the pixels of a tensor, what a model gets
//! right and wrong, how it is built.
//!
//! Every function returns a [`Figure`]: the last expression of a cell shows itself, `.show()` shows
//! it at once, `.save("chart.svg")` and `.save("chart.png")` write a file.
//!
//! A function says *what* is on a chart: it puts shapes and texts into a `Scene`, with an
//! `axes::Panel` where there are axes. `svg` and `raster` turn a scene into a file. Adding a chart:
//! a file with the function and its tests, which call `check::checked`, and a line in `gallery`.

mod axes;
mod blocks;
#[cfg(test)]
mod check;
mod class_samples;
mod colorbar;
mod colormap;
mod confusion_matrix;
mod contour;
mod embedding;
mod feature_maps;
mod figure;
mod filters;
mod fonts;
mod function_curves;
#[cfg(test)]
mod gallery;
#[cfg(test)]
mod golden;
mod histograms;
mod history;
mod image_grid;
mod labels;
mod layered;
mod learning_rate;
mod legend;
mod loss_surface;
mod model_card;
mod pca;
mod picture;
mod plot_model;
mod prediction_grid;
mod probabilities;
mod raster;
mod roc_curve;
mod scene;
mod scores;
mod svg;
mod text;
mod theme;
mod thin;
mod thumbnail;
mod ticks;
mod tiles;

pub use class_samples::{class_counts, class_samples};
pub use confusion_matrix::{ConfusionMatrix, Normalize, confusion_matrix};
pub use embedding::embedding;
pub use feature_maps::feature_maps;
pub use figure::Figure;
pub use filters::filters;
pub use function_curves::{ActivationCurves, LossCurves, activation_curves, loss_curves};
pub use histograms::{activation_histograms, weight_histograms};
pub use history::{histories, history};
pub use image_grid::image_grid;
pub use learning_rate::learning_rate;
pub use loss_surface::{LossSurface, loss_surface};
pub use picture::imshow;
pub use plot_model::{PlotModel, RankDir, plot_model};
pub use prediction_grid::prediction_grid;
pub use probabilities::{Probabilities, probabilities};
pub use roc_curve::{precision_recall_curve, roc_curve};
pub use theme::{Theme, set_theme};
