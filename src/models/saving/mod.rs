//! Models in files: `save_weights` and `load_weights`, `save` and `load_model`, and the checkpoints
//! that `fit` writes by itself.
//!
//! `format.rs` says which file is meant by a path, `file.rs` how one gets onto the disk. Weights by
//! name in a `.safetensors` file: `tensors.rs`, with `names.rs` for what they are called and
//! `container.rs` for how the file looks. For NumPy: `npz.rs`. Keras's files: the folder `keras`, on top of `hdf5`.
//! `checkpoint.rs` and `backup.rs` are for `fit`.

mod backup;
mod checkpoint;
mod container;
pub(crate) mod file;
mod format;
mod hdf5;
mod keras;
mod list;
mod names;
mod npz;
mod tensors;

use std::path::Path;

pub(super) use self::checkpoint::Checkpoints;
pub use self::checkpoint::{Checkpoint, Moment};
use self::file::Manner;
pub(super) use self::file::expanded;
pub(crate) use self::file::write_whole;
pub(super) use self::format::check_export_path;
use self::format::{Format, MODELS, WEIGHTS};
pub(crate) use self::format::{check_model_path, check_weights_path, is_for_weights};
pub(super) use self::keras::groups_in_model;
pub use self::list::{SavedWeight, saved_weights};
pub(super) use self::names::check_built;
use self::tensors::Besides;
use super::model::Model;
use crate::{Config, Result};

/// The arguments of `save_weights_with`, with Keras's defaults.
///
/// Keras: `keras.Model.save_weights`.
#[derive(Clone, Debug)]
pub struct SaveWeights {
    /// Whether a file that is there is replaced; true unless set.
    pub overwrite: bool,
}

impl Default for SaveWeights {
    fn default() -> Self {
        Self { overwrite: true }
    }
}

impl Model {
    /// Saves all weights, those that training leaves alone too (the moving averages of batch
    /// normalization), and what the optimizer remembers of its steps, so that training can go on.
    /// A file that is there is replaced, in one step: it is whole at every moment.
    ///
    /// A file `.weights.h5` is as Keras writes it, and Keras reads it. In a file `.safetensors`, the
    /// tensors are called by layer and weight, as `dense/kernel`, and those of the optimizer as
    /// `optimizer/momentum/dense/kernel`. A file `.npz` has the weights alone, in the model's order,
    /// for NumPy: `np.load(path)`. Layers without a name of their own are counted within the
    /// model (`dense`, `dense_1`), whatever other models there are. A leading `~` stands for the home
    /// folder.
    ///
    /// Keras: `model.save_weights(filepath)`.
    ///
    /// # Errors
    /// When the model is not built yet, the ending is another, or the file cannot be written.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let folder = tempfile::tempdir().expect("a folder");
    /// let path = folder.path().join("xor.weights.h5");
    /// let mut model = Sequential::new();
    /// model.add(Dense::new(1).input_shape(2))?;
    /// model.save_weights(&path)?;
    ///
    /// let mut again = Sequential::new();
    /// again.add(Dense::new(1).input_shape(2))?;
    /// again.load_weights(&path)?;
    /// assert_eq!(again.get_weights(), model.get_weights());
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn save_weights(&self, filepath: impl AsRef<Path>) -> Result<()> {
        self.save_weights_with(filepath, SaveWeights::default())
    }

    /// As [`save_weights`](Self::save_weights), with the choice to keep a file that is there.
    ///
    /// Keras: `model.save_weights(filepath, overwrite=False)`.
    ///
    /// # Errors
    /// As [`save_weights`](Self::save_weights); when there is a file and `overwrite` is false.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let folder = tempfile::tempdir().expect("a folder");
    /// let path = folder.path().join("first.safetensors");
    /// let mut model = Sequential::new();
    /// model.add(Dense::new(1).input_shape(2))?;
    /// model.save_weights_with(&path, SaveWeights { overwrite: false })?;
    /// assert!(model.save_weights_with(&path, SaveWeights { overwrite: false }).is_err());
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn save_weights_with(
        &self,
        filepath: impl AsRef<Path>,
        arguments: SaveWeights,
    ) -> Result<()> {
        let manner = Manner {
            overwrite: arguments.overwrite,
            durable: true,
        };
        let optimizer = self.compiled.as_ref().map(|compiled| &compiled.optimizer);
        let path = file::expanded(filepath.as_ref());
        let format = Format::of(filepath.as_ref(), WEIGHTS);
        format
            .and_then(|format| match format {
                Format::Weights => keras::save_weights(&self.graph, optimizer, &path, &manner),
                Format::Npz => npz::save(&self.graph, &path, &manner),
                _ => tensors::save(&self.graph, optimizer, &path, &manner, Besides::default()),
            })
            .map_err(|e| e.at(self.place("save_weights")))
    }

    /// Takes the weights from a file that [`save_weights`](Self::save_weights) wrote, that Keras 3
    /// wrote (`.weights.h5`, or those in a `.keras` or `.h5` of a whole model), or from any
    /// `.safetensors` file with the same names and shapes.
    ///
    /// In Keras's files layers are found by their classes and order, in the others by name. When the
    /// file holds what an optimizer remembers and the model is compiled with the same optimizer, that
    /// is taken, too: training goes on as if it had never stopped. Otherwise the optimizer stays as
    /// it is. The learning rate is taken from Keras's files as well, as Keras does; a `.safetensors`
    /// file leaves it as `compile` was told.
    ///
    /// Keras: `model.load_weights(filepath)`.
    ///
    /// # Errors
    /// When the model is not built yet, the file cannot be read or is damaged, or its tensors are
    /// not those of the model. The model then stays as it was.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// # let folder = tempfile::tempdir().expect("a folder");
    /// # let path = folder.path().join("line.weights.h5");
    /// let line = || -> kerust::Result<Sequential> {
    ///     let mut model = Sequential::new();
    ///     model.add(Dense::new(1).input_shape(3))?;
    ///     Ok(model)
    /// };
    /// let trained = line()?;
    /// trained.save_weights(&path)?;
    ///
    /// let mut again = line()?;
    /// again.load_weights(&path)?;
    /// assert_eq!(again.get_weights(), trained.get_weights());
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn load_weights(&mut self, filepath: impl AsRef<Path>) -> Result<()> {
        let place = self.place("load_weights");
        let optimizer = self.compiled.as_mut().map(|c| &mut c.optimizer);
        let graph = &mut self.graph;
        let path = file::expanded(filepath.as_ref());
        let format = Format::of(filepath.as_ref(), &[WEIGHTS, MODELS].concat());
        format
            .and_then(|format| match format {
                Format::Safetensors => tensors::load(graph, optimizer, &path),
                Format::Npz => npz::load(graph, &path),
                Format::Weights => keras::load_weights(graph, optimizer, &path),
                Format::Archive => keras::load_archived_weights(graph, optimizer, &path),
                _ => keras::load_legacy_weights(graph, optimizer, &path),
            })
            .map_err(|e| e.at(place))
    }

    /// Saves the whole model as Keras 3 does: layers and connections, weights, what `compile` was
    /// told and what the optimizer remembers, so that training can go on in
    /// [`load_model`], or in Keras. A file that is there is replaced, in one step: it is whole at
    /// every moment. A leading `~` stands for the home folder.
    ///
    /// Keras: `model.save(filepath)`.
    ///
    /// # Errors
    /// When the model is not built yet, holds a layer, loss or metric that does not say its
    /// configuration (a `Lambda`, or one of your own), the path does not end in `.keras`, or the
    /// file cannot be written.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let folder = tempfile::tempdir().expect("a folder");
    /// let path = folder.path().join("xor.keras");
    /// let mut model = Sequential::new();
    /// model.add(Dense::new(4).activation("tanh").input_shape(2))?;
    /// model.add(Dense::new(1).activation("sigmoid"))?;
    /// model.save(&path)?;
    ///
    /// let mut again = load_model(&path)?;
    /// let x = Tensor::ones((3, 2));
    /// assert_eq!(again.predict(&x)?, model.predict(&x)?);
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn save(&self, filepath: impl AsRef<Path>) -> Result<()> {
        let manner = Manner {
            overwrite: true,
            durable: true,
        };
        let path = file::expanded(filepath.as_ref());
        Format::of(filepath.as_ref(), &[Format::Archive])
            .and_then(|_| keras::save(self, &path, &manner))
            .map_err(|e| e.at(self.place("save")))
    }
}

/// The arguments of [`load_model_with`], with Keras's defaults.
///
/// Keras: `keras.models.load_model`.
#[derive(Clone, Debug)]
pub struct LoadModel {
    /// Whether the model is compiled as it was when it was saved; true unless set.
    pub compile: bool,
}

impl Default for LoadModel {
    fn default() -> Self {
        Self { compile: true }
    }
}

/// The model in a file that [`Model::save`] wrote, or Keras 3 (`.keras`, and the older `.h5`), with
/// its weights; compiled as it was, its optimizer where it stood, so that training can go on. A
/// leading `~` stands for the home folder.
///
/// All layers work in float32, whatever the file says. Files may come from strangers: nothing in
/// them is run or unpacked.
///
/// Keras: `keras.models.load_model(filepath)`.
///
/// # Errors
/// When the file cannot be read or is damaged, or describes layers, losses or metrics that kerust
/// does not have.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// # let folder = tempfile::tempdir().expect("a folder");
/// # let path = folder.path().join("line.keras");
/// let mut model = Sequential::new();
/// model.add(Dense::new(1).input_shape(1))?;
/// model.compile(Compile { loss: "mse".into(), ..Compile::default() })?;
/// let (x, y) = (Tensor::ones((8, 1)), Tensor::zeros((8, 1)));
/// model.train_on_batch(&x, &y)?;
/// model.save(&path)?;
///
/// // In another process, perhaps:
/// let mut again = load_model(&path)?;
/// assert_eq!(again.train_on_batch(&x, &y)?, model.train_on_batch(&x, &y)?);
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_model(filepath: impl AsRef<Path>) -> Result<Model> {
    load_model_with(filepath, LoadModel::default())
}

/// What the layer called `name`, of class `class_name`, in a `.keras` file was told and has learned.
pub(crate) fn layer_config(filepath: &Path, class_name: &str, name: &str) -> Result<Config> {
    let path = file::expanded(filepath);
    Format::of(filepath, &[Format::Archive])
        .and_then(|_| keras::layer_config(&path, class_name, name))
}

/// As [`load_model`], with the choice to leave the model uncompiled: for files whose loss or metrics
/// kerust does not have.
///
/// Keras: `keras.models.load_model(filepath, compile=False)`.
///
/// # Errors
/// As [`load_model`].
///
/// # Example
/// ```
/// use kerust::models::{LoadModel, load_model_with};
/// use kerust::prelude::*;
/// # let folder = tempfile::tempdir().expect("a folder");
/// # let path = folder.path().join("line.keras");
/// let mut model = Sequential::new();
/// model.add(Dense::new(1).input_shape(3))?;
/// model.compile(Compile { loss: "mse".into(), ..Compile::default() })?;
/// model.save(&path)?;
///
/// let mut model = load_model_with(&path, LoadModel { compile: false })?;
/// assert_eq!(model.predict(&Tensor::ones((2, 3)))?.shape(), (2, 1));
/// // It has no loss to train with any more.
/// assert!(model.train_on_batch(&Tensor::ones((2, 3)), &Tensor::ones((2, 1))).is_err());
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn load_model_with(filepath: impl AsRef<Path>, arguments: LoadModel) -> Result<Model> {
    let path = file::expanded(filepath.as_ref());
    Format::of(filepath.as_ref(), MODELS)
        .and_then(|format| match format {
            Format::Legacy => keras::load_legacy(&path, arguments.compile),
            _ => keras::load_archive(&path, arguments.compile),
        })
        .map_err(|e| e.at("`load_model`"))
}
