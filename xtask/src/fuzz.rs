// SPDX-License-Identifier: MIT OR Apache-2.0
//! libFuzzer over the targets of tests/fuzz. Stable Rust can be instrumented, though not by a flag
//! of its own: the LLVM pass is asked for by name (docs/decisions/0018).

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use clap::Args;

use crate::{
    command::{Failure, cargo, output, root, run as run_command, target},
    setup::{Consent, ensure, ensure_compiler},
};

/// Which targets, and for how long.
#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    consent: Consent,
    /// Targets to fuzz, one after another; all where none is named
    targets: Vec<String>,
    /// Seconds for each target
    #[arg(long, value_name = "N", conflicts_with = "minutes")]
    seconds: Option<u64>,
    /// Minutes for each target
    #[arg(long, value_name = "N", default_value_t = 10)]
    minutes: u64,
    /// Show the targets and what each is fed
    #[arg(long)]
    list: bool,
}

/// Fuzzes; what is found is left in target/fuzz/finds, and the command fails.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let targets = targets()?;
    if options.list {
        targets.iter().for_each(|target| eprintln!("{:<18} {}", target.name, target.about));
        return Ok(());
    }
    let chosen = chosen(&targets, &options.targets)?;
    ensure(options.consent)?;
    ensure_compiler(options.consent)?;
    let engine = build()?;
    let time = options.seconds.unwrap_or(options.minutes * 60);
    let mut found = Vec::new();
    for name in chosen {
        let start = Instant::now();
        let outcome = fuzz(&engine, name, Duration::from_secs(time));
        let verdict = if outcome.is_ok() { "nothing found" } else { "FOUND SOMETHING" };
        eprintln!("fuzz {name}: {verdict}, {} s", start.elapsed().as_secs());
        found.extend(outcome.is_err().then_some(name));
    }
    if found.is_empty() {
        return Ok(());
    }
    Err(Failure::refuted(format!(
        "found something in: {}. The inputs are in {}; add each to tests/fuzz/corpus under the name \
         of what it found, and mend it",
        found.join(", "),
        finds().display()
    )))
}

/// As the crate itself lists them.
struct Listed {
    name: String,
    about: String,
}

fn targets() -> Result<Vec<Listed>, Failure> {
    let mut command = cargo();
    command.args(["run", "--quiet", "--package", "fuzz", "--bin", "targets"]);
    let listed = output(&mut command)?;
    let lines = listed.lines().filter_map(|line| line.split_once('\t'));
    Ok(lines.map(|(name, about)| Listed { name: name.into(), about: about.into() }).collect())
}

fn chosen<'t>(targets: &'t [Listed], wanted: &[String]) -> Result<Vec<&'t str>, Failure> {
    let names = || targets.iter().map(|target| target.name.as_str());
    if let Some(unknown) = wanted.iter().find(|wanted| !names().any(|name| name == *wanted)) {
        return Err(Failure::setup(format!(
            "{unknown} is no target; `cargo xtask fuzz --list` shows them"
        )));
    }
    Ok(names().filter(|name| wanted.is_empty() || wanted.iter().any(|it| it == name)).collect())
}

/// The instrumented engine. It is built for a target that is named, so that build scripts and
/// procedural macros are not instrumented, and in a folder of its own.
fn build() -> Result<PathBuf, Failure> {
    let triple = output(Command::new("rustc").args(["--print", "host-tuple"]))?.trim().to_owned();
    let folder = target().join("fuzz");
    let mut command = cargo();
    command.args(["build", "--package", "fuzz", "--bin", "engine", "--features", "engine"]);
    command.args(["--profile", "fuzz", "--target", &triple, "--target-dir"]).arg(&folder);
    command.env("CARGO_ENCODED_RUSTFLAGS", INSTRUMENTED.join("\u{1f}"));
    run_command(&mut command)
        .map_err(|failure| Failure::setup(format!("building the engine: {failure}")))?;
    Ok(folder.join(triple).join("fuzz/engine"))
}

/// Coverage for libFuzzer, as `-Z sanitizer` and cargo-fuzz ask for it on nightly: counters at each
/// edge, their addresses, and what was compared with what.
const INSTRUMENTED: &[&str] = &[
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "--cfg=fuzzing",
];

/// One target. What the engine learns is kept in target/fuzz/corpus and serves the next run.
fn fuzz(engine: &Path, name: &str, time: Duration) -> Result<(), Failure> {
    let (learnt, finds) = (target().join("fuzz/corpus").join(name), finds());
    for folder in [&learnt, &finds] {
        fs::create_dir_all(folder)
            .map_err(|error| Failure::setup(format!("making {}: {error}", folder.display())))?;
    }
    let mut command = Command::new(engine);
    command.current_dir(root()).env("FUZZ_TARGET", name);
    command.arg(format!("-max_total_time={}", time.as_secs()));
    command.arg(format!("-artifact_prefix={}/{name}-", finds.display()));
    // A hang is a finding, too; a card may be slow, the code that hears it may not.
    command.args(["-timeout=10", "-rss_limit_mb=2048", "-max_len=20000", "-len_control=20"]);
    command.args(["-print_final_stats=1", "-verbosity=1"]);
    command.arg(&learnt).arg(root().join("tests/fuzz/corpus").join(name));
    run_command(&mut command)
}

fn finds() -> PathBuf {
    target().join("fuzz/finds")
}
