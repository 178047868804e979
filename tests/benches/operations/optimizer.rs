//! Adam over 1.6 million numbers, cut into one stretch for each thread as in a step of training.

use std::time::{Duration, Instant};

use kerust::optimizers::{Adam, Optimizer, Step, Stretch, WeightInfo};
use kerust::{Result, Shape};
use rayon::prelude::*;

use crate::ceilings::Work;
use crate::timing::Timing;

pub(crate) fn all(timing: &mut Timing) {
    const NUMBERS: usize = 1_600_000;
    let optimizer = Adam::new();
    let shape = Shape::from(NUMBERS);
    let [mut weight, mut m, mut v] = [0.1f32, 0.0, 0.0].map(|start| vec![start; NUMBERS]);
    let gradient = vec![0.01f32; NUMBERS];
    let stretch = NUMBERS.div_ceil(rayon::current_num_threads());
    let mut iteration = 0;
    let mut once = || -> Result<Duration> {
        iteration += 1;
        let step = Step {
            iteration,
            learning_rate: 1e-3,
        };
        let info = WeightInfo {
            layer: "dense",
            name: "kernel",
            shape: &shape,
        };
        let begun = Instant::now();
        let slots = m.par_chunks_mut(stretch).zip(v.par_chunks_mut(stretch));
        weight
            .par_chunks_mut(stretch)
            .zip(gradient.par_chunks(stretch))
            .zip(slots)
            .for_each(|((weight, gradient), (m, v))| {
                let stretch = Stretch {
                    weight,
                    gradient,
                    slots: &mut [m, v],
                    info,
                };
                optimizer.update(step, stretch);
            });
        Ok(begun.elapsed())
    };
    // Four are read, three of them are written.
    timing.time("adam 1600000", &Work::Floats(7 * NUMBERS), &mut once);
}
