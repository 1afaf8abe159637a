// SPDX-License-Identifier: MIT OR Apache-2.0
//! `kiosk staff-code`: asks for a new staff code and prints its hash, which is the one line of the
//! unit's file (`[staff] file`). The code itself is written nowhere.

use std::{
    error::Error,
    fmt,
    io::{self, BufRead as _, IsTerminal as _, Write as _, stderr, stdin},
};

use kiosk_app::config::hash_code;
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

/// The hash of the code that is typed twice at a terminal, or comes once by a pipe.
pub(crate) fn ask() -> Result<String, Box<dyn Error>> {
    let code = if stdin().is_terminal() { typed_twice()? } else { line()? };
    Ok(format!("{}\n", hash_code(&code, rand::random())?))
}

fn typed_twice() -> Result<Zeroizing<String>, Box<dyn Error>> {
    let _silence = Silence::begin()?;
    let code = typed("New staff code, 6 to 12 digits: ")?;
    if *code == *typed("Once more: ")? { Ok(code) } else { Err(Box::new(Unlike)) }
}

fn typed(prompt: &str) -> io::Result<Zeroizing<String>> {
    write!(stderr(), "{prompt}")?;
    stderr().flush()?;
    let code = line()?;
    writeln!(stderr())?;
    Ok(code)
}

fn line() -> io::Result<Zeroizing<String>> {
    // As long as no code is: a line that grows leaves copies of its beginning behind.
    let mut line = Zeroizing::new(String::with_capacity(64));
    stdin().lock().read_line(&mut line)?;
    Ok(Zeroizing::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// The terminal shows nothing of what is typed, for as long as this lives.
struct Silence(Termios);

impl Silence {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(stdin(), OptionalActions::Flush, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // A terminal that is gone shows nothing anyway.
        let _ = tcsetattr(stdin(), OptionalActions::Flush, &self.0);
    }
}

#[derive(Debug)]
struct Unlike;

impl fmt::Display for Unlike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the two codes are not the same; nothing was printed")
    }
}

impl Error for Unlike {}
