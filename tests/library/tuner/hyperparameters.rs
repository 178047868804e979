//! Definitions: values, conditions, mistakes.

use kerust::prelude::*;
use kerust::tuner::Value;

use super::folder;

#[test]
fn a_value_has_the_type_of_its_use() -> Result<()> {
    let mut hp = HyperParameters::new();
    let units: usize = hp.int("units", 1, 9).default(4).get()?;
    let rate: f32 = hp.float("rate", 0.1, 0.5).get()?;
    let size = hp.choice("size", [16_usize, 32]).get()?;
    assert_eq!((units, rate, size), (4, 0.1, 16));
    assert_eq!(hp.get::<f64>("rate")?, 0.1, "not 0.10000000149");
    assert_eq!(
        hp.get::<String>("units").expect_err("refused").kind(),
        kerust::ErrorKind::Argument
    );
    let error = hp.get::<usize>("unit").expect_err("refused").to_string();
    assert!(error.contains("did you mean `units`"), "{error}");
    // The same definition again is the same hyperparameter.
    let again: usize = hp.int("units", 1, 9).get()?;
    assert_eq!((again, hp.space().len()), (4, 3));
    assert_eq!(hp.to_string(), "units: 4\nrate: 0.1\nsize: 16\n");
    Ok(())
}

#[test]
fn conditions_decide_what_matters() -> Result<()> {
    let mut hp = HyperParameters::new();
    let kind = hp.choice("kind", ["dense", "conv"]).get()?;
    assert_eq!(kind, "dense");
    let units: Option<usize> = hp.int("units", 1, 9).parent("kind", ["dense"]).get()?;
    let filters: Option<usize> = hp.int("filters", 1, 9).parent("kind", ["conv"]).get()?;
    assert_eq!((units, filters), (Some(1), None));
    assert_eq!(
        hp.space().len(),
        3,
        "what does not matter now is known all the same"
    );
    let error = hp.get::<usize>("filters").expect_err("refused").to_string();
    assert!(error.contains("not active"), "{error}");
    let inner = hp.conditional_scope("kind", ["dense"], |hp| {
        hp.boolean("bias").get()?;
        hp.conditional_scope("bias", [true], |hp| hp.float("l2", 0.0, 1.0).get())
    })?;
    assert_eq!(inner, Some(None::<f64>));
    let error = hp
        .conditional_scope("king", ["dense"], |_| Ok(()))
        .expect_err("refused");
    assert!(error.to_string().contains("did you mean `kind`"), "{error}");
    Ok(())
}

#[test]
fn one_name_may_stand_under_two_conditions() -> Result<()> {
    let folder = folder();
    let mut tuner = GridSearch::default().directory(folder.path());
    let mut tried = Vec::new();
    tuner.search_with(|trial| {
        let hp = &mut trial.hyperparameters;
        let kind = hp.choice("kind", ["a", "b"]).get()?;
        let of_a: Option<i64> = hp.int("n", 1, 2).parent("kind", ["a"]).get()?;
        let of_b: Option<i64> = hp.int("n", 10, 12).parent("kind", ["b"]).get()?;
        assert!(of_a.is_none() || of_b.is_none());
        tried.push((kind, of_a.or(of_b).unwrap_or(0)));
        Ok(0.0)
    })?;
    assert_eq!(tried, [("a", 1), ("a", 2), ("b", 10), ("b", 11), ("b", 12)]);
    Ok(())
}

#[test]
fn mistakes_are_named() {
    let mut hp = HyperParameters::new();
    let refused = [
        (hp.int("n", 5, 4).get().map(drop), "`max_value`"),
        (
            hp.int("n", 0, 9).sampling("log").get().map(drop),
            "`min_value`",
        ),
        (
            hp.int("n", 1, 9).sampling("exp").get().map(drop),
            "unknown sampling `exp`",
        ),
        (hp.int("n", 1, 9).step(0).get().map(drop), "`step`"),
        (
            hp.int("n", 1, 9).step(1).sampling("log").get().map(drop),
            "`step`",
        ),
        (hp.int("n", 1, 9).default(10).get().map(drop), "`default`"),
        (hp.int("n", 0, i64::MAX).get().map(drop), "`max_value`"),
        (hp.int("", 0, 1).get().map(drop), "`name`"),
        (hp.float("x", 0.0, f64::NAN).get().map(drop), "`max_value`"),
        (
            hp.float("x", f64::MIN, f64::MAX).get().map(drop),
            "`max_value`",
        ),
        (
            hp.float("x", f64::NEG_INFINITY, 1.0).get().map(drop),
            "`min_value`",
        ),
        (hp.float("x", 0.0, 1.0).step(-0.5).get().map(drop), "`step`"),
        (
            hp.float("x", 0.0, 1.0).step(f64::NAN).get().map(drop),
            "`step`",
        ),
        (
            hp.float("x", 5e-324, f64::MAX)
                .sampling("log")
                .get()
                .map(drop),
            "`min_value`",
        ),
        (
            hp.choice("c", Vec::<i64>::new()).get().map(drop),
            "`values`",
        ),
        (hp.choice("c", [1.0, f64::NAN]).get().map(drop), "`values`"),
        (hp.choice("c", ["a", "a"]).get().map(drop), "`values`"),
        (
            hp.choice("c", [Value::Int(1), Value::Bool(true)])
                .get()
                .map(drop),
            "`values`",
        ),
        (
            hp.choice("c", ["a", "b"]).default("c").get().map(drop),
            "`default`",
        ),
        (
            hp.choice("c", ["a", "b"]).ordered(true).get().map(drop),
            "`ordered`",
        ),
        (hp.fixed("f", f64::INFINITY).get().map(drop), "`value`"),
        (
            hp.int("n", 0, 1).parent("m", [1]).get().map(drop),
            "`parent_name`",
        ),
    ];
    for (i, (result, part)) in refused.into_iter().enumerate() {
        let error = result.expect_err(&format!("mistake {i}")).to_string();
        assert!(error.contains(part), "mistake {i}: {error}");
    }
    assert!(hp.space().is_empty(), "nothing of it is defined");
}

#[test]
fn another_definition_of_the_same_name_is_refused() -> Result<()> {
    let mut hp = HyperParameters::new();
    hp.choice("n", ["a", "b"]).get()?;
    let error = hp
        .choice("n", [1, 2])
        .get()
        .expect_err("refused")
        .to_string();
    assert!(
        error.contains("another definition of the same name"),
        "{error}"
    );
    let error = hp.boolean("n").get().expect_err("refused").to_string();
    assert!(
        error.contains("another definition of the same name"),
        "{error}"
    );
    Ok(())
}
