//! The `kerust` command.
fn main() {
    evcxr::runtime_hook();
}
