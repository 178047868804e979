//! Training on more data than the process may have memory.

use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use kerust::prelude::*;

use crate::own_process;
use crate::training::{compile, quiet};

const MIB: usize = 1 << 20;
/// How much memory the process may ask for, from when training begins.
const ALLOWED: usize = 64 * MIB;
/// So many pictures of 256 by 256 pixels, uncompressed: 120 MiB.
const PICTURES: usize = 640;
const SIDE: u32 = 256;

/// A number of KiB that the system tells of this process, in bytes.
fn told(what: &str) -> Option<usize> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with(what))?;
    let kib: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib * 1024)
}

/// From now on, the process gets `bytes` more memory, and not more.
fn allow(bytes: usize) {
    let used = told("VmData:").expect("the system tells the memory");
    let most = (used + bytes) as libc::rlim_t;
    let limit = libc::rlimit {
        rlim_cur: most,
        rlim_max: most,
    };
    // SAFETY: the call reads the structure, which lives on, and nothing else.
    let set = unsafe { libc::setrlimit(libc::RLIMIT_DATA, &limit) };
    assert_eq!(set, 0, "the limit is taken");
}

/// Dark and bright pictures in two folders; how many bytes they have.
fn write_pictures(folder: &Path) -> usize {
    let mut bytes = 0;
    for (class, light) in [("bright", 200u8), ("dark", 40)] {
        fs::create_dir(folder.join(class)).expect("a folder");
        for i in 0..PICTURES / 2 {
            let shade = light + (i % 40) as u8;
            let picture =
                image::RgbImage::from_pixel(SIDE, SIDE, image::Rgb([shade, light, shade]));
            let path = folder.join(format!("{class}/{i:04}.bmp"));
            picture.save(&path).expect("a file");
            bytes += fs::metadata(&path).expect("a file").len() as usize;
        }
    }
    bytes
}

#[test]
#[cfg(target_os = "linux")]
fn more_pictures_than_memory_train_a_model() {
    let name = "data::larger_than_memory::more_pictures_than_memory_train_a_model";
    own_process::run(name, || {
        let run = || -> Result<()> {
            let folder = tempfile::tempdir().expect("a folder");
            let bytes = write_pictures(folder.path());
            assert!(bytes > ALLOWED, "{bytes} bytes would fit into the memory");
            let arguments = ImageDatasetFromDirectory {
                label_mode: "binary".into(),
                image_size: (64, 64),
                seed: Some(1),
                verbose: false,
                ..Default::default()
            };
            let train = image_dataset_from_directory(folder.path(), arguments)?;
            let mut model = Sequential::new();
            model.add(Rescaling::new(1.0 / 255.0).input_shape((64, 64, 3)))?;
            model.add(Conv2D::new(4, (3, 3)).activation("relu"))?;
            model.add(GlobalAveragePooling2D::new())?;
            model.add(Dense::new(1).activation("sigmoid"))?;
            model.compile(compile("adam", "binary_crossentropy", &["accuracy"]))?;

            let before = told("VmRSS:").expect("the system tells the memory");
            allow(ALLOWED);
            let curve = Arc::new(Mutex::new(Vec::new()));
            let watch = {
                let curve = Arc::clone(&curve);
                LambdaCallback::new().on_train_batch_end(move |batch, _| {
                    if batch % 5 == 4 {
                        let now = told("VmRSS:").unwrap_or(0);
                        curve.lock().expect("no panic").push(now / MIB);
                    }
                })
            };
            let fit = Fit {
                callbacks: vec![watch.into()],
                ..quiet(2)
            };
            let begun = Instant::now();
            model.fit_batches(&train, fit)?;
            let seconds = begun.elapsed().as_secs_f64();

            let peak = told("VmHWM:").expect("the system tells the memory");
            own_process::say(&format!(
                "{} MiB of pictures, two epochs, {:.0} MiB/s; memory {} MiB before, then {:?}, at \
                 most {}",
                bytes / MIB,
                2.0 * (bytes / MIB) as f64 / seconds,
                before / MIB,
                curve.lock().expect("no panic"),
                peak / MIB
            ));
            assert_eq!(curve.lock().expect("no panic").len(), 8);
            let grown = peak.saturating_sub(before);
            assert!(grown < ALLOWED, "{} MiB more than before", grown / MIB);
            Ok(())
        };
        run().expect("training works");
    });
}
