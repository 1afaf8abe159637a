// SPDX-License-Identifier: MIT OR Apache-2.0
//! The bench's end of a played kiosk: touches and looks, one at a time.

use std::{io::Write, path::Path, process::ChildStdin, time::Duration};

use crate::{
    PATIENCE,
    failure::Failure,
    play::{Answer, Part, Request},
    process::Process,
};

/// A kiosk that is played through its labels.
pub struct Player {
    process: Process,
    input: ChildStdin,
}

impl Player {
    /// Takes over a `played-kiosk` whose standard input is a pipe.
    pub(crate) fn new(mut process: Process) -> Result<Self, Failure> {
        let input = process.input().ok_or_else(|| Failure::Unreadable {
            from: "played-kiosk",
            answer: "it was started without a pipe".to_owned(),
        })?;
        Ok(Self { process, input })
    }

    /// Touches the element with this label as soon as it is there and enabled.
    ///
    /// # Errors
    /// [`Failure::TooLate`] when it does not come.
    pub fn touch(&mut self, label: &str) -> Result<(), Failure> {
        let request = Request::Touch { label: label.to_owned(), milliseconds: millis(PATIENCE) };
        match self.ask(&request)? {
            Answer::Touched => Ok(()),
            other => Err(unexpected(format!("a button `{label}`"), PATIENCE, other)),
        }
    }

    /// Touches the upper right corner, where no element says what it is.
    ///
    /// # Errors
    /// When the kiosk does not answer.
    pub fn touch_the_corner(&mut self) -> Result<(), Failure> {
        match self.ask(&Request::TouchCorner)? {
            Answer::Touched => Ok(()),
            other => Err(unexpected("the corner".to_owned(), PATIENCE, other)),
        }
    }

    /// Waits until this text stands on the screen, as a whole label.
    ///
    /// # Errors
    /// [`Failure::TooLate`] with what could be read instead.
    pub fn await_text(&mut self, text: &str) -> Result<(), Failure> {
        self.await_some(vec![text.to_owned()], true, PATIENCE).map(drop)
    }

    /// Waits until one of the texts can be read anywhere; gives back which.
    ///
    /// # Errors
    /// [`Failure::TooLate`] with what could be read instead.
    pub fn await_any(&mut self, texts: &[&str], patience: Duration) -> Result<String, Failure> {
        self.await_some(texts.iter().map(|&text| text.to_owned()).collect(), false, patience)
    }

    fn await_some(
        &mut self,
        texts: Vec<String>,
        is_whole: bool,
        patience: Duration,
    ) -> Result<String, Failure> {
        let awaited = match texts.as_slice() {
            [text] => format!("`{text}` on the screen"),
            texts => format!("one of {} texts on the screen", texts.len()),
        };
        let milliseconds = millis(patience);
        match self.ask(&Request::Await { is_whole, texts, milliseconds })? {
            Answer::Seen { text } => Ok(text),
            other => Err(unexpected(awaited, patience, other)),
        }
    }

    /// What can be read on the screen, as soon as it is something else than `unlike`, at the
    /// latest after `patience`.
    ///
    /// # Errors
    /// When the kiosk does not answer: most often it has ended.
    pub fn look(&mut self, unlike: &[String], patience: Duration) -> Result<Vec<String>, Failure> {
        let request = Request::Look { unlike: unlike.to_vec(), milliseconds: millis(patience) };
        match self.ask(&request)? {
            Answer::Shown { labels } => Ok(labels),
            other => Err(unexpected("a look at the screen".to_owned(), patience, other)),
        }
    }

    /// Touches the element with this label if it is there within `patience`; tells whether it was.
    ///
    /// # Errors
    /// When the kiosk does not answer: most often it has ended.
    pub fn touch_if_there(&mut self, label: &str, patience: Duration) -> Result<bool, Failure> {
        let request = Request::Touch { label: label.to_owned(), milliseconds: millis(patience) };
        match self.ask(&request)? {
            Answer::Touched => Ok(true),
            Answer::Late { .. } => Ok(false),
            other => Err(unexpected(format!("a button `{label}`"), patience, other)),
        }
    }

    /// Draws the window into a PNG file.
    ///
    /// # Errors
    /// When the kiosk cannot draw or write it.
    pub fn picture(&mut self, path: &Path) -> Result<(), Failure> {
        match self.ask(&Request::Picture { path: path.to_owned() })? {
            Answer::Drawn => Ok(()),
            other => Err(unexpected(format!("a picture in {}", path.display()), PATIENCE, other)),
        }
    }

    /// Everything that has a label now, and its centre as parts of the window's width and height.
    ///
    /// # Errors
    /// When the kiosk does not answer.
    pub fn places(&mut self) -> Result<Vec<(String, f64, f64)>, Failure> {
        match self.ask(&Request::Places)? {
            Answer::Places { places } => Ok(places),
            other => Err(unexpected("where the buttons are".to_owned(), PATIENCE, other)),
        }
    }

    /// Every text of the accessible tree.
    ///
    /// # Errors
    /// When the kiosk does not answer.
    pub fn tells(&mut self) -> Result<Vec<String>, Failure> {
        match self.ask(&Request::Tell)? {
            Answer::Told { texts } => Ok(texts),
            other => Err(unexpected("the accessible tree".to_owned(), PATIENCE, other)),
        }
    }

    /// Has a text kept in the kiosk's memory, in every form in which a PIN is looked for.
    ///
    /// # Errors
    /// When the kiosk does not answer.
    pub fn keeps(&mut self, text: &str) -> Result<(), Failure> {
        match self.ask(&Request::Keep { text: text.to_owned() })? {
            Answer::Kept => Ok(()),
            other => Err(unexpected("a canary".to_owned(), PATIENCE, other)),
        }
    }

    /// Makes a part of the kiosk stand still for good.
    ///
    /// # Errors
    /// When the kiosk does not answer.
    pub fn stop(&mut self, part: Part) -> Result<(), Failure> {
        match self.ask(&Request::StandStill { part })? {
            Answer::StandsStill => Ok(()),
            other => Err(unexpected("a kiosk that stands still".to_owned(), PATIENCE, other)),
        }
    }

    /// The process behind it.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    fn ask(&mut self, request: &Request) -> Result<Answer, Failure> {
        let unreadable = |answer| Failure::Unreadable { from: "played-kiosk", answer };
        let line = serde_json::to_string(request).map_err(|error| unreadable(error.to_string()))?;
        writeln!(self.input, "{line}").map_err(Failure::system("speaking to the played kiosk"))?;
        let patience = match request {
            Request::Touch { milliseconds, .. }
            | Request::Await { milliseconds, .. }
            | Request::Look { milliseconds, .. } => Duration::from_millis(*milliseconds) + PATIENCE,
            Request::Picture { .. }
            | Request::Places
            | Request::Tell
            | Request::Keep { .. }
            | Request::TouchCorner
            | Request::StandStill { .. } => PATIENCE,
        };
        let answer = self.process.next_line(patience)?;
        serde_json::from_str(&answer).map_err(|_| unreadable(answer))
    }
}

fn unexpected(awaited: String, patience: Duration, answer: Answer) -> Failure {
    let instead = match answer {
        Answer::Late { shown } => format!("the screen shows {shown:?}"),
        Answer::Refused { reason } => reason,
        answer => format!("{answer:?}"),
    };
    Failure::TooLate { awaited, patience, instead }
}

fn millis(patience: Duration) -> u64 {
    u64::try_from(patience.as_millis()).unwrap_or(u64::MAX)
}
