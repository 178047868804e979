//! The operations on tensors that users write layers and losses with.

use kerust::ops;
use kerust::prelude::*;

use super::{check, far_apart, numbers};

/// An operation of two tensors.
type Two = fn(&mut Tape, &Tensor, &Tensor) -> Result<Tensor>;
/// An operation of one tensor.
type One = fn(&mut Tape, &Tensor) -> Result<Tensor>;

#[test]
fn arithmetic_stretches_in_every_way() -> Result<()> {
    let all: [(&str, Two); 6] = [
        ("add", ops::add),
        ("subtract", ops::subtract),
        ("multiply", ops::multiply),
        ("divide", ops::divide),
        ("maximum", ops::maximum),
        ("minimum", ops::minimum),
    ];
    let shapes: [(&[usize], &[usize]); 8] = [
        (&[2, 3], &[2, 3]),
        (&[2, 3], &[3]),
        (&[3], &[2, 3]),
        (&[2, 1, 4], &[3, 1]),
        (&[5, 1], &[1, 3]),
        (&[2, 3], &[]),
        (&[1, 1, 2], &[3, 2, 1]),
        (&[2, 3, 2], &[2, 1, 2]),
    ];
    for (name, op) in all {
        for (a, b) in shapes {
            // Two tensors in one, so that none of their numbers are close.
            let size: usize = a.iter().product();
            let both = far_apart(1, size + b.iter().product::<usize>());
            let (a, b) = (
                both.slice(..size)?.reshape(a)?,
                both.slice(size..)?.reshape(b)?,
            );
            // Away from 0, where quotients are steep.
            let b = if name == "divide" {
                b.map(|v| v.abs() + 1.0)
            } else {
                b
            };
            let inputs = [a, b];
            let what = format!("{name}, {} and {}", inputs[0].shape(), inputs[1].shape());
            // Where one is always larger, the other has no influence.
            let same = inputs[0].size() == 1 || inputs[1].size() == 1;
            if same && name.ends_with("imum") {
                continue;
            }
            check(&what, &inputs, |t, i| op(t, &i[0], &i[1]))?;
        }
    }
    Ok(())
}

#[test]
fn functions_of_one_number() -> Result<()> {
    let all: [(&str, One); 9] = [
        ("exp", ops::exp),
        ("log", ops::log),
        ("sqrt", ops::sqrt),
        ("rsqrt", ops::rsqrt),
        ("square", ops::square),
        ("power", |t, x| ops::power(t, x, 2.5)),
        ("negative", ops::negative),
        ("abs", ops::abs),
        ("clip", |t, x| ops::clip(t, x, 0.9, 1.4)),
    ];
    for (name, op) in all {
        check(name, &[far_apart(2, (3, 5)).map(|v| v + 1.213)], |t, i| {
            op(t, &i[0])
        })?;
    }
    let around_zero = far_apart(2, (3, 4)).map(|v| v + 0.021);
    check("abs", &[around_zero], |t, i| ops::abs(t, &i[0]))
}

#[test]
fn reductions_over_all_axes() -> Result<()> {
    let axes: [&[isize]; 7] = [&[], &[0], &[1], &[-1], &[0, 2], &[1, 2], &[0, -2]];
    for axes in axes {
        for keepdims in [false, true] {
            let x = [numbers(3, (3, 4, 5), -1.0, 1.0)];
            check("sum", &x, |t, i| ops::sum(t, &i[0], axes, keepdims))?;
            check("mean", &x, |t, i| ops::mean(t, &i[0], axes, keepdims))?;
            check("var", &x, |t, i| ops::var(t, &i[0], axes, keepdims))?;
            let x = [far_apart(4, (3, 4, 5))];
            check("max", &x, |t, i| ops::max(t, &i[0], axes, keepdims))?;
            check("min", &x, |t, i| ops::min(t, &i[0], axes, keepdims))?;
        }
    }
    Ok(())
}

#[test]
fn moving_and_joining() -> Result<()> {
    let x = [
        numbers(5, (2, 3, 4), -1.0, 1.0),
        numbers(6, (2, 3, 4), -1.0, 1.0),
    ];
    let orders: [&[usize]; 6] = [
        &[],
        &[0, 2, 1],
        &[1, 0, 2],
        &[1, 2, 0],
        &[2, 0, 1],
        &[2, 1, 0],
    ];
    for order in orders {
        check("transpose", &x[..1], |t, i| ops::transpose(t, &i[0], order))?;
    }
    for axis in -3..3 {
        check("concatenate", &x, |t, i| {
            ops::concatenate(t, &[&i[0], &i[1], &i[0]], axis)
        })?;
        check("stack", &x, |t, i| ops::stack(t, &[&i[0], &i[1]], axis))?;
    }
    let uneven = [
        numbers(7, (2, 1, 3), -1.0, 1.0),
        numbers(8, (2, 4, 3), -1.0, 1.0),
    ];
    check("concatenate", &uneven, |t, i| {
        ops::concatenate(t, &[&i[0], &i[1]], 1)
    })?;
    check("slice and split", &x[..1], |t, i| {
        let part = ops::slice(t, &i[0], &[0, 1, 1], (2, 2, 2))?;
        let halves = ops::split(t, &i[0], 2, -1)?;
        let joined = ops::concatenate(t, &[&halves[1], &halves[0], &part], 1)?;
        ops::multiply(t, &joined, &joined)
    })?;
    for (from, to) in [
        (vec![3, 1], vec![3, 4]),
        (vec![4], vec![2, 3, 4]),
        (vec![2, 1, 2], vec![2, 3, 2]),
        (vec![], vec![2, 2]),
    ] {
        check("broadcast_to", &[numbers(9, from, -1.0, 1.0)], |t, i| {
            ops::broadcast_to(t, &i[0], to.as_slice())
        })?;
    }
    let mask = Tensor::from_vec(vec![1u8, 0, 1, 0, 0, 1], (2, 3, 1))?;
    check("where_", &x, |t, i| ops::where_(t, &mask, &i[0], &i[1]))
}

#[test]
fn products_of_stacks() -> Result<()> {
    let shapes: [(&[usize], &[usize]); 9] = [
        (&[2, 3], &[3, 4]),
        (&[5, 2, 3], &[5, 3, 4]),
        (&[5, 2, 3], &[3, 4]),
        (&[2, 3], &[5, 3, 4]),
        (&[2, 1, 2, 3], &[4, 3, 2]),
        (&[3], &[3, 4]),
        (&[2, 2, 3], &[3]),
        (&[3], &[3]),
        (&[4, 5, 1], &[4, 1, 3]),
    ];
    for (a, b) in shapes {
        let inputs = [numbers(10, a, -1.0, 1.0), numbers(11, b, -1.0, 1.0)];
        let what = format!("matmul, {a:?} and {b:?}");
        check(&what, &inputs, |t, i| ops::matmul(t, &i[0], &i[1]))?;
    }
    Ok(())
}

#[test]
fn normalizations() -> Result<()> {
    let x = numbers(12, (3, 4, 5), -1.0, 2.0);
    let axes: [&[isize]; 4] = [&[-1], &[1], &[1, 2], &[0, 2]];
    for axes in axes {
        let sizes: Vec<usize> = axes
            .iter()
            .map(|&axis| x.shape()[x.shape().axis(axis).expect("an axis")])
            .collect();
        let weight = |seed| numbers(seed, sizes.as_slice(), 0.5, 1.5);
        let inputs = [x.clone(), weight(13), weight(14)];
        check("layer_normalization", &inputs, |t, i| {
            ops::layer_normalization(t, &i[0], Some(&i[1]), Some(&i[2]), axes, 1e-2)
        })?;
        check("layer_normalization", &inputs[..1], |t, i| {
            ops::layer_normalization(t, &i[0], None, None, axes, 1e-2)
        })?;
        check("rms_normalization", &inputs[..2], |t, i| {
            ops::rms_normalization(t, &i[0], Some(&i[1]), axes, 1e-2)
        })?;
        check("normalize", &inputs[..1], |t, i| {
            ops::normalize(t, &i[0], axes, 1e-7)
        })?;
        check("softmax_over", &inputs[..1], |t, i| {
            ops::softmax_over(t, &i[0], axes)
        })?;
    }
    Ok(())
}

#[test]
fn attention() -> Result<()> {
    let mask = Tensor::from_vec(
        vec![
            1u8, 0, 1, 1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 0,
        ],
        (2, 1, 3, 4),
    )?;
    for heads in [2, 1] {
        let inputs = [
            numbers(15, (2, 3, 2, 5), -1.0, 1.0),
            numbers(16, (2, 4, heads, 5), -1.0, 1.0),
            numbers(17, (2, 4, heads, 3), -1.0, 1.0),
        ];
        for (mask, is_causal) in [(None, false), (Some(&mask), false), (Some(&mask), true)] {
            for scale in [None, Some(1.3)] {
                check("dot_product_attention", &inputs, |t, i| {
                    ops::dot_product_attention(t, &i[0], &i[1], &i[2], mask, scale, is_causal)
                })?;
            }
        }
    }
    Ok(())
}

/// Long enough for several threads and blocks; the sums are known.
#[test]
fn large_tensors() -> Result<()> {
    let mut tape = Tape::recording();
    let (rows, columns) = (3001, 70);
    let x = tape.watch(&numbers(18, (rows, columns), -1.0, 1.0));
    let b = tape.watch(&numbers(19, columns, -1.0, 1.0));
    let y = ops::add(&mut tape, &x, &b)?;
    assert_eq!(y, &x + &b);
    let z = ops::transpose(&mut tape, &y, &[1, 0])?;
    let sums = ops::sum(&mut tape, &z, &[1], false)?;
    for (column, sum) in sums.to_vec::<f64>().iter().enumerate() {
        let exact: f64 = (0..rows)
            .map(|row| y.item(row * columns + column).expect("there"))
            .sum();
        assert!((sum - exact).abs() < 1e-3, "{sum}, exact {exact}");
    }
    let gradients = tape.gradient(&sums, &[&x, &b])?;
    assert_eq!(gradients[0], Tensor::ones((rows, columns)));
    assert_eq!(gradients[1], Tensor::full(columns, rows as f32));
    let long = numbers(20, 1_000_003, 0.0, 1.0);
    let sum = f64::from(long.sum());
    let ours = ops::sum(&mut Tape::off(), &long, &[], false)?.item(0)?;
    assert!((ours - sum).abs() < 0.1, "{ours}, exact {sum}");
    Ok(())
}

#[test]
fn einsum_in_every_way() -> Result<()> {
    let equations: [(&str, &[&[usize]]); 11] = [
        ("ab,bc->ac", &[&[2, 3], &[3, 4]]),
        ("abc,cd->abd", &[&[2, 3, 2], &[2, 3]]),
        ("nij,njk->nki", &[&[2, 3, 2], &[2, 2, 3]]),
        ("ab,ab->a", &[&[2, 3], &[2, 3]]),
        ("ab,b->ba", &[&[2, 3], &[3]]),
        ("a,b->ab", &[&[2], &[3]]),
        ("ii->i", &[&[3, 3]]),
        ("...a,ab->...b", &[&[2, 1, 3], &[3, 2]]),
        ("...ij,...jk", &[&[2, 1, 2, 3], &[3, 3, 2]]),
        ("ab,bc,cd->da", &[&[2, 3], &[3, 2], &[2, 2]]),
        ("abc,dc->", &[&[2, 2, 3], &[2, 3]]),
    ];
    for (equation, shapes) in equations {
        let shapes = shapes.iter().enumerate();
        let inputs: Vec<Tensor> = shapes
            .map(|(i, shape)| numbers(40 + i as u64, *shape, 0.2, 1.0))
            .collect();
        check(equation, &inputs, |t, i| {
            ops::einsum(t, equation, &i.iter().collect::<Vec<_>>())
        })?;
    }
    Ok(())
}

#[test]
fn einsum_computes_what_the_letters_say() -> Result<()> {
    let a = numbers(50, (2, 3, 4), -1.0, 1.0);
    let b = numbers(51, (5, 4, 2), -1.0, 1.0);
    let y = ops::einsum(&mut Tape::off(), "abc, dca -> db", &[&a, &b])?;
    assert_eq!(y.shape(), (5, 3));
    let (a, b, y) = (a.to_vec::<f64>(), b.to_vec::<f64>(), y.to_vec::<f64>());
    for d in 0..5 {
        for row in 0..3 {
            let terms = (0..2).flat_map(|i| (0..4).map(move |c| (i, c)));
            let sum: f64 = terms
                .map(|(i, c)| a[(i * 3 + row) * 4 + c] * b[(d * 4 + c) * 2 + i])
                .sum();
            assert!((sum - y[d * 3 + row]).abs() < 1e-6);
        }
    }
    let square = Tensor::from_vec(vec![1.0, 2.0, 3.0, 4.0], (2, 2))?;
    let trace = ops::einsum(&mut Tape::off(), "ii", &[&square])?;
    assert_eq!(trace, Tensor::scalar(5.0));
    let nothing = ops::einsum(
        &mut Tape::off(),
        "ab,bc",
        &[&Tensor::zeros((2, 0)), &Tensor::zeros((0, 3))],
    )?;
    assert_eq!(nothing, Tensor::zeros((2, 3)));
    for wrong in [
        "ab,bc->ax",
        "ab,b1->a",
        "abc,bc->a",
        "ab->a",
        "ab,bc->aa",
        "a..b,bc->a",
        "ab,cb->ac",
        "",
    ] {
        let error = ops::einsum(
            &mut Tape::off(),
            wrong,
            &[&Tensor::ones((2, 3)), &Tensor::ones((3, 4))],
        );
        assert!(error.is_err(), "{wrong}");
    }
    Ok(())
}

#[test]
fn angles() -> Result<()> {
    let inputs = [numbers(60, (3, 4), 0.3, 1.0), numbers(61, 4, -1.0, 1.0)];
    check("arctan2", &inputs, |t, i| ops::arctan2(t, &i[0], &i[1]))
}
