//! How far a search has come: a live table of its trials in a notebook, a line for each elsewhere.
//!
//! The state of the trial under way moves ten times a second and is small; the table changes when a
//! trial begins or ends. So they are two displays, as the bar and the epochs of `fit` are.

use std::time::{Duration, Instant};

use super::html::{self, AMBER, BLUE, FAINT, GREEN, RED, escape};
use super::numbers::{duration, metric};
use super::progress::{Place, Sink};
use super::width::{cut, terminal_width, width};
use super::{Bundle, Destination, TrialRow, Trials};
use crate::tuner::Objective;

/// The shortest time between two drawings of the state.
const INTERVAL: Duration = Duration::from_millis(100);
/// The shortest time between two drawings of the table.
const TABLE_INTERVAL: Duration = Duration::from_millis(500);

/// A search that is shown while it goes on. One that ends without `finish`, by an error or a panic,
/// is shown as stopped when it is dropped.
#[derive(Debug)]
pub(crate) struct SearchProgress {
    screen: Screen,
    objective: Objective,
    /// How many trials there will be, if that is known.
    total: Option<usize>,
    rows: Vec<TrialRow>,
    running: Option<Running>,
    ending: Option<Ending>,
    next_draw: Instant,
    table_drawn: Option<Instant>,
    /// Whether the table has changed since.
    table_is_due: bool,
}

#[derive(Debug)]
enum Screen {
    Nothing,
    /// The state, and below it the table.
    Notebook(Place, Place),
    /// A line that is drawn over itself; how wide it was the last time.
    Terminal(Sink, usize),
    /// A line for each trial.
    Lines(Sink),
}

/// How far the trial under way is.
#[derive(Debug)]
struct Running {
    begun: Instant,
    /// What is being trained, if more than one training makes a trial: `2 of 3`.
    execution: (usize, usize),
    epoch: usize,
    epochs: usize,
    step: usize,
    steps: usize,
    metrics: Vec<(String, f64)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Ending {
    Finished,
    Interrupted,
    Stopped(String),
}

impl Screen {
    fn for_verbose(verbose: usize) -> Screen {
        match (verbose, Destination::now()) {
            (0, _) => Screen::Nothing,
            (1, Destination::Kernel) => Screen::Notebook(Place::default(), Place::default()),
            (1, Destination::Terminal) => Screen::Terminal(Sink::Stdout, 0),
            _ => Screen::Lines(Sink::Stdout),
        }
    }
}

impl SearchProgress {
    /// A search with the trials that there are. `verbose` is Keras's: 0 shows nothing, 1 a live
    /// table, 2 a line for each trial.
    pub(crate) fn new(
        verbose: usize,
        objective: &Objective,
        total: Option<usize>,
        rows: Vec<TrialRow>,
    ) -> SearchProgress {
        SearchProgress::on(Screen::for_verbose(verbose), objective, total, rows)
    }

    fn on(
        screen: Screen,
        objective: &Objective,
        total: Option<usize>,
        rows: Vec<TrialRow>,
    ) -> SearchProgress {
        let now = Instant::now();
        SearchProgress {
            screen,
            objective: objective.clone(),
            total,
            rows,
            running: None,
            ending: None,
            next_draw: now,
            table_drawn: None,
            table_is_due: true,
        }
    }

    /// A trial begins.
    pub(crate) fn begin_trial(&mut self, mut row: TrialRow) {
        row.is_running = true;
        row.seconds = 0.0;
        self.put(row);
        self.running = Some(Running {
            begun: Instant::now(),
            execution: (1, 1),
            epoch: 0,
            epochs: 0,
            step: 0,
            steps: 0,
            metrics: Vec::new(),
        });
        self.draw();
    }

    /// An epoch of the trial begins; `epoch` counts from 0.
    pub(crate) fn begin_epoch(&mut self, execution: (usize, usize), epoch: usize, epochs: usize) {
        if let Some(running) = &mut self.running {
            running.execution = execution;
            running.epoch = epoch;
            running.epochs = epochs;
            running.step = 0;
        }
    }

    /// Whether the next step may be drawn.
    pub(crate) fn is_due(&self) -> bool {
        !matches!(self.screen, Screen::Nothing | Screen::Lines(_))
            && Instant::now() >= self.next_draw
    }

    /// So many steps of the epoch are done, if it is known how many there are.
    pub(crate) fn step(&mut self, step: usize, steps: Option<usize>, metrics: &[(String, f64)]) {
        if let Some(running) = &mut self.running {
            running.step = step;
            running.steps = steps.unwrap_or(0);
            running.metrics = metrics.to_vec();
        }
        if self.is_due() {
            self.draw();
        }
    }

    /// The trial under way has ended.
    pub(crate) fn end_trial(&mut self, row: TrialRow) {
        let line = self.line(&row);
        self.running = None;
        self.put(row);
        match &mut self.screen {
            Screen::Nothing | Screen::Notebook(..) => self.draw(),
            Screen::Lines(sink) => sink.write(&format!("{line}\n")),
            Screen::Terminal(sink, drawn) => {
                over(sink, drawn, &line);
                sink.write("\n");
                *drawn = 0;
            }
        }
    }

    /// The search is over, and all went well.
    pub(crate) fn finish(&mut self) {
        self.close(Ending::Finished);
    }

    /// The user has ended the search; the trial under way is that of `row`.
    pub(crate) fn interrupted(&mut self, row: Option<TrialRow>) {
        if let Some(row) = row {
            self.put(row);
        }
        self.close(Ending::Interrupted);
    }

    fn put(&mut self, row: TrialRow) {
        self.table_is_due = true;
        match self
            .rows
            .iter_mut()
            .find(|known| known.trial_id == row.trial_id)
        {
            Some(known) => *known = row,
            None => self.rows.push(row),
        }
    }

    fn close(&mut self, ending: Ending) {
        if self.ending.is_some() {
            return;
        }
        self.running = None;
        self.rows.iter_mut().for_each(|row| row.is_running = false);
        self.ending = Some(ending);
        self.table_drawn = None;
        self.table_is_due = true;
        let text = format!(
            "{}{}\n",
            self.trials().to_text(terminal_width()),
            self.text()
        );
        match &mut self.screen {
            Screen::Nothing => {}
            Screen::Notebook(..) => self.draw(),
            Screen::Lines(sink) => sink.write(&text),
            Screen::Terminal(sink, drawn) => {
                over(sink, drawn, "");
                sink.write(&format!("\r{text}"));
            }
        }
    }

    fn trials(&self) -> Trials<'_> {
        Trials {
            objective: &self.objective,
            rows: &self.rows,
        }
    }

    fn draw(&mut self) {
        let now = Instant::now();
        self.next_draw = now + INTERVAL;
        match self.screen {
            Screen::Nothing | Screen::Lines(_) => {}
            Screen::Terminal(..) => {
                // A longer line would go on in the next one, and stay there.
                let line = cut(&self.running_line(), terminal_width().saturating_sub(1));
                if let Screen::Terminal(sink, drawn) = &mut self.screen {
                    over(sink, drawn, &line);
                }
            }
            Screen::Notebook(..) => self.draw_displays(now),
        }
    }

    fn draw_displays(&mut self, now: Instant) {
        let state = Bundle::text(self.text()).html(self.page());
        let recent = |at: Instant| now.saturating_duration_since(at) < TABLE_INTERVAL;
        let with_table =
            self.table_is_due && !self.rows.is_empty() && !self.table_drawn.is_some_and(recent);
        let table = with_table.then(|| {
            let trials = self.trials();
            let mut html = trials.to_html();
            if self.ending.is_some() {
                html += &trials.others();
            }
            Bundle::text(trials.to_text(terminal_width()).trim_end()).html(html::frame(&html))
        });
        let Screen::Notebook(above, below) = &mut self.screen else {
            return;
        };
        above.show(state);
        if let Some(table) = table {
            below.show(table);
            self.table_drawn = Some(now);
            self.table_is_due = false;
        }
    }

    /// `3 of 10`, or `3` when it is not known how many there will be.
    fn counter(&self, trial_id: usize) -> String {
        match self.total {
            Some(total) => format!("{trial_id} of {}", total.max(trial_id)),
            None => trial_id.to_string(),
        }
    }

    /// What the state says in one line, once over in several.
    fn title(&self) -> String {
        match &self.ending {
            None => match self.rows.iter().find(|row| row.is_running) {
                Some(row) => format!("Trial {}", self.counter(row.trial_id)),
                None => "Searching".to_string(),
            },
            Some(_) => {
                let count = self.rows.len();
                let trials = if count == 1 { "trial" } else { "trials" };
                // Of all processes that took part.
                let seconds = self.rows.iter().map(|row| row.seconds).sum();
                format!("{count} {trials} in {}", duration(seconds))
            }
        }
    }

    fn best_words(&self) -> Option<String> {
        let best = self.trials().best()?.clone();
        Some(format!(
            "best {}: {} in trial {}",
            self.objective.name(),
            metric(best.score?),
            best.trial_id
        ))
    }

    fn verdict(&self) -> Option<(String, &'static str)> {
        match self.ending.as_ref()? {
            Ending::Finished => None,
            Ending::Interrupted => {
                let words = "Interrupted. What was found is kept; `search` goes on from here.";
                Some((words.to_string(), AMBER))
            }
            Ending::Stopped(words) => Some((format!("Stopped: {words}"), RED)),
        }
    }

    fn text(&self) -> String {
        let mut parts = vec![match self.ending {
            None => self.running_line(),
            Some(_) => self.title(),
        }];
        parts.extend(self.best_words());
        let mut text = parts.join(", ");
        if let Some((words, _)) = self.verdict() {
            text += &format!("\n{words}");
        }
        text
    }

    /// The numbers of the trial under way.
    fn figures(&self) -> String {
        let Some(running) = &self.running else {
            return String::new();
        };
        let mut figures = Vec::new();
        if running.execution.1 > 1 {
            let (execution, executions) = running.execution;
            figures.push(format!("execution {execution}/{executions}"));
        }
        if running.epochs > 0 {
            figures.push(format!("epoch {}/{}", running.epoch + 1, running.epochs));
        }
        if running.steps > 0 {
            figures.push(format!("step {}/{}", running.step, running.steps));
        }
        figures.push(duration(running.begun.elapsed().as_secs_f64()));
        figures.join(" · ")
    }

    fn running_line(&self) -> String {
        let mut line = self.title();
        if let Some(running) = &self.running {
            line += &format!(" - {}", self.figures().replace(" · ", " - "));
            for (name, value) in &running.metrics {
                line += &format!(" - {name}: {}", metric(*value));
            }
        }
        line
    }

    /// The line of a trial that has ended.
    fn line(&self, row: &TrialRow) -> String {
        let mut line = format!("Trial {} {}", self.counter(row.trial_id), row.state());
        if row.epochs > 0 {
            line += &format!(" - epochs: {}", row.epochs);
        }
        line += &format!(" - {}", duration(row.seconds));
        if let Some(score) = row.score {
            line += &format!(" - {}: {}", self.objective.name(), metric(score));
        }
        for (name, value) in &row.values {
            line += &format!(" - {name}={value}");
        }
        if let Some(message) = row.message.as_ref().and_then(|text| text.lines().next()) {
            line += &format!(" - {message}");
        }
        line
    }

    /// The share of the search that is done; of the trial, when it is not known how many there are.
    fn share(&self) -> f64 {
        let of_trial = self.running.as_ref().map_or(0.0, |running| {
            let step = running.step as f64 / running.steps.max(1) as f64;
            let epochs = (running.epoch as f64 + step.min(1.0)) / running.epochs.max(1) as f64;
            let (execution, executions) = running.execution;
            ((execution - 1) as f64 + epochs.min(1.0)) / executions.max(1) as f64
        });
        let Some(total) = self.total.filter(|total| *total > 0) else {
            return of_trial;
        };
        let ended = self.rows.iter().filter(|row| !row.is_running).count();
        (ended as f64 + of_trial) / total as f64
    }

    fn page(&self) -> String {
        let verdict = self.verdict();
        let (color, share) = match (&self.ending, &verdict) {
            (None, _) => (BLUE, self.share()),
            (Some(Ending::Finished), _) => (GREEN, 1.0),
            (_, Some((_, color))) => (*color, self.share()),
            (_, None) => (AMBER, self.share()),
        };
        let figures = match self.ending {
            None => self.figures(),
            Some(_) => self.best_words().unwrap_or_default(),
        };
        let mut page = format!(
            "<div style=\"display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 16px\">\
             <b>{}</b><span style=\"{FAINT}\">{}</span></div>{}",
            escape(&self.title()),
            escape(&figures),
            html::bar(share, color, 4),
        );
        if let Some((words, color)) = verdict {
            page += &format!(
                "<div style=\"color:{color};font-weight:600;white-space:pre-wrap\">{}</div>",
                escape(&words)
            );
        }
        let metrics = self.running.iter().flat_map(|running| &running.metrics);
        let metrics: Vec<String> = metrics
            .map(|(name, value)| format!("{} <b>{}</b>", escape(name), metric(*value)))
            .collect();
        if !metrics.is_empty() {
            page += &format!("<div>{}</div>", metrics.join(" &nbsp; "));
        }
        html::frame(&format!("<div style=\"max-width:720px\">{page}</div>"))
    }
}

impl Drop for SearchProgress {
    fn drop(&mut self) {
        self.close(Ending::Stopped("an error ended the search.".to_string()));
    }
}

/// Draws a line over the one before; spaces wipe out what a longer one has left.
fn over(sink: &Sink, drawn: &mut usize, line: &str) {
    let width = width(line);
    let wipe = " ".repeat(drawn.saturating_sub(width));
    sink.write(&format!("\r{line}{wipe}"));
    *drawn = width;
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::display::html::well_formed;
    use crate::display::trials::tests::{objective, row};
    use crate::tuner::TrialStatus;

    type Shown = Arc<Mutex<Vec<Bundle>>>;

    fn search(total: usize) -> (SearchProgress, Shown, Shown) {
        let (state, table) = (Shown::default(), Shown::default());
        let places = (Place::Memory(state.clone()), Place::Memory(table.clone()));
        let screen = Screen::Notebook(places.0, places.1);
        let search = SearchProgress::on(screen, &objective(), Some(total), Vec::new());
        (search, state, table)
    }

    fn begun(trial_id: usize) -> TrialRow {
        TrialRow {
            status: TrialStatus::Running,
            message: None,
            ..row(trial_id, "64", None)
        }
    }

    fn last(shown: &Shown) -> Bundle {
        let shown = shown.lock().expect("one thread");
        shown.last().cloned().expect("something was shown")
    }

    #[test]
    fn a_notebook_sees_the_trial_under_way_and_in_the_end_all_of_them() {
        let (mut search, state, table) = search(3);
        search.begin_trial(begun(1));
        assert!(last(&table).plain().contains("running"));
        search.begin_epoch((1, 1), 1, 5);
        search.next_draw = Instant::now();
        search.step(3, Some(10), &[("loss".to_string(), 0.25)]);
        let page = well_formed(last(&state).get("text/html").unwrap_or_default());
        assert!(
            page.starts_with("Trial 1 of 3epoch 2/5 · step 3/10 · "),
            "{page}"
        );
        assert!(page.ends_with("loss 0.2500"), "{page}");
        search.end_trial(row(1, "64", Some(0.5)));
        search.begin_trial(begun(2));
        search.end_trial(row(2, "<b>", Some(0.75)));
        search.finish();
        assert_eq!(
            last(&state).plain(),
            "2 trials in 3.0 s, best val_accuracy: 0.7500 in trial 2"
        );
        let (html, plain) = (last(&table), last(&table).plain().to_string());
        assert!(well_formed(html.get("text/html").unwrap_or_default()).contains("★ 2"));
        assert!(
            plain.contains("* best") && !plain.contains("running"),
            "{plain}"
        );
    }

    #[test]
    fn steps_are_drawn_ten_times_a_second_at_most() {
        let (mut search, state, table) = search(1);
        let begin = Instant::now();
        search.begin_trial(begun(1));
        for step in 0..10_000 {
            search.step(step, Some(10_000), &[]);
        }
        let seconds = begin.elapsed().as_secs_f64();
        let drawn = state.lock().expect("one thread").len();
        assert!(
            drawn as f64 <= 2.0 + seconds * 10.0,
            "{drawn} in {seconds} s"
        );
        assert_eq!(table.lock().expect("one thread").len(), 1);
    }

    #[test]
    fn a_search_that_is_interrupted_or_fails_says_so() {
        let (mut stopped, state, table) = search(3);
        stopped.begin_trial(begun(1));
        stopped.interrupted(Some(begun(1)));
        assert!(
            last(&state)
                .plain()
                .contains("\nInterrupted. What was found is kept")
        );
        assert!(last(&table).plain().contains("interrupted"));
        let (mut failing, state, _) = search(3);
        failing.begin_trial(begun(1));
        drop(failing);
        assert!(
            last(&state)
                .plain()
                .ends_with("Stopped: an error ended the search.")
        );
    }

    #[test]
    fn a_file_gets_a_line_for_each_trial_and_the_table() {
        let writes = Arc::new(Mutex::new(Vec::new()));
        let screen = Screen::Lines(Sink::Memory(writes.clone()));
        let mut search = SearchProgress::on(screen, &objective(), Some(2), Vec::new());
        search.begin_trial(begun(1));
        search.step(1, Some(2), &[("loss".to_string(), 0.25)]);
        search.end_trial(row(1, "64", Some(0.5)));
        search.finish();
        let text = writes.lock().expect("one thread").concat();
        assert_eq!(
            text,
            "Trial 1 of 2 completed - epochs: 5 - 1.5 s - val_accuracy: 0.5000 - units=64\n\
             Trial     Status  val_accuracy  Epochs   Time  units\n    \
             1  completed        0.5000       5  1.5 s     64  * best\n\
             1 trial in 1.5 s, best val_accuracy: 0.5000 in trial 1\n"
        );
    }

    #[test]
    fn a_terminal_draws_over_the_trial_under_way() {
        let writes = Arc::new(Mutex::new(Vec::new()));
        let screen = Screen::Terminal(Sink::Memory(writes.clone()), 0);
        let mut search = SearchProgress::on(screen, &objective(), None, Vec::new());
        search.begin_trial(begun(1));
        search.end_trial(row(1, "64", Some(0.5)));
        search.finish();
        let text = writes.lock().expect("one thread").concat();
        assert!(text.starts_with("\rTrial 1 - "), "{text}");
        assert!(text.contains("\rTrial 1 completed"), "{text}");
        assert_eq!(text.matches('\n').count(), 4, "{text}");
    }
}
