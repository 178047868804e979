//! The inputs of this session, for clients that ask.

use serde_json::{Value, json};

/// What ran so far.
#[derive(Default)]
pub(crate) struct History {
    inputs: Vec<(u32, String)>,
}

impl History {
    pub(crate) fn add(&mut self, count: u32, code: &str) {
        self.inputs.push((count, code.to_owned()));
    }

    /// The content of the reply to a `history_request` with this content.
    pub(crate) fn reply(&self, request: &Value) -> Value {
        let number = |name: &str| request[name].as_u64().map(|value| value as usize);
        let limit = number("n").unwrap_or(usize::MAX);
        let mut chosen: Vec<&(u32, String)> = match request["hist_access_type"].as_str() {
            Some("range") => {
                let start = number("start").unwrap_or(0);
                let stop = number("stop").unwrap_or(usize::MAX);
                // Only this session is kept; it is number 0.
                if request["session"].as_i64().unwrap_or(0) != 0 {
                    return reply(&[], request);
                }
                let within = |count: u32| (start..stop).contains(&(count as usize));
                self.inputs
                    .iter()
                    .filter(|(count, _)| within(*count))
                    .collect()
            }
            Some("search") => {
                let pattern = request["pattern"].as_str().unwrap_or("*");
                let unique = request["unique"].as_bool().unwrap_or(false);
                let mut found: Vec<&(u32, String)> = Vec::new();
                for entry in &self.inputs {
                    if glob(pattern.as_bytes(), entry.1.as_bytes()) {
                        if unique {
                            found.retain(|(_, code)| *code != entry.1);
                        }
                        found.push(entry);
                    }
                }
                found
            }
            _ => self.inputs.iter().collect(),
        };
        if request["hist_access_type"].as_str() != Some("range") && chosen.len() > limit {
            chosen.drain(..chosen.len() - limit);
        }
        reply(&chosen, request)
    }
}

fn reply(chosen: &[&(u32, String)], request: &Value) -> Value {
    let with_output = request["output"].as_bool().unwrap_or(false);
    let entries: Vec<Value> = chosen
        .iter()
        .map(|(count, code)| {
            if with_output {
                json!([0, count, [code, null]])
            } else {
                json!([0, count, code])
            }
        })
        .collect();
    json!({ "status": "ok", "history": entries })
}

/// Whether `text` matches `pattern`, in which `*` stands for anything and `?` for one byte.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && (pattern[p] == b'?' || pattern[p] == text[t]) && pattern[p] != b'*'
        {
            p += 1;
            t += 1;
        } else if p < pattern.len() && pattern[p] == b'*' {
            star = Some((p, t));
            p += 1;
        } else if let Some((star_p, star_t)) = star {
            p = star_p + 1;
            t = star_t + 1;
            star = Some((star_p, star_t + 1));
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}
