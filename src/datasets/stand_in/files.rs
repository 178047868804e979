//! Writing the files of a stand-in: whole, or not under their own names.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::{Error, Result};

pub(super) fn cannot(folder: &Path, error: &io::Error) -> Error {
    Error::io(
        format!("cannot write a stand-in into `{}`", folder.display()),
        error,
    )
    .remedy("free disk space, or set `KERUST_HOME` to a folder that can be written")
}

/// Lets `fill` write a file under another name first.
pub(super) fn write(
    folder: &Path,
    name: &str,
    fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<()> {
    let unfinished = folder.join(format!("{name}.part"));
    let written = || -> io::Result<()> {
        let mut file = BufWriter::new(File::create(&unfinished)?);
        fill(&mut file)?;
        file.into_inner()?.sync_all()?;
        fs::rename(&unfinished, folder.join(name))
    };
    written().map_err(|error| cannot(folder, &error))
}

/// A file of these bytes.
pub(super) fn write_bytes(folder: &Path, name: &str, bytes: &[u8]) -> Result<()> {
    write(folder, name, |file| file.write_all(bytes))
}
