//! Arrays go to NumPy and come from it.

use kerust::data::{SaveNpz, load_npy, load_npz, save_npy, save_npz_with};
use kerust::prelude::*;

use crate::python;

#[test]
fn numpy_and_kerust_exchange_arrays() -> Result<()> {
    let folder = tempfile::tempdir().expect("a folder");
    let (theirs, ours) = (folder.path().join("numpy"), folder.path().join("kerust"));
    for folder in [&theirs, &ours] {
        std::fs::create_dir(folder).expect("a folder");
    }
    python::run("arrays.py", "make", &theirs);
    let archives = [
        load_npz(theirs.join("stored.npz"))?,
        load_npz(theirs.join("deflated.npz"))?,
    ];
    let numbers: Vec<i64> = (-3..21).collect();
    for name in [
        "float16", "float32", "float64", "int8", "int16", "int32", "int64", "fortran",
    ] {
        let array = load_npy(theirs.join(format!("{name}.npy")))?;
        assert_eq!(array.shape(), (2, 3, 4), "{name}");
        assert_eq!(array.to_vec::<i64>(), numbers, "{name}");
        let is_float = array.dtype() == DType::Float32;
        assert_eq!(is_float, name.starts_with('f'), "{name}");
        for archive in &archives {
            assert_eq!(archive.len(), 8);
            assert_eq!(archive.get(name)?, &array, "{name}");
        }
    }

    let floats = numbers.iter().map(|&n| n as f32 / 7.0).collect();
    let arrays = [
        ("float32", &Tensor::from_vec(floats, (2, 3, 4))?),
        ("int64", &Tensor::from_vec(numbers, (2, 3, 4))?),
        (
            "uint8",
            &Tensor::from_vec((0..24).collect::<Vec<u8>>(), (2, 3, 4))?,
        ),
        ("scalar", &Tensor::scalar(2.5)),
        ("empty", &Tensor::zeros((2, 0))),
    ];
    for (name, array) in arrays {
        save_npy(ours.join(format!("{name}.npy")), array)?;
    }
    for (name, compressed) in [("stored", false), ("deflated", true)] {
        let path = ours.join(format!("{name}.npz"));
        save_npz_with(path, arrays, SaveNpz { compressed })?;
    }
    python::run("arrays.py", "check", &ours);
    Ok(())
}
