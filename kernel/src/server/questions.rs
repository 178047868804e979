//! Questions about code, which the analysis answers whether or not a cell runs.

use super::{Channel, Server, replies};
use crate::analysis::{Answer, Question, QuestionKind};
use crate::positions;
use crate::protocol::message::Message;

impl Server {
    /// Passes `request` on to the analysis.
    pub(super) fn ask_analysis(&mut self, request: Message) {
        let content = &request.content;
        let code = content["code"].as_str().unwrap_or_default().to_owned();
        let cursor = content["cursor_pos"].as_u64().unwrap_or(0) as usize;
        let question = Question {
            position: positions::byte_offset(&code, cursor),
            kind: match request.msg_type() {
                "complete_request" => QuestionKind::Complete,
                _ => QuestionKind::Inspect {
                    detailed: content["detail_level"].as_u64().unwrap_or(0) > 0,
                },
            },
            code,
        };
        self.last_job += 1;
        self.session.analysis.ask(self.last_job, question);
        self.questions.insert(self.last_job, request);
    }

    /// Answers the request whose question had this number. Its states are published now, since a
    /// cell may run meanwhile.
    pub(super) fn answer_question(&mut self, number: u64, answer: Answer) {
        let Some(request) = self.questions.remove(&number) else {
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
