// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the processes of a unit hold while the kiosk waits for the next resident, as the kernel
//! tells it. The kiosk closes itself to its own user, so this is root's alone.

use std::{fs, path::Path, time::Duration};

use serde::Serialize;

use crate::{bench::Bench, failure::Failure};

/// What one process holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Usage {
    /// Resident memory, in kibibytes.
    pub rss_kib: u64,
    /// The same, with what is shared divided among those who share it.
    pub pss_kib: u64,
    /// Open file descriptors.
    pub descriptors: u64,
    /// Threads.
    pub threads: u64,
}

/// What a unit holds after so many visits.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Sample {
    /// Visits so far.
    pub sessions: usize,
    /// How long the last one took, in seconds.
    pub seconds: f64,
    /// The process with card and screen.
    pub kiosk: Usage,
    /// The process with the network.
    pub link: Usage,
    /// The readers' daemon, which is not ours.
    pub pcscd: Usage,
    /// The kiosk's journal, in kibibytes on the disk.
    pub journal_kib: u64,
}

impl Sample {
    /// Looks at everything.
    ///
    /// # Errors
    /// [`Failure::NotRoot`] without root, or when a process is gone.
    pub fn of(bench: &mut Bench, sessions: usize, took: Duration) -> Result<Self, Failure> {
        if !rustix::process::geteuid().is_root() {
            return Err(Failure::NotRoot { doing: "counting what the kiosk holds" });
        }
        let gone = || Failure::Refuted("a process of the unit is gone".to_owned());
        let journal = bench.folder().join("journal/journal.redb");
        let length = fs::metadata(&journal).map_err(Failure::file("looking at", &journal))?.len();
        Ok(Self {
            sessions,
            seconds: took.as_secs_f64(),
            kiosk: Usage::of(bench.kiosk().ok_or_else(gone)?.id())?,
            link: Usage::of(bench.link().ok_or_else(gone)?.id())?,
            pcscd: Usage::of(bench.pcscd.process().id())?,
            journal_kib: length / 1024,
        })
    }
}

impl Usage {
    fn of(pid: u32) -> Result<Self, Failure> {
        let process = Path::new("/proc").join(pid.to_string());
        let (memory, status) = (process.join("smaps_rollup"), process.join("status"));
        let (memory, status) = (text(&memory)?, text(&status)?);
        let descriptors = process.join("fd");
        let open = fs::read_dir(&descriptors).map_err(Failure::file("reading", &descriptors))?;
        Ok(Self {
            rss_kib: number(&memory, "Rss:")?,
            pss_kib: number(&memory, "Pss:")?,
            descriptors: open.count() as u64,
            threads: number(&status, "Threads:")?,
        })
    }
}

fn text(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(Failure::file("reading", path))
}

/// The number behind a name, in whichever unit the kernel tells it.
fn number(text: &str, name: &str) -> Result<u64, Failure> {
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).ok_or_else(|| {
        Failure::Unreadable { from: "the kernel", answer: format!("no number for {name}") }
    })
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn a_number_is_found_by_its_whole_name() {
        let text = "Rss:               65432 kB\nPss:                 12 kB\nPss_Dirty:  7 kB\n";
        assert_eq!(number(text, "Rss:").unwrap(), 65_432);
        assert_eq!(number(text, "Pss:").unwrap(), 12);
        assert!(number(text, "Swap:").is_err());
    }
}
