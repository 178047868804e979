//! Pooling over one and three axes, over everything, to a given size, and with a mask.

use kerust::ops::{self, Pool};
use kerust::prelude::*;

use super::{check, far_apart};

#[test]
fn pool_over_one_and_three_axes() -> Result<()> {
    let (sequence, volume) = ([far_apart(1, (2, 7, 3))], [far_apart(2, (1, 3, 4, 5, 2))]);
    for pool in [Pool::Max, Pool::Average] {
        for padding in [Padding::Valid, Padding::Same] {
            for (size, stride) in [(2, 2), (3, 1), (3, 2), (2, 3)] {
                let what = format!("{pool:?} {size} {stride} {padding:?}");
                check(&what, &sequence, |t, i| {
                    ops::pool(t, &i[0], pool, [size], [stride], padding)
                })?;
                check(&what, &volume, |t, i| {
                    ops::pool(t, &i[0], pool, [2, size, 3], [1, stride, 2], padding)
                })?;
            }
        }
        check("global", &sequence, |t, i| ops::global_pool(t, &i[0], pool))?;
        check("global", &volume, |t, i| ops::global_pool(t, &i[0], pool))?;
        for size in 1..=7 {
            check(&format!("adaptive {pool:?} {size}"), &sequence, |t, i| {
                ops::adaptive_pool(t, &i[0], pool, [size])
            })?;
        }
        check("adaptive", &volume, |t, i| {
            ops::adaptive_pool(t, &i[0], pool, [3, 3, 2])
        })?;
    }
    Ok(())
}

#[test]
fn mean_of_the_steps_that_count() -> Result<()> {
    let x = [far_apart(3, (2, 4, 3))];
    let mask = Tensor::from_vec(vec![1, 0, 1, 1, 0, 0, 0, 1], (2, 4))?;
    check("masked", &x, |t, i| {
        ops::masked_average_pool(t, &i[0], &mask)
    })
}
