//! What the layers' translations write into: operations, constants, and the values of the model.
//!
//! kerust keeps the channels on the last axis, many of ONNX's operations want them behind that of
//! the batch. A value is there in the layout in which it was made, and in the other one from the
//! moment on when somebody asks for it.

use std::collections::HashSet;

use super::onnx::{Attribute, Constant, Graph, Node, Numbers};
use crate::{Result, Shape, Tensor};

/// Where the channels of a value are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// On the last axis, as in kerust.
    Last,
    /// Behind the axis of the batch.
    First,
}

impl Layout {
    /// Where `axis` of a batch with `rank` axes is in this layout.
    pub(super) fn axis(self, axis: usize, rank: usize) -> usize {
        match self {
            Layout::First if axis + 1 == rank && axis > 0 => 1,
            Layout::First if axis > 0 => axis + 1,
            _ => axis,
        }
    }

    /// What brings a batch with `rank` axes from the other layout into this one.
    fn order(self, rank: usize) -> Vec<i64> {
        let rank = rank as i64;
        match self {
            Layout::First => [0, rank - 1].into_iter().chain(1..rank - 1).collect(),
            Layout::Last => [0].into_iter().chain(2..rank).chain([1]).collect(),
        }
    }
}

/// A value of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Id(usize);

#[derive(Debug)]
struct Value {
    /// What it is called with the channels last and first.
    names: [Option<String>; 2],
    /// How it was made.
    layout: Layout,
    /// One sample, channels last.
    shape: Shape,
    /// Which steps of a sequence count: true or false, `(batch, steps)`.
    mask: Option<String>,
}

/// The size of an axis that [`Builder::reshape`] makes.
#[derive(Clone, Debug)]
pub(super) enum Extent {
    Fixed(usize),
    /// As an axis of the value called so.
    Of(String, usize),
    /// What is left.
    Rest,
}

/// A graph that is being built.
#[derive(Debug, Default)]
pub(super) struct Builder {
    pub(super) graph: Graph,
    values: Vec<Value>,
    /// All names that are taken.
    names: HashSet<String>,
    /// In front of the names, while a layer is translated: `encoder/dense`.
    scope: String,
}

impl Builder {
    /// `name`, or one like it that is not taken yet.
    pub(super) fn unique(&mut self, name: &str) -> String {
        let numbered = (1..).map(|number| format!("{name}_{number}"));
        let mut free = std::iter::once(name.to_owned()).chain(numbered);
        let name = free
            .find(|name| !self.names.contains(name))
            .unwrap_or_default();
        self.names.insert(name.clone());
        name
    }

    /// Does `work` for a layer inside of what is translated.
    pub(super) fn inside<T>(&mut self, name: &str, work: impl FnOnce(&mut Self) -> T) -> T {
        let outer = self.scope.len();
        if outer > 0 {
            self.scope.push('/');
        }
        self.scope += name;
        let done = work(self);
        self.scope.truncate(outer);
        done
    }

    fn scoped(&self, name: &str) -> String {
        match self.scope.as_str() {
            "" => name.to_owned(),
            scope => format!("{scope}/{name}"),
        }
    }

    /// An operation with one output.
    pub(super) fn op(
        &mut self,
        op: &'static str,
        inputs: &[&str],
        attributes: Vec<(&'static str, Attribute)>,
    ) -> String {
        self.ops(op, inputs, 1, attributes).swap_remove(0)
    }

    /// An operation with one output that is told nothing.
    pub(super) fn plain(&mut self, op: &'static str, inputs: &[&str]) -> String {
        self.op(op, inputs, Vec::new())
    }

    /// An operation with `count` outputs.
    pub(super) fn ops(
        &mut self,
        op: &'static str,
        inputs: &[&str],
        count: usize,
        attributes: Vec<(&'static str, Attribute)>,
    ) -> Vec<String> {
        let name = self.scoped(op);
        let name = self.unique(&name);
        let outputs: Vec<String> = (0..count)
            .map(|i| self.unique(&format!("{name}/output_{i}")))
            .collect();
        self.graph.nodes.push(Node {
            op,
            name,
            inputs: inputs.iter().map(|&input| input.to_owned()).collect(),
            outputs: outputs.clone(),
            attributes,
        });
        outputs
    }

    /// A constant of the layer that is translated. When it is translated again, its constants are
    /// those of the first time.
    pub(super) fn floats(&mut self, name: &str, sizes: &[usize], values: Vec<f32>) -> String {
        let name = self.scoped(name);
        self.constant(name, sizes, Numbers::Floats(values))
    }

    /// A weight as it is.
    pub(super) fn weight(&mut self, name: &str, weight: &Tensor) -> String {
        self.floats(name, weight.shape(), weight.to_vec())
    }

    /// One float.
    pub(super) fn number(&mut self, value: f32) -> String {
        self.constant(
            format!("float {value:?}"),
            &[],
            Numbers::Floats(vec![value]),
        )
    }

    /// Some whole numbers.
    pub(super) fn whole(&mut self, values: &[i64]) -> String {
        let sizes = [values.len()];
        self.constant(
            format!("whole {values:?}"),
            &sizes,
            Numbers::Whole(values.to_vec()),
        )
    }

    /// One whole number.
    pub(super) fn whole_number(&mut self, value: i64) -> String {
        self.constant(format!("whole {value}"), &[], Numbers::Whole(vec![value]))
    }

    fn constant(&mut self, name: String, sizes: &[usize], numbers: Numbers) -> String {
        if self.names.insert(name.clone()) {
            self.graph.constants.push(Constant {
                name: name.clone(),
                sizes: sizes.to_vec(),
                numbers,
            });
        }
        name
    }

    /// The value that is called `name` in `layout`.
    pub(super) fn value(&mut self, name: String, layout: Layout, shape: Shape) -> Id {
        let names = match layout {
            Layout::Last => [Some(name), None],
            Layout::First => [None, Some(name)],
        };
        self.values.push(Value {
            names,
            layout,
            shape,
            mask: None,
        });
        Id(self.values.len() - 1)
    }

    /// As [`value`](Self::value), with the channels last.
    pub(super) fn last(&mut self, name: String, shape: Shape) -> Id {
        self.value(name, Layout::Last, shape)
    }

    /// One sample of a value, channels last.
    pub(super) fn shape(&self, id: Id) -> &Shape {
        &self.values[id.0].shape
    }

    /// The number of its axes, with that of the batch.
    pub(super) fn rank(&self, id: Id) -> usize {
        self.shape(id).rank() + 1
    }

    /// How a value was made.
    pub(super) fn layout(&self, id: Id) -> Layout {
        self.values[id.0].layout
    }

    /// What a value is called in a layout; made when it is not there yet.
    pub(super) fn name(&mut self, id: Id, layout: Layout) -> String {
        let rank = self.rank(id);
        let at = |layout: Layout| usize::from(layout == Layout::First);
        let Value {
            names,
            layout: made,
            ..
        } = &self.values[id.0];
        if let Some(name) = &names[at(layout)] {
            return name.clone();
        }
        let from = names[at(*made)].clone().unwrap_or_default();
        let name = match rank {
            0..3 => from,
            _ => {
                let order = layout.order(rank);
                self.op("Transpose", &[&from], vec![("perm", order.into())])
            }
        };
        self.values[id.0].names[at(layout)] = Some(name.clone());
        name
    }

    /// What a value is called with the channels last.
    pub(super) fn named(&mut self, id: Id) -> String {
        self.name(id, Layout::Last)
    }

    pub(super) fn mask(&self, id: Id) -> Option<&str> {
        self.values[id.0].mask.as_deref()
    }

    pub(super) fn set_mask(&mut self, id: Id, mask: Option<String>) {
        self.values[id.0].mask = mask;
    }

    /// What an operation on each number makes of a value, in the layout in which it is.
    pub(super) fn each(
        &mut self,
        id: Id,
        operation: impl FnOnce(&mut Self, &str) -> Result<String>,
    ) -> Result<Id> {
        let (layout, shape) = (self.layout(id), self.shape(id).clone());
        let name = self.name(id, layout);
        let name = operation(self, &name)?;
        Ok(self.value(name, layout, shape))
    }

    /// The size of an axis of a value that is called `name`, from the shape of one sample.
    pub(super) fn extent(name: &str, shape: &Shape, axis: usize) -> Extent {
        match shape.sizes().nth(axis).flatten() {
            Some(size) => Extent::Fixed(size),
            None => Extent::Of(name.to_owned(), axis + 1),
        }
    }

    /// `x` in another shape.
    pub(super) fn reshape(&mut self, x: &str, sizes: &[Extent]) -> String {
        let has_rest = sizes.iter().any(|size| matches!(size, Extent::Rest));
        let is_open = |(i, size): &(usize, &Extent)| match size {
            Extent::Of(name, axis) => name != x || axis != i,
            _ => false,
        };
        // The one that is open can be what is left.
        let open: Vec<usize> = sizes
            .iter()
            .enumerate()
            .filter(is_open)
            .map(|(i, _)| i)
            .collect();
        let rest = match open.as_slice() {
            [only] if !has_rest => Some(*only),
            [] => None,
            _ => return self.reshape_to_computed(x, sizes),
        };
        let sizes = sizes.iter().enumerate().map(|(i, size)| match size {
            _ if rest == Some(i) => -1,
            Extent::Fixed(size) => *size as i64,
            // As it is.
            Extent::Of(..) => 0,
            Extent::Rest => -1,
        });
        let sizes: Vec<i64> = sizes.collect();
        let sizes = self.whole(&sizes);
        self.plain("Reshape", &[x, &sizes])
    }

    fn reshape_to_computed(&mut self, x: &str, sizes: &[Extent]) -> String {
        let mut parts = Vec::new();
        for size in sizes {
            parts.push(match size {
                Extent::Fixed(size) => self.whole(&[*size as i64]),
                Extent::Rest => self.whole(&[-1]),
                Extent::Of(name, axis) => self.size(name, *axis),
            });
        }
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let sizes = self.op("Concat", &parts, vec![("axis", 0.into())]);
        self.plain("Reshape", &[x, &sizes])
    }

    /// The size of an axis of the value called `name`, as a list of one.
    pub(super) fn size(&mut self, name: &str, axis: usize) -> String {
        let axis = axis as i64;
        let part = vec![("start", axis.into()), ("end", (axis + 1).into())];
        self.op("Shape", &[name], part)
    }

    /// An operation that takes the axes on which it works as an input.
    pub(super) fn over_axes(
        &mut self,
        op: &'static str,
        x: &str,
        axes: &[i64],
        keepdims: bool,
    ) -> String {
        let axes = self.whole(axes);
        let keepdims = i64::from(keepdims);
        self.op(op, &[x, &axes], vec![("keepdims", keepdims.into())])
    }

    /// `x` with axes of one place.
    pub(super) fn unsqueeze(&mut self, x: &str, axes: &[i64]) -> String {
        let axes = self.whole(axes);
        self.plain("Unsqueeze", &[x, &axes])
    }

    /// `x` without axes of one place.
    pub(super) fn squeeze(&mut self, x: &str, axes: &[i64]) -> String {
        let axes = self.whole(axes);
        self.plain("Squeeze", &[x, &axes])
    }

    pub(super) fn transpose(&mut self, x: &str, order: Vec<i64>) -> String {
        self.op("Transpose", &[x], vec![("perm", order.into())])
    }

    /// A mask as numbers, 1 where a step counts.
    pub(super) fn as_floats(&mut self, mask: &str) -> String {
        const FLOAT: i64 = 1;
        self.op("Cast", &[mask], vec![("to", FLOAT.into())])
    }
}

/// The numbers of a tensor with its axes in another order, and their sizes.
pub(super) fn permuted(tensor: &Tensor, order: &[usize]) -> (Vec<usize>, Vec<f32>) {
    let sizes = tensor.shape();
    let numbers: Vec<f32> = tensor.to_vec();
    let mut steps = vec![1; sizes.rank()];
    for axis in (1..sizes.rank()).rev() {
        steps[axis - 1] = steps[axis] * sizes[axis];
    }
    let mut places = vec![0];
    for &axis in order {
        let along = |&place: &usize| (0..sizes[axis]).map(move |i| (place, i));
        let step = steps[axis];
        places = places
            .iter()
            .flat_map(along)
            .map(|(place, i)| place + i * step)
            .collect();
    }
    let moved = places.into_iter().map(|place| numbers[place]).collect();
    (order.iter().map(|&axis| sizes[axis]).collect(), moved)
}
