//! Steps of optimizers on the GPU: nothing of a step is seen by the host.
//!
//! A flag in the GPU's memory is set by the first gradient that is infinite or NaN, and stays set: no
//! weight moves after that. Whoever reads it later (see `models/pending.rs`) finds the weights as
//! they were before that step, however many were begun since.

use super::{OptimizerBase, Step};
use crate::device::{Argument, Arriving, Buffer, Gpu, Source, Threads};
use crate::layers::Weight;
use crate::{Result, Tensor};

const KERNELS: Source = Source {
    name: "optimizers",
    text: include_str!("rules.cu"),
};

/// A kernel in `rules.cu` and the numbers that it takes in a step.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    pub(super) kernel: &'static str,
    pub(super) numbers: [f32; 6],
}

impl Rule {
    pub(super) fn new<const N: usize>(kernel: &'static str, given: [f32; N]) -> Option<Rule> {
        let mut numbers = [0.0; 6];
        numbers[..N].copy_from_slice(&given);
        Some(Rule { kernel, numbers })
    }
}

/// A weight that is moved, as `Moved` on the host.
pub(super) struct Moved<'a> {
    pub(super) weight: &'a mut Weight,
    pub(super) gradient: Buffer,
    pub(super) slots: &'a mut [Tensor],
    pub(super) average: Option<&'a mut Tensor>,
    pub(super) accumulator: Option<&'a mut Tensor>,
    pub(super) decay: f32,
}

/// What the steps of a run have in common.
pub(super) struct Motion<'a> {
    pub(super) base: &'a OptimizerBase,
    /// None in a step that only collects gradients.
    pub(super) step: Option<(Step, Rule)>,
    pub(super) scale: f32,
    pub(super) average_momentum: f32,
    pub(super) overwrites: bool,
}

/// How many weights one launch moves.
const AT_ONCE: usize = 16;

/// The places of a weight's numbers, as the kernels get them.
#[derive(Clone, Copy, Default)]
struct Places {
    weight: u64,
    gradient: u64,
    slots: [u64; 3],
    average: u64,
    accumulator: u64,
    length: usize,
    decay: f32,
}

impl Places {
    fn words(&self) -> [u64; 8] {
        let [a, b, c] = self.slots;
        let numbers = u64::from(self.decay.to_bits());
        let length = self.length as u64;
        [
            self.weight,
            self.gradient,
            a,
            b,
            c,
            self.average,
            length,
            numbers,
        ]
    }
}

/// Looks whether all gradients and the loss are finite, and begins a copy of the answer to the host.
pub(super) fn check(
    gpu: &Gpu,
    moved: &[Moved<'_>],
    loss: &Buffer,
    flag: &mut Buffer,
) -> Result<Arriving> {
    let of_loss = (gpu.address(loss), loss.len());
    let gradients = moved
        .iter()
        .map(|moved| (gpu.address(&moved.gradient), moved.gradient.len()));
    let all: Vec<Places> = gradients
        .chain([of_loss])
        .map(|(gradient, length)| Places {
            gradient,
            length,
            ..Places::default()
        })
        .collect();
    for stretches in all.chunks(AT_ONCE) {
        let words = words(stretches);
        let arguments = [Argument::Words(&words), Argument::Write(flag)];
        gpu.launch(&KERNELS, "check", threads(stretches), arguments)?;
    }
    gpu.fetch(flag)
}

/// Moves all weights, unless the flag is set.
pub(super) fn go(
    gpu: &Gpu,
    moved: &mut [Moved<'_>],
    motion: Motion<'_>,
    flag: &Buffer,
) -> Result<()> {
    let all = moved
        .iter_mut()
        .map(|moved| places(gpu, moved))
        .collect::<Result<Vec<_>>>()?;
    let mut scale = motion.scale;
    if motion.base.accumulated() > 1 {
        let over = match motion.step {
            Some(_) => motion.base.accumulated() as f32,
            None => 0.0,
        };
        for stretches in all.chunks(AT_ONCE) {
            let sums: Vec<Places> = stretches
                .iter()
                .map(|places| Places {
                    slots: [places.accumulator, 0, 0],
                    ..*places
                })
                .collect();
            let arguments = [
                Argument::Words(&words(&sums)),
                Argument::Read(flag),
                Argument::Number(scale),
                Argument::Number(over),
            ];
            gpu.launch(&KERNELS, "accumulate", threads(stretches), arguments)?;
        }
        scale = 1.0;
    }
    let Some((step, rule)) = motion.step else {
        let rest = Rule {
            kernel: "rest",
            numbers: [0.0; 6],
        };
        return match motion.base.use_ema {
            true => follow(gpu, &all, &motion, (0.0, rest), scale, None, flag),
            false => Ok(()),
        };
    };
    let sums = match motion.base.clips_norms() {
        true => Some(squares(gpu, &all)?),
        false => None,
    };
    let rule = (step.learning_rate, rule);
    follow(gpu, &all, &motion, rule, scale, sums.as_ref(), flag)
}

fn places(gpu: &Gpu, moved: &mut Moved<'_>) -> Result<Places> {
    let mut slots = [0; 3];
    for (place, slot) in slots.iter_mut().zip(moved.slots.iter_mut()) {
        *place = gpu.address(slot.on_gpu_mut(gpu)?);
    }
    let of = |tensor: &mut Option<&mut Tensor>| -> Result<u64> {
        match tensor {
            Some(tensor) => Ok(gpu.address(tensor.on_gpu_mut(gpu)?)),
            None => Ok(0),
        }
    };
    Ok(Places {
        average: of(&mut moved.average)?,
        accumulator: of(&mut moved.accumulator)?,
        weight: gpu.address(moved.weight.value.on_gpu_mut(gpu)?),
        gradient: gpu.address(&moved.gradient),
        slots,
        length: moved.gradient.len(),
        decay: moved.decay,
    })
}

/// The sum of squares of each gradient.
fn squares(gpu: &Gpu, all: &[Places]) -> Result<Buffer> {
    let mut sums = gpu.unwritten(all.len())?;
    for (chunk, stretches) in all.chunks(AT_ONCE).enumerate() {
        let threads = Threads {
            blocks: [stretches.len(), 1, 1],
            threads: 1024,
        };
        let arguments = [
            Argument::Words(&words(stretches)),
            Argument::Write(&mut sums),
            Argument::Word((chunk * AT_ONCE) as u32),
        ];
        gpu.launch(&KERNELS, "squares", threads, arguments)?;
    }
    Ok(sums)
}

/// Lets the weights follow.
fn follow(
    gpu: &Gpu,
    all: &[Places],
    motion: &Motion<'_>,
    (learning_rate, rule): (f32, Rule),
    scale: f32,
    sums: Option<&Buffer>,
    flag: &Buffer,
) -> Result<()> {
    let base = motion.base;
    let clips = match (sums, base.clipnorm, base.global_clipnorm) {
        (None, ..) => (0, 0.0),
        (_, Some(most), _) => (1, most),
        (_, _, most) => (2, most.unwrap_or_default()),
    };
    let pair = |low: u32, high: u32| u64::from(low) | u64::from(high) << 32;
    let common = [
        pair(learning_rate.to_bits(), scale.to_bits()),
        pair(clips.1.to_bits(), base.clipvalue.unwrap_or(0.0).to_bits()),
        pair(motion.average_momentum.to_bits(), clips.0),
        pair(all.len() as u32, motion.overwrites.into()),
    ];
    for (chunk, stretches) in all.chunks(AT_ONCE).enumerate() {
        let [a, b, c, d, e, f] = rule.numbers.map(Argument::Number);
        let arguments = [
            Argument::Words(&words(stretches)),
            Argument::Read(flag),
            Argument::Maybe(sums),
            Argument::Words(&common),
            Argument::Word((chunk * AT_ONCE) as u32),
            a,
            b,
            c,
            d,
            e,
            f,
        ];
        gpu.launch(&KERNELS, rule.kernel, threads(stretches), arguments)?;
    }
    Ok(())
}

fn words(stretches: &[Places]) -> [u64; 8 * AT_ONCE] {
    let mut words = [0; 8 * AT_ONCE];
    for (to, places) in words.chunks_exact_mut(8).zip(stretches) {
        to.copy_from_slice(&places.words());
    }
    words
}

fn threads(stretches: &[Places]) -> Threads {
    /// Beyond that, a thread takes several numbers.
    const MANY: usize = 1 << 9;
    let longest = stretches.iter().map(|places| places.length).max();
    let mut threads = Threads::each(longest.unwrap_or(0));
    threads.blocks = [threads.blocks[0].min(MANY), stretches.len(), 1];
    threads
}
