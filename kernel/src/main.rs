//! The `kerust` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = kerust_kernel::session::tools::stand_in() {
        return code;
    }
    // This program is also the process that runs the cells, and then does nothing else.
    kerust_kernel::session::child::set_up();
    evcxr::runtime_hook();
    kerust_kernel::environment::forget_cargo();
    kerust_kernel::cli::main()
}
