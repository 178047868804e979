//! Texts as numbers, against what Keras keeps for older programs.

use kerust::prelude::*;
use kerust::preprocessing::text::{
    Skipgrams, TextToWordSequence, Tokenizer, hashing_trick, make_sampling_table, skipgrams,
    text_to_word_sequence, tokenizer_from_json,
};
use serde_json::{Value, json};

use super::{FORWARD, Golden, count, list, number, text, title};

fn strings(value: &Value) -> Vec<&str> {
    list(value).iter().map(text).collect()
}

fn integers(value: &Value) -> Vec<i64> {
    list(value)
        .iter()
        .map(|n| n.as_i64().expect("whole"))
        .collect()
}

fn tokenizer(arguments: &Value) -> Tokenizer {
    let mut tokenizer = Tokenizer::new();
    for (name, value) in arguments.as_object().expect("arguments") {
        tokenizer = match name.as_str() {
            "num_words" => tokenizer.num_words(count(value)),
            "oov_token" => tokenizer.oov_token(text(value)),
            "lower" => tokenizer.lower(value.as_bool().expect("a truth value")),
            "char_level" => tokenizer.char_level(value.as_bool().expect("a truth value")),
            "filters" => tokenizer.filters(text(value)),
            "split" => tokenizer.split(text(value)),
            other => panic!("no such argument: {other}"),
        };
    }
    tokenizer
}

/// Whether texts are lists of words.
fn are_lists(texts: &Value) -> bool {
    texts[0].is_array()
}

fn fit(tokenizer: &mut Tokenizer, texts: &Value) {
    let texts = list(texts);
    for part in [&texts[..2], &texts[2..]] {
        if texts[0].is_array() {
            tokenizer.fit_on_tokens(&part.iter().map(strings).collect::<Vec<_>>());
        } else {
            tokenizer.fit_on_texts(&part.iter().map(text).collect::<Vec<_>>());
        }
    }
}

fn pairs(words: Vec<(&str, usize)>) -> Value {
    words
        .into_iter()
        .map(|(word, n)| json!([word, n]))
        .collect()
}

fn compare_tokenizer(golden: &mut Golden, case: &Value) -> Result<()> {
    let name = title(case);
    let mut ours = tokenizer(&case["arguments"]);
    fit(&mut ours, &case["texts"]);
    assert_eq!(pairs(ours.word_index()), case["word_index"], "{name}");
    assert_eq!(pairs(ours.word_counts()), case["word_counts"], "{name}");
    assert_eq!(
        ours.document_count(),
        count(&case["document_count"]),
        "{name}"
    );
    let docs: Value = ours
        .word_docs()
        .into_iter()
        .map(|(w, n)| (w.to_owned(), json!(n)))
        .collect();
    assert_eq!(docs, case["word_docs"], "{name}");
    let theirs = tokenizer_from_json(text(&case["json"]))?;
    let again = tokenizer_from_json(&ours.to_json())?;
    assert_eq!(theirs, ours, "{name}");
    assert_eq!(again, ours, "{name}");
    for tokenizer in [&ours, &theirs, &again] {
        let sequences = if are_lists(&case["texts"]) {
            let unseen: Vec<Vec<&str>> = list(&case["unseen"]).iter().map(strings).collect();
            tokenizer.tokens_to_sequences(&unseen)
        } else {
            tokenizer.texts_to_sequences(&strings(&case["unseen"]))
        };
        assert_eq!(json!(sequences), case["sequences"], "{name}");
        for (mode, matrix) in case["matrices"].as_object().expect("matrices") {
            let ours = tokenizer.sequences_to_matrix(&sequences, mode.as_str())?;
            let rows: Vec<f64> = list(matrix).iter().flat_map(list).map(number).collect();
            golden.compare_numbers(case, "matrix", FORWARD, &ours.to_vec::<f64>(), &rows);
        }
        let mut numbers = sequences;
        numbers.push(vec![0, 1, 2, 3, 999]);
        assert_eq!(
            json!(tokenizer.sequences_to_texts(&numbers)),
            case["back"],
            "{name}"
        );
    }
    Ok(())
}

fn compare_words(case: &Value) -> Result<()> {
    let arguments = &case["arguments"];
    let mut how = TextToWordSequence::default();
    how.lower = arguments["lower"].as_bool().unwrap_or(how.lower);
    if let Some(split) = arguments["split"].as_str() {
        how.split = split.to_owned();
    }
    if let Some(filters) = arguments["filters"].as_str() {
        how.filters = filters.to_owned();
    }
    for (i, words) in strings(&case["texts"]).into_iter().enumerate() {
        let name = title(case);
        assert_eq!(
            json!(text_to_word_sequence(words, &how)),
            case["words"][i],
            "{name}"
        );
        let hashes = hashing_trick(words, count(&case["n"]), &how)?;
        assert_eq!(json!(hashes), case["hashes"][i], "{name}");
    }
    Ok(())
}

fn compare_pairs(case: &Value) -> Result<()> {
    let arguments = &case["arguments"];
    let mut how = Skipgrams {
        negative_samples: 0.0,
        shuffle: false,
        ..Skipgrams::default()
    };
    if let Some(size) = arguments["window_size"].as_u64() {
        how.window_size = size as usize;
    }
    how.categorical = arguments["categorical"].as_bool().unwrap_or(false);
    let table = arguments["sampling_table"].as_array();
    how.sampling_table = table.map(|table| table.iter().map(number).collect());
    let words = integers(&case["sequence"]);
    let (couples, labels) = skipgrams(&words, count(&case["vocabulary_size"]), &how)?;
    let flat = |value: &Value| -> Vec<i64> {
        let items = list(value).iter().flat_map(|item| match item.as_array() {
            Some(pair) => pair.clone(),
            None => vec![item.clone()],
        });
        integers(&items.collect::<Value>())
    };
    assert_eq!(
        couples.to_vec::<i64>(),
        flat(&case["couples"]),
        "{}",
        title(case)
    );
    assert_eq!(
        labels.to_vec::<i64>(),
        flat(&case["labels"]),
        "{}",
        title(case)
    );
    Ok(())
}

#[test]
fn texts_agree_with_keras() -> Result<()> {
    let (mut golden, cases) = Golden::read("texts");
    for case in &cases {
        match text(&case["kind"]) {
            "tokenizer" => compare_tokenizer(&mut golden, case)?,
            "words" => compare_words(case)?,
            "skipgrams" => compare_pairs(case)?,
            "sampling_table" => {
                let ours = make_sampling_table(count(&case["size"]), number(&case["factor"]))?;
                let table: Vec<f64> = list(&case["table"]).iter().map(number).collect();
                golden.compare_numbers(case, "table", 1e-12, &ours, &table);
            }
            other => panic!("no such kind: {other}"),
        }
        golden.done();
    }
    golden.finish(cases.len(), &[]);
    Ok(())
}
