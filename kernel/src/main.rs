//! The `kerust` command.

use std::process::ExitCode;

use kerust_kernel::allocator::Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

/// Bytes of the stack of the thread that does everything; only what is used takes memory.
const STACK: usize = 512 << 20;

fn main() -> ExitCode {
    if let Some(code) = kerust_kernel::session::tools::stand_in() {
        return code;
    }
    // This program is also the process that runs the cells, and then does nothing else.
    kerust_kernel::session::child::set_up();
    evcxr::runtime_hook();
    kerust_kernel::environment::forget_cargo();
    // Parsing recurses as deep as a cell is nested, whoever wrote it.
    let worker = std::thread::Builder::new()
        .name("kerust-main".to_owned())
        .stack_size(STACK)
        .spawn(kerust_kernel::cli::main);
    match worker.map(std::thread::JoinHandle::join) {
        Ok(Ok(code)) => code,
        Ok(Err(_)) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("kerust: no thread can be started: {error}");
            ExitCode::FAILURE
        }
    }
}
