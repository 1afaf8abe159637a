// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a demo keeps of a resident's visit: one picture a screen and a transcript with times.
//! Tests keep nothing.

use std::{
    ffi::OsStr,
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::Instant,
};

use crate::{failure::Failure, player::Player};

/// Keeps pictures and words, or nothing.
pub struct Album(Option<Kept>);

struct Kept {
    folder: PathBuf,
    transcript: fs::File,
    pictures: u32,
    start: Instant,
}

impl Album {
    /// Keeps nothing.
    #[must_use]
    pub fn none() -> Self {
        Self(None)
    }

    /// Keeps everything in `folder`, which is made where it is absent, and emptied of the
    /// pictures of an earlier demo where it holds one's transcript.
    ///
    /// # Errors
    /// [`Failure::Foreign`] when it holds other things and no transcript of a demo; nothing is
    /// touched then. Or when it cannot be written.
    pub fn in_folder(folder: &Path) -> Result<Self, Failure> {
        fs::create_dir_all(folder).map_err(Failure::file("making the folder", folder))?;
        // The kiosk draws into it from a working directory of its own.
        let folder = fs::canonicalize(folder).map_err(Failure::file("finding", folder))?;
        remove_earlier_pictures(&folder)?;
        let path = folder.join(TRANSCRIPT);
        let writing = || Failure::file("writing", &path);
        let mut transcript = fs::File::create(&path).map_err(writing())?;
        writeln!(transcript, "{HEADING}").map_err(writing())?;
        Ok(Self(Some(Kept { folder, transcript, pictures: 0, start: Instant::now() })))
    }

    /// Whether anything is kept.
    #[must_use]
    pub fn keeps(&self) -> bool {
        self.0.is_some()
    }

    /// Draws what the kiosk shows now, as `NN-name.png`.
    ///
    /// # Errors
    /// When it cannot be drawn or written.
    pub fn picture(&mut self, player: &mut Player, name: &str) -> Result<(), Failure> {
        let Some(kept) = &mut self.0 else { return Ok(()) };
        kept.pictures += 1;
        let file = format!("{:02}-{name}.png", kept.pictures);
        player.picture(&kept.folder.join(&file))?;
        self.note(&format!("the screen shows: {name} ({file})"))
    }

    /// Writes a line into the transcript and to the terminal.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn note(&mut self, text: &str) -> Result<(), Failure> {
        let Some(kept) = &mut self.0 else { return Ok(()) };
        let line = format!("{:7.2} s  {text}", kept.start.elapsed().as_secs_f32());
        eprintln!("{line}");
        writeln!(kept.transcript, "{line}").map_err(Failure::system("writing the transcript"))
    }
}

const TRANSCRIPT: &str = "transcript.txt";

/// The transcript's first line, by which a later demo knows the folder for its own.
const HEADING: &str = "A demo of the signature PIN kiosk; times in seconds since its start.";

/// Somebody names their own pictures' folder one day: what is not certainly ours stays.
fn remove_earlier_pictures(folder: &Path) -> Result<(), Failure> {
    let entries: Vec<_> = fs::read_dir(folder)
        .and_then(Iterator::collect)
        .map_err(Failure::file("reading", folder))?;
    if !is_ours(folder) {
        return match entries.first() {
            None => Ok(()),
            Some(entry) => {
                Err(Failure::Foreign { folder: folder.to_owned(), holds: entry.file_name() })
            }
        };
    }
    for entry in entries.iter().filter(|entry| is_picture(&entry.file_name())) {
        let path = entry.path();
        fs::remove_file(&path).map_err(Failure::file("removing", &path))?;
    }
    Ok(())
}

fn is_ours(folder: &Path) -> bool {
    fs::read(folder.join(TRANSCRIPT)).is_ok_and(|text| text.starts_with(HEADING.as_bytes()))
}

/// `NN-name.png`, as [`Album::picture`] names them.
fn is_picture(name: &OsStr) -> bool {
    let name = name.to_str().and_then(|name| name.strip_suffix(".png")?.split_once('-'));
    name.is_some_and(|(number, name)| {
        number.len() >= 2 && number.bytes().all(|digit| digit.is_ascii_digit()) && !name.is_empty()
    })
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::Album;
    use crate::failure::Failure;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn with_files(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    #[test]
    fn a_folder_of_somebody_elses_pictures_is_refused_and_left_as_it_was() {
        for foreign in ["holiday.png", "01-holiday.png", "transcript.txt", "letter.odt"] {
            let folder = with_files(&[(foreign, "theirs")]);
            let refused = Album::in_folder(folder.path()).err().unwrap();
            assert!(matches!(refused, Failure::Foreign { .. }), "{foreign}: {refused}");
            assert!(refused.is_of_setup() && refused.to_string().contains(foreign), "{refused}");
            let left = fs::read_to_string(folder.path().join(foreign)).unwrap();
            assert_eq!((names(folder.path()).len(), left.as_str()), (1, "theirs"));
        }
    }

    #[test]
    fn a_later_demo_removes_the_pictures_of_an_earlier_one_and_nothing_else() {
        let folder = with_files(&[]);
        let mut first = Album::in_folder(&folder.path().join("new")).unwrap();
        first.note("something happens").unwrap();
        let folder = folder.path().join("new");
        let kept = ["1-a.png", "ab-c.png", "holiday.png", "notes.txt", "02-.png", "03-x.jpg"];
        for name in kept.iter().chain(&["01-attract.png", "100-ending-done.png"]) {
            fs::write(folder.join(name), "").unwrap();
        }
        Album::in_folder(&folder).unwrap();
        let mut expected: Vec<_> = kept.into_iter().chain(["transcript.txt"]).collect();
        expected.sort_unstable();
        assert_eq!(names(&folder), expected);
        assert!(!fs::read_to_string(folder.join("transcript.txt")).unwrap().contains("happens"));
    }
}
