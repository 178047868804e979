//! Lets shared libraries that cells load find this program's `pthread_create` before the C
//! library's (see `session/threads.rs`).

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").as_deref() == Ok("linux") {
        println!("cargo:rustc-link-arg-bins=-Wl,--export-dynamic-symbol=pthread_create");
    }
}
