//! Where output goes: decided at run time, one place for all of kerust.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Map, Value, json};

use super::{Bundle, cell};
use crate::notebook;

/// Who reads what is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// kerust's own kernel: any number of displays, in order, that update in place.
    Kernel,
    /// The stock evcxr kernel: one display at the end of a cell.
    Evcxr,
    /// A person at a terminal.
    Terminal,
    /// A file or another program.
    Pipe,
}

impl Destination {
    /// Who reads the standard output of this process.
    pub fn now() -> Destination {
        if notebook::is_attached() {
            Destination::Kernel
        } else if std::env::var_os("EVCXR_IS_RUNTIME").is_some() {
            Destination::Evcxr
        } else if std::io::stdout().is_terminal() {
            Destination::Terminal
        } else {
            Destination::Pipe
        }
    }

    /// Whether ANSI colors are welcome there: at a terminal, unless `NO_COLOR` is set.
    pub fn has_colors(self) -> bool {
        self == Destination::Terminal
            && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
    }
}

/// Shows `bundle` now, below what the cell has shown so far.
///
/// In a notebook this is a `display_data` message, elsewhere the text form is printed.
///
/// # Example
/// ```
/// use kerust::display::{self, Bundle};
/// display::show(&Bundle::text("5 cats"));
/// ```
pub fn show(bundle: &Bundle) {
    send(bundle, "display_data", None);
}

/// Shows `bundle` as the value of a cell: what `evcxr_display` methods do.
///
/// # Example
/// ```
/// use kerust::display::{self, Bundle};
/// struct Cats(usize);
/// impl Cats {
///     pub fn evcxr_display(&self) {
///         display::show_result(&Bundle::text(format!("{} cats", self.0)));
///     }
/// }
/// Cats(5).evcxr_display();
/// ```
pub fn show_result(bundle: &Bundle) {
    send(bundle, "execute_result", None);
}

/// Takes away what the cell has shown so far; with `wait`, not before something new comes, so that
/// nothing flickers.
///
/// In a terminal the line that was begun is wiped out. Elsewhere, in the stock evcxr kernel too,
/// nothing can be taken back, and nothing happens. To change one display among several, keep a
/// [`Live`].
///
/// IPython: `IPython.display.clear_output`, whose `wait` is `False` by default.
///
/// # Example
/// ```
/// use kerust::display;
/// for step in 1..=3 {
///     display::clear_output(true);
///     println!("step {step} of 3");
/// }
/// ```
pub fn clear_output(wait: bool) {
    match Destination::now() {
        Destination::Kernel => {
            notebook::emit("clear_output", json!({ "wait": wait }));
        }
        Destination::Terminal => write("\x1b[2K\r"),
        Destination::Evcxr | Destination::Pipe => {}
    }
}

/// A display that can be changed after it was shown: a progress bar, a growing chart.
///
/// kerust's kernel changes it in place. Elsewhere nothing can be changed: the stock evcxr kernel
/// shows the last state when the cell ends, and a terminal or file gets the first state and, when
/// the handle is dropped, the last one. How often to update is the caller's choice; ten times a
/// second is plenty. A handle in a notebook variable also changes the display from later cells.
///
/// IPython: the `DisplayHandle` that `display(..., display_id=True)` returns.
///
/// # Example
/// ```
/// use kerust::display::{Bundle, Live};
/// let mut live = Live::new(&Bundle::text("working"));
/// live.update(&Bundle::text("done"));
/// // Whatever shows itself has a bundle.
/// use kerust::prelude::*;
/// live.update(&plot::imshow(&Tensor::zeros((8, 8)))?.bundle());
/// # Ok::<(), kerust::Error>(())
/// ```
#[derive(Debug)]
pub struct Live {
    id: String,
    destination: Destination,
    /// The slot of this display in a stock evcxr cell.
    slot: u64,
    /// A state that was not shown yet, for destinations that only add lines.
    waiting: Option<Bundle>,
}

impl Live {
    /// Shows `bundle` and keeps hold of it.
    pub fn new(bundle: &Bundle) -> Live {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let live = Live {
            id: format!("kerust-{}-{number}", std::process::id()),
            destination: Destination::now(),
            slot: cell::new_slot(),
            waiting: None,
        };
        match live.destination {
            Destination::Kernel => send(bundle, "display_data", Some(&live.id)),
            Destination::Evcxr => write(&cell::block(live.slot, bundle)),
            _ => print(bundle),
        }
        live
    }

    /// Replaces what is shown.
    pub fn update(&mut self, bundle: &Bundle) {
        match self.destination {
            Destination::Kernel => send(bundle, "update_display_data", Some(&self.id)),
            Destination::Evcxr => write(&cell::block(self.slot, bundle)),
            _ => self.waiting = Some(bundle.clone()),
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(bundle) = self.waiting.take() {
            print(&bundle);
        }
    }
}

fn send(bundle: &Bundle, msg_type: &str, display_id: Option<&str>) {
    match Destination::now() {
        Destination::Kernel => {
            notebook::emit(msg_type, message(bundle, msg_type, display_id));
        }
        Destination::Evcxr => write(&cell::block(cell::new_slot(), bundle)),
        _ => print(bundle),
    }
}

/// The content of a Jupyter message.
fn message(bundle: &Bundle, msg_type: &str, display_id: Option<&str>) -> Value {
    let mut content = Map::new();
    content.insert("data".into(), bundle.to_json());
    content.insert("metadata".into(), json!({}));
    // An execute_result has a number, which only the kernel knows, and no display id.
    if msg_type != "execute_result" {
        let transient = match display_id {
            Some(id) => json!({ "display_id": id }),
            None => json!({}),
        };
        content.insert("transient".into(), transient);
    }
    Value::Object(content)
}

fn print(bundle: &Bundle) {
    write(&format!("{}\n", bundle.plain().trim_end_matches('\n')));
}

/// Writes all of `text` at once, so that nothing another thread prints gets between.
pub(super) fn write(text: &str) {
    let mut stdout = std::io::stdout().lock();
    // A reader that has gone away is no reason to stop the training.
    let _ = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_carry_what_the_protocol_asks_for() {
        let bundle = Bundle::text("x").html("<i>x</i>");
        let shown = message(&bundle, "display_data", Some("a"));
        assert_eq!(shown["data"]["text/html"], "<i>x</i>");
        assert_eq!(shown["metadata"], json!({}));
        assert_eq!(shown["transient"]["display_id"], "a");
        let result = message(&bundle, "execute_result", None);
        assert!(result.get("transient").is_none());
        assert_eq!(result["data"]["text/plain"], "x");
    }
}
