//! Names that do not exist.

use kerust::initializers::Initializer;
use kerust::losses::LOSSES;
use kerust::metrics::METRICS;
use kerust::optimizers::OPTIMIZERS;
use kerust::prelude::*;

use super::{Fixture, good_compile, refused};

#[test]
fn names_in_compile() -> Result<()> {
    let mut fixture = Fixture::new()?;
    let optimizers: Vec<String> = OPTIMIZERS.iter().map(|entry| entry.name()).collect();
    let optimizers = optimizers.join(", ");
    let compile = Compile {
        optimizer: "adma".into(),
        ..good_compile()
    };
    fixture.refuses(
        |m, _, _| m.compile(compile),
        "model `model`: `compile`: unknown optimizer `adma`",
        &format!("did you mean `adam`? known: {optimizers}"),
    );
    let compile = Compile {
        optimizer: "gradient descent".into(),
        ..good_compile()
    };
    fixture.refuses(
        |m, _, _| m.compile(compile),
        "model `model`: `compile`: unknown optimizer `gradient descent`",
        &format!("known: {optimizers}"),
    );
    let losses: Vec<&str> = LOSSES.iter().map(|entry| entry.names[0]).collect();
    let losses = losses.join(", ");
    let compile = Compile {
        loss: "sparse_categorical_crossentrpy".into(),
        ..good_compile()
    };
    fixture.refuses(
        |m, _, _| m.compile(compile),
        "model `model`: `compile`: unknown loss `sparse_categorical_crossentrpy`",
        &format!("did you mean `sparse_categorical_crossentropy`? known: {losses}"),
    );
    let compile = Compile {
        loss: "".into(),
        ..good_compile()
    };
    fixture.refuses(
        |m, _, _| m.compile(compile),
        "model `model`: `compile`: unknown loss ``",
        &format!("known: {losses}"),
    );
    let metrics = METRICS
        .iter()
        .filter_map(|entry| entry.names.first().copied());
    let metrics = metrics.collect::<Vec<_>>().join(", ");
    let compile = Compile {
        metrics: vec!["accurracy".into()],
        ..good_compile()
    };
    fixture.refuses(
        |m, _, _| m.compile(compile),
        "model `model`: `compile`: unknown metric `accurracy`",
        &format!("did you mean `accuracy`? known: {metrics}"),
    );
    Ok(())
}

#[test]
fn names_that_are_parsed() {
    refused(
        "Relu".parse::<Activation>(),
        "unknown activation `Relu`",
        "did you mean `relu`? known: linear, relu, relu6, leaky_relu, sigmoid, hard_sigmoid, log_sigmoid, \
         sparse_sigmoid, tanh, hard_tanh, tanh_shrink, softmax, log_softmax, sparsemax, \
         softplus, squareplus, sparse_plus, softsign, soft_shrink, hard_shrink, elu, \
         celu, selu, gelu, glu, silu, hard_silu, mish, exponential",
    );
    refused(
        "xyz".parse::<Activation>(),
        "unknown activation `xyz`",
        "known: linear, relu, relu6, leaky_relu, sigmoid, hard_sigmoid, log_sigmoid, \
         sparse_sigmoid, tanh, hard_tanh, tanh_shrink, softmax, log_softmax, sparsemax, \
         softplus, squareplus, sparse_plus, softsign, soft_shrink, hard_shrink, elu, \
         celu, selu, gelu, glu, silu, hard_silu, mish, exponential",
    );
    refused(
        "he_unifrom".parse::<Initializer>(),
        "unknown initializer `he_unifrom`",
        "did you mean `he_uniform`? known: zeros, ones, constant, identity, random_normal, \
         random_uniform, truncated_normal, variance_scaling, glorot_uniform, glorot_normal, \
         he_uniform, he_normal, lecun_uniform, lecun_normal, orthogonal, stft",
    );
    refused(
        "full".parse::<Padding>(),
        "unknown padding `full`",
        "known: valid, same, causal",
    );
}
