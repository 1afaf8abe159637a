// SPDX-License-Identifier: MIT OR Apache-2.0
//! The text form of conversations; `tests/conversations/README.md` says how to read and write it.

/// What one test of a conversation file consists of.
pub(crate) struct Conversation {
    pub(crate) title: String,
    /// Words that say which card it is with.
    pub(crate) card: Vec<String>,
    pub(crate) turns: Vec<Turn>,
}

/// A line, with its number.
pub(crate) struct Turn {
    pub(crate) line: usize,
    pub(crate) step: Step,
}

pub(crate) enum Step {
    /// `>`: the words of a command APDU.
    Say(Vec<String>),
    /// `<`: the words of the response APDU.
    Hear(Vec<String>),
    /// `>>`: instruction, P1, P2, data, perhaps `le`, perhaps `with` a defect.
    SayProtected(Vec<String>),
    /// `<<`: the response that was inside the protected one.
    HearProtected(Vec<String>),
    /// Anything else the terminal or the reader does.
    Act(Vec<String>),
}

/// Reads a file of conversations.
pub(crate) fn parse(text: &str) -> Vec<Conversation> {
    let mut conversations: Vec<Conversation> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.split_once('#').map_or(line, |(line, _remark)| line).trim();
        if let Some(title) = line.strip_prefix("= ") {
            conversations.push(Conversation {
                title: title.to_owned(),
                card: Vec::new(),
                turns: Vec::new(),
            });
        } else if !line.is_empty() {
            let conversation = conversations.last_mut().expect("a title before the first line");
            conversation.add(index + 1, line);
        }
    }
    conversations
}

impl Conversation {
    fn add(&mut self, number: usize, line: &str) {
        let mut words = line.split_whitespace().map(str::to_owned);
        let first = words.next().unwrap_or_default();
        let rest = words.collect();
        let step = match first.as_str() {
            "card" => return self.card = rest,
            ">" => Step::Say(rest),
            "<" => Step::Hear(rest),
            ">>" => Step::SayProtected(rest),
            "<<" => Step::HearProtected(rest),
            _ => Step::Act([vec![first], rest].concat()),
        };
        self.turns.push(Turn { line: number, step });
    }
}
