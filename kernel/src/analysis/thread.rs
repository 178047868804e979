//! The thread that answers.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::analyzer::{Analyzer, STACK_SIZE};
use super::document::Document;
use super::{Answer, Completions, Findings, Packages, commands};
use crate::events::{Event, EventSender};

/// How long nothing happens before the files of packages on this machine are read again.
const QUIET: Duration = Duration::from_millis(1500);

/// How long a question waits for the session to start. It takes longer where the library has to be
/// compiled, and nobody waits that long for a completion.
const START_LIMIT: Duration = Duration::from_secs(10);

/// How long after a failure the packages are not loaded again.
const RETRY: Duration = Duration::from_secs(5);

/// What somebody wants to know about a cell.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) code: String,
    /// The place, in bytes.
    pub(crate) position: usize,
    pub(crate) kind: QuestionKind,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum QuestionKind {
    /// What can stand there.
    Complete,
    /// What stands there; `detailed` asks for all there is.
    Inspect { detailed: bool },
}

enum Message {
    Ready,
    CellStarted(String),
    CellEnded {
        definitions_stay: bool,
        variables: Vec<(String, String)>,
    },
    Question(u64, Question),
    Find {
        code: String,
        shown: bool,
        answer: Sender<Findings>,
    },
}

/// The other threads' hold on the analysis.
#[derive(Clone)]
pub(crate) struct AnalysisHandle {
    messages: Sender<Message>,
}

impl AnalysisHandle {
    /// Starts the thread; `packages` are those of the cells, if cells can be compiled.
    ///
    /// `early` says whether the packages can be read at once, because they are those of an earlier
    /// session.
    pub(crate) fn start(
        packages: Option<Packages>,
        early: bool,
        events: EventSender,
    ) -> std::io::Result<Self> {
        let (messages, queue) = channel();
        let analyzer = packages.and_then(|packages| {
            Analyzer::new(&packages)
                .inspect_err(|error| crate::log::note(error))
                .ok()
        });
        let thread = Thread {
            analyzer,
            document: Document::default(),
            events,
            waiting: VecDeque::new(),
            ready: false,
            warm: true,
            failed: None,
        };
        std::thread::Builder::new()
            .name("kerust-analysis".to_owned())
            .stack_size(STACK_SIZE)
            .spawn(move || thread.run(&queue, early))?;
        Ok(AnalysisHandle { messages })
    }

    fn send(&self, message: Message) {
        // The thread is there as long as the process.
        let _ = self.messages.send(message);
    }

    /// Asks a question; the answer comes as an event with `number`.
    pub(crate) fn ask(&self, number: u64, question: Question) {
        self.send(Message::Question(number, question));
    }

    /// The session has started, or failed to; nothing is defined.
    pub(crate) fn session_ready(&self) {
        self.send(Message::Ready);
    }

    /// Finds what there is to know of a cell before it is compiled; `shown` says whether its value is
    /// shown in the usual form. The answer comes once the packages are read, or never if that fails.
    pub(crate) fn find(&self, code: &str, shown: bool) -> Receiver<Findings> {
        let (answer, receiver) = channel();
        self.send(Message::Find {
            code: code.to_owned(),
            shown,
            answer,
        });
        receiver
    }

    /// A cell has started.
    pub(crate) fn cell_started(&self, code: &str) {
        self.send(Message::CellStarted(code.to_owned()));
    }

    /// The cell has ended; see [`Document::end_cell`].
    pub(crate) fn cell_ended(&self, definitions_stay: bool, variables: Vec<(String, String)>) {
        self.send(Message::CellEnded {
            definitions_stay,
            variables,
        });
    }
}

struct Thread {
    analyzer: Option<Analyzer>,
    document: Document,
    events: EventSender,
    /// Questions from before the session had started.
    waiting: VecDeque<(Instant, u64, Question)>,
    ready: bool,
    /// Whether nothing has happened since the last quiet moment.
    warm: bool,
    /// When the packages could not be loaded.
    failed: Option<Instant>,
}

impl Thread {
    fn run(mut self, queue: &Receiver<Message>, early: bool) {
        if early {
            self.refresh();
        }
        loop {
            let message = match self.patience() {
                Some(limit) => queue.recv_timeout(limit),
                None => queue.recv().map_err(RecvTimeoutError::from),
            };
            match message {
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => self.use_quiet(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// How long to wait for a message before there is something else to do.
    fn patience(&self) -> Option<Duration> {
        if let Some((since, _, _)) = self.waiting.front() {
            return Some(START_LIMIT.saturating_sub(since.elapsed()));
        }
        (self.ready && !self.warm).then_some(QUIET)
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Ready => {
                self.document.clear();
                self.ready = true;
                self.refresh();
                while let Some((_, number, question)) = self.waiting.pop_front() {
                    self.answer(number, &question);
                }
            }
            Message::CellStarted(code) => {
                self.document.start_cell(&code);
                self.warm = false;
            }
            Message::CellEnded {
                definitions_stay,
                variables,
            } => {
                self.document.end_cell(definitions_stay, variables);
                self.warm = false;
            }
            Message::Find {
                code,
                shown,
                answer,
            } => {
                // A cell's commands have been followed by now. If rust-analyzer fails, it may work
                // when it has started afresh.
                let findings = (0..2).find_map(|_| {
                    self.load();
                    let analyzer = self.analyzer.as_mut()?;
                    analyzer.find(&self.document, &code, shown)
                });
                if let Some(findings) = findings {
                    // The session may have given up waiting.
                    let _ = answer.send(findings);
                }
            }
            Message::Question(number, question) if self.ready || self.analyzer.is_none() => {
                self.answer(number, &question);
            }
            Message::Question(number, question) => {
                self.waiting.push_back((Instant::now(), number, question));
            }
        }
    }

    /// Prepares for the next question, or gives up those that waited too long.
    fn use_quiet(&mut self) {
        if let Some((_, number, question)) = self.waiting.pop_front() {
            self.answer(number, &question);
        } else {
            self.warm = true;
            if let Some(analyzer) = &mut self.analyzer {
                analyzer.reread();
            }
        }
    }

    fn answer(&mut self, number: u64, question: &Question) {
        let (code, position) = (question.code.as_str(), question.position);
        let in_command = commands::is_in_command(code, position);
        let answer = match question.kind {
            QuestionKind::Complete => {
                Answer::Completions(match commands::complete(code, position) {
                    Some(found) => found,
                    None if in_command => Completions::nothing(position),
                    None => self.complete(code, position),
                })
            }
            QuestionKind::Inspect { .. } if in_command => {
                Answer::Inspection(commands::inspect(code, position))
            }
            QuestionKind::Inspect { detailed } => {
                self.refresh();
                let (analyzer, document) = (self.analyzer.as_mut(), &self.document);
                Answer::Inspection(
                    analyzer.and_then(|it| it.inspect(document, code, position, detailed)),
                )
            }
        };
        self.events.send(Event::Answered { number, answer });
    }

    fn complete(&mut self, code: &str, position: usize) -> Completions {
        self.refresh();
        match &mut self.analyzer {
            Some(analyzer) => analyzer.complete(&self.document, code, position),
            None => Completions::nothing(position),
        }
    }

    /// Loads the packages that cells use, if that has to be done.
    fn refresh(&mut self) {
        // evcxr may be changing the manifest for the running cell.
        let settled = !self.document.is_running()
            || self
                .analyzer
                .as_ref()
                .is_some_and(|analyzer| !analyzer.is_loaded());
        if settled && self.failed.is_none_or(|failed| failed.elapsed() >= RETRY) {
            self.load();
        }
    }

    /// Loads the packages that the manifest names now.
    fn load(&mut self) {
        let Some(analyzer) = &mut self.analyzer else {
            return;
        };
        self.failed = None;
        let first = !analyzer.is_loaded();
        match analyzer.refresh() {
            Ok(()) if first => analyzer.prime(),
            Ok(()) => {}
            Err(error) => {
                self.failed = Some(Instant::now());
                crate::log::note(&format!("completion does not know all packages: {error}"));
            }
        }
    }
}
