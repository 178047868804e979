//! What searches leave on the disk, and what they make of files that somebody else has left.

use std::fs;
use std::path::Path;
use std::sync::mpsc;

use kerust::prelude::*;
use kerust::tuner::TrialStatus;

use super::folder;

fn tuner(directory: &Path) -> RandomSearch {
    RandomSearch::default()
        .max_trials(3)
        .seed(1)
        .directory(directory)
}

fn parabola(trial: &mut Trial) -> Result<f64> {
    let x: f64 = trial.hyperparameters.float("x", -1.0, 1.0).get()?;
    Ok(x * x)
}

#[test]
fn a_search_that_has_all_trials_ends_at_once_and_goes_on_with_more() -> Result<()> {
    let folder = folder();
    tuner(folder.path()).search_with(parabola)?;
    let mut again = tuner(folder.path());
    again.search_with(|_| panic!("there is nothing left to try"))?;
    assert_eq!(again.get_best_trials(9)?.len(), 3);
    let mut more = tuner(folder.path()).max_trials(5);
    let mut begun = 0;
    more.search_with(|trial| {
        begun += 1;
        parabola(trial)
    })?;
    assert_eq!((begun, more.get_best_trials(9)?.len()), (2, 5));
    // Another tuner, as in another process, sees the same.
    assert_eq!(tuner(folder.path()).get_best_trials(9)?.len(), 5);
    assert!(more.project_dir().join("trial_0005/trial.json").is_file());
    Ok(())
}

#[test]
fn overwriting_begins_anew_and_leaves_other_files_alone() -> Result<()> {
    let folder = folder();
    tuner(folder.path()).search_with(parabola)?;
    let project = folder.path().join("untitled_project");
    fs::write(project.join("notes.txt"), "mine").expect("written");
    fs::write(project.join("trial_0002/plot.txt"), "mine").expect("written");
    let mut anew = tuner(folder.path()).max_trials(1).overwrite(true);
    assert!(anew.get_best_trials(1).is_err(), "nothing of before counts");
    anew.search_with(parabola)?;
    assert_eq!(anew.get_best_trials(9)?.len(), 1);
    anew.search_with(|_| panic!("only the first search begins anew"))?;
    assert!(project.join("notes.txt").is_file() && project.join("trial_0002/plot.txt").is_file());
    assert!(!project.join("trial_0003").exists());
    Ok(())
}

#[test]
fn two_searches_do_not_share_a_folder_at_the_same_time() -> Result<()> {
    let folder = folder();
    let (begun, has_begun) = mpsc::channel();
    let (end, may_end) = mpsc::channel::<()>();
    let path = folder.path().to_path_buf();
    let first = std::thread::spawn(move || {
        tuner(&path).max_trials(1).search_with(|trial| {
            begun.send(()).expect("the test waits");
            may_end.recv().expect("the test says so");
            parabola(trial)
        })
    });
    has_begun.recv().expect("the search begins");
    let error = tuner(folder.path())
        .search_with(parabola)
        .expect_err("refused")
        .to_string();
    assert!(error.contains("another search is going on in"), "{error}");
    end.send(()).expect("the search waits");
    first.join().expect("no panic")?;
    tuner(folder.path()).search_with(parabola)
}

#[test]
fn another_search_is_not_mixed_up_with_this_one() -> Result<()> {
    let folder = folder();
    tuner(folder.path()).search_with(parabola)?;
    let mut grid = GridSearch::default().directory(folder.path());
    let error = grid.search_with(parabola).expect_err("refused").to_string();
    assert!(
        error.contains("is a RandomSearch, not a GridSearch"),
        "{error}"
    );
    assert!(error.contains("overwrite(true)"), "{error}");
    let mut other = tuner(folder.path()).objective("val_loss");
    let error = other
        .search_with(parabola)
        .expect_err("refused")
        .to_string();
    assert!(
        error.contains("for default_objective (min), not val_loss (min)"),
        "{error}"
    );
    let hyperband = |epochs| {
        Hyperband::default()
            .max_epochs(epochs)
            .directory(folder.path())
    };
    hyperband(2).project_name("h").search_with(parabola)?;
    let error = hyperband(3)
        .project_name("h")
        .search_with(parabola)
        .expect_err("refused");
    assert!(error.to_string().contains("max_epochs"), "{error}");
    Ok(())
}

#[test]
fn damaged_and_hostile_files_are_refused() -> Result<()> {
    let folder = folder();
    tuner(folder.path()).search_with(parabola)?;
    let project = folder.path().join("untitled_project");
    let trial = project.join("trial_0002/trial.json");
    let whole = fs::read_to_string(&trial).expect("readable");
    let replaced = |from: &str, to: &str| {
        assert!(whole.contains(from), "{from} in {whole}");
        whole.replace(from, to)
    };
    let deep = "[".repeat(100_000);
    for content in [
        String::new(),
        whole[..whole.len() / 2].to_string(),
        "null".to_string(),
        deep,
        " ".repeat(9 << 20),
        replaced("\"trial_id\": 2", "\"trial_id\": 3"),
        replaced("\"trial_id\": 2", "\"trial_id\": -2"),
        replaced("\"COMPLETED\"", "\"DONE\""),
        replaced("\"max_value\": 1.0", "\"max_value\": -7.0"),
        replaced("\"max_value\": 1.0", "\"max_value\": 1e999"),
        replaced("\"class_name\": \"Float\"", "\"class_name\": \"Evil\""),
        replaced("\"x\": ", "\"x\": 9"),
        replaced("\"values\": {", "\"values\": {\"y\": 1,"),
        replaced("\"score\": ", "\"score\": null, \"skore\": "),
    ] {
        fs::write(&trial, &content).expect("written");
        let shown = &content[..content.len().min(200)];
        for error in [
            tuner(folder.path()).search_with(parabola).expect_err(shown),
            tuner(folder.path()).get_best_trials(1).expect_err(shown),
            tuner(folder.path()).results_summary().expect_err(shown),
        ] {
            let error = error.to_string();
            assert!(error.contains("trial.json` is damaged"), "{error}");
            assert!(error.contains("delete its folder"), "{error}");
        }
    }
    fs::remove_file(&trial).expect("gone");
    fs::create_dir(&trial).expect("a folder in its place");
    let error = tuner(folder.path())
        .search_with(parabola)
        .expect_err("refused");
    assert!(error.to_string().contains("it is no file"), "{error}");
    // As it says: without the folder, the search goes on.
    fs::remove_dir_all(project.join("trial_0002")).expect("gone");
    let mut again = tuner(folder.path());
    again.search_with(parabola)?;
    assert_eq!(again.get_best_trials(9)?.len(), 3);

    fs::write(project.join("oracle.json"), "{\"ongoing_trials\": {}}").expect("written");
    let error = tuner(folder.path())
        .search_with(parabola)
        .expect_err("refused")
        .to_string();
    assert!(
        error.contains("oracle.json` is damaged or no file of a search"),
        "{error}"
    );
    tuner(folder.path()).overwrite(true).search_with(parabola)
}

#[test]
fn damaged_weights_are_told_apart_from_a_damaged_search() -> Result<()> {
    let folder = folder();
    let (x, y) = super::two_sides(32)?;
    let mut tuner = RandomSearch::new(super::build)
        .objective("val_loss")
        .max_trials(1);
    tuner = tuner.directory(folder.path());
    tuner.search(&x, &y, super::quiet(1))?;
    let file = tuner.project_dir().join("trial_0001/trial.json");
    let whole = fs::read_to_string(&file).expect("readable");
    let shape = whole.find("\"input_shapes\"").expect("there");
    let (before, after) = whole.split_at(shape);
    for size in ["0", "7", "9999999999999", "18446744073709551615"] {
        let after = after.replacen('2', size, 1);
        fs::write(&file, format!("{before}{after}")).expect("written");
        assert!(tuner.get_best_models(1).is_err(), "samples of {size}");
    }
    fs::write(&file, &whole).expect("written");
    assert_eq!(tuner.get_best_models(1)?.len(), 1);
    let weights = tuner
        .project_dir()
        .join("trial_0001/checkpoint.safetensors");
    fs::write(&weights, "no weights").expect("written");
    let error = tuner.get_best_models(1).expect_err("refused").to_string();
    assert!(
        error.contains("trial 1") && error.contains("checkpoint.safetensors"),
        "{error}"
    );
    fs::remove_file(&weights).expect("gone");
    assert!(tuner.get_best_models(1).is_err());
    assert_eq!(tuner.get_best_hyperparameters(1)?.len(), 1);
    Ok(())
}

#[test]
fn a_trial_whose_process_dies_each_time_is_given_up() -> Result<()> {
    let folder = folder();
    tuner(folder.path()).search_with(parabola)?;
    let trial = folder.path().join("untitled_project/trial_0003/trial.json");
    let text = fs::read_to_string(&trial).expect("readable");
    let text = text
        .replace("COMPLETED", "RUNNING")
        .replace("\"attempts\": 1", "\"attempts\": 5");
    fs::write(&trial, text).expect("written");
    let mut again = tuner(folder.path());
    again.search_with(|_| panic!("there is nothing left to try"))?;
    let trials = again.results_summary()?.trials;
    let last = trials.last().expect("three");
    assert_eq!((last.trial_id, last.status), (3, TrialStatus::Failed));
    assert!(
        last.message
            .as_ref()
            .is_some_and(|text| text.contains("5 times"))
    );
    Ok(())
}
