//! Weights in NumPy's `.npz`.

use kerust::ErrorKind;
use kerust::data::save_npz;
use kerust::models::saved_weights;
use kerust::prelude::*;

use super::{bits, model, scratch};
use crate::fuzz::cut;
use crate::python;

#[test]
fn weights_go_to_numpy_and_come_back() -> Result<()> {
    let (folder, path) = scratch("weights.npz");
    let first = model("adam")?;
    first.save_weights(&path)?;
    python::run("numpy_weights.py", "again", folder.path());
    let names = std::fs::read_to_string(folder.path().join("names.txt")).expect("the names");
    let names: Vec<&str> = names.lines().collect();
    assert_eq!(
        names[..3],
        ["dense/kernel", "dense/bias", "batch_normalization/gamma"]
    );
    assert_eq!(names.len(), first.get_weights().len());
    let listed = saved_weights(&path)?;
    assert!(listed.iter().map(|weight| weight.name.as_str()).eq(names));

    // By name, and by the order in which NumPy numbers them.
    for name in ["weights.npz", "again.npz"] {
        let mut second = model("adam")?;
        assert_ne!(bits(&second), bits(&first));
        second.load_weights(folder.path().join(name))?;
        assert_eq!(bits(&second), bits(&first), "{name}");
    }
    Ok(())
}

#[test]
fn arrays_that_do_not_fit_are_named_and_change_nothing() -> Result<()> {
    let (_folder, path) = scratch("weights.npz");
    let mut victim = model("adam")?;
    let before = bits(&victim);
    let weights = victim.get_weights();
    let (kernel, bias) = (&weights[0], &weights[1]);
    let numbered = |wrong: &Tensor| -> Vec<(String, Tensor)> {
        let names = (0..weights.len()).map(|i| format!("arr_{i}"));
        let mut all: Vec<(String, Tensor)> = names.zip(weights.iter().cloned()).collect();
        all[1].1 = wrong.clone();
        all
    };
    let unnamed = |(name, tensor): (String, Tensor)| (name.replace("arr_", "x"), tensor);
    for (arrays, part) in [
        (
            vec![("dense/kernel".to_owned(), kernel.clone())],
            "1 arrays",
        ),
        (numbered(kernel), "`arr_1` of shape"),
        (
            numbered(bias).into_iter().map(unnamed).collect(),
            "dense/kernel",
        ),
    ] {
        save_npz(
            &path,
            arrays.iter().map(|(name, tensor)| (name.as_str(), tensor)),
        )?;
        let error = victim.load_weights(&path).expect_err(part).to_string();
        assert!(error.contains(part), "{error}");
        assert_eq!(bits(&victim), before, "{part}");
    }
    let keep = SaveWeights { overwrite: false };
    let error = victim
        .save_weights_with(&path, keep)
        .expect_err("it is there")
        .to_string();
    assert!(error.contains("overwrite"), "{error}");
    Ok(())
}

#[test]
fn weights_that_are_cut_anywhere_are_refused() -> Result<()> {
    let (_folder, path) = scratch("weights.npz");
    let mut victim = model("adam")?;
    victim.save_weights(&path)?;
    let before = bits(&victim);
    cut(&path, |length| {
        let error = victim.load_weights(&path).expect_err("it is cut");
        assert_eq!(error.kind(), ErrorKind::Data, "{length}: {error}");
        assert_eq!(bits(&victim), before, "{length}");
    });
    Ok(())
}
