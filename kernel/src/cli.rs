//! The command line.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::datasets::{self, DatasetsCommand};
use crate::install::{self, Place};
use crate::model::{self, ModelCommand};
use crate::predict::{self, PredictArguments};
use crate::run::{self, RunOptions};
use crate::{doctor, lab, server};

/// Keras for Rust notebooks: run notebooks, start JupyterLab, register the kernel
#[derive(Parser, Debug)]
#[command(name = "kerust", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Execute a notebook from the first cell to the last, without Jupyter
    Run(RunArguments),
    /// Start JupyterLab with the kernel, installing JupyterLab for kerust alone if there is none
    Lab {
        /// The notebook to open
        notebook: Option<PathBuf>,
    },
    /// Register the kernel, so that every Jupyter program finds it
    Install(InstallArguments),
    /// Take the registration away again
    Uninstall(UninstallArguments),
    /// Check whether everything that notebooks need is there, and say what to do if not
    Doctor,
    /// Fetch, list, check, remove or stand in for data sets
    #[command(subcommand)]
    Datasets(DatasetsCommand),
    /// Show a saved model, or write it as another kind of file
    #[command(subcommand)]
    Model(ModelCommand),
    /// Show what a saved model sees in pictures
    Predict(PredictArguments),
    /// Run as a Jupyter kernel (this is what Jupyter calls)
    Kernel {
        /// The connection file that Jupyter wrote
        #[arg(short = 'f', long = "connection-file")]
        connection_file: PathBuf,
    },
}

#[derive(Args, Debug)]
struct RunArguments {
    /// The notebook; it stays as it is
    notebook: PathBuf,
    /// Where the executed notebook goes [default: NAME.executed.ipynb beside the notebook]
    #[arg(long)]
    output: Option<PathBuf>,
    /// Where the page goes [default: the executed notebook's name with .html]
    #[arg(long)]
    html: Option<PathBuf>,
    /// The longest time for one cell, in seconds, with what it waits for: the first cell may have to wait until the library is compiled [default: no limit]
    #[arg(long)]
    timeout: Option<u64>,
    /// Go on after a cell that failed
    #[arg(long)]
    allow_errors: bool,
}

#[derive(Args, Debug)]
#[group(multiple = false)]
struct PlaceArguments {
    /// For this user (the default)
    #[arg(long)]
    user: bool,
    /// For the active Python environment
    #[arg(long)]
    sys_prefix: bool,
    /// Under the given folder, in share/jupyter/kernels
    #[arg(long)]
    prefix: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct InstallArguments {
    #[command(flatten)]
    place: PlaceArguments,
    /// The name that notebooks refer to
    #[arg(long, default_value = install::DEFAULT_NAME)]
    name: String,
    /// The name that people see
    #[arg(long, default_value = install::DEFAULT_DISPLAY_NAME)]
    display_name: String,
}

#[derive(Args, Debug)]
struct UninstallArguments {
    #[command(flatten)]
    place: PlaceArguments,
    /// The name given when it was registered
    #[arg(long, default_value = install::DEFAULT_NAME)]
    name: String,
}

impl PlaceArguments {
    fn place(self) -> Place {
        match self.prefix {
            Some(prefix) => Place::Prefix(prefix),
            None if self.sys_prefix => Place::ActiveEnvironment,
            None => Place::User,
        }
    }
}

/// Runs the command that the arguments name.
pub fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Run(arguments) => {
            return report(run::run(&RunOptions {
                notebook: arguments.notebook,
                output: arguments.output,
                html: arguments.html,
                timeout: arguments.timeout.map(std::time::Duration::from_secs),
                allow_errors: arguments.allow_errors,
            }));
        }
        Command::Doctor => return report(doctor::run()),
        Command::Lab { notebook } => lab::run(notebook.as_deref()),
        Command::Install(arguments) => install::install(
            &arguments.place.place(),
            &arguments.name,
            &arguments.display_name,
        )
        .map(|folder| {
            println!(
                "installed the kernel `{}` in {}",
                arguments.name,
                folder.display()
            )
        }),
        Command::Uninstall(arguments) => {
            install::uninstall(&arguments.place.place(), &arguments.name)
                .map(|folder| println!("removed {}", folder.display()))
        }
        Command::Datasets(command) => datasets::run(&command),
        Command::Model(command) => model::run(&command),
        Command::Predict(arguments) => return report(predict::run(&arguments)),
        Command::Kernel { connection_file } => server::run(&connection_file),
    };
    report(result.map(|()| true))
}

/// Success, or failure with its reason on standard error.
fn report(result: io::Result<bool>) -> ExitCode {
    match result {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("kerust: {error}");
            ExitCode::FAILURE
        }
    }
}
