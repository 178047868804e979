//! `kerust datasets`: data sets fetched or made ahead of time, and what `kerust run` prepares.

use std::io;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use kerust::datasets::{
    self, Accept, Check, DATASETS, Dataset, Prepare, Size, Status, show_progress, stand_in,
};

/// What to do with data sets.
#[derive(Subcommand, Debug)]
pub(crate) enum DatasetsCommand {
    /// List the data sets and where they are
    List,
    /// Download data sets into kerust's data folder
    Get(Names),
    /// Make a stand-in in the format of the real data set, for trying things out offline
    StandIn(StandIn),
    /// Compare the files of data sets with their hashes
    Verify {
        /// Which ones [default: all]
        #[arg(value_parser = known_names())]
        names: Vec<String>,
    },
    /// Remove data sets from kerust's data folder
    Clean {
        #[command(flatten)]
        names: Names,
        /// Remove the stand-ins alone
        #[arg(long)]
        stand_in: bool,
    },
}

/// Some data sets.
#[derive(Args, Debug)]
pub(crate) struct Names {
    /// Which ones
    #[arg(required = true, value_parser = known_names())]
    names: Vec<String>,
}

/// What to make.
#[derive(Args, Debug)]
pub(crate) struct StandIn {
    /// Which one
    #[arg(value_parser = known_names())]
    name: String,
    /// Samples to train on [default: as many as the real data set has]
    #[arg(long)]
    train: Option<usize>,
    /// Samples to test with [default: as many as the real data set has]
    #[arg(long)]
    test: Option<usize>,
    /// Another number makes other samples
    #[arg(long, default_value_t = stand_in::SEED)]
    seed: u64,
}

fn known_names() -> PossibleValuesParser {
    DATASETS
        .iter()
        .map(|dataset| dataset.name)
        .collect::<Vec<_>>()
        .into()
}

/// Does what `command` says.
pub(crate) fn run(command: &DatasetsCommand) -> io::Result<()> {
    match command {
        DatasetsCommand::List => DATASETS.iter().try_for_each(list),
        DatasetsCommand::Get(Names { names }) => each(names, get),
        DatasetsCommand::StandIn(arguments) => make(arguments),
        DatasetsCommand::Verify { names } if names.is_empty() => verify(DATASETS.iter()),
        DatasetsCommand::Verify { names } => {
            let chosen = DATASETS
                .iter()
                .filter(|set| names.iter().any(|name| name == set.name));
            verify(chosen)
        }
        DatasetsCommand::Clean { names, stand_in } => {
            each(&names.names, |dataset| clean(dataset, *stand_in))
        }
    }
    .map_err(io::Error::other)
}

fn each(
    names: &[String],
    mut what: impl FnMut(&Dataset) -> kerust::Result<()>,
) -> kerust::Result<()> {
    names
        .iter()
        .try_for_each(|name| what(datasets::named(name)?))
}

fn list(dataset: &Dataset) -> kerust::Result<()> {
    println!("{}: {}", dataset.name, dataset.what);
    for file in dataset.files {
        println!("  origin: {} ({})", file.origin, size(file.bytes));
    }
    match dataset.status()? {
        Status::Real(folder) => println!("  here:   {}", folder.display()),
        Status::StandIn(folder) => println!(
            "  here:   a STAND-IN, {} {}, in {}",
            dataset.stand_in.made,
            dataset.stand_in.things,
            folder.display()
        ),
        Status::Missing(folder) => println!("  not here yet; would be in {}", folder.display()),
    }
    Ok(())
}

fn size(bytes: u64) -> String {
    match bytes {
        1_000_000.. => format!("{} MB", bytes / 1_000_000),
        _ => format!("{} kB", bytes.div_ceil(1000)),
    }
}

fn get(dataset: &Dataset) -> kerust::Result<()> {
    let only_real = Prepare {
        accept: Accept::OnlyReal,
        ..Prepare::default()
    };
    let prepared = dataset.prepare(&only_real, &mut show_progress(dataset.name))?;
    println!("{prepared}");
    Ok(())
}

fn make(arguments: &StandIn) -> kerust::Result<()> {
    let dataset = datasets::named(&arguments.name)?;
    let Size { train, test } = dataset.stand_in.size;
    let options = Prepare {
        seed: arguments.seed,
        size: Some(Size {
            train: arguments.train.unwrap_or(train),
            test: arguments.test.unwrap_or(test),
        }),
        ..Prepare::default()
    };
    let prepared = dataset.draw_stand_in(&options, &mut show_progress(dataset.name))?;
    println!("{prepared}");
    Ok(())
}

/// Says what each is, and fails after the last one when one is damaged.
fn verify<'a>(chosen: impl Iterator<Item = &'a Dataset>) -> kerust::Result<()> {
    let mut damaged = Vec::new();
    for dataset in chosen {
        match dataset.verify() {
            Ok(Check::Missing(_)) => println!("{}: not here", dataset.name),
            Ok(check) => println!("{}: {check}", dataset.name),
            Err(error) => {
                println!("{}: {error}", dataset.name);
                damaged.push(dataset.name);
            }
        }
    }
    match damaged.is_empty() {
        true => Ok(()),
        false => Err(kerust::Error::data(format!(
            "damaged: {}",
            damaged.join(", ")
        ))),
    }
}

fn clean(dataset: &Dataset, only_stand_in: bool) -> kerust::Result<()> {
    let freed = dataset.clean(only_stand_in)?;
    match freed {
        0 => println!("{}: nothing to remove", dataset.name),
        _ => println!("{}: removed {}", dataset.name, size(freed)),
    }
    Ok(())
}

/// Prepares the data sets that a notebook's code loads, and says where they come from: from the
/// cache, else downloaded, else made.
pub(crate) fn prepare_for<'a>(sources: impl Iterator<Item = &'a str>) -> io::Result<()> {
    let sources: Vec<&str> = sources.collect();
    let options = Prepare {
        accept: Accept::NewStandIn,
        ..Prepare::default()
    };
    let loaded = |dataset: &&Dataset| sources.iter().any(|source| loads(source, dataset.name));
    for dataset in DATASETS.iter().filter(loaded) {
        let prepared = dataset
            .prepare(&options, &mut show_progress(dataset.name))
            .map_err(io::Error::other)?;
        if prepared.stand_in {
            println!("{}", stand_in::notice(dataset, &prepared.path));
        }
        println!("data: {prepared}");
    }
    Ok(())
}

/// Whether the code calls `<name>::load_data`, `<name>::load_data_with` or `<name>::get_word_index`.
fn loads(source: &str, name: &str) -> bool {
    let continues = |character: char| character.is_alphanumeric() || character == '_';
    ["::load_data", "::get_word_index"].iter().any(|call| {
        let call = format!("{name}{call}");
        source
            .match_indices(&call)
            // `fashion_mnist` is not `mnist`.
            .any(|(at, _)| !source[..at].ends_with(continues))
    })
}

#[cfg(test)]
mod tests {
    use super::loads;

    #[test]
    fn data_sets_are_found_by_their_whole_names() {
        let source = "let (train, test) = fashion_mnist::load_data()?;";
        assert!(loads(source, "fashion_mnist"));
        assert!(!loads(source, "mnist"));
        assert!(loads("use kerust::datasets::mnist::load_data;", "mnist"));
        let with = "imdb::load_data_with(imdb::LoadData { num_words: Some(10000), ..how })?";
        assert!(loads(with, "imdb"));
        assert!(loads("let words = reuters::get_word_index()?;", "reuters"));
        assert!(!loads("mnist::load_from(\"folder\")?", "mnist"));
    }
}
