//! What a dataset is made of: samples or batches, with or without labels.

use crate::models::Arrays;
use crate::{Error, Result, Tensor};

/// One element of a [`Dataset`](super::Dataset), a sample or a batch: one or several inputs `x`,
/// labels `y` where there are any, and what the samples count.
///
/// tf.data: an element; Keras: `pack_x_y_sample_weight`. `(x, y)`, `(x, y, sample_weight)` and a
/// tensor alone become elements by themselves, see [`IntoElement`].
///
/// # Example
/// ```
/// use kerust::data::DatasetElement;
/// use kerust::prelude::*;
/// let (left, right, y) = (Tensor::ones((8, 2)), Tensor::zeros((8, 3)), Tensor::arange(8));
/// let samples = Dataset::from_tensor_slices(DatasetElement::new([&left, &right], &y))?;
/// for sample in samples.elements() {
///     assert_eq!(sample?.x()[1].shape(), (3,));
/// }
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DatasetElement {
    x: Vec<Tensor>,
    y: Vec<Tensor>,
    sample_weight: Vec<Tensor>,
}

impl DatasetElement {
    /// One or several inputs and labels; `Arrays::default()` are none.
    pub fn new(x: impl Into<Arrays>, y: impl Into<Arrays>) -> Self {
        Self {
            x: x.into().as_slice().to_vec(),
            y: y.into().as_slice().to_vec(),
            sample_weight: Vec::new(),
        }
    }

    /// What the samples count; 1 unless set. One tensor, or one for each output.
    #[must_use]
    pub fn with_sample_weight(mut self, sample_weight: impl Into<Arrays>) -> Self {
        self.sample_weight = sample_weight.into().as_slice().to_vec();
        self
    }

    /// The inputs.
    pub fn x(&self) -> &[Tensor] {
        &self.x
    }

    /// The labels: none, or one tensor for each output.
    pub fn y(&self) -> &[Tensor] {
        &self.y
    }

    /// What the samples count: nothing, one tensor, or one for each output.
    pub fn sample_weight(&self) -> &[Tensor] {
        &self.sample_weight
    }

    /// The element as a tensor, as `(x, y)` or as `(x, y, sample_weight)`.
    ///
    /// # Errors
    /// When it is made of something else.
    ///
    /// # Example
    /// ```
    /// use kerust::prelude::*;
    /// let pictures = Dataset::from_tensor_slices(Tensor::zeros((10, 28, 28)))?.batch(4);
    /// for batch in pictures.elements() {
    ///     let x: Tensor = batch?.parts()?;
    ///     assert_eq!(x.ndim(), 3);
    /// }
    /// # Ok::<(), kerust::Error>(())
    /// ```
    pub fn parts<A: FromElement>(self) -> Result<A> {
        A::from_element(self)
    }

    /// How many inputs, labels and weights there are.
    fn lengths(&self) -> [usize; 3] {
        [self.x.len(), self.y.len(), self.sample_weight.len()]
    }

    /// All tensors: inputs, labels, weights.
    pub(super) fn tensors(&self) -> impl Iterator<Item = &Tensor> {
        let labelled = self.x.iter().chain(&self.y);
        labelled.chain(&self.sample_weight)
    }

    /// The element with what `change` makes of each of its tensors.
    pub(super) fn each(
        &self,
        mut change: impl FnMut(&Tensor) -> Result<Tensor>,
    ) -> Result<DatasetElement> {
        Ok(DatasetElement {
            x: self.x.iter().map(&mut change).collect::<Result<_>>()?,
            y: self.y.iter().map(&mut change).collect::<Result<_>>()?,
            sample_weight: self
                .sample_weight
                .iter()
                .map(change)
                .collect::<Result<_>>()?,
        })
    }

    /// The element that `join` makes of the tensors that elements have in the same place. `elements`
    /// must not be empty.
    pub(super) fn joined(
        elements: &[DatasetElement],
        join: impl Fn(&[Tensor]) -> Result<Tensor>,
    ) -> Result<DatasetElement> {
        let first = &elements[0];
        let mut place = 0;
        if let Some(other) = elements
            .iter()
            .find(|other| other.lengths() != first.lengths())
        {
            return Err(Error::shape(format!(
                "elements are of different kinds: {} and {}",
                first.kind(),
                other.kind()
            )));
        }
        first.each(|_| {
            let column: Vec<Tensor> = elements
                .iter()
                .filter_map(|element| element.tensors().nth(place).cloned())
                .collect();
            place += 1;
            join(&column)
        })
    }

    /// What the element is made of, in words.
    pub(super) fn kind(&self) -> String {
        let group = |name: &str, tensors: usize| match tensors {
            0 => None,
            1 => Some(name.to_string()),
            count => Some(format!("{count} tensors {name}")),
        };
        let parts = [
            group("x", self.x.len()),
            group("y", self.y.len()),
            group("sample_weight", self.sample_weight.len()),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        format!("({})", parts.join(", "))
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for crate::Tensor {}
    impl Sealed for &crate::Tensor {}
    impl Sealed for crate::models::Arrays {}
    impl Sealed for super::DatasetElement {}
    impl<X, Y> Sealed for (X, Y) {}
    impl<X, Y, W> Sealed for (X, Y, W) {}
    impl<T> Sealed for crate::Result<T> {}
}

/// What a function of a dataset takes: a tensor, `(x, y)`, `(x, y, sample_weight)`, or a
/// [`DatasetElement`] where there are several inputs or outputs.
pub trait FromElement: sealed::Sealed + Sized {
    /// The element in this form.
    ///
    /// # Errors
    /// When the element is made of something else.
    fn from_element(element: DatasetElement) -> Result<Self>;
}

/// What elements are made of: a tensor or several, `(x, y)`, `(x, y, sample_weight)`, a
/// [`DatasetElement`], or a [`Result`] of one of them.
pub trait IntoElement: sealed::Sealed {
    /// The element.
    ///
    /// # Errors
    /// When this is one.
    fn into_element(self) -> Result<DatasetElement>;
}

fn other_kind(expected: &str, element: &DatasetElement) -> Error {
    let given = element.kind();
    Error::shape(format!("expected elements {expected}, got {given}"))
        .remedy("take the element as a `DatasetElement`: `|element: DatasetElement| ..`")
}

impl FromElement for DatasetElement {
    fn from_element(element: DatasetElement) -> Result<Self> {
        Ok(element)
    }
}

impl FromElement for Tensor {
    fn from_element(element: DatasetElement) -> Result<Self> {
        match (
            element.x.as_slice(),
            element.y.len(),
            element.sample_weight.as_slice(),
        ) {
            ([x], 0, []) => Ok(x.clone()),
            _ => Err(other_kind("(x)", &element)),
        }
    }
}

impl FromElement for (Tensor, Tensor) {
    fn from_element(element: DatasetElement) -> Result<Self> {
        match (
            element.x.as_slice(),
            element.y.as_slice(),
            element.sample_weight.as_slice(),
        ) {
            ([x], [y], []) => Ok((x.clone(), y.clone())),
            _ => Err(other_kind("(x, y)", &element)),
        }
    }
}

impl FromElement for (Tensor, Tensor, Tensor) {
    fn from_element(element: DatasetElement) -> Result<Self> {
        match (
            element.x.as_slice(),
            element.y.as_slice(),
            element.sample_weight.as_slice(),
        ) {
            ([x], [y], [weight]) => Ok((x.clone(), y.clone(), weight.clone())),
            _ => Err(other_kind("(x, y, sample_weight)", &element)),
        }
    }
}

impl IntoElement for DatasetElement {
    fn into_element(self) -> Result<DatasetElement> {
        Ok(self)
    }
}

impl IntoElement for Tensor {
    fn into_element(self) -> Result<DatasetElement> {
        Arrays::from(self).into_element()
    }
}

impl IntoElement for &Tensor {
    fn into_element(self) -> Result<DatasetElement> {
        Arrays::from(self).into_element()
    }
}

impl IntoElement for Arrays {
    fn into_element(self) -> Result<DatasetElement> {
        Ok(DatasetElement::new(self, Arrays::default()))
    }
}

impl<X: Into<Arrays>, Y: Into<Arrays>> IntoElement for (X, Y) {
    fn into_element(self) -> Result<DatasetElement> {
        Ok(DatasetElement::new(self.0, self.1))
    }
}

impl<X: Into<Arrays>, Y: Into<Arrays>, W: Into<Arrays>> IntoElement for (X, Y, W) {
    fn into_element(self) -> Result<DatasetElement> {
        Ok(DatasetElement::new(self.0, self.1).with_sample_weight(self.2))
    }
}

impl<T: IntoElement> IntoElement for Result<T> {
    fn into_element(self) -> Result<DatasetElement> {
        self?.into_element()
    }
}
