//! Questions about code, answered beside the cells.

use super::{Channel, Server, replies};
use crate::analysis::{Answer, Question, QuestionKind};
use crate::protocol::message::Message;
use crate::protocol::requests::{self, CursorRequest};

impl Server {
    /// Hands a `complete_request` or `inspect_request` to the analysis.
    pub(super) fn ask_analysis(&mut self, request: Message) {
        let place: CursorRequest = match requests::content(&request) {
            Ok(place) => place,
            Err(error) => {
                self.publish_status("busy", &request.header);
                self.refuse_queued(&request, &error);
                return self.publish_still_busy();
            }
        };
        let question = Question {
            position: place.position(),
            kind: match request.msg_type() {
                "complete_request" => QuestionKind::Complete,
                _ => QuestionKind::Inspect {
                    detailed: place.detail_level > 0,
                },
            },
            code: place.code,
        };
        self.last_job += 1;
        self.session.analysis.ask(self.last_job, question);
        self.questions.insert(self.last_job, request);
    }

    /// Answers the client that asked the question with this number.
    pub(super) fn answer_question(&mut self, number: u64, answer: Answer) {
        let Some(request) = self.questions.remove(&number) else {
            let of_the_cell = self.current.as_ref().is_some_and(|cell| cell.job == number);
            if let (true, Answer::Inspection(found)) = (of_the_cell, answer) {
                self.finish_page(found);
            }
            return;
        };
        let (reply_type, content) = match answer {
            Answer::Completions(found) => (
                "complete_reply",
                replies::completions(&request.content, &found),
            ),
            Answer::Inspection(found) => ("inspect_reply", replies::inspection(found)),
        };
        self.publish_status("busy", &request.header);
        self.reply(Channel::Shell, &request, reply_type, content);
        self.publish_status("idle", &request.header);
        self.publish_still_busy();
    }
}
