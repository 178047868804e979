//! Pictures, against Keras on Pillow.

use kerust::prelude::*;
use kerust::preprocessing::image::{
    ArrayToImg, LoadImg, SmartResize, array_to_img_with, load_img_with, smart_resize_with,
};
use serde_json::Value;

use super::{FORWARD, Golden, count, file, list, text, title, truth};

/// Decoders of JPEG may differ by so much in a byte.
const JPEG: i64 = 6;

fn pair(value: &Value) -> (usize, usize) {
    (count(&value[0]), count(&value[1]))
}

fn load(case: &Value) -> Result<Tensor> {
    let arguments = &case["arguments"];
    let mut how = LoadImg::default();
    if let Some(name) = arguments["color_mode"].as_str() {
        how.color_mode = name.into();
    }
    if let Some(name) = arguments["interpolation"].as_str() {
        how.interpolation = name.into();
    }
    how.target_size = arguments.get("target_size").map(pair);
    how.keep_aspect_ratio = arguments["keep_aspect_ratio"].as_bool().unwrap_or(false);
    let path = file("files/pictures").join(text(&case["file"]));
    Ok(img_to_array(&load_img_with(path, how)?))
}

/// Fails unless bytes are the same; those of JPEG may be a little different.
fn same_bytes(case: &Value, ours: &Tensor, keras: &Tensor, allowed: i64) {
    assert_eq!(ours.shape(), keras.shape(), "{}", title(case));
    let (ours, keras) = (ours.to_vec::<i64>(), keras.to_vec::<i64>());
    let worst = ours.iter().zip(&keras).map(|(a, b)| (a - b).abs()).max();
    assert!(
        worst.unwrap_or(0) <= allowed,
        "{}: {worst:?}\n  ours  {:?}\n  Keras {:?}",
        title(case),
        &ours[..ours.len().min(20)],
        &keras[..keras.len().min(20)]
    );
}

#[test]
fn pictures_agree_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("images");
    for case in &cases {
        let output = golden.tensor(&case["output"]);
        match text(&case["kind"]) {
            "load_img" => {
                let is_jpeg = text(&case["file"]).ends_with(".jpg");
                let allowed = if is_jpeg { JPEG } else { 0 };
                same_bytes(case, &load(case)?, &output, allowed);
            }
            "array_to_img" => {
                let scale = truth(&case["scale"]);
                let x = golden.tensor(&case["input"]);
                let image = array_to_img_with(&x, ArrayToImg { scale })?;
                same_bytes(case, &img_to_array(&image), &output, 0);
            }
            "smart_resize" => {
                let how = SmartResize {
                    interpolation: text(&case["interpolation"]).into(),
                };
                let x = golden.tensor(&case["input"]);
                let ours = smart_resize_with(&x, pair(&case["size"]), how)?;
                golden.compare(case, "output", FORWARD, &ours, &output);
            }
            other => panic!("no such kind: {other}"),
        }
        golden.done();
    }
    assert!(list(&Value::from(cases.clone())).len() > 90);
    golden.finish(cases.len(), &[]);
    Ok(())
}
