//! Data sets: downloading, unpacking, the cache, CIFAR-10's layout, and the drawn stand-in.

#![allow(clippy::unwrap_used)] // A panic is how a test fails.

mod archive;
mod cache;
mod cifar10;
mod download;
mod server;
mod stand_in;
