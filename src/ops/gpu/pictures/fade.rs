//! Pictures that lose their colors, on the GPU.

use super::each::{ChangesEach, Each};
use crate::device::Source;
use crate::ops::pictures::Fade;

const KERNELS: Source = Source {
    name: "fade",
    text: concat!(include_str!("exact.cuh"), include_str!("fade.cu")),
};

impl ChangesEach for Fade {
    fn kernel(&self) -> Each {
        let (name, numbers) = match self.channels {
            3 => ("fade", 3),
            _ => ("keep", 1),
        };
        Each {
            source: &KERNELS,
            name,
            numbers,
            settings: self.shares.clone(),
            range: self.range,
        }
    }
}
