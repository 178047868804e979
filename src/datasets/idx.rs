//! The idx format of MNIST's authors: a magic number, sizes, bytes; compressed or not.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use crate::{Error, Result};

/// The most bytes that are read: ten times those of MNIST.
const MOST: usize = 500_000_000;

/// The bytes of an idx file with `rank` sizes, and those sizes.
pub(super) fn read(path: &Path, rank: usize) -> Result<(Vec<usize>, Vec<u8>)> {
    read_all(path, rank).map_err(|error| {
        error
            .at(format!("file `{}`", path.display()))
            .remedy("copy or download it again")
    })
}

fn read_all(path: &Path, rank: usize) -> Result<(Vec<usize>, Vec<u8>)> {
    let damaged =
        |error: std::io::Error| Error::data(format!("it is truncated or corrupted ({error})"));
    let open = || File::open(path).map_err(|error| Error::io("cannot open it", error));
    let mut start = Vec::new();
    open()?.take(2).read_to_end(&mut start).map_err(damaged)?;
    let file = BufReader::new(open()?);
    let mut file: Box<dyn Read> = match start == [0x1f, 0x8b] {
        true => Box::new(MultiGzDecoder::new(file)),
        false => Box::new(file),
    };
    let mut head = [0; 4];
    file.read_exact(&mut head).map_err(damaged)?;
    // Two zeros, the type (8: bytes), and how many sizes follow.
    if head != [0, 0, 8, rank as u8] {
        return Err(Error::data(format!(
            "it begins with {head:?}, expected [0, 0, 8, {rank}]: it is no idx file of bytes with \
             {rank} axes"
        )));
    }
    let mut sizes = Vec::with_capacity(rank);
    for _ in 0..rank {
        let mut size = [0; 4];
        file.read_exact(&mut size).map_err(damaged)?;
        sizes.push(u32::from_be_bytes(size) as usize);
    }
    let total = sizes
        .iter()
        .try_fold(1usize, |all, size| all.checked_mul(*size));
    let total = total.filter(|total| *total <= MOST).ok_or_else(|| {
        Error::data(format!(
            "it says that it holds {sizes:?} bytes, more than {MOST} in all"
        ))
    })?;
    let mut bytes = Vec::new();
    // One byte more than announced, to tell a whole file from one that goes on. Reading to the end
    // checks the checksum, too.
    let mut limited = file.take(total as u64 + 1);
    limited.read_to_end(&mut bytes).map_err(damaged)?;
    if bytes.len() != total {
        let given = match bytes.len() > total {
            true => "more".to_owned(),
            false => bytes.len().to_string(),
        };
        return Err(Error::data(format!(
            "it says that it holds {total} bytes, and has {given}"
        )));
    }
    Ok((sizes, bytes))
}
