//! `kerust datasets`: data sets fetched or drawn ahead of time, and what `kerust run` prepares.

use std::io;

use clap::{Args, Subcommand, ValueEnum};
use kerust::datasets::cifar10::{self, Accept, Prepare, Prepared, Status};
use kerust::datasets::{DATASETS, show_progress};

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
    StandIn(StandIn),
}

/// What to draw.
#[derive(Args, Debug)]
pub(crate) struct StandIn {
    /// Which one
    name: DatasetName,
    /// Pictures in each of the five training batches
    #[arg(long, default_value_t = 10_000)]
    per_batch: usize,
    /// Pictures in the test batch
    #[arg(long, default_value_t = 10_000)]
    test: usize,
    /// Another number draws other pictures
    #[arg(long, default_value_t = kerust::datasets::stand_in::SEED)]
    seed: u64,
}

/// A data set that kerust knows.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum DatasetName {
    /// CIFAR-10: 60,000 pictures of ten kinds of things
    Cifar10,
}

/// Does what `command` says.
pub(crate) fn run(command: &DatasetsCommand) -> io::Result<()> {
    let result = match command {
        DatasetsCommand::Get {
            name: DatasetName::Cifar10,
        } => {
            let only_real = Prepare {
                accept: Accept::OnlyReal,
                ..Prepare::default()
            };
            cifar10::prepare(&only_real, &mut show_progress("cifar10")).map(|p| println!("{p}"))
        }
        DatasetsCommand::List => list(),
        DatasetsCommand::StandIn(arguments) => draw(arguments).map(|p| println!("{p}")),
    };
    result.map_err(io::Error::other)
}

fn list() -> kerust::Result<()> {
    for entry in DATASETS {
        println!("{}: {}", entry.name, entry.what);
        println!(
            "  origin: {} ({} MB)",
            entry.origin,
            entry.download_bytes / 1_000_000
        );
        match cifar10::status()? {
            Status::Real(folder) => println!("  here:   {}", folder.display()),
            Status::StandIn(folder) => {
                println!(
                    "  here:   a STAND-IN, drawn pictures, in {}",
                    folder.display()
                );
            }
            Status::Missing(folder) => println!("  not here yet; would be in {}", folder.display()),
        }
    }
    Ok(())
}

fn draw(arguments: &StandIn) -> kerust::Result<Prepared> {
    let DatasetName::Cifar10 = arguments.name;
    let options = Prepare {
        seed: arguments.seed,
        stand_in_per_batch: arguments.per_batch,
        stand_in_test: arguments.test,
        ..Prepare::default()
    };
    cifar10::draw_stand_in(&options, &mut show_progress("cifar10"))
}

/// Prepares the data sets that a notebook's code loads, and says where they come from: from the
/// cache, else downloaded, else drawn.
pub(crate) fn prepare_for<'a>(sources: impl Iterator<Item = &'a str>) -> io::Result<()> {
    let loads_cifar10 = |source: &str| source.contains("cifar10::load_data");
    if !sources.into_iter().any(loads_cifar10) {
        return Ok(());
    }
    let options = Prepare {
        accept: Accept::NewStandIn,
        ..Prepare::default()
    };
    let prepared =
        cifar10::prepare(&options, &mut show_progress("cifar10")).map_err(io::Error::other)?;
    if prepared.stand_in {
        println!("{}", kerust::datasets::stand_in::notice(&prepared.path));
    }
    println!("data: {prepared}");
    Ok(())
}
