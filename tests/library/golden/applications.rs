//! Known architectures: the same layers with the same weights as Keras's.

use flate2::Crc;
use kerust::applications::{
    MobileNet, ResNet50, ResNet50V2, ResNet101, ResNet101V2, ResNet152, ResNet152V2,
};
use kerust::prelude::*;
use serde_json::Value;

use super::{Golden, count, list, text};

/// Names that models give by themselves: their numbers depend on what was made before.
const AUTOMATIC: [&str; 4] = [
    "input_layer",
    "max_pooling2d",
    "global_average_pooling2d",
    "global_max_pooling2d",
];

/// From how many weights on a model is large.
const LARGE: usize = 30_000_000;

/// One line for each layer: its name, class, output shape, and the shape of each weight.
fn lines(model: &Model) -> Result<Vec<String>> {
    let rows = model.summary().rows.into_iter();
    rows.map(|row| {
        let weights = match row.class_name.as_str() {
            "InputLayer" => Vec::new(),
            _ => model.layer_weights(&row.name)?,
        };
        let sizes = |weight: &Tensor| {
            let sizes: Vec<String> = weight.shape().iter().map(usize::to_string).collect();
            sizes.join("x")
        };
        let weights: Vec<String> = weights.iter().map(sizes).collect();
        let is_automatic = AUTOMATIC.iter().any(|start| row.name.starts_with(start));
        let name = if is_automatic { "*" } else { &row.name };
        let line = format!(
            "{name} {} {} {}",
            row.class_name,
            row.output_shape,
            weights.join(" ")
        );
        Ok(line.trim_end().to_string())
    })
    .collect()
}

fn built(case: &Value) -> Result<Model> {
    let arguments = &case["arguments"];
    let include_top = arguments["include_top"] != false;
    let pooling = || match arguments["pooling"].as_str() {
        Some(name) => name.into(),
        None => kerust::applications::Pooling::None.into(),
    };
    let sizes = arguments["input_shape"].as_array();
    let sizes = sizes.map_or(vec![224, 224, 3], |sizes| sizes.iter().map(count).collect());
    let input_shape = Shape::from(sizes);
    let classes = arguments["classes"].as_u64().unwrap_or(1000) as usize;
    macro_rules! resnet {
        ($class:ident) => {
            $class {
                include_top,
                input_shape,
                pooling: pooling(),
                classes,
                ..$class::default()
            }
            .build()
        };
    }
    match text(&case["builder"]) {
        "ResNet50" => resnet!(ResNet50),
        "ResNet101" => resnet!(ResNet101),
        "ResNet152" => resnet!(ResNet152),
        "ResNet50V2" => resnet!(ResNet50V2),
        "ResNet101V2" => resnet!(ResNet101V2),
        "ResNet152V2" => resnet!(ResNet152V2),
        "MobileNet" => MobileNet {
            alpha: arguments["alpha"].as_f64().unwrap_or(1.0) as f32,
            depth_multiplier: arguments["depth_multiplier"].as_u64().unwrap_or(1) as usize,
            include_top,
            input_shape,
            pooling: pooling(),
            classes,
            ..MobileNet::default()
        }
        .build(),
        other => panic!("no case uses {other}"),
    }
}

#[test]
fn architectures_are_those_of_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("applications");
    let mut compared = 0;
    for case in &cases {
        // Drawing so many weights takes minutes in code that is not optimized.
        if cfg!(debug_assertions) && count(&case["params"]) > LARGE {
            continue;
        }
        compared += 1;
        let model = built(case)?;
        assert_eq!(model.name(), text(&case["model"]));
        let lines = lines(&model)?;
        if !case["lines"].is_null() {
            for (ours, keras) in lines.iter().zip(list(&case["lines"])) {
                assert_eq!(ours, text(keras));
            }
        }
        let mut checksum = Crc::new();
        checksum.update(lines.join("\n").as_bytes());
        let name = text(&case["name"]);
        assert_eq!(
            u64::from(checksum.sum()),
            case["crc32"],
            "{name}: {lines:#?}"
        );
        assert_eq!(model.count_params()?, count(&case["params"]), "{name}");
        golden.done();
    }
    assert_eq!(cases.len(), 14);
    golden.finish(compared, &[]);
    Ok(())
}
