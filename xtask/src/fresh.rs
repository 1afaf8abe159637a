// SPDX-License-Identifier: MIT OR Apache-2.0
//! Proves the README's two commands on a machine that has nothing: a bare Debian 12 root.
//!
//! All mounts are made in a mount namespace of their own and all processes run in a PID
//! namespace of their own, so that nothing is left mounted or running however this ends.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    time::Instant,
};

use clap::Args;

use crate::{
    command::{Failure, exists, output, root, run as run_command},
    setup::{install, is_root},
};

/// Where the bare root goes, and whether it stays.
#[derive(Args)]
pub(crate) struct Options {
    /// Folder to make the bare root in; must not exist yet (about 12 GB at the end)
    #[arg(long, value_name = "FOLDER", default_value = "/var/tmp/kiosk-fresh")]
    root: PathBuf,
    /// Leave the root there afterwards, to look into it
    #[arg(long)]
    keep: bool,
}

/// What the bare root holds before the project's own setup: what a reader of the README has.
const GIVEN: &str = "git,gcc,libc6-dev,ca-certificates";

/// The README's two commands.
const COMMANDS: [&str; 2] = ["cargo xtask demo", "cargo xtask test"];

/// Makes the root, clones into it, runs the two commands, removes it.
pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    prepare(options)?;
    let outcome = prove(&options.root);
    if options.keep {
        eprintln!("kept: {}", options.root.display());
    } else {
        // The mounts lived in the namespace that has ended; --one-file-system is the belt
        // to those braces.
        run_command(Command::new("rm").args(["-rf", "--one-file-system"]).arg(&options.root))?;
    }
    outcome
}

fn prepare(options: &Options) -> Result<(), Failure> {
    if !is_root()? {
        return Err(Failure::setup("`cargo xtask fresh` makes a root file system: run it as root"));
    }
    if options.root.exists() {
        return Err(Failure::setup(format!(
            "{} exists already: remove it, or name another folder with --root",
            options.root.display()
        )));
    }
    if !exists("mmdebstrap") {
        install(&["mmdebstrap"], true)?;
    }
    if !output(Command::new("git").current_dir(root()).args(["status", "--porcelain"]))?.is_empty()
    {
        eprintln!("note: there are uncommitted changes; they are not part of this proof");
    }
    Ok(())
}

fn prove(bare: &Path) -> Result<(), Failure> {
    let start = Instant::now();
    run_command(
        Command::new("mmdebstrap")
            .args(["--mode=root", "--variant=minbase", "--quiet"])
            .arg(format!("--include={GIVEN}"))
            .arg("bookworm")
            .arg(bare),
    )?;
    run_command(
        Command::new("git")
            .args(["clone", "--quiet", "--no-hardlinks"])
            .arg(root())
            .arg(bare.join("root/project")),
    )?;
    eprintln!("fresh: bare root ready, {} s", start.elapsed().as_secs());
    let script = bare.join("root/fresh.sh");
    fs::write(&script, inside(bare))
        .map_err(|error| Failure::setup(format!("writing {}: {error}", script.display())))?;
    for command in COMMANDS {
        let start = Instant::now();
        run_command(
            Command::new("unshare")
                .args(["--mount", "--propagation", "private", "--pid", "--fork", "--kill-child"])
                .arg("sh")
                .arg(&script)
                .arg(command),
        )
        .map_err(|failure| Failure::refuted(format!("`{command}` in the bare root: {failure}")))?;
        eprintln!("fresh: `{command}` passed, {} s", start.elapsed().as_secs());
    }
    Ok(())
}

/// The script that mounts what the root borrows from the host and runs one command in it.
///
/// Borrowed are the Rust toolchain, cargo's registry, and how this host reaches the package
/// registries (names, certificates, apt's settings): nothing that the project should install.
fn inside(bare: &Path) -> String {
    let home = PathBuf::from(env::var_os("HOME").unwrap_or_else(|| "/root".into()));
    let borrowed = |name: &str, fallback: &str| {
        env::var_os(name).map_or_else(|| home.join(fallback), PathBuf::from)
    };
    let cargo = borrowed("CARGO_HOME", ".cargo");
    let rustup = borrowed("RUSTUP_HOME", ".rustup");
    format!(
        r#"set -eu
bare='{bare}'
borrow() {{
    [ -e "$1" ] || return 0
    if [ -d "$1" ]; then mkdir -p "$bare$2"; else mkdir -p "$(dirname "$bare$2")"; : >>"$bare$2"; fi
    mount --bind "$1" "$bare$2"
}}
borrow '{cargo}' /root/.cargo
borrow '{rustup}' /root/.rustup
borrow /etc/resolv.conf /etc/resolv.conf
borrow /etc/hosts /etc/hosts
borrow /etc/apt/apt.conf.d /etc/apt/apt.conf.d
borrow /etc/ssl/certs /etc/ssl/certs
mount --rbind /dev "$bare/dev"
mount -t proc proc "$bare/proc"
exec chroot "$bare" env -i HOME=/root LANG=C.UTF-8 \
    PATH=/root/.cargo/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    sh -c "cd /root/project && $1"
"#,
        bare = bare.display(),
        cargo = cargo.display(),
        rustup = rustup.display(),
    )
}
