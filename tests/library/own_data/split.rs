//! Splitting data into parts to train and to test with.

use kerust::data::{Column, SplitDataset, Table, split_dataset};
use kerust::models::Arrays;
use kerust::prelude::*;

use super::fails;
use crate::data::{labels, numbered};

fn left(size: f64) -> SplitDataset {
    SplitDataset {
        left_size: size.into(),
        ..SplitDataset::default()
    }
}

#[test]
fn sizes_are_those_of_keras() -> Result<()> {
    let x = Tensor::arange(11);
    // Python rounds halves to even: round(5.5) is 6, round(0.5 * 5) is 2.
    for (how, sizes) in [
        (left(0.5), (6, 5)),
        (left(0.8), (9, 2)),
        (
            SplitDataset {
                left_size: 3.into(),
                ..SplitDataset::default()
            },
            (3, 8),
        ),
        (
            SplitDataset {
                right_size: 3.into(),
                ..SplitDataset::default()
            },
            (8, 3),
        ),
        (
            SplitDataset {
                right_size: 0.25.into(),
                ..SplitDataset::default()
            },
            (8, 3),
        ),
        (
            SplitDataset {
                left_size: 0.5.into(),
                right_size: 2.into(),
                ..SplitDataset::default()
            },
            (6, 2),
        ),
    ] {
        let (a, b) = split_dataset(&x, how)?;
        assert_eq!((a.len(), b.len()), sizes);
        assert_eq!(a, x.slice(..sizes.0)?, "the first samples");
        assert_eq!(b, x.slice(11 - sizes.1..)?, "the last samples");
    }
    let (a, b) = split_dataset(&Tensor::arange(5), left(0.5))?;
    assert_eq!((a.len(), b.len()), (2, 3));
    Ok(())
}

#[test]
fn samples_stay_together_and_none_is_lost() -> Result<()> {
    let x = Tensor::from_vec((0..100).map(|i| i as f32).collect(), (100, 1))?;
    let y = Tensor::arange(100);
    let how = |seed| SplitDataset {
        shuffle: true,
        seed: Some(seed),
        ..left(0.7)
    };
    let pair = (x.clone(), y.clone());
    let ((x_left, y_left), (x_right, y_right)) = split_dataset(&pair, how(1))?;
    assert_eq!(x_left.to_vec::<i64>(), y_left.to_vec::<i64>());
    assert_eq!(x_right.to_vec::<i64>(), y_right.to_vec::<i64>());
    let mut all = [y_left.to_vec::<i64>(), y_right.to_vec::<i64>()].concat();
    assert_ne!(all, y.to_vec::<i64>());
    all.sort();
    assert_eq!(all, y.to_vec::<i64>());
    let again = split_dataset(&vec![x.clone(), y.clone()], how(1))?;
    assert_eq!(again.0, [x_left, y_left]);
    assert_ne!(split_dataset(&y, how(2))?.0, again.0[1]);

    let (first, _) = split_dataset(&(x.clone(), y.clone(), y.clone()), left(0.1))?;
    assert_eq!(first.2.len(), 10);
    let (first, last) = split_dataset(&Arrays::from([&x, &y]), left(0.1))?;
    assert_eq!(
        (first.as_slice()[0].shape(), last.as_slice()[1].len()),
        (&Shape::from((10, 1)), 90)
    );
    let table = Table::from_columns([Column::texts("t", ["a", "b", "c", "d"])])?;
    let (first, last) = split_dataset(&table, left(0.5))?;
    assert_eq!(first.column("t")?.to_texts(), ["a", "b"]);
    assert_eq!(last.column("t")?.to_texts(), ["c", "d"]);
    Ok(())
}

#[test]
fn sizes_that_cannot_be_are_told() {
    let x = Tensor::arange(10);
    fails(
        split_dataset(&x, SplitDataset::default()),
        &["argument `left_size`", "left_size: 0.8.into()"],
    );
    for share in [0.0, 1.0, -0.5, 1.5, f64::NAN] {
        fails(
            split_dataset(&x, left(share)),
            &[
                "argument `left_size`",
                "a share between 0 and 1, or 1 to 9 samples",
            ],
        );
    }
    fails(
        split_dataset(&x, left(0.01)),
        &["both not empty", "0 and 10"],
    );
    let both = SplitDataset {
        left_size: 6.into(),
        right_size: 0.5.into(),
        ..SplitDataset::default()
    };
    fails(split_dataset(&x, both), &["at most 10", "6 and 5"]);
    fails(
        split_dataset(
            &x,
            SplitDataset {
                left_size: 10.into(),
                ..SplitDataset::default()
            },
        ),
        &["1 to 9 samples, got 10"],
    );
    fails(
        split_dataset(&(x.clone(), Tensor::arange(9)), left(0.5)),
        &["same number of samples", "(10,) and (9,)"],
    );
    fails(
        split_dataset(&Tensor::scalar(1.0), left(0.5)),
        &["a scalar has no samples"],
    );
    fails(
        split_dataset(&Vec::<Tensor>::new(), left(0.5)),
        &["at least one tensor"],
    );
    fails(
        split_dataset(&Tensor::zeros((0, 3)), left(0.5)),
        &["both not empty"],
    );
}

#[test]
fn datasets_are_split_by_their_elements() -> Result<()> {
    let ten = numbered(10)?;
    let (train, test) = split_dataset(&ten, left(0.7))?;
    assert_eq!(labels(&train)?, [0, 1, 2, 3, 4, 5, 6]);
    assert_eq!(labels(&test)?, [7, 8, 9]);
    assert_eq!(test.cardinality().finite(), Some(3));
    assert_eq!(train.element_spec()?, ten.element_spec()?);
    let (first, last) = split_dataset(
        &ten.batch(3),
        SplitDataset {
            left_size: 1.into(),
            right_size: 2.into(),
            ..SplitDataset::default()
        },
    )?;
    assert_eq!(labels(&first)?, [0, 1, 2]);
    assert_eq!(labels(&last)?, [6, 7, 8, 9]);

    // Drawn, as for arrays with the same seed.
    let drawn = || SplitDataset {
        shuffle: true,
        seed: Some(3),
        ..left(0.7)
    };
    let (train, test) = split_dataset(&ten, drawn())?;
    let (x, y) = split_dataset(&Tensor::arange(10), drawn())?;
    assert_eq!(labels(&train)?, x.to_vec::<usize>());
    assert_eq!(labels(&test)?, y.to_vec::<usize>());
    assert_eq!(labels(&test)?, labels(&test)?);
    Ok(())
}

#[test]
fn the_parts_of_a_shuffled_dataset_stay_apart() -> Result<()> {
    for whole in [
        numbered(20)?.shuffle(20),
        numbered(20)?.shuffle(Shuffle::new(20).seed(5)),
    ] {
        let (train, test) = split_dataset(&whole, left(0.75))?;
        let held_back = labels(&test)?;
        for _ in 0..5 {
            assert_eq!(labels(&test)?, held_back);
            let mut all = [labels(&train)?, labels(&test)?].concat();
            all.sort_unstable();
            assert_eq!(all, (0..20).collect::<Vec<_>>());
        }
        // Shuffled afterwards, a part comes in another order each time.
        let shuffled = train.shuffle(15);
        assert_ne!(labels(&shuffled)?, labels(&shuffled)?);
    }
    Ok(())
}

#[test]
fn datasets_of_an_unknown_length_are_told() -> Result<()> {
    let ten = numbered(10)?;
    fails(
        split_dataset(&ten.repeat(None), left(0.5)),
        &[
            "`split_dataset`: argument `dataset`",
            "with an end",
            "before `repeat`",
        ],
    );
    let even = ten.filter(|(_, y)| Ok(y.get(0)? % 2 == 0));
    fails(
        split_dataset(&even, left(0.5)),
        &["argument `dataset`", "`.cache()`"],
    );
    let even = even.cache();
    assert_eq!(labels(&even)?, [0, 2, 4, 6, 8]);
    let (train, test) = split_dataset(&even, left(0.4))?;
    assert_eq!(
        (labels(&train)?, labels(&test)?),
        (vec![0, 2], vec![4, 6, 8])
    );
    fails(split_dataset(&ten.take(0), left(0.5)), &["both not empty"]);
    // An element that fails is an error of the part that needs to go past it.
    let broken = ten.map(|(x, y): (Tensor, Tensor)| match y.get(0)? {
        4 => Err(kerust::Error::data("bad sample")),
        _ => Ok((x, y)),
    });
    let (train, test) = split_dataset(&broken, left(0.3))?;
    assert_eq!(labels(&train)?, [0, 1, 2]);
    fails(labels(&test), &["bad sample"]);
    Ok(())
}
