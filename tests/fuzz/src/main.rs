//! Writes the files that fuzzing begins with: `seeds CORPUS`, a folder for each target in it.

use std::path::Path;

fn main() {
    let corpus = std::env::args().nth(1).expect("the folder of the corpus");
    for (reader, _) in kerust_fuzz::readers::READERS {
        let seeds = kerust_fuzz::seeds::seeds(reader).expect("the files can be made");
        write(Path::new(&corpus), reader, &seeds);
    }
    #[cfg(feature = "kernel")]
    for (reader, _) in kerust_fuzz::kernel_readers::READERS {
        write(
            Path::new(&corpus),
            reader,
            &kerust_fuzz::kernel_readers::seeds(reader),
        );
    }
}

fn write(corpus: &Path, reader: &str, seeds: &[Vec<u8>]) {
    let folder = corpus.join(reader);
    std::fs::create_dir_all(&folder).expect("the corpus can be written");
    for (number, seed) in seeds.iter().enumerate() {
        std::fs::write(folder.join(format!("seed-{number}")), seed).expect("a file");
    }
}
