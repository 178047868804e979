//! What bytes from strangers go through: a function for each kind of file that the library reads.
//!
//! Each may return an error or a result, and nothing else.

use std::cell::RefCell;
use std::io::{Cursor, Write};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use kerust::data::{
    AudioDatasetFromDirectory, ElementIter, Labels, ReadCsv, audio_dataset_from_directory,
    load_npy, load_npz, parse_csv, read_csv,
};
use kerust::datasets::archive::{Member, unpack_tar_gz};
use kerust::datasets::{
    boston_housing, california_housing, cifar10, cifar100, fashion_mnist, imdb, mnist, reuters,
};
use kerust::models::{load_model, model_from_json};
use kerust::prelude::*;
use kerust::preprocessing::image::{LoadImg, load_img_with};
use kerust::preprocessing::text::tokenizer_from_json;
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The name of a fuzz target, and what it calls.
pub type Reader = (&'static str, fn(&[u8]));

/// All readers.
pub const READERS: [Reader; 23] = [
    ("npy", npy),
    ("npz", npz),
    ("csv", csv),
    ("picture", picture),
    ("wav", wav),
    ("cache_file", cache_file),
    ("safetensors", safetensors),
    ("keras_weights", keras_weights),
    ("npz_weights", npz_weights),
    ("legacy_weights", legacy_weights),
    ("keras_model", keras_model),
    ("legacy_model", legacy_model),
    ("model_json", model_json),
    ("tokenizer_json", tokenizer_json),
    ("cifar10", cifar10_batch),
    ("cifar100", cifar100_batch),
    ("mnist", mnist_archive),
    ("idx", idx),
    ("imdb", imdb_archive),
    ("reuters", reuters_pickle),
    ("word_index", word_index),
    ("houses", houses),
    ("tar_gz", tar_gz),
];

thread_local! {
    static FOLDER: TempDir = tempfile::tempdir().expect("a folder");
    static VICTIM: RefCell<Option<Sequential>> = const { RefCell::new(None) };
}

/// Puts bytes into a file of this name.
fn with_file(name: &str, bytes: &[u8], read: impl FnOnce(&Path)) {
    FOLDER.with(|folder| {
        let path = folder.path().join(name);
        // File systems bring a file onto the disk that is emptied and written again; a new one not.
        let _ = std::fs::remove_file(&path);
        std::fs::write(&path, bytes).expect("the folder is ours");
        read(&path);
    });
}

/// `load_npy`
pub fn npy(bytes: &[u8]) {
    with_file("x.npy", bytes, |path| drop(load_npy(path)));
}

/// `load_npz`
pub fn npz(bytes: &[u8]) {
    with_file("x.npz", bytes, |path| {
        if let Ok(arrays) = load_npz(path) {
            drop(arrays.bundle());
        }
    });
}

/// `read_csv`, and what is shown of a table.
pub fn csv(bytes: &[u8]) {
    with_file("x.csv", bytes, |path| {
        if let Ok(table) = read_csv(path) {
            drop(table.bundle());
            drop(table.describe().to_string());
            drop(table.to_tensor(&table.columns()));
        }
    });
    let text = String::from_utf8_lossy(bytes);
    let how = ReadCsv {
        sep: ' ',
        header: Some(false),
        comment: Some('#'),
        skiprows: 1,
        skipinitialspace: true,
        on_bad_lines: "skip".into(),
        ..ReadCsv::default()
    };
    drop(parse_csv(&text, how));
}

/// `load_img`
pub fn picture(bytes: &[u8]) {
    let how = || LoadImg {
        target_size: Some((9, 7)),
        interpolation: "bicubic".into(),
        keep_aspect_ratio: true,
        ..LoadImg::default()
    };
    with_file("picture", bytes, |path| {
        for color_mode in ["grayscale", "rgba"] {
            let arguments = LoadImg {
                color_mode: color_mode.into(),
                ..how()
            };
            drop(load_img_with(path, arguments));
        }
    });
}

/// `audio_dataset_from_directory`
pub fn wav(bytes: &[u8]) {
    with_file("x.wav", bytes, |path| {
        let folder = path.parent().expect("a file is in a folder");
        for output_sequence_length in [None, Some(100)] {
            let how = AudioDatasetFromDirectory {
                labels: Labels::None,
                output_sequence_length,
                verbose: false,
                ..AudioDatasetFromDirectory::default()
            };
            if let Ok(sounds) = audio_dataset_from_directory(folder, how) {
                sounds.elements().for_each(drop);
            }
        }
    });
}

/// The elements that a dataset keeps in these files.
pub fn kept(path: &Path) -> ElementIter {
    let numbers = Dataset::from_tensor_slices((&Tensor::ones((3, 2)), &Tensor::arange(3)));
    numbers.expect("three numbers").cache_file(path).elements()
}

/// The file of `cache_file`. Its checksums are right, which those of damaged ones hardly ever are.
pub fn cache_file(bytes: &[u8]) {
    with_file("elements", bytes, |path| kept(path).for_each(drop));
    let mut checked = b"kerust dataset 1\n".to_vec();
    let mut checksum = flate2::Crc::new();
    checksum.update(bytes);
    checked.extend((bytes.len() as u64).to_le_bytes());
    checked.extend(checksum.sum().to_le_bytes());
    checked.extend(bytes);
    checked.extend(0u64.to_le_bytes());
    with_file("elements", &checked, |path| kept(path).for_each(drop));
}

/// A small model with an optimizer.
pub fn model() -> Result<Sequential> {
    let mut model = Sequential::named("model");
    model.add(Dense::new(4).activation("relu").input_shape(3))?;
    model.add(BatchNormalization::new())?;
    model.add(Dense::new(2).activation("softmax"))?;
    model.compile(Compile {
        optimizer: "adam".into(),
        loss: "sparse_categorical_crossentropy".into(),
        ..Compile::default()
    })?;
    Ok(model)
}

/// `load_weights`, of which an error must leave the model as it was.
fn weights(name: &str, bytes: &[u8]) {
    let mut victim = VICTIM.take().unwrap_or_else(|| model().expect("a model"));
    let before = victim.get_weights();
    with_file(name, bytes, |path| match victim.load_weights(path) {
        // Numbers of strangers may be NaN, which equals nothing.
        Ok(()) => VICTIM.set(None),
        Err(_) => {
            assert_eq!(victim.get_weights(), before, "an error changed the model");
            VICTIM.set(Some(victim));
        }
    });
}

/// `load_weights` of a `.safetensors`
pub fn safetensors(bytes: &[u8]) {
    weights("model.safetensors", bytes);
}

/// `load_weights` of a `.weights.h5`
pub fn keras_weights(bytes: &[u8]) {
    weights("model.weights.h5", bytes);
}

/// `load_weights` of a `.npz`
pub fn npz_weights(bytes: &[u8]) {
    weights("model.npz", bytes);
}

/// `load_weights` of a `.h5` of a whole model, into one like it.
pub fn legacy_weights(bytes: &[u8]) {
    let whole = include_bytes!("../../golden/files/normalized.h5");
    with_file("whole.h5", whole, |path| {
        let mut victim = load_model(path).expect("Keras wrote it");
        with_file("model.h5", bytes, |path| drop(victim.load_weights(path)));
    });
}

/// `load_model` of a `.keras`
pub fn keras_model(bytes: &[u8]) {
    with_file("model.keras", bytes, |path| drop(load_model(path)));
}

/// `load_model` of a `.h5`
pub fn legacy_model(bytes: &[u8]) {
    with_file("model.h5", bytes, |path| drop(load_model(path)));
}

/// `model_from_json`
pub fn model_json(bytes: &[u8]) {
    drop(model_from_json(&String::from_utf8_lossy(bytes)));
}

/// `tokenizer_from_json`, and texts for what it is.
pub fn tokenizer_json(bytes: &[u8]) {
    if let Ok(tokenizer) = tokenizer_from_json(&String::from_utf8_lossy(bytes)) {
        let sequences = tokenizer.texts_to_sequences(&["the cat, a b c"]);
        drop(tokenizer.sequences_to_texts(&sequences));
        drop(tokenizer.to_json());
    }
}

/// `cifar10::load_from`
pub fn cifar10_batch(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["data_batch_1.bin", "test_batch.bin"] {
        std::fs::write(folder.path().join(name), bytes).expect("the folder is ours");
    }
    drop(cifar10::load_from(folder.path()));
}

/// `cifar100::load_from`
pub fn cifar100_batch(bytes: &[u8]) {
    with_file("train", bytes, |train| {
        with_file("test", bytes, |_| {
            let folder = train.parent().expect("a file is in a folder");
            for mode in ["fine", "coarse"] {
                let how = cifar100::LoadData {
                    label_mode: mode.into(),
                };
                drop(cifar100::load_from(folder, how));
            }
        });
    });
}

/// `mnist::load_from` of Keras's archive.
pub fn mnist_archive(bytes: &[u8]) {
    with_file("mnist.npz", bytes, |path| drop(mnist::load_from(path)));
}

/// `fashion_mnist::load_from` of the authors' files: these bytes as pictures, and as labels.
pub fn idx(bytes: &[u8]) {
    let sound: [(&str, &[u8]); 4] = [
        (
            "train-images-idx3-ubyte",
            include_bytes!("../../golden/datasets/train-images-idx3-ubyte.gz"),
        ),
        (
            "train-labels-idx1-ubyte",
            include_bytes!("../../golden/datasets/train-labels-idx1-ubyte.gz"),
        ),
        (
            "t10k-images-idx3-ubyte",
            include_bytes!("../../golden/datasets/t10k-images-idx3-ubyte.gz"),
        ),
        (
            "t10k-labels-idx1-ubyte",
            include_bytes!("../../golden/datasets/t10k-labels-idx1-ubyte.gz"),
        ),
    ];
    for victim in 0..2 {
        let folder = tempfile::tempdir().expect("a folder");
        for (number, (name, sound)) in sound.iter().enumerate() {
            let bytes = if number == victim { bytes } else { sound };
            std::fs::write(folder.path().join(name), bytes).expect("the folder is ours");
        }
        drop(fashion_mnist::load_from(folder.path()));
    }
}

/// `imdb::load_from` of Keras's archive.
pub fn imdb_archive(bytes: &[u8]) {
    with_file("imdb.npz", bytes, |path| {
        let how = imdb::LoadData {
            num_words: Some(20),
            maxlen: Some(10),
            oov_char: None,
            ..imdb::LoadData::default()
        };
        drop(imdb::load_from(path, how));
        drop(imdb::load_from(path, imdb::LoadData::default()));
    });
}

/// `reuters::load_from` of an archive whose texts are this pickle. Its checksum is right, which that
/// of a damaged archive hardly ever is.
pub fn reuters_pickle(bytes: &[u8]) {
    let three = "{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }";
    let objects = "{'descr': '|O', 'fortran_order': False, 'shape': (3,), }";
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, header, content) in [("y.npy", three, &[0; 24][..]), ("x.npy", objects, bytes)] {
        archive.start_file(name, options).expect("a member");
        let length = (header.len() as u16).to_le_bytes();
        let parts = [b"\x93NUMPY\x01\0", &length[..], header.as_bytes(), content];
        for part in parts {
            archive.write_all(part).expect("memory is there");
        }
    }
    let archive = archive.finish().expect("memory is there").into_inner();
    with_file("reuters.npz", &archive, |path| {
        drop(reuters::load_from(path, reuters::LoadData::default()));
    });
}

/// `imdb::get_word_index_from`
pub fn word_index(bytes: &[u8]) {
    with_file("word_index.json", bytes, |path| {
        drop(imdb::get_word_index_from(path));
    });
}

/// `boston_housing::load_from` and `california_housing::load_from`
pub fn houses(bytes: &[u8]) {
    with_file("houses.npz", bytes, |path| {
        let how = boston_housing::LoadData::default();
        drop(boston_housing::load_from(path, how));
        let how = california_housing::LoadData {
            version: "small".into(),
            ..california_housing::LoadData::default()
        };
        drop(california_housing::load_from(path, how));
    });
}

/// `unpack_tar_gz` of these bytes, and of an archive that unpacks to them: damaged compression hardly
/// ever lets anything through.
pub fn tar_gz(bytes: &[u8]) {
    const MEMBERS: [Member; 2] = [
        Member {
            path: "pictures/one.bin",
            bytes: (0, 1000),
        },
        Member {
            path: "pictures/two.bin",
            bytes: (5, 5),
        },
    ];
    let folder = tempfile::tempdir().expect("a folder");
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).expect("memory is there");
    let packed = packed.finish().expect("memory is there");
    for bytes in [bytes, &packed] {
        with_file("archive.tar.gz", bytes, |path| {
            drop(unpack_tar_gz(path, &MEMBERS, folder.path(), &mut |_, _| {}));
        });
    }
    for entry in folder.path().read_dir().expect("a folder").flatten() {
        let name = entry.file_name();
        assert!(name == "one.bin" || name == "two.bin", "{name:?}");
    }
}
