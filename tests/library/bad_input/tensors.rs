//! Tensors: shapes, positions, ranges, operators.

use std::panic::catch_unwind;

use kerust::prelude::*;

use super::refused;

#[test]
fn making_and_reshaping() {
    refused(
        Tensor::from_vec(vec![1.0, 2.0], (3, 2)),
        "2 values do not fill a tensor of shape (3, 2), which has 6 elements",
        "",
    );
    let x = Tensor::arange(6);
    refused(
        x.reshape((4, 2)),
        "cannot reshape (6,) into (4, 2): 6 elements against 8",
        "",
    );
    refused(
        x.reshape(()),
        "cannot reshape (6,) into (): 6 elements against 1",
        "",
    );
    refused(
        Tensor::concatenate(&[]),
        "argument `tensors`: expected at least one tensor, got none",
        "",
    );
    refused(
        Tensor::concatenate(&[Tensor::zeros((1, 2)), Tensor::zeros((1, 3))]),
        "cannot concatenate (1, 2) with (1, 3): only the first axis may differ",
        "",
    );
    refused(
        Tensor::concatenate(&[Tensor::arange(2), Tensor::zeros(2)]),
        "argument `tensors`: expected tensors of one type, int64 as the first, got float32",
        "convert with `astype`",
    );
    refused(
        Tensor::concatenate(&[Tensor::scalar(1.0), Tensor::scalar(2.0)]),
        "scalars have no axis to concatenate along",
        "reshape each to (1,)",
    );
    refused(
        Tensor::concatenate(&[Tensor::zeros(2), Tensor::scalar(2.0)]),
        "cannot concatenate (2,) with (): only the first axis may differ",
        "",
    );
    refused(
        Tensor::zeros((2, 2, 2)).to_image(),
        "a picture has shape (height, width), (height, width, 1), (height, width, 3) or \
         (height, width, 4), got (2, 2, 2)",
        "take one picture of a batch with `x.index(i)?`",
    );
    assert_eq!(x, Tensor::arange(6));
}

#[test]
fn positions_and_ranges() {
    let x = Tensor::arange(6).reshape((3, 2)).expect("six elements");
    refused(
        x.index(3),
        "argument `index`: expected 0 to 2 (positions of the first axis, shape (3, 2)), got 3",
        "",
    );
    refused(
        x.get(6),
        "argument `index`: expected 0 to 5 (positions of the flattened tensor, shape (3, \
         2)), got 6",
        "",
    );
    refused(
        x.item(6),
        "argument `index`: expected 0 to 5 (positions of the flattened tensor, shape (3, \
         2)), got 6",
        "",
    );
    refused(
        x.take(&[0, 3]),
        "argument `index`: expected 0 to 2 (positions of the first axis, shape (3, 2)), got 3",
        "",
    );
    #[allow(clippy::reversed_empty_ranges)]
    refused(
        x.slice(2..1),
        "argument `range`: expected a start before the end, got 2..1",
        "",
    );
    refused(
        x.argmax(2),
        "argument `axis`: expected an axis of a tensor of shape (3, 2), -2 to 1, got 2",
        "",
    );
    refused(
        x.argmax(-3),
        "argument `axis`: expected an axis of a tensor of shape (3, 2), -2 to 1, got -3",
        "",
    );
    refused(
        Tensor::zeros((2, 0)).argmax(1),
        "axis 1 of a tensor of shape (2, 0) is empty: it has no largest element",
        "",
    );
    refused(
        Tensor::scalar(1.0).slice(..),
        "a scalar has no axis to slice",
        "",
    );
    refused(
        Tensor::scalar(1.0).index(0),
        "argument `index`: expected a tensor with axes, not a scalar, got 0",
        "",
    );
    refused(
        Tensor::full(2, 0.5).get(1),
        "element 1 is 0.5, not a whole number from 0 on",
        "use `item` for numbers, `get` for labels and class indices",
    );
    refused(
        Tensor::full(2, -1.0).get(0),
        "element 0 is -1, not a whole number from 0 on",
        "use `item` for numbers, `get` for labels and class indices",
    );
    refused(
        Tensor::full(2, f32::NAN).get(0),
        "element 0 is NaN, not a whole number from 0 on",
        "use `item` for numbers, `get` for labels and class indices",
    );
    // As in Python, a range that reaches too far ends at the end.
    assert_eq!(x.slice(2..99).expect("one row").shape(), (1, 2));
    assert_eq!(x.slice(7..9).expect("no row").shape(), (0, 2));
}

/// The text of a panic, as a notebook shows it.
fn panic_text(action: impl FnOnce() -> Tensor + std::panic::UnwindSafe) -> String {
    let cause = catch_unwind(action).expect_err("shapes that do not fit");
    let text = cause.downcast_ref::<String>().cloned();
    text.unwrap_or_else(|| "a panic without a text".to_string())
}

#[test]
fn operators_between_shapes_that_do_not_fit() -> Result<()> {
    let (a, b) = (Tensor::ones((2, 3)), Tensor::ones((2, 2)));
    let expected = "shapes (2, 3) and (2, 2) do not broadcast\n  \
                    help: each axis, counted from the end, must be equal or 1";
    refused(
        a.shape().broadcast(b.shape()),
        "shapes (2, 3) and (2, 2) do not broadcast",
        "each axis, counted from the end, must be equal or 1",
    );
    let operators: [fn(&Tensor, &Tensor) -> Tensor; 4] =
        [|a, b| a + b, |a, b| a - b, |a, b| a * b, |a, b| a / b];
    for operator in operators {
        let (left, right) = (a.to_vec::<f32>(), b.to_vec::<f32>());
        let text = panic_text(move || {
            let left = Tensor::from_vec(left, (2, 3)).expect("six elements");
            operator(
                &left,
                &Tensor::from_vec(right, (2, 2)).expect("four elements"),
            )
        });
        assert_eq!(text, expected);
    }
    // Nothing is lost: the operands can be used on.
    assert_eq!(&a + &Tensor::ones((2, 1)), Tensor::full((2, 3), 2.0));
    Ok(())
}

#[test]
fn tensors_too_large_for_memory() {
    let shape = (1 << 30, 1 << 30);
    let expected = "a tensor of shape (1073741824, 1073741824) does not fit into memory";
    let makers: [fn((usize, usize)) -> Tensor; 4] = [
        |shape| Tensor::zeros(shape),
        |shape| Tensor::full(shape, 2.0),
        |shape| Tensor::random_uniform(shape, 0.0, 1.0),
        |shape| Tensor::random_normal(shape, 0.0, 1.0),
    ];
    for make in makers {
        assert_eq!(panic_text(move || make(shape)), expected);
    }
    let text = panic_text(|| Tensor::arange(usize::MAX));
    assert!(text.ends_with("does not fit into memory"), "{text}");
}

#[test]
fn gradients_that_cannot_be_had() -> Result<()> {
    let mut tape = Tape::recording();
    let x = tape.watch(&Tensor::ones((1, 2)));
    let y = Activation::Relu.call(&mut tape, &x)?;
    refused(
        tape.gradient_from(&y, &Tensor::ones(2), &[&x]),
        "argument `output_gradient`: expected shape (1, 2), as that of `target`, got (2,)",
        "",
    );
    refused(
        Tape::off().gradient(&y, &[&x]),
        "the tape has recorded nothing",
        "make it with `Tape::recording()`",
    );
    refused(
        Activation::Relu.apply(&Tensor::arange(3)),
        "argument `tensor`: expected a float32 tensor, got int64",
        "convert it with `astype(DType::Float32)` or divide it by 255.0",
    );
    refused(
        Activation::Softmax.apply(&Tensor::scalar(1.0)),
        "softmax needs an axis, got a scalar",
        "reshape it to (1,)",
    );
    Ok(())
}
