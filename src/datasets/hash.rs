//! Hashes of files, written as Keras writes them: 64 hexadecimal digits are a SHA-256, 32 an MD5.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use md5::{Digest, Md5};
use sha2::Sha256;

use crate::{Error, Result};

/// How a file is hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// 32 hexadecimal digits.
    Md5,
    /// 64 hexadecimal digits.
    Sha256,
}

impl Algorithm {
    /// The algorithm that makes hashes as long as this one.
    ///
    /// Keras: `hash_algorithm="auto"` of `keras.utils.get_file`.
    ///
    /// # Example
    /// ```
    /// use kerust::datasets::hash::Algorithm;
    /// assert_eq!(Algorithm::of("bfafd718b763782e994055a2d397834f"), Algorithm::Md5);
    /// ```
    pub fn of(hash: &str) -> Algorithm {
        match hash.len() {
            64 => Algorithm::Sha256,
            _ => Algorithm::Md5,
        }
    }
}

impl std::fmt::Display for Algorithm {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Algorithm::Md5 => "MD5",
            Algorithm::Sha256 => "SHA-256",
        })
    }
}

/// A hash in the making.
#[derive(Clone)]
pub(super) enum Hasher {
    Md5(Md5),
    Sha256(Sha256),
}

impl Hasher {
    pub(super) fn new(algorithm: Algorithm) -> Hasher {
        match algorithm {
            Algorithm::Md5 => Hasher::Md5(Md5::new()),
            Algorithm::Sha256 => Hasher::Sha256(Sha256::new()),
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Hasher::Md5(hash) => hash.update(bytes),
            Hasher::Sha256(hash) => hash.update(bytes),
        }
    }

    /// Takes in all that is left of a file; gives how many bytes that was.
    pub(super) fn update_from(&mut self, file: &mut impl Read) -> std::io::Result<u64> {
        let mut buffer = vec![0; 1 << 16];
        let mut bytes = 0;
        loop {
            let count = file.read(&mut buffer)?;
            if count == 0 {
                return Ok(bytes);
            }
            self.update(&buffer[..count]);
            bytes += count as u64;
        }
    }

    /// The hexadecimal digits.
    pub(super) fn digits(&self) -> String {
        match self {
            Hasher::Md5(hash) => hex(&hash.clone().finalize()),
            Hasher::Sha256(hash) => hex(&hash.clone().finalize()),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hash of a file, in hexadecimal digits.
///
/// # Errors
/// When the file cannot be read.
///
/// # Example
/// ```
/// use kerust::datasets::hash::{Algorithm, of_file};
/// let folder = tempfile::tempdir().unwrap();
/// let file = folder.path().join("empty");
/// std::fs::write(&file, "").unwrap();
/// assert_eq!(of_file(&file, Algorithm::Md5)?, "d41d8cd98f00b204e9800998ecf8427e");
/// # Ok::<(), kerust::Error>(())
/// ```
pub fn of_file(path: &Path, algorithm: Algorithm) -> Result<String> {
    let mut hash = Hasher::new(algorithm);
    File::open(path)
        .and_then(|mut file| hash.update_from(&mut file))
        .map_err(|error| Error::io(format!("cannot read `{}`", path.display()), error))?;
    Ok(hash.digits())
}
