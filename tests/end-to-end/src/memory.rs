// SPDX-License-Identifier: MIT OR Apache-2.0
//! The memory of a running process, as its owner's enemy would read it: every writable mapping,
//! looked through for the bytes of a PIN, with what the kernel says of the mapping they lie in.
//!
//! The kiosk closes itself to its own user, so this is root's alone: without root it fails.

use std::{
    fmt,
    fs::{self, File},
    ops::Range,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
};

use crate::{
    failure::Failure,
    forms::Needle,
    search::{Search, overlap, surroundings},
};

/// A process whose memory can be read.
#[derive(Debug)]
pub struct Memory {
    process: PathBuf,
}

/// A part of the address space, as `/proc/PID/smaps` tells of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// From the first address to the one behind the last.
    pub range: Range<u64>,
    /// The file that it maps, `[heap]`, `[stack]`, or nothing.
    pub name: String,
    /// Whether the process may write there.
    pub is_writable: bool,
    /// The kernel's two-letter flags (`VmFlags`, proc(5)).
    pub flags: Vec<String>,
    /// Kibibytes of it that stand in swap.
    pub swapped_kib: u64,
}

impl Mapping {
    /// Locked in memory, left out of core dumps and of forked children: where a PIN may lie.
    #[must_use]
    pub fn is_for_pins(&self) -> bool {
        ["lo", "dd", "wf"].iter().all(|wanted| self.flags.iter().any(|flag| flag == wanted))
    }
}

/// Something that was looked for and found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Find {
    /// What.
    pub what: String,
    /// Its address.
    pub address: u64,
    /// Where that is.
    pub mapping: Mapping,
    /// What stands around it.
    pub surroundings: String,
}

impl fmt::Display for Find {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.mapping.name.is_empty() { "anonymous" } else { &self.mapping.name };
        let offset = self.address - self.mapping.range.start;
        let Self { what, address, surroundings, .. } = self;
        write!(f, "{what} at {address:#x} in {name} (+{offset:#x}), within `{surroundings}`")
    }
}

impl Memory {
    /// The memory of the process with this number.
    ///
    /// # Errors
    /// [`Failure::NotRoot`] without root.
    pub fn of(pid: u32) -> Result<Self, Failure> {
        if !rustix::process::geteuid().is_root() {
            return Err(Failure::NotRoot { doing: "reading the memory of the kiosk" });
        }
        Ok(Self { process: PathBuf::from(format!("/proc/{pid}")) })
    }

    /// Every mapping there is.
    ///
    /// # Errors
    /// When the kernel does not tell.
    pub fn mappings(&self) -> Result<Vec<Mapping>, Failure> {
        let path = self.process.join("smaps");
        let text = fs::read_to_string(&path).map_err(Failure::file("reading", &path))?;
        Ok(parse(&text))
    }

    /// Where these bytes stand in what the process may write to.
    ///
    /// # Errors
    /// When a mapping cannot be read.
    pub fn find(&self, needles: &[Needle]) -> Result<Vec<Find>, Failure> {
        let search = Search::of(needles);
        let path = self.process.join("mem");
        let memory = File::open(&path).map_err(Failure::file("opening", &path))?;
        let mut found = Vec::new();
        for mapping in self.mappings()?.into_iter().filter(|mapping| mapping.is_writable) {
            look_through(&memory, &path, &mapping, &search, &mut found)?;
        }
        Ok(found)
    }

    /// One of the numbers in `/proc/PID/status`, such as `VmLck`, in kibibytes.
    ///
    /// # Errors
    /// When the kernel tells no such number.
    pub fn status(&self, name: &str) -> Result<u64, Failure> {
        let path = self.process.join("status");
        let text = fs::read_to_string(&path).map_err(Failure::file("reading", &path))?;
        let number = text.lines().find_map(|line| {
            line.strip_prefix(name)?.strip_prefix(':')?.split_whitespace().next()?.parse().ok()
        });
        number.ok_or_else(|| Failure::Unreadable {
            from: "/proc/PID/status",
            answer: format!("no {name}"),
        })
    }
}

/// Reads the mapping piece by piece; the pieces overlap by the longest needle but one byte.
fn look_through(
    memory: &File,
    path: &Path,
    mapping: &Mapping,
    search: &Search<'_>,
    found: &mut Vec<Find>,
) -> Result<(), Failure> {
    let mut piece = Vec::new();
    let mut start = mapping.range.start;
    while start < mapping.range.end {
        let end = mapping.range.end.min(start + PIECE);
        piece.resize(usize::try_from(end - start).unwrap_or_default(), 0);
        let length = read(memory, &mut piece, start).map_err(Failure::file("reading", path))?;
        let bytes = piece.get(..length).unwrap_or_default();
        search.look(bytes, |offset, needle| {
            let (what, address) = (needle.what.clone(), start + offset as u64);
            // In an overlap it is found twice.
            if !found.iter().any(|find| find.what == what && find.address == address) {
                let surroundings = surroundings(bytes, offset, needle.bytes.len());
                found.push(Find { what, address, mapping: mapping.clone(), surroundings });
            }
        });
        if end == mapping.range.end {
            break;
        }
        start = end - overlap();
    }
    Ok(())
}

/// How much could be read. A mapping that went away meanwhile ends where it ends.
fn read(memory: &File, piece: &mut [u8], start: u64) -> std::io::Result<usize> {
    let mut length = 0;
    while let Some(rest) = piece.get_mut(length..).filter(|rest| !rest.is_empty()) {
        match memory.read_at(rest, start + length as u64) {
            Ok(0) => break,
            Ok(more) => length += more,
            Err(_) if length > 0 => break,
            Err(error) => return Err(error),
        }
    }
    Ok(length)
}

/// `from-to rwxp offset device inode   name`, then lines `Key: value`.
fn parse(smaps: &str) -> Vec<Mapping> {
    let mut mappings: Vec<Mapping> = Vec::new();
    for line in smaps.lines() {
        if let Some(mapping) = head(line) {
            mappings.push(mapping);
        } else if let Some(mapping) = mappings.last_mut() {
            if let Some(flags) = line.strip_prefix("VmFlags:") {
                mapping.flags = flags.split_whitespace().map(str::to_owned).collect();
            } else if let Some(swapped) = line.strip_prefix("Swap:") {
                let number = swapped.split_whitespace().next();
                mapping.swapped_kib =
                    number.and_then(|number| number.parse().ok()).unwrap_or(u64::MAX);
            }
        }
    }
    mappings
}

fn head(line: &str) -> Option<Mapping> {
    let (range, rest) = line.split_once(' ')?;
    let (from, to) = range.split_once('-')?;
    let address = |text| u64::from_str_radix(text, 16).ok();
    let mut words = rest.split_whitespace();
    let is_writable = words.next()?.starts_with("rw");
    let name = words.skip(3).collect::<Vec<_>>().join(" ");
    let range = address(from)?..address(to)?;
    Some(Mapping { range, name, is_writable, flags: Vec::new(), swapped_kib: 0 })
}

/// Bytes that are read at once.
const PIECE: u64 = 4 << 20;

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn mappings_are_read_with_their_flags() {
        let text = "7f00-8000 rw-p 00000000 00:00 0                   [heap]\n\
                    Size:                  4 kB\nSwap:                 12 kB\n\
                    VmFlags: rd wr mr lo dd wf \n\
                    8000-9000 r-xp 00001000 fe:00 42     /usr/bin/a program\n\
                    VmFlags: rd ex \n";
        let mappings = parse(text);
        assert_eq!(mappings.len(), 2);
        assert_eq!((mappings[0].range.clone(), mappings[0].swapped_kib), (0x7f00..0x8000, 12));
        assert!(mappings[0].is_writable && mappings[0].is_for_pins());
        assert_eq!(mappings[1].name, "/usr/bin/a program");
        assert!(!mappings[1].is_writable && !mappings[1].is_for_pins());
    }
}
