//! Files of one's own in a notebook: tables, folders of pictures, saved models.

use std::fs;
use std::path::Path;

use kerust::models::load_model;
use kerust::prelude::*;

use super::support::{COMPILING, root, run, run_within, shared};

/// A folder for each class; pictures of one are bright above, those of the other below.
fn draw_animals(folder: &Path) {
    for (class, bright_rows) in [("cats", 0..20), ("dogs", 20..40)] {
        let folder = folder.join(class);
        fs::create_dir_all(&folder).unwrap();
        for i in 0..20 {
            let picture = image::RgbImage::from_fn(30 + i, 40, |_, row| {
                image::Rgb([if bright_rows.contains(&row) { 250 } else { 5 }; 3])
            });
            picture.save(folder.join(format!("{i}.png"))).unwrap();
        }
    }
}

#[test]
fn the_readme_reads_own_data_as_it_says() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let (_, section) = readme.split_once("## Your own data\n\n```rust\n").unwrap();
    let (code, _) = section.split_once("```").unwrap();

    let folder = tempfile::tempdir().unwrap();
    draw_animals(&folder.path().join("animals"));
    fs::write(
        folder.path().join("houses.csv"),
        "rooms,area,town\n3,71.5,Ulm\n4,93,Bonn\n",
    )
    .unwrap();
    let mut kernel = shared();
    let path = folder.path();
    let before = format!(
        "use kerust::prelude::*;\n\
         std::env::set_current_dir({path:?})?;\n\
         let mut model = Sequential::new();\n\
         model.add(Flatten::new().input_shape((64, 64, 3)))?;\n\
         model.add(Dense::new(2).activation(\"softmax\"))?;\n\
         model.compile(Compile {{\n\
             loss: \"sparse_categorical_crossentropy\".into(),\n\
             metrics: vec![\"accuracy\".into()],\n\
             ..Compile::default()\n\
         }})?;"
    );
    run_within(&mut kernel, &before, COMPILING).assert_ok();
    run(&mut kernel, code).assert_ok();
    let after = run(
        &mut kernel,
        "println!(\"{:?} {:?}\", x.shape(), history.get(\"val_accuracy\").unwrap().last());\ntable",
    );
    after.assert_ok();
    let seen = after.summary().join("\n");
    assert!(seen.starts_with("stdout: (2, 2) Some(1.0)\n"), "{seen}");
    let table = &after.of_type("execute_result")[0]["data"];
    for (form, expected) in [("text/plain", "Ulm"), ("text/html", "<table")] {
        assert!(table[form].as_str().unwrap().contains(expected), "{table}");
    }
    let home = std::env::temp_dir();
    run(
        &mut kernel,
        &format!("std::env::set_current_dir({home:?})?;"),
    )
    .assert_ok();
}

#[test]
fn a_saved_model_opens_in_one_line_and_shows_its_summary() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.keras");
    let mut model = Sequential::named("small");
    model.add(Dense::new(3).input_shape(5)).unwrap();
    model.save(&path).unwrap();
    assert_eq!(load_model(&path).unwrap().name(), "small");

    let mut kernel = shared();
    let line = format!("kerust::models::load_model({path:?})?");
    let opened = run_within(&mut kernel, &line, COMPILING);
    opened.assert_ok();
    let shown = &opened.of_type("execute_result")[0]["data"];
    let text = shown["text/plain"].as_str().unwrap();
    assert!(
        text.contains("Model: \"small\"") && text.contains("Total params: 18"),
        "{text}"
    );
    assert!(shown["text/html"].as_str().unwrap().contains("<table"));
}
