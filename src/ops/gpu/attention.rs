//! Attention on the GPU, but for its products: those are `products.rs`.

use super::normalization::fresh;
use super::optional;
use super::reduction::sum_columns;
use super::teams::teams;
use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Table, Threads};
use crate::ops::attention::{Additive, Attend};
use crate::tensor::bridge::{GpuBackpass, GpuOp, Reals};

const KERNELS: Source = Source {
    name: "attention",
    text: concat!(
        include_str!("places.cuh"),
        include_str!("teams.cuh"),
        include_str!("attention.cu")
    ),
};

impl Attend {
    /// The mask, if there is one, and its layout.
    fn mask_and_layout<'a>(&self, inputs: &[&'a Buffer]) -> Result<[Argument<'a>; 2]> {
        let layout = match &self.mask {
            Some(layout) => layout.table()?,
            None => Table([0; Table::LENGTH]),
        };
        let mask = Argument::Maybe(inputs.get(1).copied());
        Ok([mask, Argument::Table(layout)])
    }

    fn window<'a>(&self) -> Argument<'a> {
        Argument::Size(self.rules.window.unwrap_or(usize::MAX))
    }
}

impl GpuOp for Attend {
    fn reals(&self) -> Reals {
        Reals::OUTPUT
    }

    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let rows = output.len() / self.keys;
        let (threads, team) = teams(rows, self.keys, 1);
        let [mask, layout] = self.mask_and_layout(inputs)?;
        let arguments = [
            Argument::WriteReal(output),
            Argument::Read(inputs[0]),
            mask,
            layout,
            Argument::Number(self.rules.scale),
            Argument::flag(self.rules.is_causal),
            self.window(),
            Argument::flag(self.rules.zero_when_blind),
            Argument::Size(self.queries),
            Argument::Size(rows),
            Argument::Size(self.keys),
            Argument::Word(team),
        ];
        gpu.launch(&KERNELS, "attend", threads, arguments)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let Some(wanted) = &mut at.wanted[0] else {
            return Ok(());
        };
        let rows = at.output.len() / self.keys;
        let (threads, team) = teams(rows, self.keys, 1);
        let [mask, layout] = self.mask_and_layout(at.inputs)?;
        let arguments = [
            Argument::Write(&mut wanted.values),
            Argument::ReadReal(at.gradient),
            Argument::ReadReal(at.output),
            mask,
            layout,
            Argument::Number(self.rules.scale),
            Argument::flag(self.rules.is_causal),
            self.window(),
            Argument::Size(self.queries),
            Argument::Size(rows),
            Argument::Size(self.keys),
            Argument::Word(team),
            Argument::flag(wanted.fresh),
        ];
        gpu.launch(&KERNELS, "attend_slope", threads, arguments)
    }
}

impl GpuOp for Additive {
    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let rows = output.len();
        let (threads, team) = teams(rows, self.width, 1);
        let arguments = [
            Argument::Write(output),
            Argument::Read(inputs[0]),
            Argument::Read(inputs[1]),
            Argument::Maybe(inputs.get(2).copied()),
            Argument::Size(self.queries),
            Argument::Size(self.keys),
            Argument::Size(rows),
            Argument::Size(self.width),
            Argument::Word(team),
        ];
        gpu.launch(&KERNELS, "additive", threads, arguments)
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let (gradient, query, key) = (&*at.gradient, at.inputs[0], at.inputs[1]);
        let inputs = || {
            let scale = Argument::Maybe(at.inputs.get(2).copied());
            [Argument::Read(query), Argument::Read(key), scale]
        };
        let sizes = || [self.queries, self.keys, self.width].map(Argument::Size);
        let (of_query, others) = at.wanted.split_at_mut(1);
        let (of_key, of_scale) = others.split_at_mut(1);
        let of_scale = of_scale.first_mut().and_then(Option::as_mut);
        if let Some(wanted) = &mut of_key[0] {
            let (count, [query, key, scale]) = (key.len(), inputs());
            let [queries, keys, width] = sizes();
            let arguments = [
                Argument::Write(&mut wanted.values),
                Argument::Read(gradient),
                query,
                key,
                scale,
                queries,
                keys,
                width,
                Argument::Size(count),
                Argument::flag(wanted.fresh),
            ];
            let name = "additive_key_slope";
            gpu.launch(&KERNELS, name, Threads::each(count), arguments)?;
        }
        if of_query[0].is_none() && of_scale.is_none() {
            return Ok(());
        }
        let count = query.len();
        let parts = of_scale.is_some().then(|| fresh(gpu, count));
        let mut parts = parts.transpose()?;
        let [to, is_fresh] = optional(of_query[0].as_mut());
        let ([to_parts, _], [query, key, scale]) = (optional(parts.as_mut()), inputs());
        let [queries, keys, width] = sizes();
        let arguments = [
            to,
            is_fresh,
            to_parts,
            Argument::Read(gradient),
            query,
            key,
            scale,
            queries,
            keys,
            width,
            Argument::Size(count),
        ];
        let name = "additive_query_slope";
        gpu.launch(&KERNELS, name, Threads::each(count), arguments)?;
        match (parts, of_scale) {
            (Some(parts), Some(scale)) => sum_columns(gpu, &parts.values, scale),
            _ => Ok(()),
        }
    }
}
