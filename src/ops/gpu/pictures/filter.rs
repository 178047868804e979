//! Pictures that become blurred or sharp, on the GPU.

use super::{ChangeOnGpu, Pictures, word};
use crate::Result;
use crate::device::{Argument, Buffer, Gpu, Source, Threads};
use crate::ops::pictures::Filtered;
use crate::tensor::bridge::GpuWanted;

const KERNELS: Source = Source {
    name: "filter",
    text: concat!(include_str!("exact.cuh"), include_str!("filter.cu")),
};

impl Filtered {
    /// The filters as `filter.cu` reads them: five numbers for each picture, then weights.
    fn filters_on(&self, gpu: &Gpu) -> Result<Buffer> {
        let mut settings: Vec<f32> = Vec::with_capacity(5 * self.filters.len());
        let mut weights: Vec<f32> = Vec::new();
        // Pictures that are filtered the same way are often neighbors.
        let mut last = None;
        for filter in &self.filters {
            settings.push(filter.kept);
            let Some(around) = &filter.around else {
                settings.extend([0.0; 4]);
                continue;
            };
            let start = match last {
                Some((same, start)) if same == around => start,
                _ => {
                    let start = 5 * self.filters.len() + weights.len();
                    weights.extend(around.0.iter().chain(&around.1));
                    start
                }
            };
            last = Some((around, start));
            let (rows, columns) = (around.0.len(), around.1.len());
            for number in [start, rows, start + rows, columns] {
                settings.push(word(number)?);
            }
        }
        settings.extend(weights);
        gpu.upload(&settings)
    }

    /// The weighted sums of the rows above and below.
    fn along_columns_on(&self, gpu: &Gpu, old: Pictures<'_>, filters: &Buffer) -> Result<Buffer> {
        let count = old.values.len();
        let mut sums = gpu.unwritten(count)?;
        let [height, width, channels] = self.sizes;
        let arguments = [
            Argument::Write(&mut sums),
            Argument::Read(old.values),
            Argument::Read(filters),
            Argument::Size(height),
            Argument::Size(width * channels),
            Argument::Size(count),
        ];
        gpu.launch(&KERNELS, "along_columns", Threads::each(count), arguments)?;
        Ok(sums)
    }

    /// Starts a kernel that goes on along the rows, from `sums` to `to`.
    fn along_rows_on(
        &self,
        gpu: &Gpu,
        kernel: &str,
        to: &mut Buffer,
        old: Pictures<'_>,
        [sums, filters]: [&Buffer; 2],
    ) -> Result<()> {
        let ([height, width, channels], count) = (self.sizes, to.len());
        let arguments = [
            Argument::Write(to),
            Argument::Read(old.values),
            Argument::Read(sums),
            Argument::Read(filters),
            Argument::Size(height),
            Argument::Size(width),
            Argument::Size(channels),
            Argument::Number(self.range.low),
            Argument::Number(self.range.high),
            Argument::Size(count),
        ];
        gpu.launch(&KERNELS, kernel, Threads::each(count), arguments)
    }
}

impl ChangeOnGpu for Filtered {
    fn change_on(&self, gpu: &Gpu, old: Pictures<'_>, new: &mut Buffer) -> Result<()> {
        let filters = self.filters_on(gpu)?;
        let sums = self.along_columns_on(gpu, old, &filters)?;
        self.along_rows_on(gpu, "filter", new, old, [&sums, &filters])
    }

    fn change_back_on(
        &self,
        gpu: &Gpu,
        old: Pictures<'_>,
        gradient: &mut Buffer,
        back: &mut GpuWanted,
    ) -> Result<()> {
        let filters = self.filters_on(gpu)?;
        let sums = self.along_columns_on(gpu, old, &filters)?;
        self.along_rows_on(gpu, "cut_off", gradient, old, [&sums, &filters])?;
        let ([height, width, channels], count) = (self.sizes, gradient.len());
        // The weights are the same from both ends, so what goes forward goes back just so.
        let gradient = Pictures {
            values: gradient,
            each: old.each,
        };
        let sums = self.along_columns_on(gpu, gradient, &filters)?;
        let arguments = [
            Argument::Write(&mut back.values),
            Argument::Read(gradient.values),
            Argument::Read(&sums),
            Argument::Read(&filters),
            Argument::Size(height),
            Argument::Size(width),
            Argument::Size(channels),
            Argument::Size(count),
            Argument::flag(back.fresh),
        ];
        gpu.launch(&KERNELS, "filter_back", Threads::each(count), arguments)
    }
}
