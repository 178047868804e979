//! Whole files to begin with, made here or by Keras and NumPy.

use std::path::Path;

use kerust::data::{SaveNpz, save_npy, save_npz_with};
use kerust::prelude::*;
use kerust::preprocessing::image::{SaveImg, save_img_with};
use kerust::preprocessing::text::Tokenizer;

use super::readers::model;

/// Some files of the kind that a reader reads.
pub fn seeds(reader: &str) -> Result<Vec<Vec<u8>>> {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let mut seeds: Vec<Vec<u8>> = Vec::new();
    match reader {
        "npy" => {
            for array in [Tensor::ones((2, 3)), Tensor::arange(4), Tensor::scalar(1.0)] {
                save_npy(at("x.npy"), &array)?;
                seeds.push(read(&at("x.npy")));
            }
            seeds.push(columns_first());
        }
        "npz" => {
            let (x, y) = (Tensor::ones((3, 4)), Tensor::arange(5));
            for compressed in [false, true] {
                save_npz_with(at("x.npz"), [("x", &x), ("y", &y)], SaveNpz { compressed })?;
                seeds.push(read(&at("x.npz")));
            }
        }
        "csv" => {
            seeds.push(
                b"a,b,c,d\n1,0.5,true,x\n-2,,False,\"y, \"\"z\"\"\"\n3,1e5,NA,\xc3\xa4\r\n"
                    .to_vec(),
            );
            seeds.push(b"one 2   3.5 # a remark\n 4 5 6\n'7 8 9\n".to_vec());
        }
        "picture" => {
            let x = Tensor::random_uniform((11, 9, 3), 0.0, 255.0);
            let opaque = Tensor::random_uniform((6, 5, 4), 0.0, 255.0);
            let deep = Tensor::random_uniform((7, 5, 1), 0.0, 60_000.0);
            let how = || SaveImg {
                scale: false,
                ..SaveImg::default()
            };
            for (name, array) in [
                ("x.png", &x),
                ("x.jpg", &x),
                ("x.bmp", &x),
                ("x.gif", &x),
                ("opaque.png", &opaque),
                ("deep.png", &deep),
            ] {
                save_img_with(at(name), array, how())?;
                seeds.push(read(&at(name)));
            }
        }
        "safetensors" | "keras_weights" => {
            let path = match reader {
                "safetensors" => at("model.safetensors"),
                _ => at("model.weights.h5"),
            };
            let mut trained = model()?;
            let (x, y) = (Tensor::ones((4, 3)), Tensor::from_vec(vec![0, 1, 0, 1], 4)?);
            trained.train_on_batch(&x, &y)?;
            trained.save_weights(&path)?;
            seeds.push(read(&path));
            if reader == "keras_weights" {
                seeds.push(include_bytes!("../../golden/files/short.weights.h5").to_vec());
            }
        }
        "keras_model" => {
            model()?.save(at("model.keras"))?;
            seeds.push(read(&at("model.keras")));
            seeds.push(include_bytes!("../../golden/files/embedding.keras").to_vec());
        }
        "legacy_model" => {
            seeds.push(include_bytes!("../../golden/files/normalized.h5").to_vec());
        }
        "model_json" => {
            seeds.push(model()?.to_json()?.into_bytes());
            let mut model = Sequential::named("sequences");
            model.add(Embedding::new(9, 4).input_shape(6))?;
            model.add(Bidirectional::new(LSTM::new(3).return_sequences(true)))?;
            model.add(Conv1D::new(2, 3).padding("same"))?;
            model.add(GlobalMaxPooling1D::new())?;
            seeds.push(model.to_json()?.into_bytes());
        }
        "tokenizer_json" => {
            let mut tokenizer = Tokenizer::new().num_words(4).oov_token("<OOV>");
            tokenizer.fit_on_texts(&["the cat and the dog", "a cat"]);
            seeds.push(tokenizer.to_json().into_bytes());
        }
        "cifar10" => seeds.push(vec![3; 2 * 3073]),
        other => panic!("there is no reader `{other}`"),
    }
    Ok(seeds)
}

fn read(path: &Path) -> Vec<u8> {
    std::fs::read(path).expect("it was just written")
}

/// A `.npy` file of a kind that kerust does not write.
fn columns_first() -> Vec<u8> {
    let header = b"{'descr': '>f8', 'fortran_order': True, 'shape': (2, 3), }\n";
    let mut bytes = b"\x93NUMPY\x02\0".to_vec();
    bytes.extend((header.len() as u32).to_le_bytes());
    bytes.extend(header);
    bytes.extend((0..6).flat_map(|number| f64::from(number).to_be_bytes()));
    bytes
}
