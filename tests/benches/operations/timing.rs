//! How an operation is timed, and what is printed.

use std::time::{Duration, Instant};

use criterion::Criterion;
use kerust::{Result, Shape, Tape, Tensor};

use crate::awake::as_in_training;
use crate::ceilings::{Ceilings, Work, median};

/// Times operations, one after the other.
pub(crate) struct Timing {
    criterion: Criterion,
    ceilings: Ceilings,
}

impl Timing {
    /// Short enough that all operations end within two minutes; arguments may say otherwise.
    pub(crate) fn new() -> Self {
        let criterion = Criterion::default()
            .without_plots()
            .sample_size(20)
            .nresamples(2_000)
            .warm_up_time(Duration::from_millis(300))
            .measurement_time(Duration::from_secs(1));
        Self {
            criterion: criterion.configure_from_args(),
            ceilings: Ceilings::default(),
        }
    }

    /// Times an operation without a tape, then what it records on one. It watches what it wants
    /// gradients for.
    pub(crate) fn both(
        &mut self,
        name: &str,
        forward: Work,
        gradient: Work,
        mut operation: impl FnMut(&mut Tape) -> Result<Tensor> + Send,
    ) -> Result<()> {
        let slope = Tensor::ones(operation(&mut Tape::off())?.shape());
        let mut once = || -> Result<Duration> {
            let mut tape = Tape::off();
            let begun = Instant::now();
            drop(operation(&mut tape)?);
            Ok(begun.elapsed())
        };
        self.time(&format!("{name} forward"), &forward, &mut once);
        let mut once = || -> Result<Duration> {
            let mut tape = Tape::recording();
            let y = operation(&mut tape)?;
            let begun = Instant::now();
            // All gradients are computed; those that are asked for would be copied as well.
            tape.gradient_from(&y, &slope, &[] as &[Tensor])?;
            Ok(begun.elapsed())
        };
        self.time(&format!("{name} gradient"), &gradient, &mut once);
        Ok(())
    }

    /// Times what says itself how long it took.
    pub(crate) fn time(
        &mut self,
        name: &str,
        work: &Work,
        once: &mut (impl FnMut() -> Result<Duration> + Send),
    ) {
        let mut each = Vec::new();
        self.criterion.bench_function(name, |bencher| {
            bencher.iter_custom(|count| {
                let took: Result<Vec<Duration>> =
                    as_in_training(|| (0..count).map(|_| once()).collect());
                let took = took.expect("the operation took these shapes before");
                each.extend(took.iter().map(Duration::as_secs_f64));
                took.iter().sum()
            });
        });
        // There is none where the arguments left the operation out.
        if let Some(seconds) = median(&mut each) {
            println!("{name}: {}\n", self.ceilings.describe(work, seconds));
        }
    }

    /// Ends as criterion likes it.
    pub(crate) fn finish(&mut self) {
        self.criterion.final_summary();
    }
}

/// Numbers from -1 to 1.
pub(crate) fn numbers(shape: impl Into<Shape>) -> Tensor {
    Tensor::random_uniform(shape, -1.0, 1.0)
}
