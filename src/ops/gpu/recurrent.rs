//! Recurrent layers on the GPU: one matrix product for the input of all steps, then one kernel for all
//! steps of narrow layers, or a product and a kernel for each step; back the same way, and one product
//! for the gradient of each weight.

use crate::Result;
use crate::device::{Argument, Buffer, Factor, Gpu, Product, Source, Target, Threads};
use crate::ops::gpu::normalization::fresh;
use crate::ops::gpu::reduction::sum_columns;
use crate::ops::recurrent::cell::{Cell, Sizes};
use crate::ops::recurrent::sequence::Sequence;
use crate::tensor::bridge::{GpuBackpass, GpuOp, GpuWanted};

const KERNELS: Source = Source {
    name: "recurrent",
    text: include_str!("recurrent.cu"),
};

/// What the steps leave for the way back, step by step.
pub(in crate::ops) struct Steps {
    x: Buffer,
    gates: Buffer,
    /// The recurrent products, where they are not added to the gates.
    recurrent: Option<Buffer>,
    /// What the reset gate lets through of the outputs, where a product follows it.
    reset: Option<Buffer>,
    output: Buffer,
    carry: Option<Buffer>,
    skips: Option<Buffer>,
}

/// What is needed on the way back alone.
struct Back<'a> {
    of_output: &'a Buffer,
    through: &'a Buffer,
    of_carry: Option<&'a Buffer>,
    of_result: &'a Buffer,
    of_reset: Option<&'a Buffer>,
}

/// As `WIDEST` in `recurrent.cu`.
const WIDEST: usize = 64;

impl<C: Cell> Sequence<C> {
    /// Whether one kernel does all steps.
    fn is_narrow(&self) -> bool {
        self.sizes.units <= WIDEST && !self.cell.resets_output()
    }

    /// Starts the kernel of a step.
    fn cell(
        &self,
        gpu: &Gpu,
        kernel: &str,
        steps: &Steps,
        bias: Option<&Buffer>,
        step: usize,
        back: Option<Back<'_>>,
    ) -> Result<()> {
        let words = self.words(gpu, steps, bias, step, back);
        let threads = Threads::each(self.sizes.batch * self.sizes.units);
        gpu.launch(&KERNELS, kernel, threads, [Argument::Words(&words)])
    }

    /// Starts the kernel of all steps.
    fn all_steps(
        &self,
        gpu: &Gpu,
        kernel: &str,
        words: &[u64],
        recurrent_kernel: &Buffer,
    ) -> Result<()> {
        if self.sizes.batch == 0 {
            return Ok(());
        }
        let columns = self.cell.gates() * self.sizes.units;
        let threads = Threads {
            threads: columns.next_multiple_of(32).max(WIDEST) as u32,
            ..Threads::blocks(self.sizes.batch)
        };
        let arguments = [Argument::Words(words), Argument::Read(recurrent_kernel)];
        gpu.launch(&KERNELS, kernel, threads, arguments)
    }

    /// `Cell` of `recurrent.cu`.
    fn words(
        &self,
        gpu: &Gpu,
        steps: &Steps,
        bias: Option<&Buffer>,
        step: usize,
        back: Option<Back<'_>>,
    ) -> [u64; 18] {
        let address = |buffer: Option<&Buffer>| buffer.map_or(0, |buffer| gpu.address(buffer));
        let sizes = self.sizes;
        [
            gpu.address(&steps.gates),
            address(steps.recurrent.as_ref()),
            gpu.address(&steps.output),
            address(steps.carry.as_ref()),
            address(bias),
            address(steps.skips.as_ref()),
            address(back.as_ref().map(|back| back.of_output)),
            address(back.as_ref().map(|back| back.through)),
            address(back.as_ref().and_then(|back| back.of_carry)),
            address(back.as_ref().map(|back| back.of_result)),
            address(steps.reset.as_ref()),
            address(back.as_ref().and_then(|back| back.of_reset)),
            step as u64,
            sizes.steps as u64,
            sizes.batch as u64,
            sizes.units as u64,
            self.return_sequences.into(),
            self.zero_output_for_mask.into(),
        ]
    }

    /// For each step and row whether the row leaves it out.
    fn skips_on(&self, gpu: &Gpu) -> Result<Option<Buffer>> {
        if self.mask.is_none() {
            return Ok(None);
        }
        let Sizes { batch, steps, .. } = self.sizes;
        let places = (0..steps).flat_map(|step| (0..batch).map(move |row| (row, step)));
        let skips: Vec<f32> = places
            .map(|(row, step)| f32::from(self.skips(row, step)))
            .collect();
        gpu.upload(&skips).map(Some)
    }

    /// A buffer for the states of all steps, the first of which is given.
    fn states(&self, gpu: &Gpu, first: &Buffer) -> Result<Buffer> {
        let of_step = self.sizes.batch * self.sizes.units;
        let mut states = gpu.unwritten((self.sizes.steps + 1) * of_step)?;
        put(gpu, &mut states, first, 0)?;
        Ok(states)
    }
}

fn put(gpu: &Gpu, to: &mut Buffer, from: &Buffer, start: usize) -> Result<()> {
    let count = from.len();
    let arguments = [
        Argument::Write(to),
        Argument::Read(from),
        Argument::Size(start),
        Argument::Size(count),
    ];
    gpu.launch(&KERNELS, "put", Threads::each(count), arguments)
}

fn take_part(gpu: &Gpu, to: &mut Buffer, from: &Buffer, start: usize, fresh: bool) -> Result<()> {
    let count = to.len();
    let arguments = [
        Argument::Write(to),
        Argument::Read(from),
        Argument::Size(start),
        Argument::Size(count),
        Argument::flag(fresh),
    ];
    gpu.launch(&KERNELS, "take_part", Threads::each(count), arguments)
}

impl<C: Cell> GpuOp for Sequence<C> {
    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let Sizes {
            batch,
            steps,
            features,
            units,
        } = self.sizes;
        let (of_step, width) = (batch * units, self.cell.gates() * units);
        let kernel = self.cell.gpu_kernel();
        let mut x = gpu.unwritten(steps * batch * features)?;
        let arguments = [
            Argument::Write(&mut x),
            Argument::Read(inputs[0]),
            Argument::Size(batch),
            Argument::Size(steps),
            Argument::Size(features),
            Argument::flag(self.go_backwards),
        ];
        let threads = Threads::each(steps * batch * features);
        gpu.launch(&KERNELS, "to_steps", threads, arguments)?;
        let mut gates = gpu.unwritten(steps * batch * width)?;
        let of_input = Product {
            a: Factor::new(&x),
            b: Factor::new(inputs[1]),
            sizes: [steps * batch, features, width],
            adds: false,
        };
        gpu.multiply(of_input, &mut gates, Target::ONE)?;
        let keeps_products = self.cell.bias_rows() > 1;
        let mut all = Steps {
            recurrent: match keeps_products {
                true => Some(gpu.unwritten(steps * batch * width)?),
                false => None,
            },
            reset: match self.cell.resets_output() {
                true => Some(gpu.unwritten(steps * of_step)?),
                false => None,
            },
            output: self.states(gpu, inputs[3])?,
            carry: match self.cell.states() {
                1 => None,
                _ => Some(self.states(gpu, inputs[4])?),
            },
            skips: self.skips_on(gpu)?,
            x,
            gates,
        };
        let bias = inputs.get(3 + self.cell.states()).copied();
        if self.is_narrow() {
            let words = self.words(gpu, &all, bias, 0, None);
            self.all_steps(gpu, &format!("{kernel}_steps"), &words, inputs[2])?;
        }
        let single_steps = if self.is_narrow() { 0 } else { steps };
        for step in 0..single_steps {
            if self.cell.resets_output() {
                self.reset_step(gpu, &mut all, inputs[2], bias, step)?;
                continue;
            }
            let product = Product {
                a: Factor {
                    start: step * of_step,
                    ..Factor::new(&all.output)
                },
                b: Factor::new(inputs[2]),
                sizes: [batch, units, width],
                adds: !keeps_products,
            };
            let target = Target {
                start: step * batch * width,
                ..Target::ONE
            };
            let to = all.recurrent.as_mut().unwrap_or(&mut all.gates);
            gpu.multiply(product, to, target)?;
            self.cell(gpu, kernel, &all, bias, step, None)?;
        }
        let count = batch * units * if self.return_sequences { steps } else { 1 };
        let states = [Some(&all.output), all.carry.as_ref()];
        let has_states = output.len() > count;
        let arguments = [
            Argument::Write(output),
            Argument::Read(&all.output),
            Argument::Maybe(all.skips.as_ref()),
            Argument::Size(batch),
            Argument::Size(steps),
            Argument::Size(units),
            Argument::flag(self.return_sequences),
            Argument::flag(self.zero_output_for_mask),
        ];
        gpu.launch(&KERNELS, "result", Threads::each(count), arguments)?;
        for (i, states) in states.into_iter().flatten().enumerate() {
            if has_states {
                let mut last = gpu.unwritten(of_step)?;
                take_part(gpu, &mut last, states, steps * of_step, true)?;
                put(gpu, output, &last, count + i * of_step)?;
            }
        }
        self.on_gpu = Some(all);
        Ok(())
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let Some(all) = self.on_gpu.take() else {
            return Ok(());
        };
        let GpuBackpass {
            inputs,
            gradient,
            wanted,
            ..
        } = at;
        let Sizes {
            batch,
            steps,
            units,
            ..
        } = self.sizes;
        let (of_step, width) = (batch * units, self.cell.gates() * units);
        let count = of_step * if self.return_sequences { steps } else { 1 };
        let of_state = |state: usize| -> Result<Buffer> {
            if gradient.len() == count {
                return gpu.zeros(of_step);
            }
            let mut given = gpu.unwritten(of_step)?;
            take_part(gpu, &mut given, gradient, count + state * of_step, true)?;
            Ok(given)
        };
        let mut of_output = of_state(0)?;
        let of_carry = match self.cell.states() {
            1 => None,
            _ => Some(of_state(1)?),
        };
        let mut through = gpu.unwritten(of_step)?;
        let mut of_reset = match self.cell.resets_output() {
            true => Some(gpu.unwritten(of_step)?),
            false => None,
        };
        let kernel = self.cell.gpu_kernel();
        if self.is_narrow() {
            let back = Back {
                of_output: &of_output,
                through: &through,
                of_carry: of_carry.as_ref(),
                of_result: gradient,
                of_reset: None,
            };
            let words = self.words(gpu, &all, None, 0, Some(back));
            self.all_steps(gpu, &format!("{kernel}_steps_back"), &words, inputs[2])?;
            std::mem::swap(&mut of_output, &mut through);
        }
        let kernel = format!("{kernel}_back");
        let single_steps = if self.is_narrow() { 0 } else { steps };
        for step in (0..single_steps).rev() {
            if let Some(of_reset) = &mut of_reset {
                let of = [&of_output, &*gradient];
                self.reset_step_back(gpu, &all, inputs[2], of, [&mut through, of_reset], step)?;
                std::mem::swap(&mut of_output, &mut through);
                continue;
            }
            let back = Back {
                of_output: &of_output,
                through: &through,
                of_carry: of_carry.as_ref(),
                of_result: gradient,
                of_reset: None,
            };
            self.cell(gpu, &kernel, &all, None, step, Some(back))?;
            let product = Product {
                a: Factor {
                    start: step * batch * width,
                    ..Factor::new(all.recurrent.as_ref().unwrap_or(&all.gates))
                },
                b: Factor::new(inputs[2]).turned(),
                sizes: [batch, width, units],
                adds: true,
            };
            gpu.multiply(product, &mut through, Target::ONE)?;
            std::mem::swap(&mut of_output, &mut through);
        }
        let of_states = [Some(of_output), of_carry].into_iter().flatten();
        for (wanted, of_state) in wanted[3..].iter_mut().zip(of_states) {
            if let Some(wanted) = wanted {
                take_part(gpu, &mut wanted.values, &of_state, 0, wanted.fresh)?;
            }
        }
        self.give_weights(gpu, &all, wanted)?;
        match &mut wanted[0] {
            Some(x) => self.give_input(gpu, &all, inputs[1], x),
            None => Ok(()),
        }
    }
}

/// Steps whose last gate sees the output before after another gate has reset it: two products each.
impl<C: Cell> Sequence<C> {
    fn reset_step(
        &self,
        gpu: &Gpu,
        all: &mut Steps,
        kernel: &Buffer,
        bias: Option<&Buffer>,
        step: usize,
    ) -> Result<()> {
        self.add_recurrent(gpu, all, kernel, step, false)?;
        self.cell(gpu, "gru_reset", all, bias, step, None)?;
        self.add_recurrent(gpu, all, kernel, step, true)?;
        self.cell(gpu, self.cell.gpu_kernel(), all, bias, step, None)
    }

    /// Adds the products of the output before to the gates that see it, or of what was reset to the
    /// last one.
    fn add_recurrent(
        &self,
        gpu: &Gpu,
        all: &mut Steps,
        kernel: &Buffer,
        step: usize,
        was_reset: bool,
    ) -> Result<()> {
        let Sizes { batch, units, .. } = self.sizes;
        let width = self.cell.gates() * units;
        let (from, columns) = match (was_reset, &all.reset) {
            (true, Some(reset)) => (reset, width - units..width),
            _ => (&all.output, 0..width - units),
        };
        let product = Product {
            a: Factor {
                start: step * batch * units,
                ..Factor::new(from)
            },
            b: Factor {
                start: columns.start,
                row_step: width,
                ..Factor::new(kernel)
            },
            sizes: [batch, units, columns.len()],
            adds: true,
        };
        let target = Target {
            start: step * batch * width + columns.start,
            row_step: width,
            ..Target::ONE
        };
        gpu.multiply(product, &mut all.gates, target)
    }

    fn reset_step_back(
        &self,
        gpu: &Gpu,
        all: &Steps,
        kernel: &Buffer,
        [of_output, of_result]: [&Buffer; 2],
        [through, of_reset]: [&mut Buffer; 2],
        step: usize,
    ) -> Result<()> {
        let Sizes { batch, units, .. } = self.sizes;
        let width = self.cell.gates() * units;
        // From these gates to what they saw.
        let turned = |columns: std::ops::Range<usize>, adds: bool| Product {
            a: Factor {
                start: step * batch * width + columns.start,
                row_step: width,
                ..Factor::new(&all.gates)
            },
            b: Factor {
                start: columns.start,
                row_step: width,
                ..Factor::new(kernel).turned()
            },
            sizes: [batch, columns.len(), units],
            adds,
        };
        let start = |kernel: &str, through: &Buffer, of_reset: &Buffer| {
            let back = Back {
                of_output,
                through,
                of_carry: None,
                of_result,
                of_reset: Some(of_reset),
            };
            self.cell(gpu, kernel, all, None, step, Some(back))
        };
        start("gru_of_reset_back", through, of_reset)?;
        gpu.multiply(turned(width - units..width, false), of_reset, Target::ONE)?;
        start("gru_reset_back", through, of_reset)?;
        gpu.multiply(turned(0..width - units, true), through, Target::ONE)
    }
}

impl<C: Cell> Sequence<C> {
    /// The gradients of the kernels and the bias, from those of all gates.
    fn give_weights(&self, gpu: &Gpu, all: &Steps, wanted: &mut [Option<GpuWanted>]) -> Result<()> {
        let Sizes {
            batch,
            steps,
            features,
            units,
        } = self.sizes;
        let (rows, width) = (steps * batch, self.cell.gates() * units);
        let recurrent = all.recurrent.as_ref().unwrap_or(&all.gates);
        // The gates that see the output as it is, and the last one, where it sees it reset.
        let (of_output, of_reset) = match &all.reset {
            None => (width, None),
            Some(reset) => (
                width - units,
                Some((2, reset, units, recurrent, width - units..width)),
            ),
        };
        let parts = [
            (1, &all.x, features, &all.gates, 0..width),
            (2, &all.output, units, recurrent, 0..of_output),
        ];
        for (weight, before, inner, gates, columns) in parts.into_iter().chain(of_reset) {
            let Some(wanted) = &mut wanted[weight] else {
                continue;
            };
            let product = Product {
                a: Factor::new(before).turned(),
                b: Factor {
                    start: columns.start,
                    row_step: width,
                    ..Factor::new(gates)
                },
                sizes: [inner, rows, columns.len()],
                adds: !wanted.fresh,
            };
            let target = Target {
                start: columns.start,
                row_step: width,
                ..Target::ONE
            };
            gpu.multiply(product, &mut wanted.values, target)?;
        }
        let Some(Some(bias)) = wanted.get_mut(3 + self.cell.states()) else {
            return Ok(());
        };
        if all.recurrent.is_none() {
            return sum_columns(gpu, &all.gates, bias);
        }
        // The bias of the input, then that of the recurrent products.
        let mut both = gpu.unwritten(2 * width)?;
        let mut sums = fresh(gpu, width)?;
        for (i, gates) in [&all.gates, recurrent].into_iter().enumerate() {
            sum_columns(gpu, gates, &mut sums)?;
            put(gpu, &mut both, &sums.values, i * width)?;
        }
        take_part(gpu, &mut bias.values, &both, 0, bias.fresh)
    }

    /// The gradient of the sequences.
    fn give_input(
        &self,
        gpu: &Gpu,
        all: &Steps,
        kernel: &Buffer,
        to: &mut GpuWanted,
    ) -> Result<()> {
        let Sizes {
            batch,
            steps,
            features,
            units,
        } = self.sizes;
        let count = steps * batch * features;
        let mut by_step = gpu.unwritten(count)?;
        let product = Product {
            a: Factor::new(&all.gates),
            b: Factor::new(kernel).turned(),
            sizes: [steps * batch, self.cell.gates() * units, features],
            adds: false,
        };
        gpu.multiply(product, &mut by_step, Target::ONE)?;
        let arguments = [
            Argument::Write(&mut to.values),
            Argument::Read(&by_step),
            Argument::Size(batch),
            Argument::Size(steps),
            Argument::Size(features),
            Argument::flag(self.go_backwards),
            Argument::flag(to.fresh),
        ];
        gpu.launch(&KERNELS, "from_steps", Threads::each(count), arguments)
    }
}
