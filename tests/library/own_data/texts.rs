//! Texts as numbers: what golden values cannot say, chance and mistakes.

use kerust::prelude::*;
use kerust::preprocessing::text::{
    Skipgrams, Tokenizer, make_sampling_table, one_hot, skipgrams, tokenizer_from_json,
};

use super::fails;

#[test]
fn negative_pairs_are_drawn_and_pairs_are_shuffled() -> Result<()> {
    let words: Vec<i64> = (0..400).map(|i| 1 + i % 40).collect();
    let how = |seed| Skipgrams {
        negative_samples: 0.5,
        seed: Some(seed),
        ..Skipgrams::default()
    };
    let (couples, labels) = skipgrams(&words, 50, &how(1))?;
    let (couples, labels) = (couples.to_vec::<i64>(), labels.to_vec::<i64>());
    let near = labels.iter().filter(|&&label| label == 1).count();
    // 8 neighbors each, fewer at the ends.
    assert_eq!(near, 400 * 8 - 20);
    assert_eq!(labels.len(), near + near / 2);
    let mut others = std::collections::HashSet::new();
    for (pair, label) in couples.chunks_exact(2).zip(&labels) {
        let apart = (pair[0] - pair[1])
            .rem_euclid(40)
            .min((pair[1] - pair[0]).rem_euclid(40));
        if *label == 1 {
            assert!((1..=4).contains(&apart), "{pair:?}");
        } else {
            others.insert(pair[1]);
        }
    }
    assert_eq!(others.len(), 49, "every word but 0 is drawn");
    assert!(
        labels[..100].contains(&0) && labels[..100].contains(&1),
        "they are shuffled"
    );
    assert_eq!(skipgrams(&words, 50, &how(1))?.0.to_vec::<i64>(), couples);
    assert_ne!(skipgrams(&words, 50, &how(2))?.0.to_vec::<i64>(), couples);
    Ok(())
}

#[test]
fn a_sampling_table_thins_words_out() -> Result<()> {
    let words = vec![1; 10_000];
    let how = Skipgrams {
        sampling_table: Some(vec![0.25; 2]),
        window_size: 1,
        negative_samples: 0.0,
        seed: Some(3),
        ..Skipgrams::default()
    };
    let pairs = skipgrams(&words, 2, &how)?.0.len();
    assert!((4500..5500).contains(&pairs), "{pairs} of about 5000");
    Ok(())
}

#[test]
fn mistakes_are_told() {
    fails(one_hot("a b", 1), &["argument `n`", "2 or more"]);
    fails(make_sampling_table(usize::MAX, 1e-5), &["memory"]);
    fails(make_sampling_table(3, 0.0), &["positive"]);
    let how = Skipgrams::default;
    fails(
        skipgrams(&[1, 5], 5, &how()),
        &["argument `sequence`", "below 5, got 5"],
    );
    fails(skipgrams(&[-1], 5, &how()), &["argument `sequence`"]);
    let short = Skipgrams {
        sampling_table: Some(vec![0.5]),
        ..how()
    };
    fails(
        skipgrams(&[1, 2], 5, &short),
        &["argument `sampling_table`"],
    );
    let negative = Skipgrams {
        negative_samples: -1.0,
        ..how()
    };
    fails(
        skipgrams(&[1, 2], 5, &negative),
        &["argument `negative_samples`"],
    );
    let many = Skipgrams {
        negative_samples: 1e18,
        ..how()
    };
    fails(skipgrams(&[1, 2], 5, &many), &["memory"]);
    let new = Tokenizer::new();
    fails(new.texts_to_matrix(&["a"], "binary"), &["fit_on_texts"]);
    fails(
        new.clone().num_words(5).texts_to_matrix(&["a"], "tfidf"),
        &["fit_on_texts"],
    );
    fails(
        new.clone().num_words(5).texts_to_matrix(&["a"], "tf_idf"),
        &["unknown mode", "`tfidf`"],
    );
    fails(
        new.clone()
            .num_words(usize::MAX)
            .texts_to_matrix(&["a"], "count"),
        &["memory"],
    );
    fails(
        new.clone()
            .num_words(3)
            .sequences_to_matrix(&[[-1]], "count"),
        &["from 0 on, got -1"],
    );
    for json in [
        "",
        "{}",
        "[1]",
        r#"{"class_name": "Tokenizer", "config": {}}"#,
    ] {
        fails(
            tokenizer_from_json(json),
            &["`tokenizer_from_json`", "describes no tokenizer"],
        );
    }
    let other = new.to_json().replace("\"Tokenizer\"", "\"Dense\"");
    fails(tokenizer_from_json(&other), &["its class is `Dense`"]);
}
