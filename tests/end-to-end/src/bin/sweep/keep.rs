// SPDX-License-Identifier: MIT OR Apache-2.0
//! What is kept on the disk: finished runs by the plan's hash, so that a sweep can go on, and all
//! that was printed on a run with a violation.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use end_to_end::{
    failure::Failure,
    record::Record,
    sweep::{
        plan::Run,
        result::{RunResult, Verdict},
    },
};

/// A sweep's folder.
pub(crate) struct Keep {
    root: PathBuf,
    runs: PathBuf,
}

impl Keep {
    /// The folder for this plan and these limits.
    pub(crate) fn open(root: &Path, hash: &str, hurry: u32) -> Result<Self, Failure> {
        let runs = root.join("runs").join(format!("{hash}-{hurry}"));
        make(&runs)?;
        Ok(Self { root: root.to_owned(), runs })
    }

    /// Results of earlier sweeps with the same plan. One that proves nothing is none.
    pub(crate) fn finished(&self, runs: &[Run]) -> BTreeMap<String, RunResult> {
        let read = |run: &Run| -> Option<RunResult> {
            serde_json::from_str(&fs::read_to_string(self.file(&run.id)).ok()?).ok()
        };
        runs.iter()
            .filter_map(read)
            .filter(|result| !result.verdict.proves_nothing())
            .map(|result| (result.id.clone(), result))
            .collect()
    }

    /// Keeps a result, and of a violation what was printed.
    pub(crate) fn keep(&self, result: &RunResult, record: &Record) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(result)
            .map_err(|error| system("writing a result")(error.into()))?;
        write(&self.file(&result.id), &text)?;
        let folder = match result.verdict {
            Verdict::Violation => "violations",
            Verdict::NotTried => "not-tried",
            Verdict::NotFired => "not-fired",
            Verdict::Passed => {
                // A violation of an earlier sweep that is mended.
                for folder in ["violations", "not-tried", "not-fired"] {
                    fs::remove_file(self.root.join(folder).join(format!("{}.log", result.id))).ok();
                }
                return Ok(());
            }
        };
        let folder = self.root.join(folder);
        make(&folder)?;
        let mut log = format!("{}\n{text}\n\n", result.reasons.join("\n"));
        for line in record.lines() {
            log.push_str(&line.to_string());
            log.push('\n');
        }
        write(&folder.join(format!("{}.log", result.id)), &log)
    }

    fn file(&self, id: &str) -> PathBuf {
        self.runs.join(format!("{id}.json"))
    }
}

/// Forgets everything that an earlier sweep left there.
pub(crate) fn forget(root: &Path) -> Result<(), Failure> {
    for name in ["runs", "violations", "not-tried", "not-fired", "workshop-20", "workshop-1"] {
        let folder = root.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder)
                .map_err(system(&format!("removing {}", folder.display())))?;
        }
    }
    Ok(())
}

/// Makes a folder.
pub(crate) fn make(folder: &Path) -> Result<(), Failure> {
    fs::create_dir_all(folder).map_err(system(&format!("making the folder {}", folder.display())))
}

/// Writes a file whole or not at all.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let half = path.with_extension("half");
    fs::write(&half, text)
        .and_then(|()| fs::rename(&half, path))
        .map_err(system(&format!("writing {}", path.display())))
}

fn system(doing: &str) -> impl FnOnce(std::io::Error) -> Failure {
    let doing = doing.to_owned();
    move |source| Failure::System { doing, source }
}
