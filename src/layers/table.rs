//! Every layer in one table: documentation, tests and, later, loading read it.

use super::{
    AveragePooling2D, BatchNormalization, Conv2D, Dense, Dropout, Flatten, GlobalAveragePooling2D,
    GlobalMaxPooling2D, Layer, MaxPooling2D,
};
use crate::{Activation, Shape};

/// A layer that kerust has.
#[derive(Clone, Copy, Debug)]
pub struct LayerEntry {
    /// The class, as Keras names it.
    pub class_name: &'static str,
    /// What it does, in a few words.
    pub what: &'static str,
    /// A typical one, and the shape of a sample that it takes.
    pub example: fn() -> (Box<dyn Layer>, Shape),
}

/// Every layer, by family.
///
/// # Example
/// ```
/// use kerust::layers::LAYERS;
/// for entry in LAYERS {
///     println!("{:24} {}", entry.class_name, entry.what);
/// }
/// assert!(LAYERS.iter().any(|entry| entry.class_name == "Conv2D"));
/// ```
pub const LAYERS: &[LayerEntry] = &[
    LayerEntry {
        class_name: "Dense",
        what: "mixes all features with all others",
        example: || (Box::new(Dense::new(3).activation("relu")), Shape::from(5)),
    },
    LayerEntry {
        class_name: "Activation",
        what: "applies a function to every number",
        example: || (Box::new(Activation::layer("tanh")), Shape::from((4, 2))),
    },
    LayerEntry {
        class_name: "Conv2D",
        what: "looks for small patterns everywhere in a picture",
        example: || {
            (
                Box::new(Conv2D::new(4, (3, 2)).padding("same")),
                Shape::from((6, 7, 2)),
            )
        },
    },
    LayerEntry {
        class_name: "MaxPooling2D",
        what: "keeps the largest value of each window",
        example: || (Box::new(MaxPooling2D::new((2, 2))), Shape::from((6, 7, 2))),
    },
    LayerEntry {
        class_name: "AveragePooling2D",
        what: "keeps the mean of each window",
        example: || {
            (
                Box::new(AveragePooling2D::new((2, 3))),
                Shape::from((6, 7, 2)),
            )
        },
    },
    LayerEntry {
        class_name: "GlobalMaxPooling2D",
        what: "keeps the largest value of each channel",
        example: || (Box::new(GlobalMaxPooling2D::new()), Shape::from((4, 5, 3))),
    },
    LayerEntry {
        class_name: "GlobalAveragePooling2D",
        what: "keeps the mean of each channel",
        example: || {
            (
                Box::new(GlobalAveragePooling2D::new()),
                Shape::from((4, 5, 3)),
            )
        },
    },
    LayerEntry {
        class_name: "BatchNormalization",
        what: "keeps channels near mean 0 and variance 1",
        example: || (Box::new(BatchNormalization::new()), Shape::from((4, 3))),
    },
    LayerEntry {
        class_name: "Dropout",
        what: "leaves out random inputs while training",
        example: || (Box::new(Dropout::new(0.5)), Shape::from(8)),
    },
    LayerEntry {
        class_name: "Flatten",
        what: "lines all numbers of a sample up in one row",
        example: || (Box::new(Flatten::new()), Shape::from((3, 4, 2))),
    },
];
