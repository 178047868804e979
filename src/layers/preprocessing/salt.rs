//! The argument `salt` of layers that hash.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use siphasher::sip::SipHasher24;

use super::fingerprint;
use crate::{Error, Result, Setting};

/// A key for the hash, so that nobody can foresee which bins collide: two integers, or one that stands
/// for both.
///
/// Keras: the argument `salt`.
///
/// # Example
/// ```
/// use kerust::prelude::*;
/// let one = Hashing::new(1000).call_text(&["cat"])?;
/// let other = Hashing::new(1000).salt(133).call_text(&["cat"])?;
/// assert_ne!(one, other);
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Salt([i64; 2]);

impl From<i64> for Salt {
    fn from(salt: i64) -> Self {
        Salt([salt; 2])
    }
}

impl From<[i64; 2]> for Salt {
    fn from(salt: [i64; 2]) -> Self {
        Salt(salt)
    }
}

impl From<(i64, i64)> for Salt {
    fn from((first, second): (i64, i64)) -> Self {
        Salt([first, second])
    }
}

impl<'de> Deserialize<'de> for Salt {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected an integer or two of them")]
        enum Either {
            One(i64),
            Two([i64; 2]),
        }
        Ok(match Either::deserialize(from)? {
            Either::One(salt) => salt.into(),
            Either::Two(salt) => salt.into(),
        })
    }
}

/// The bucket of `bytes`, out of so many: by SipHash with a salt, by FarmHash without, as TensorFlow
/// does it.
pub(super) fn bucket(bytes: &[u8], buckets: usize, salt: Option<Salt>) -> i64 {
    let hash = match salt {
        Some(Salt([first, second])) => {
            SipHasher24::new_with_keys(first as u64, second as u64).hash(bytes)
        }
        None => fingerprint::fingerprint(bytes),
    };
    (hash % buckets.max(1) as u64) as i64
}

/// How [`IntegerLookup`](super::IntegerLookup) numbers integers that are not in the vocabulary.
///
/// Keras: the argument `oov_method`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OovMethod {
    /// By what is left when they are divided by the number of such numbers.
    #[default]
    Floormod,
    /// By their hash, which takes a [`Salt`].
    Farmhash,
}

impl FromStr for OovMethod {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "floormod" => Ok(Self::Floormod),
            "farmhash" => Ok(Self::Farmhash),
            _ => Err(Error::unknown_name(
                "oov_method",
                name,
                &["floormod", "farmhash"],
            )),
        }
    }
}

impl From<OovMethod> for Setting<OovMethod> {
    fn from(method: OovMethod) -> Self {
        Setting::value(method)
    }
}

impl Default for Setting<OovMethod> {
    fn default() -> Self {
        OovMethod::default().into()
    }
}
