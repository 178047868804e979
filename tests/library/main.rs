//! kerust as its users meet it: values of Keras, gradients, training, mistakes, real pictures.
//!
//! One binary, so that the library is linked once. `cargo test --release --test library golden`
//! runs one part of it.

mod applications;
mod augmentation;
mod bad_input;
mod callbacks;
mod cells;
mod contract;
mod data;
mod datasets;
mod export;
mod formula;
mod functional;
mod fuzz;
mod golden;
mod gpu;
mod gradients;
mod noise;
mod open_sizes;
mod own_data;
mod own_process;
mod preprocessing;
mod python;
mod question;
mod real_cifar10;
mod recurrent;
mod repository;
mod saving;
mod training;
mod tuner;
