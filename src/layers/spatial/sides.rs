//! Numbers of cells before and after each axis.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

/// How many cells before and after each of `RANK` axes: one number for all sides, or for each axis
/// either one number or a pair.
///
/// `1`, `(1, 2)` (for a picture: top and bottom 1, left and right 2; for a sequence: 1 before, 2
/// after) or `((1, 0), (2, 3))`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sides<const RANK: usize>(pub [(usize, usize); RANK]);

impl<const RANK: usize> From<usize> for Sides<RANK> {
    fn from(all: usize) -> Self {
        Sides([(all, all); RANK])
    }
}

impl<const RANK: usize> From<[(usize, usize); RANK]> for Sides<RANK> {
    fn from(sides: [(usize, usize); RANK]) -> Self {
        Sides(sides)
    }
}

impl From<(usize, usize)> for Sides<1> {
    fn from(sides: (usize, usize)) -> Self {
        Sides([sides])
    }
}

impl From<(usize, usize)> for Sides<2> {
    fn from((height, width): (usize, usize)) -> Self {
        Sides([(height, height), (width, width)])
    }
}

impl From<((usize, usize), (usize, usize))> for Sides<2> {
    fn from((height, width): ((usize, usize), (usize, usize))) -> Self {
        Sides([height, width])
    }
}

impl From<(usize, usize, usize)> for Sides<3> {
    fn from((depth, height, width): (usize, usize, usize)) -> Self {
        Sides([(depth, depth), (height, height), (width, width)])
    }
}

impl From<((usize, usize), (usize, usize), (usize, usize))> for Sides<3> {
    fn from(sides: ((usize, usize), (usize, usize), (usize, usize))) -> Self {
        Sides(sides.into())
    }
}

impl<const RANK: usize> Serialize for Sides<RANK> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match RANK {
            1 => self.0[0].serialize(serializer),
            _ => self.0.as_slice().serialize(serializer),
        }
    }
}

impl<'de, const RANK: usize> Deserialize<'de> for Sides<RANK> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let written = Value::deserialize(from)?;
        let one = |value: &Value| value.as_u64().and_then(|n| usize::try_from(n).ok());
        let pair = |value: &Value| match value.as_array().map(Vec::as_slice) {
            Some([before, after]) => Some((one(before)?, one(after)?)),
            _ => one(value).map(|both| (both, both)),
        };
        let sides = match (&written, RANK) {
            (Value::Array(axes), 2..) => axes.iter().map(pair).collect::<Option<Vec<_>>>(),
            _ => pair(&written).map(|sides| vec![sides; RANK]),
        };
        let sides = sides.and_then(|sides| sides.try_into().ok());
        sides.map(Sides).ok_or_else(|| {
            serde::de::Error::custom(format!("expected the sides of {RANK} axes, got {written}"))
        })
    }
}
