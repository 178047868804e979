//! Tests of the kernel: its parts, and a real one over ZeroMQ.
#![allow(clippy::unwrap_used)]

mod faults;
mod fuzz;
mod live;
mod notebooks;
mod parser;
mod python;
mod support;
mod training;
mod tutorial;
mod units;
