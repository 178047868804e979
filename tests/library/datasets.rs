//! Data sets: downloading, unpacking, the cache, the official formats, and the stand-ins.

#![allow(clippy::unwrap_used)] // A panic is how a test fails.

mod archive;
mod cache;
mod child;
mod cifar10;
mod download;
mod hostile;
mod interrupted;
mod learnable;
mod prepared;
mod real_mnist;
mod server;
mod stand_in;
