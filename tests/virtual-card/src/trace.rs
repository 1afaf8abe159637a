// SPDX-License-Identifier: MIT OR Apache-2.0
//! What was asked of the card, one line a command: header, Nc, Ne, status word, and what a SELECT in
//! clear names. No other data, since data may be a PIN; of a name, only one that the card knows.

use std::{
    collections::VecDeque,
    fs::{File, OpenOptions},
    io::{self, Write as _},
    path::Path,
};

use crate::{
    apdu::CommandApdu,
    file::{Application, EfId},
    hex,
};

/// The lines so far, and the file they go to.
#[derive(Default)]
pub(crate) struct Trace {
    lines: VecDeque<String>,
    file: Option<File>,
}

/// How many lines are kept for the command `trace`; the file keeps all.
const KEPT: usize = 10_000;

impl Trace {
    /// A trace that is appended to the file at `path`.
    pub(crate) fn to_file(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self { lines: VecDeque::new(), file: Some(file) })
    }

    pub(crate) fn record(&mut self, command: &[u8], answer: Option<&[u8]>) -> io::Result<()> {
        let line = line(command, answer);
        if let Some(file) = &mut self.file {
            writeln!(file, "{line}")?;
        }
        if self.lines.len() == KEPT {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
        Ok(())
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }
}

/// `00A4020C Nc=2 Ne=0 9000 EF=0006`; `----` where the answer is lost, `?` where lengths do not fit.
fn line(command: &[u8], answer: Option<&[u8]>) -> String {
    let header = hex::encode(command.get(..4).unwrap_or_default()).to_uppercase();
    let command = CommandApdu::parse(command);
    let lengths = match command.as_ref().map(CommandApdu::body) {
        Some(Ok(body)) => format!("Nc={} Ne={}", body.data.len(), body.ne),
        _ => "Nc=? Ne=?".to_owned(),
    };
    let status = match answer.and_then(<[u8]>::last_chunk::<2>) {
        Some(status) => hex::encode(status).to_uppercase(),
        None => "----".to_owned(),
    };
    let name = command.as_ref().and_then(selected).unwrap_or_default();
    format!("{header} {lengths} {status}{name}")
}

/// What a SELECT in clear names, whether or not the card has it: ` AID=…` or ` EF=…`, `?` where
/// that is not a name that can be shown.
fn selected(command: &CommandApdu) -> Option<String> {
    const SELECT: (u8, u8) = (0x00, 0xA4);
    const BY_NAME: u8 = 0x04;
    if (command.class, command.instruction) != SELECT {
        return None;
    }
    let data = command.body().map_or(&[][..], |body| &body.data);
    if command.p1 == BY_NAME {
        // An unknown name has 5 to 16 bytes, as a signature PIN may have.
        let known = Application::ALL.into_iter().find(|application| application.aid() == data);
        let aid = known.map_or_else(|| "?".to_owned(), |known| hex::encode(known.aid()));
        return Some(format!(" AID={}", aid.to_uppercase()));
    }
    let id = <[u8; 2]>::try_from(data).map(|id| EfId(u16::from_be_bytes(id)).to_string());
    Some(format!(" EF={}", id.unwrap_or_else(|_| "?".to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_select_shows_the_file_or_the_known_application_that_it_names() {
        let jpki = b"\x00\xA4\x04\x0C\x0A\xD3\x92\xF0\x00\x26\x01\x00\x00\x00\x01";
        assert_eq!(
            line(jpki, Some(b"\x90\x00")),
            "00A4040C Nc=10 Ne=0 9000 AID=D392F000260100000001"
        );
        let key_agreement = b"\x00\xA4\x02\x0C\x02\x00\xE0";
        assert_eq!(line(key_agreement, Some(b"\x6A\x82")), "00A4020C Nc=2 Ne=0 6A82 EF=00E0");
        assert_eq!(line(key_agreement, None), "00A4020C Nc=2 Ne=0 ---- EF=00E0");
    }

    #[test]
    fn a_select_shows_nothing_that_could_be_a_pin() {
        for (select, shown) in [
            (&b"\x00\xA4\x04\x0C\x08ABCD1234"[..], "00A4040C Nc=8 Ne=0 6A82 AID=?"),
            (b"\x00\xA4\x02\x0C\x041234", "00A4020C Nc=4 Ne=0 6A82 EF=?"),
            (b"\x00\xA4\x02\x0C\x051234", "00A4020C Nc=? Ne=? 6A82 EF=?"),
            (b"\x0C\xA4\x02\x0C\x021234", "0CA4020C Nc=? Ne=? 6A82"),
            (b"\x00\x20\x00\x80\x0212", "00200080 Nc=2 Ne=0 6A82"),
        ] {
            assert_eq!(line(select, Some(b"\x6A\x82")), shown);
        }
    }

    #[test]
    fn a_line_has_header_lengths_and_status_and_no_data() {
        let verify = b"\x00\x20\x00\x80\x041234";
        assert_eq!(line(verify, Some(b"\x63\xC2")), "00200080 Nc=4 Ne=0 63C2");
        assert_eq!(
            line(b"\x00\xB0\x00\x00\x00", Some(b"data\x90\x00")),
            "00B00000 Nc=0 Ne=256 9000"
        );
        assert_eq!(line(verify, None), "00200080 Nc=4 Ne=0 ----");
        assert_eq!(line(b"\x00\x20\x00\x80\x051234", Some(b"\x67\x00")), "00200080 Nc=? Ne=? 6700");
    }
}
