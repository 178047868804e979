//! Numbers that change each on their own, on the GPU.

use super::each::{ChangesEach, Each};
use super::{ChangeOnGpu, Pictures};
use crate::Result;
use crate::device::{Buffer, Gpu, Source};
use crate::ops::pictures::{Invert, Posterize, Solarize};

const KERNELS: Source = Source {
    name: "tones",
    text: concat!(include_str!("exact.cuh"), include_str!("tones.cu")),
};

impl ChangesEach for Solarize {
    fn kernel(&self) -> Each {
        let settings = self.additions.iter().zip(&self.thresholds);
        Each {
            source: &KERNELS,
            name: "solarize",
            numbers: 1,
            settings: settings
                .flat_map(|(addition, threshold)| [*addition, *threshold])
                .collect(),
            range: self.range,
        }
    }
}

impl ChangesEach for Invert {
    fn kernel(&self) -> Each {
        let inverted = self.inverted.iter();
        Each {
            source: &KERNELS,
            name: "invert",
            numbers: 1,
            settings: inverted.map(|inverted| f32::from(*inverted)).collect(),
            range: self.range,
        }
    }
}

impl ChangeOnGpu for Posterize {
    fn change_on(&self, gpu: &Gpu, old: Pictures<'_>, new: &mut Buffer) -> Result<()> {
        let masks = self.bits.iter().map(|bits| Self::mask(*bits) as f32);
        let kernel = Each {
            source: &KERNELS,
            name: "posterize",
            numbers: 1,
            settings: masks.collect(),
            range: self.range,
        };
        kernel.change(gpu, old, new)
    }
}
