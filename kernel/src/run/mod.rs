//! `kerust run`: executes a notebook from the first cell to the last.

mod ansi;
pub mod client;
mod collector;
mod execute;
mod highlight;
pub mod html;
pub mod notebook;
mod terminal;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use self::client::Client;
use self::collector::Collector;
use self::execute::{Outcome, Runner};
use self::notebook::Notebook;
use self::terminal::Progress;
use crate::datasets;

/// How long the kernel has to answer for the first time; that does not wait for evcxr.
const START_LIMIT: Duration = Duration::from_secs(60);

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// The notebook, which stays as it is.
    pub notebook: PathBuf,
    /// Where the executed notebook goes.
    pub output: Option<PathBuf>,
    /// Where the page goes.
    pub html: Option<PathBuf>,
    /// The longest time for one cell.
    pub timeout: Option<Duration>,
    /// Whether to go on after a cell that failed.
    pub allow_errors: bool,
}

/// Runs a notebook; returns whether every cell succeeded.
///
/// # Errors
/// If the notebook cannot be read, the kernel cannot be started, or the result cannot be written.
pub fn run(options: &RunOptions) -> io::Result<bool> {
    let started = Instant::now();
    let mut notebook = Notebook::read(&options.notebook)?;
    let output = options
        .output
        .clone()
        .unwrap_or_else(|| options.notebook.with_extension("executed.ipynb"));
    let html = options
        .html
        .clone()
        .unwrap_or_else(|| output.with_extension("html"));
    check_places(&options.notebook, &output, &html)?;
    let sources: Vec<String> = notebook
        .cells()
        .iter()
        .filter(|cell| is_code(cell))
        .map(notebook::source)
        .collect();
    datasets::prepare_for(sources.iter().map(String::as_str))?;
    execute::catch_interrupts();
    let client = Client::start(
        &std::env::current_exe()?,
        &folder_of(&options.notebook)?,
        START_LIMIT,
    )?;
    notebook.set_kernel(crate::server::language_info());
    let mut runner = Runner::new(client, options.timeout);
    let outcome = run_cells(&mut notebook, &mut runner, options.allow_errors);
    notebook.write(&output)?;
    let page = html::page(&notebook, &title(&notebook, &options.notebook));
    notebook::write_whole(&html, page.as_bytes())?;
    terminal::say(&output.display().to_string());
    terminal::say(&html.display().to_string());
    let failed = outcome?;
    let stopped = runner.was_interrupted();
    terminal::say(&match failed {
        0 if stopped => "stopped before the end".to_owned(),
        0 => format!("done in {}", terminal::duration(started.elapsed())),
        1 => "1 cell failed".to_owned(),
        _ => format!("{failed} cells failed"),
    });
    Ok(failed == 0 && !stopped)
}

/// Runs the cells in order and returns how many failed.
fn run_cells(
    notebook: &mut Notebook,
    runner: &mut Runner,
    allow_errors: bool,
) -> io::Result<usize> {
    let code_cells: Vec<usize> = notebook
        .cells()
        .iter()
        .enumerate()
        .filter(|(_, cell)| is_code(cell))
        .map(|(index, _)| index)
        .collect();
    for index in &code_cells {
        let cell = notebook.cell_mut(*index);
        cell["execution_count"] = Value::Null;
        cell["outputs"] = json!([]);
    }
    let mut progress = Progress::new(code_cells.len());
    let mut collector = Collector::default();
    let mut failed = 0;
    let mut result = Ok(());
    let mut ran = 0;
    for (number, index) in code_cells.iter().enumerate() {
        let source = notebook::source(&notebook.cells()[*index]);
        progress.start(number + 1, &source);
        collector.start_cell();
        ran = number + 1;
        let outcome = runner.execute(&source, &mut collector, &mut progress);
        progress.finish(!matches!(outcome, Ok(Outcome { error: None, .. })));
        match outcome {
            Ok(outcome) => {
                notebook.cell_mut(*index)["execution_count"] = outcome.count;
                if let Some(error) = outcome.error {
                    // A reader who is gone is no reason to lose the results.
                    let _ = writeln!(io::stderr(), "{error}");
                    failed += 1;
                    if !allow_errors {
                        break;
                    }
                }
                if runner.was_interrupted() {
                    break;
                }
            }
            Err(error) => {
                result = Err(error);
                break;
            }
        }
    }
    // A display may be updated by a later cell, so outputs are final only now.
    for (number, index) in code_cells.iter().take(ran).enumerate() {
        notebook.cell_mut(*index)["outputs"] = collector.outputs(number);
    }
    result.map(|()| failed)
}

fn title(notebook: &Notebook, path: &Path) -> String {
    notebook.title().unwrap_or_else(|| {
        path.file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default()
    })
}

fn folder_of(path: &Path) -> io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    Ok(path
        .parent()
        .map_or_else(|| PathBuf::from("/"), Path::to_path_buf))
}

fn is_code(cell: &Value) -> bool {
    cell["cell_type"] == "code"
}

/// Fails, before anything runs, if the results could not be written or would replace each other or
/// the notebook.
fn check_places(notebook: &Path, output: &Path, html: &Path) -> io::Result<()> {
    notebook::check_writable(output)?;
    notebook::check_writable(html)?;
    let problem = if same_file(output, notebook)? {
        "the executed notebook would replace the notebook: give another `--output`"
    } else if same_file(html, notebook)? {
        "the page would replace the notebook: give another `--html`"
    } else if same_file(html, output)? {
        "the page would replace the executed notebook: give another `--html`"
    } else {
        return Ok(());
    };
    Err(io::Error::other(problem))
}

fn same_file(one: &Path, other: &Path) -> io::Result<bool> {
    match (one.canonicalize(), other.canonicalize()) {
        (Ok(one), Ok(other)) => Ok(one == other),
        // One of them is not there yet.
        _ => Ok(std::path::absolute(one)? == std::path::absolute(other)?),
    }
}
