//! Saying in plain sight that data are a stand-in.

use std::path::Path;

use crate::datasets::cache::readable;
use crate::datasets::dataset::Dataset;
use crate::display::{self, Bundle};

/// What the file says that marks a folder.
pub(super) fn mark(dataset: &Dataset) -> String {
    let (name, title, words) = (dataset.name, dataset.title, &dataset.stand_in);
    let (things, made, same) = (words.things, words.made, words.same);
    format!(
        "\
STAND-IN: the {things} in this folder are NOT the {title} data set.

They were {made} by a program (kerust), because the real {things} could not be downloaded. They are
in the official format of {title} and have its {same}, so that everything that works on {title}
works on them. Scores reached on them say nothing about {title}.

To get the real data set: kerust datasets get {name}
"
    )
}

/// The sentences of every notice.
fn sentences(dataset: &Dataset) -> [String; 3] {
    let words = &dataset.stand_in;
    [
        format!(
            "STAND-IN DATA: these {} are NOT the real {}.",
            words.things, dataset.title
        ),
        format!(
            "They were {} by a program, with the same {} and layout.",
            words.made, words.same
        ),
        format!(
            "Scores reached on them say nothing about {}.",
            dataset.title
        ),
    ]
}

/// What is said about the stand-in in `folder`, in a few lines.
///
/// # Example
/// ```
/// use kerust::datasets::{cifar10, stand_in};
/// let notice = stand_in::notice(&cifar10::DATASET, "drawn".as_ref());
/// assert!(notice.contains("NOT the real CIFAR-10"));
/// ```
pub fn notice(dataset: &Dataset, folder: &Path) -> String {
    let mut lines = sentences(dataset).to_vec();
    lines.push(format!("folder: {}", readable(folder)));
    lines.push(format!("real data: kerust datasets get {}", dataset.name));
    let width = lines.iter().map(|line| line.chars().count()).max();
    let rule = "!".repeat(width.unwrap_or(0) + 6);
    let body: String = lines
        .iter()
        .map(|line| format!("!! {line:<width$} !!\n", width = width.unwrap_or(0)))
        .collect();
    format!("{rule}\n{body}{rule}")
}

/// Says it when `folder` holds a stand-in: a banner in a notebook, text elsewhere.
pub(in crate::datasets) fn announce(dataset: &Dataset, folder: &Path) {
    if !super::is_stand_in(folder) {
        return;
    }
    let [not_real, made, scores] = sentences(dataset);
    let html = format!(
        "<div style=\"border:2px solid #b45309;border-left-width:8px;border-radius:4px;\
         padding:8px 12px;max-width:44em\"><b style=\"color:#b45309\">{not_real}</b><br>{made} \
         {scores}<br><small>Folder: <code>{}</code>. \
         Real data: <code>kerust datasets get {}</code></small></div>",
        display::escape(&readable(folder)),
        dataset.name
    );
    display::show(&Bundle::text(notice(dataset, folder)).html(html));
}
