//! Each operation on its own, on the shapes of the workloads in `../compare`, forward and gradient
//! apart: `cargo bench -p kerust --bench operations [-- FILTER]`.

mod awake;
mod ceilings;
mod convolution;
mod dense;
mod elementwise;
mod embedding;
mod optimizer;
mod recurrent;
mod timing;

use kerust::Result;
use timing::Timing;

fn main() -> Result<()> {
    kerust::set_random_seed(1);
    let mut timing = Timing::new();
    dense::all(&mut timing)?;
    convolution::all(&mut timing)?;
    elementwise::all(&mut timing)?;
    recurrent::all(&mut timing)?;
    embedding::all(&mut timing)?;
    optimizer::all(&mut timing);
    timing.finish();
    Ok(())
}
