//! The stock kernel, built from the same evcxr as ours, so that tests can run notebooks under it.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    Ok(evcxr_jupyter::main()?)
}
