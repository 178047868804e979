//! Expressions that a client wants evaluated after a cell, without anything being shown.

use serde_json::{Map, Value, json};

use super::{Session, catch, memory, question};
use crate::events::{CellError, Display};

impl Session {
    /// Evaluates each expression by itself, so that the failure of one is no failure of another.
    pub(super) fn evaluate(&mut self, expressions: Vec<(String, String)>) -> Map<String, Value> {
        let mut stopped: Option<CellError> = None;
        expressions
            .into_iter()
            .map(|(name, expression)| {
                let result = match &stopped {
                    Some(error) => Err(error.clone()),
                    None => self.value_of(&expression),
                };
                if let Err(error) = &result
                    && error.ename == "KeyboardInterrupt"
                {
                    stopped = Some(error.clone());
                }
                (name, answer(result))
            })
            .collect()
    }

    fn value_of(&mut self, expression: &str) -> Result<Display, CellError> {
        // Parentheses make statements and commands a syntax error; the line end ends a comment.
        let code = format!("({expression}\n)");
        if self.engine.is_none() {
            return Err(self.no_engine());
        }
        let kills = memory::out_of_memory_kills();
        self.begin_cell(true, true);
        let additions = self.additions(&code);
        let engine = self.engine.as_mut();
        let (shared, events) = (&self.shared, &self.events);
        let ask = |prompt, password| question::ask(shared, events, false, prompt, password);
        let outcome = catch(|| {
            engine.map_or(Ok(()), |engine| {
                engine.execute(&additions.code, &ask).map(|_| ())
            })
        });
        self.sync();
        let mut cell = self.end_cell();
        // Panics that did no harm would be told as the cell's output.
        if !cell.panicked {
            cell.panics.clear();
        }
        let value = cell.value.take();
        self.judge(outcome, &cell, expression, &additions, None, kills)?;
        Ok(value.unwrap_or_else(|| Display::text("()")))
    }
}

fn answer(result: Result<Display, CellError>) -> Value {
    match result {
        Ok(value) => json!({ "status": "ok", "data": value.data, "metadata": value.metadata }),
        Err(error) => {
            let mut content = error.to_content();
            content["status"] = json!("error");
            content
        }
    }
}
