//! The circle loss on the GPU: products of all pairs of a batch, and what follows from them.

use crate::Result;
use crate::device::{Argument, Buffer, Factor, Gpu, Product, Source, Target, Threads};
use crate::losses::circle::Pairs;
use crate::tensor::bridge::{GpuBackpass, GpuOp};

const KERNELS: Source = Source {
    name: "circle",
    text: include_str!("circle.cu"),
};

impl Pairs {
    fn cosines(&self, gpu: &Gpu, vectors: &Buffer) -> Result<Buffer> {
        let batch = self.labels.len();
        let mut cosines = gpu.unwritten(batch * batch)?;
        let product = Product {
            a: Factor::new(vectors),
            b: Factor::new(vectors).turned(),
            sizes: [batch, self.width, batch],
            adds: false,
        };
        gpu.multiply(product, &mut cosines, Target::ONE)?;
        Ok(cosines)
    }

    fn launch(
        &self,
        gpu: &Gpu,
        kernel: &str,
        to: &mut Buffer,
        gradient: Option<&Buffer>,
        cosines: &Buffer,
    ) -> Result<()> {
        let batch = self.labels.len();
        let threads = Threads::blocks(batch);
        let labels = gpu.upload(&self.labels)?;
        let arguments = [
            Argument::Write(to),
            Argument::Maybe(gradient),
            Argument::Read(cosines),
            Argument::Read(&labels),
            Argument::Word(batch as u32),
            Argument::Word(threads.threads),
            Argument::Number(self.loss.gamma),
            Argument::Number(self.loss.margin),
            Argument::flag(self.loss.remove_diagonal),
        ];
        gpu.launch(&KERNELS, kernel, threads, arguments)
    }
}

impl GpuOp for Pairs {
    fn forward(&mut self, gpu: &Gpu, inputs: &[&Buffer], output: &mut Buffer) -> Result<()> {
        let cosines = self.cosines(gpu, inputs[0])?;
        self.launch(gpu, "circle", output, None, &cosines)?;
        self.cosines = Some(cosines);
        Ok(())
    }

    fn backward(&mut self, gpu: &Gpu, at: GpuBackpass<'_>) -> Result<()> {
        let (Some(wanted), Some(cosines)) = (&mut at.wanted[0], &self.cosines) else {
            return Ok(());
        };
        let (batch, vectors) = (self.labels.len(), at.inputs[0]);
        let mut of_cosines = gpu.unwritten(batch * batch)?;
        self.launch(
            gpu,
            "circle_back",
            &mut of_cosines,
            Some(at.gradient),
            cosines,
        )?;
        // Each vector is on both sides.
        let sides = [Factor::new(&of_cosines), Factor::new(&of_cosines).turned()];
        for (i, side) in sides.into_iter().enumerate() {
            let product = Product {
                a: side,
                b: Factor::new(vectors),
                sizes: [batch, batch, self.width],
                adds: i > 0 || !wanted.fresh,
            };
            gpu.multiply(product, &mut wanted.values, Target::ONE)?;
        }
        Ok(())
    }
}
