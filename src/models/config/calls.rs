//! How layers are called in a functional model: which tensors stand where among the arguments.

use serde_json::{Map, Value, json};

use crate::{Error, Result};

/// Arguments of the call in Keras that are arguments of the layer here.
pub(super) const FLAGS: [&str; 2] = ["use_causal_mask", "return_attention_scores"];

/// The tensors that may be given by name, in the order in which layers take them.
const NAMED: [&str; 8] = [
    "query",
    "value",
    "key",
    "inputs",
    "sequences",
    "initial_state",
    COUNT_WEIGHTS,
    ATTENTION_MASK,
];
const COUNT_WEIGHTS: &str = "count_weights";
const ATTENTION_MASK: &str = "attention_mask";

/// The call of a layer of class `class_name` with `tensors`, and what it is told besides.
pub(super) fn arguments_of_call(
    class_name: &str,
    mut tensors: Vec<Value>,
    mut kwargs: Map<String, Value>,
) -> Value {
    let args = match class_name {
        "MultiHeadAttention" | "GroupQueryAttention" => {
            if tensors.len() == 4 {
                kwargs.insert(ATTENTION_MASK.into(), tensors.swap_remove(3));
            }
            tensors
        }
        _ if tensors.len() == 1 => tensors,
        "CategoryEncoding" => {
            kwargs.insert(COUNT_WEIGHTS.into(), tensors.swap_remove(1));
            tensors
        }
        "SimpleRNN" | "GRU" | "LSTM" | "Bidirectional" => {
            let states = tensors.split_off(1);
            kwargs.insert("initial_state".into(), Value::Array(states));
            tensors
        }
        _ => vec![Value::Array(tensors)],
    };
    json!({"args": args, "kwargs": kwargs})
}

/// An output of the call of a layer.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub(super) layer: String,
    /// Which of the layer's calls.
    pub(super) call: usize,
    /// Which of its outputs.
    pub(super) output: usize,
}

impl Reference {
    /// Reads `["dense", 0, 0]`.
    pub(super) fn read(value: &Value) -> Result<Reference> {
        let number = |value: &Value| value.as_u64().and_then(|n| usize::try_from(n).ok());
        if let Some([layer, call, output, ..]) = value.as_array().map(Vec::as_slice)
            && let (Some(layer), Some(call), Some(output)) =
                (layer.as_str(), number(call), number(output))
        {
            return Ok(Reference {
                layer: layer.to_string(),
                call,
                output,
            });
        }
        let expected =
            "a layer, the number of its call and that of the output, as [\"dense\", 0, 0]";
        Err(Error::argument("keras_history", expected, value))
    }

    /// Reads one of them, or a list or dictionary of some, in the order in which Keras takes them.
    pub(super) fn read_all(value: &Value) -> Result<Vec<Reference>> {
        match value {
            Value::Array(items) if !items.first().is_some_and(Value::is_string) => {
                items.iter().map(Reference::read).collect()
            }
            Value::Object(by_name) => by_name.values().map(Reference::read).collect(),
            one => Ok(vec![Reference::read(one)?]),
        }
    }
}

/// What a layer is called with.
#[derive(Debug)]
pub(super) struct ReadCall {
    pub(super) tensors: Vec<Reference>,
    /// Tensors that Keras hands on as masks; here they stay with their tensors.
    pub(super) masks: Vec<Reference>,
    /// Those of [`FLAGS`] that are on.
    pub(super) flags: Map<String, Value>,
}

impl ReadCall {
    /// Reads a node of a layer.
    pub(super) fn read(node: &Value) -> Result<ReadCall> {
        let mut call = ReadCall {
            tensors: Vec::new(),
            masks: Vec::new(),
            flags: Map::new(),
        };
        if let Value::Array(inputs) = node {
            // As earlier versions wrote it: the inputs, each with the other arguments behind it.
            for input in inputs {
                call.tensors.push(Reference::read(input)?);
                if let Some(kwargs) = input.get(3) {
                    call.read_named(kwargs)?;
                }
            }
            return Ok(call);
        }
        collect(&node["args"], &mut call.tensors)?;
        call.read_named(&node["kwargs"])?;
        Ok(call)
    }

    fn read_named(&mut self, kwargs: &Value) -> Result<()> {
        let none = Map::new();
        let kwargs = kwargs.as_object().unwrap_or(&none);
        for (name, value) in kwargs {
            let name = name.as_str();
            // In Keras, too, `fit` and `predict` themselves say whether this is training.
            if value.is_null() || name == "training" || NAMED.contains(&name) {
                continue;
            }
            if name.ends_with("mask") && !FLAGS.contains(&name) {
                collect(value, &mut self.masks)?;
            } else if !FLAGS.contains(&name) {
                let expected = "tensors alone: layers of kerust take nothing else in a call";
                return Err(Error::argument(name, expected, value));
            } else if *value == true {
                self.flags.insert(name.to_string(), value.clone());
            }
        }
        for name in NAMED {
            let Some(value) = kwargs.get(name).filter(|value| !value.is_null()) else {
                continue;
            };
            if let (ATTENTION_MASK, [_, value]) = (name, self.tensors.as_slice()) {
                // The mask is the fourth: without a key, the value is the key.
                self.tensors.push(value.clone());
            }
            collect(value, &mut self.tensors)?;
        }
        Ok(())
    }
}

/// The tensors in an argument, in order.
fn collect(value: &Value, tensors: &mut Vec<Reference>) -> Result<()> {
    match value {
        Value::Null => Ok(()),
        Value::Array(items) => items.iter().try_for_each(|item| collect(item, tensors)),
        Value::Object(object) if object.get("class_name") == Some(&json!("__keras_tensor__")) => {
            tensors.push(Reference::read(&value["config"]["keras_history"])?);
            Ok(())
        }
        other => {
            let expected = "tensors alone: layers of kerust take nothing else in a call";
            Err(Error::argument("args", expected, other))
        }
    }
}
