//! What an ONNX file is made of: operations, constants, inputs and outputs.
//!
//! The numbers of the fields are those of `onnx.proto`.

use crate::protobuf::Message;

/// The version of the operators that are used.
pub(super) const OPSET: i64 = 18;
/// The version of the file format that came with them.
const IR_VERSION: i64 = 8;

const FLOAT: i64 = 1;
const INT64: i64 = 7;

/// An operation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Node {
    pub(super) op: &'static str,
    pub(super) name: String,
    /// The values that it takes; an empty name where an optional one is left out.
    pub(super) inputs: Vec<String>,
    pub(super) outputs: Vec<String>,
    pub(super) attributes: Vec<(&'static str, Attribute)>,
}

/// What an operation is told.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Attribute {
    Int(i64),
    Float(f32),
    Text(String),
    Ints(Vec<i64>),
    Texts(Vec<String>),
    Graph(Box<Graph>),
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Constant {
    pub(super) name: String,
    pub(super) sizes: Vec<usize>,
    pub(super) numbers: Numbers,
}

/// The numbers of a constant.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Numbers {
    Floats(Vec<f32>),
    Whole(Vec<i64>),
}

/// A value that comes in or goes out: float32.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Port {
    pub(super) name: String,
    pub(super) sizes: Vec<Size>,
}

/// The size of an axis.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Size {
    Fixed(usize),
    /// It is open, and called so.
    Named(String),
}

/// Operations and what goes through them, in an order in which they can be computed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Graph {
    pub(super) name: String,
    pub(super) nodes: Vec<Node>,
    pub(super) constants: Vec<Constant>,
    pub(super) inputs: Vec<Port>,
    pub(super) outputs: Vec<Port>,
}

impl Graph {
    /// The bytes of a file with this graph.
    pub(super) fn to_file(&self) -> Vec<u8> {
        let mut opset = Message::default();
        opset.bytes(1, "");
        opset.int(2, OPSET);
        let mut model = Message::default();
        model.int(1, IR_VERSION);
        model.bytes(2, "kerust");
        model.bytes(3, env!("CARGO_PKG_VERSION"));
        model.message(8, &opset);
        model.message(7, &self.message());
        model.into_bytes()
    }

    fn message(&self) -> Message {
        let mut graph = Message::default();
        self.nodes
            .iter()
            .for_each(|node| graph.message(1, &node.message()));
        graph.bytes(2, &self.name);
        let constants = self.constants.iter();
        constants.for_each(|constant| graph.message(5, &constant.message()));
        self.inputs
            .iter()
            .for_each(|port| graph.message(11, &port.message()));
        self.outputs
            .iter()
            .for_each(|port| graph.message(12, &port.message()));
        graph
    }
}

impl Node {
    fn message(&self) -> Message {
        let mut node = Message::default();
        self.inputs.iter().for_each(|input| node.bytes(1, input));
        self.outputs.iter().for_each(|output| node.bytes(2, output));
        node.bytes(3, &self.name);
        node.bytes(4, self.op);
        for (name, attribute) in &self.attributes {
            node.message(5, &attribute.message(name));
        }
        node
    }
}

impl Attribute {
    fn message(&self, name: &str) -> Message {
        let mut attribute = Message::default();
        attribute.bytes(1, name);
        let kind = match self {
            Attribute::Float(value) => {
                attribute.float(2, *value);
                1
            }
            Attribute::Int(value) => {
                attribute.int(3, *value);
                2
            }
            Attribute::Text(text) => {
                attribute.bytes(4, text);
                3
            }
            Attribute::Graph(graph) => {
                attribute.message(6, &graph.message());
                5
            }
            Attribute::Ints(values) => {
                values.iter().for_each(|value| attribute.int(8, *value));
                7
            }
            Attribute::Texts(texts) => {
                texts.iter().for_each(|text| attribute.bytes(9, text));
                8
            }
        };
        attribute.int(20, kind);
        attribute
    }
}

impl Constant {
    /// How many bytes its numbers take.
    pub(super) fn bytes(&self) -> usize {
        match &self.numbers {
            Numbers::Floats(values) => size_of_val(values.as_slice()),
            Numbers::Whole(values) => size_of_val(values.as_slice()),
        }
    }

    fn message(&self) -> Message {
        let mut tensor = Message::default();
        let sizes: Vec<i64> = self.sizes.iter().map(|&size| size as i64).collect();
        tensor.ints(1, &sizes);
        let (kind, bytes): (i64, Vec<u8>) = match &self.numbers {
            Numbers::Floats(values) => (
                FLOAT,
                values
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect(),
            ),
            Numbers::Whole(values) => (
                INT64,
                values
                    .iter()
                    .flat_map(|value| value.to_le_bytes())
                    .collect(),
            ),
        };
        tensor.int(2, kind);
        tensor.bytes(8, &self.name);
        tensor.bytes(9, bytes);
        tensor
    }
}

impl Port {
    fn message(&self) -> Message {
        let mut shape = Message::default();
        for size in &self.sizes {
            let mut axis = Message::default();
            match size {
                Size::Fixed(size) => axis.int(1, *size as i64),
                Size::Named(name) => axis.bytes(2, name),
            }
            shape.message(1, &axis);
        }
        let mut tensor = Message::default();
        tensor.int(1, FLOAT);
        tensor.message(2, &shape);
        let mut kind = Message::default();
        kind.message(1, &tensor);
        let mut port = Message::default();
        port.bytes(1, &self.name);
        port.message(2, &kind);
        port
    }
}

impl From<i64> for Attribute {
    fn from(value: i64) -> Self {
        Attribute::Int(value)
    }
}

impl From<f32> for Attribute {
    fn from(value: f32) -> Self {
        Attribute::Float(value)
    }
}

impl From<&str> for Attribute {
    fn from(value: &str) -> Self {
        Attribute::Text(value.to_owned())
    }
}

impl From<Vec<i64>> for Attribute {
    fn from(values: Vec<i64>) -> Self {
        Attribute::Ints(values)
    }
}
