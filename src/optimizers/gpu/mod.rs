//! Steps of optimizers on the GPU: nothing of a step is seen by the host.
//!
//! A flag in the GPU's memory is set by the first gradient that is infinite or NaN, and stays set: no
//! weight moves after that. Whoever reads it later (see `models/pending.rs`) finds the weights as
//! they were before that step, however many were begun since.

mod constraint;
mod whole;

use std::collections::BTreeMap;

use super::{OptimizerBase, Step};
use crate::device::{Argument, Arriving, Buffer, Gpu, Source, Threads};
use crate::layers::Weight;
use crate::{Result, Tensor};
pub(super) use constraint::constrain;
pub(super) use whole::{Adafactor, Lamb, Muon, Whole};

const KERNELS: Source = Source {
    name: "optimizers",
    text: include_str!("rules.cu"),
};

/// How a weight follows its gradient in a step.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Rule(Kind);

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// Each number by itself: a kernel in `rules.cu` and the numbers that it takes.
    Each {
        kernel: &'static str,
        numbers: [f32; 6],
    },
    /// All numbers of a weight together.
    Whole(Whole),
}

impl Rule {
    pub(super) fn new<const N: usize>(kernel: &'static str, given: [f32; N]) -> Option<Rule> {
        let mut numbers = [0.0; 6];
        numbers[..N].copy_from_slice(&given);
        Some(Rule(Kind::Each { kernel, numbers }))
    }
}

impl From<Whole> for Rule {
    fn from(whole: Whole) -> Rule {
        Rule(Kind::Whole(whole))
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
    pub(super) layer: &'a str,
    /// None in a step that only collects gradients.
    pub(super) rule: Option<Rule>,
}

/// What the steps of a run have in common.
pub(super) struct Motion<'a> {
    pub(super) base: &'a OptimizerBase,
    /// None in a step that only collects gradients.
    pub(super) step: Option<Step>,
    pub(super) scale: f32,
    pub(super) average_momentum: f32,
    pub(super) overwrites: bool,
}

/// How many weights one launch moves: a kernel is given at most 4 KiB.
const AT_ONCE: usize = 48;

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
    number: usize,
}

impl Places {
    fn words(&self) -> [u64; 8] {
        let [a, b, c] = self.slots;
        let numbers = pair(self.decay.to_bits(), self.number as u32);
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
        .enumerate()
        .map(|(number, moved)| places(gpu, number, moved))
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
    let Some(step) = motion.step else {
        return match motion.base.use_ema {
            true => Follow::new(gpu, &motion, flag).go(&all, "rest", [0.0; 6]),
            false => Ok(()),
        };
    };
    let sums = match motion.base.clips_norms() {
        true => Some(squares(gpu, &all)?),
        false => None,
    };
    let follow = Follow {
        learning_rate: step.learning_rate,
        scale,
        sums: sums.as_ref(),
        count: all.len(),
        ..Follow::new(gpu, &motion, flag)
    };
    let (mut each, mut whole) = (BTreeMap::new(), Vec::new());
    for (moved, places) in moved.iter_mut().zip(all) {
        match moved.rule {
            Some(Rule(Kind::Each { kernel, numbers })) => {
                // The numbers of a kernel are the same for all weights.
                each.entry(kernel)
                    .or_insert((numbers, Vec::new()))
                    .1
                    .push(places);
            }
            Some(Rule(Kind::Whole(rule))) => whole.push((rule, moved, places)),
            None => {}
        }
    }
    for (kernel, (numbers, places)) in each {
        follow.go(&places, kernel, numbers)?;
    }
    let of_whole = |change: &dyn Fn(&Places) -> Places| -> Vec<Places> {
        whole.iter().map(|(.., places)| change(places)).collect()
    };
    let (begin, averages) = (
        of_whole(&|places| Places {
            average: 0,
            ..*places
        }),
        of_whole(&|places| Places {
            decay: 0.0,
            ..*places
        }),
    );
    follow.go(&begin, "begin", [0.0; 6])?;
    for (rule, moved, _) in whole {
        rule.go(gpu, step, moved, flag)?;
    }
    match motion.base.use_ema {
        true => follow.go(&averages, "rest", [0.0; 6]),
        false => Ok(()),
    }
}

fn places(gpu: &Gpu, number: usize, moved: &mut Moved<'_>) -> Result<Places> {
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
        number,
    })
}

/// The sum of squares of each gradient.
fn squares(gpu: &Gpu, all: &[Places]) -> Result<Buffer> {
    let longest = all.iter().map(|places| places.length).max();
    let parts = Threads::some(longest.unwrap_or(0)).blocks[0];
    let mut of_parts = gpu.unwritten(all.len() * parts)?;
    for stretches in all.chunks(AT_ONCE) {
        let mut threads = Threads::blocks(parts);
        threads.blocks[1] = stretches.len();
        let arguments = [
            Argument::Words(&words(stretches)),
            Argument::Write(&mut of_parts),
        ];
        gpu.launch(&KERNELS, "squares", threads, arguments)?;
    }
    if parts == 1 {
        return Ok(of_parts);
    }
    let mut sums = gpu.unwritten(all.len())?;
    let arguments = [
        Argument::Write(&mut sums),
        Argument::Read(&of_parts),
        Argument::Word(parts as u32),
    ];
    gpu.launch(&KERNELS, "join", Threads::blocks(all.len()), arguments)?;
    Ok(sums)
}

/// How weights follow in a step: what their kernels have in common.
struct Follow<'a> {
    gpu: &'a Gpu,
    motion: &'a Motion<'a>,
    flag: &'a Buffer,
    learning_rate: f32,
    scale: f32,
    /// The sums of squares of all gradients, where norms are clipped, and how many there are.
    sums: Option<&'a Buffer>,
    count: usize,
}

impl<'a> Follow<'a> {
    fn new(gpu: &'a Gpu, motion: &'a Motion<'a>, flag: &'a Buffer) -> Follow<'a> {
        Follow {
            gpu,
            motion,
            flag,
            learning_rate: 0.0,
            scale: 1.0,
            sums: None,
            count: 0,
        }
    }

    /// Starts a kernel of `rules.cu` for these weights.
    fn go(&self, all: &[Places], kernel: &str, numbers: [f32; 6]) -> Result<()> {
        let (base, motion) = (self.motion.base, self.motion);
        let clips = match (self.sums, base.clipnorm, base.global_clipnorm) {
            (None, ..) => (0, 0.0),
            (_, Some(most), _) => (1, most),
            (_, _, most) => (2, most.unwrap_or_default()),
        };
        let common = [
            pair(self.learning_rate.to_bits(), self.scale.to_bits()),
            pair(clips.1.to_bits(), base.clipvalue.unwrap_or(0.0).to_bits()),
            pair(motion.average_momentum.to_bits(), clips.0),
            pair(self.count as u32, motion.overwrites.into()),
        ];
        for stretches in all.chunks(AT_ONCE) {
            let [a, b, c, d, e, f] = numbers.map(Argument::Number);
            let arguments = [
                Argument::Words(&words(stretches)),
                Argument::Read(self.flag),
                Argument::Maybe(self.sums),
                Argument::Words(&common),
                a,
                b,
                c,
                d,
                e,
                f,
            ];
            self.gpu
                .launch(&KERNELS, kernel, threads(stretches), arguments)?;
        }
        Ok(())
    }
}

/// Two words as one.
fn pair(low: u32, high: u32) -> u64 {
    u64::from(low) | u64::from(high) << 32
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
