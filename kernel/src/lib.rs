//! kerust's Jupyter kernel for Rust, on `evcxr` and `zmq`, and what goes with it: running
//! notebooks without Jupyter, registering the kernel, starting JupyterLab.
//!
//! * [`protocol`]: messages and their wire form.
//! * [`server`]: the thread that owns the sockets.
//! * [`analysis`]: the types of variables, completion and documentation.
//! * [`session`]: evcxr, the process that runs the cells, and the pipes between.
//! * [`source`]: a cell's code, parsed.
//! * [`run`]: a client of the kernel that executes notebooks.
//! * [`cli`]: the `kerust` command.

pub mod allocator;
pub mod analysis;
pub mod cli;
mod datasets;
mod doctor;
pub mod environment;
mod event_queue;
mod events;
mod folders;
mod install;
mod lab;
mod log;
mod model;
pub mod positions;
mod predict;
pub mod protocol;
pub mod run;
pub mod server;
pub mod session;
pub mod source;
mod text;
