//! `kerust datasets`: data sets fetched or drawn ahead of time.

use std::io;

use clap::{Subcommand, ValueEnum};

/// What to do with data sets.
#[derive(Subcommand, Debug)]
pub(crate) enum DatasetsCommand {
    /// Download a data set into kerust's data folder
    Get {
        /// Which one
        name: DatasetName,
    },
    /// List the data sets and where they are
    List,
    /// Draw a stand-in with the same layout as the real data set, for trying things out offline
    StandIn {
        /// Which one
        name: DatasetName,
    },
}

/// A data set that kerust knows.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DatasetName {
    /// CIFAR-10: 60,000 pictures of ten kinds of things
    Cifar10,
}

/// Does what `command` says.
pub(crate) fn run(command: &DatasetsCommand) -> io::Result<()> {
    Err(io::Error::other(format!(
        "`kerust datasets` is not connected to the library in this build ({command:?})"
    )))
}
