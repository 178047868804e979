//! Whole files to begin with, made here or by Keras and NumPy.

use std::io::Write;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use kerust::data::{SaveNpz, save_npy, save_npz_with};
use kerust::prelude::*;
use kerust::preprocessing::image::{SaveImg, save_img_with};
use kerust::preprocessing::text::Tokenizer;

use super::readers::{kept, model};

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
        "wav" => {
            seeds.push(include_bytes!("../../golden/files/sounds/no/a.wav").to_vec());
            seeds.push(include_bytes!("../../golden/files/sounds/yes/c.wav").to_vec());
        }
        "cache_file" => {
            assert_eq!(kept(&at("elements")).count(), 3);
            let whole = read(&at("elements"));
            // Behind the first line, a length and a checksum, the first element alone.
            let first = &whole[b"kerust dataset 1\n".len()..];
            let (length, block) = first.split_at(8);
            let length = u64::from_le_bytes(length.try_into().expect("eight bytes"));
            seeds.push(block[4..4 + length as usize].to_vec());
            seeds.push(whole);
        }
        "safetensors" | "keras_weights" | "npz_weights" => {
            let path = match reader {
                "safetensors" => at("model.safetensors"),
                "npz_weights" => at("model.npz"),
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
            // With vocabularies.
            seeds.push(include_bytes!("../../golden/files/numbers.keras").to_vec());
            seeds.push(include_bytes!("../../golden/files/texts.keras").to_vec());
        }
        "legacy_model" | "legacy_weights" => {
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
        "cifar100" => {
            let batch = include_bytes!("../../golden/datasets/cifar-100-python/test");
            seeds.push(batch.to_vec());
        }
        "mnist" => seeds.push(include_bytes!("../../golden/datasets/mnist.npz").to_vec()),
        "idx" => {
            let pictures = include_bytes!("../../golden/datasets/train-images-idx3-ubyte.gz");
            seeds.push(pictures.to_vec());
            // Seven pictures of one color, and their labels.
            let head = b"\0\0\x08\x03\0\0\0\x07\0\0\0\x1c\0\0\0\x1c";
            seeds.push([&head[..], &[9; 7 * 28 * 28]].concat());
            seeds.push(b"\0\0\x08\x01\0\0\0\x07\0\x01\x02\x03\x04\x05\x06".to_vec());
        }
        "imdb" => seeds.push(include_bytes!("../../golden/datasets/imdb.npz").to_vec()),
        "reuters" => seeds.push(pickled_lists()),
        "word_index" => {
            let index = include_bytes!("../../golden/datasets/imdb_word_index.json");
            seeds.push(index.to_vec());
        }
        "houses" => {
            seeds.push(include_bytes!("../../golden/datasets/boston_housing.npz").to_vec());
            seeds.push(include_bytes!("../../golden/datasets/california_housing.npz").to_vec());
        }
        "tar_gz" => {
            let mut archive = tar::Builder::new(Vec::new());
            for (name, length) in [("one", 700), ("two", 5), ("readme", 20)] {
                let mut header = tar::Header::new_gnu();
                header.set_size(length);
                let name = format!("pictures/{name}.bin");
                let bytes = vec![7; length as usize];
                let appended = archive.append_data(&mut header, name, &bytes[..]);
                appended.expect("memory is there");
            }
            let archive = archive.into_inner().expect("memory is there");
            let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
            packed.write_all(&archive).expect("memory is there");
            seeds.push(packed.finish().expect("memory is there"));
            seeds.push(archive);
        }
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

/// An array of three lists, as Python 2 pickled those of the data sets.
fn pickled_lists() -> Vec<u8> {
    let array =
        b"\x80\x02cnumpy.core.multiarray\n_reconstruct\nq\0cnumpy\nndarray\nq\x01K\0\x85U\x01b\
        \x87R(K\x01K\x03\x85cnumpy\ndtype\nU\x02O8K\0K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\
        \xff\xff\xff\xffK?tb\x89";
    // Numbers of one, two and four bytes, and a list that is there twice.
    let lists = b"](](K\x01M\x2c\x01J\x70\x11\x01\0eq\x02]q\x03h\x02e";
    [&array[..], lists, b"tb."].concat()
}
