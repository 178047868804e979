//! The rows of `model.summary()`: data first, text and HTML in `display`.

/// What `model.summary()` shows.
///
/// Keras: `keras.Model.summary`.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    /// The model's name.
    pub name: String,
    /// One row for each layer.
    pub rows: Vec<SummaryRow>,
    /// Parameters that training changes.
    pub trainable_params: usize,
    /// Parameters that training leaves alone, such as moving averages.
    pub non_trainable_params: usize,
    /// Numbers that the optimizer keeps, once the model has been trained.
    pub optimizer_params: usize,
}

/// One layer in a [`Summary`].
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryRow {
    /// The layer's name, such as `conv2d_1`.
    pub name: String,
    /// Its class, such as `Conv2D`.
    pub class_name: String,
    /// Its output shape as Keras prints it, `(None, 30, 30, 32)`; `?` before the model is built.
    pub output_shape: String,
    /// Its number of parameters.
    pub params: usize,
}
