// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the trials came to: a page with pictures, the same as data, and a table for the terminal.

use std::{fmt::Write as _, fs, path::Path};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// All trials of one image that were made.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Report {
    /// The root hash of the image.
    pub image: String,
    /// In the order in which they were made.
    pub rows: Vec<Row>,
}

/// One trial.
#[derive(Debug, Serialize, Deserialize)]
pub struct Row {
    /// Its name.
    pub trial: String,
    /// What it was to show.
    pub claim: String,
    /// Whether it did; none where it could not be tried.
    pub holds: Option<bool>,
    /// What was seen, or why not.
    pub seen: String,
    /// How long it took.
    pub seconds: u64,
    /// File names of its pictures.
    pub pictures: Vec<String>,
}

impl Row {
    fn verdict(&self) -> &'static str {
        match self.holds {
            Some(true) => "holds",
            Some(false) => "DOES NOT HOLD",
            None => "not tried",
        }
    }
}

impl Report {
    /// An earlier report of the same image, to be gone on with; an empty one where there is none.
    #[must_use]
    pub fn resume(folder: &Path, image: &str) -> Self {
        let earlier = fs::read_to_string(folder.join(DATA)).ok();
        let earlier = earlier.and_then(|text| serde_json::from_str::<Self>(&text).ok());
        let earlier = earlier.filter(|report| report.image == image);
        earlier.unwrap_or_else(|| Self { image: image.to_owned(), rows: Vec::new() })
    }

    /// Adds a row in the place of an earlier one of the same trial, and writes everything.
    ///
    /// # Errors
    /// When the files cannot be written.
    pub fn add(&mut self, row: Row, folder: &Path) -> Result<(), Failure> {
        match self.rows.iter_mut().find(|earlier| earlier.trial == row.trial) {
            Some(earlier) => *earlier = row,
            None => self.rows.push(row),
        }
        let data = serde_json::to_string_pretty(self).map_err(|error| Failure::Unreadable {
            from: "the report",
            answer: error.to_string(),
        })?;
        for (name, text) in [(DATA, data), ("report.html", self.page())] {
            let path = folder.join(name);
            fs::write(&path, text).map_err(Failure::file("writing", path))?;
        }
        Ok(())
    }

    /// The rows as lines of a terminal.
    #[must_use]
    pub fn table(&self) -> String {
        let width = self.rows.iter().map(|row| row.trial.len()).max().unwrap_or_default();
        self.rows.iter().fold(String::new(), |mut table, row| {
            let Row { trial, seconds, seen, .. } = row;
            // A String takes everything.
            let _ =
                writeln!(table, "{trial:<width$}  {:<13} {seconds:>5} s  {seen}", row.verdict());
            table
        })
    }

    /// The rows as a page.
    fn page(&self) -> String {
        let mut page = format!("{HEAD}<p>Root hash {}</p>\n", escaped(&self.image));
        for row in &self.rows {
            let class = if row.holds == Some(true) { "holds" } else { "fails" };
            let _ = write!(
                page,
                "<section class=\"{class}\"><h2>{}: {}</h2><p>{}</p><p>{} ({} s)</p>",
                escaped(&row.trial),
                row.verdict(),
                escaped(&row.claim),
                escaped(&row.seen),
                row.seconds
            );
            for picture in &row.pictures {
                let picture = escaped(picture);
                let _ = write!(
                    page,
                    "<a href=\"{picture}\"><img alt=\"{picture}\" src=\"{picture}\"></a>"
                );
            }
            page.push_str("</section>\n");
        }
        page.push_str("</body></html>\n");
        page
    }
}

const DATA: &str = "report.json";

const HEAD: &str = "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
<title>The unit's image, tried</title><style>\
body{font:16px/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}\
section{border-left:.5rem solid;padding-left:1rem;margin:2rem 0}\
.holds{border-color:#2a7}.fails{border-color:#c22}\
h2{font-size:1.1rem;margin:0}img{width:24rem;border:1px solid #999}\
</style></head><body><h1>The unit's image, tried</h1>\n";

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::{Report, Row};

    fn row(trial: &str, holds: Option<bool>) -> Row {
        let (claim, seen) = ("a < b".to_owned(), "seen".to_owned());
        Row { trial: trial.to_owned(), claim, holds, seen, seconds: 3, pictures: Vec::new() }
    }

    #[test]
    fn a_trial_that_is_made_again_takes_its_earlier_row() {
        let folder = tempfile::tempdir().unwrap();
        let mut report = Report::resume(folder.path(), "hash");
        report.add(row("one", Some(false)), folder.path()).unwrap();
        report.add(row("two", None), folder.path()).unwrap();
        report.add(row("one", Some(true)), folder.path()).unwrap();
        let again = Report::resume(folder.path(), "hash");
        assert_eq!(again.rows.len(), 2);
        assert_eq!(again.table().lines().next(), Some("one  holds             3 s  seen"));
        assert!(again.page().contains("a &lt; b"));
        assert!(Report::resume(folder.path(), "another image").rows.is_empty());
    }
}
