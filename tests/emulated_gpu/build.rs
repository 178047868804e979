//! Builds the libraries of this folder; for the tests of the library and of the kernel.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The folder of the libraries, which are built once.
pub(crate) fn libraries() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("emulated_gpu");
        std::fs::create_dir_all(&folder).expect("a folder for the libraries");
        for (source, library) in [
            ("driver.cpp", "libcuda.so.1"),
            ("nvrtc.cpp", "libnvrtc.so.12"),
            ("cublas.cpp", "libcublas.so.12"),
            ("cudnn.cpp", "libcudnn.so.9"),
            ("nvml.cpp", "libnvidia-ml.so.1"),
        ] {
            // Another process may build them, too.
            let draft = folder.join(format!("{library}.{}", std::process::id()));
            let compiler = std::env::var("CXX").unwrap_or_else(|_| "c++".to_string());
            let output = Command::new(compiler)
                .args(["-std=c++17", "-O2", "-shared", "-fPIC", "-o"])
                .arg(&draft)
                .arg(sources().join(source))
                .arg("-ldl")
                .output()
                .expect("a C++ compiler");
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{source}: {errors}");
            std::fs::rename(draft, folder.join(library)).expect("a library in its place");
            // So it is found before a real one that has no version in its name.
            let (name, _) = library.split_once(".so").expect("a library");
            let _ = std::os::unix::fs::symlink(library, folder.join(format!("{name}.so")));
        }
        folder
    })
}

fn sources() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package
        .ancestors()
        .find(|folder| folder.join("tests/emulated_gpu").exists());
    root.expect("the repository").join("tests/emulated_gpu")
}

/// Lets a program find the emulated GPU; or, with `KERUST_TEST_REAL_GPU`, the one of the machine.
pub(crate) fn with_emulated_gpu(command: &mut Command) -> &mut Command {
    if std::env::var_os("KERUST_TEST_REAL_GPU").is_some() {
        return command.env("KERUST_DEVICE", "cuda:0");
    }
    let others = std::env::var("LD_LIBRARY_PATH").unwrap_or_default();
    // What is compiled for it is kept apart from what a real GPU would find.
    let home = libraries().join(format!("home-{}", std::process::id()));
    command
        .env("KERUST_HOME", home)
        .env(
            "LD_LIBRARY_PATH",
            format!("{}:{others}", libraries().display()),
        )
        .env("EMULATED_GPU_HEADER", sources().join("kernel.h"))
        .env("KERUST_DEVICE", "cuda:0")
}
