//! Colors that go around the color wheel, or become stronger or weaker, on the GPU.

use super::each::{ChangesEach, Each};
use crate::device::Source;
use crate::ops::pictures::{Saturate, Turn};

const KERNELS: Source = Source {
    name: "hue",
    text: concat!(include_str!("exact.cuh"), include_str!("hue.cu")),
};

impl ChangesEach for Turn {
    fn kernel(&self) -> Each {
        Each {
            source: &KERNELS,
            name: "turn",
            numbers: 3,
            settings: self.turns.iter().map(|turn| turn * 6.0).collect(),
            range: self.range,
        }
    }
}

impl ChangesEach for Saturate {
    fn kernel(&self) -> Each {
        Each {
            source: &KERNELS,
            name: "saturate",
            numbers: 3,
            settings: self.factors.clone(),
            range: self.range,
        }
    }
}
