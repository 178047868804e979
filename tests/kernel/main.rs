//! Tests of the kernel: its parts, and a real one over ZeroMQ.
#![allow(clippy::unwrap_used)]

mod analysis;
mod checkpoint;
mod clients;
mod commands;
mod conformance;
mod damage;
mod datasets;
mod doctor;
mod executed;
mod faults;
mod fuzz;
mod gpu;
mod interrupts;
mod lab;
mod lessons;
mod live;
mod messages;
mod notebooks;
mod output;
mod own_data;
mod parser;
mod python;
mod saved_models;
mod support;
mod tools;
mod training;
mod traps;
mod tutorial;
mod units;
