// SPDX-License-Identifier: MIT OR Apache-2.0
//! What the project needs from Debian, why, and how it gets there: named, asked for, installed.

use std::{
    io::{IsTerminal, Write, stdin},
    process::{Command, Stdio},
};

use clap::Args;

use crate::command::{Failure, exists, output};

/// Whether packages may be installed without asking.
#[derive(Args, Clone, Copy)]
pub(crate) struct Consent {
    /// Install missing Debian packages without asking (root is never asked)
    #[arg(long, short)]
    yes: bool,
}

/// A Debian 12 package and what it is for.
struct Package {
    name: &'static str,
    purpose: &'static str,
}

/// Everything that building and testing needs beyond Rust, git and a C compiler.
const PACKAGES: &[Package] = &[
    Package { name: "pkg-config", purpose: "finds the libraries below while building" },
    Package { name: "libpcsclite-dev", purpose: "PC/SC client library (crate pcsc)" },
    Package { name: "libasound2-dev", purpose: "ALSA, for the test tone (crate alsa)" },
    Package { name: "libfontconfig-dev", purpose: "font loading (Slint)" },
    Package { name: "libxkbcommon-x11-0", purpose: "the kiosk's window on a desktop (winit)" },
    Package { name: "libxcursor1", purpose: "the kiosk's window on a desktop (winit)" },
    Package { name: "libxi6", purpose: "touch and pointer on a desktop (winit)" },
    Package { name: "pcscd", purpose: "the PC/SC daemon, started privately by demo and tests" },
    Package { name: "vsmartcard-vpcd", purpose: "the virtual reader of the private pcscd" },
    Package { name: "opensc", purpose: "the independent judge of cards and PINs" },
    Package { name: "openssl", purpose: "the independent judge of signatures" },
    Package { name: "curl", purpose: "the independent client of EST" },
    Package { name: "softhsm2", purpose: "the PKCS#11 token of the tests" },
    Package { name: "swtpm", purpose: "the TPM of the tests" },
    Package { name: "libtpm2-pkcs11-1", purpose: "PKCS#11 before that TPM" },
    Package { name: "libtpm2-pkcs11-tools", purpose: "prepares that PKCS#11" },
    Package { name: "libtss2-tcti-swtpm0", purpose: "the way from there to that TPM" },
    Package { name: "tpm2-tools", purpose: "clears that TPM" },
    Package { name: "dbus-daemon", purpose: "the private D-Bus of the update client's tests" },
    Package { name: "rauc", purpose: "makes and installs the bundles of these tests" },
    Package { name: "squashfs-tools", purpose: "what rauc makes bundles with" },
    Package { name: "gdb", purpose: "forces a core dump of the kiosk, to be searched for PINs" },
    Package { name: "libfaketime", purpose: "the wall clock that the sweep steps" },
    Package { name: "systemd", purpose: "systemd-creds, which seals a unit's key" },
    Package { name: "util-linux", purpose: "setpriv and unshare, for unprivileged children" },
];

/// What the kiosk of a unit is built with beyond that (feature `device`: DRM and libinput). Only who
/// builds or lints it needs these; a demo and the tests run without.
const DEVICE_PACKAGES: &[Package] = &[
    Package { name: "libudev-dev", purpose: "finds the panel's devices (Slint, linuxkms)" },
    Package { name: "libinput-dev", purpose: "reads the touch panel (Slint, linuxkms)" },
    Package { name: "libxkbcommon-dev", purpose: "reads a keyboard (Slint, linuxkms)" },
];

/// What `cargo xtask fuzz` needs beyond that.
const COMPILER: &[Package] =
    &[Package { name: "g++", purpose: "libFuzzer is C++ (crate libfuzzer-sys)" }];

/// What `cargo xtask image` needs beyond that.
const IMAGE: &[Package] =
    &[Package { name: "mmdebstrap", purpose: "makes the Debian 13 root that builds the image" }];

/// Installs what is missing for all of it, linting too, and says what it did.
pub(crate) fn run(consent: Consent) -> Result<(), Failure> {
    if ensure(consent)? + ensure_device(consent)? == 0 {
        let all = PACKAGES.len() + DEVICE_PACKAGES.len();
        eprintln!("nothing to install: all {all} packages are there");
    }
    Ok(())
}

/// Makes sure that every package is there; returns how many had to be installed.
pub(crate) fn ensure(consent: Consent) -> Result<usize, Failure> {
    ensure_all(PACKAGES, consent)
}

/// The same of what only the kiosk of a unit needs.
pub(crate) fn ensure_device(consent: Consent) -> Result<usize, Failure> {
    ensure_all(DEVICE_PACKAGES, consent)
}

/// What `cargo xtask fuzz` needs.
pub(crate) fn ensure_compiler(consent: Consent) -> Result<usize, Failure> {
    ensure_all(COMPILER, consent)
}

fn ensure_all(packages: &'static [Package], consent: Consent) -> Result<usize, Failure> {
    let missing = missing(packages)?;
    if missing.is_empty() {
        return Ok(0);
    }
    eprintln!("These Debian packages are needed and not installed:");
    for package in &missing {
        eprintln!("  {:<20} {}", package.name, package.purpose);
    }
    let names: Vec<_> = missing.iter().map(|package| package.name).collect();
    let root = is_root()?;
    if !root && !consent.yes && !agreed()? {
        return Err(Failure::setup(format!(
            "not installed. Install them yourself and start again:\n  sudo apt-get install {}",
            names.join(" ")
        )));
    }
    install(&names, root)?;
    Ok(names.len())
}

/// What `cargo xtask image` needs; everything else is in the root that it makes.
pub(crate) fn ensure_mmdebstrap(consent: Consent) -> Result<usize, Failure> {
    ensure_all(IMAGE, consent)
}

/// Installs these packages with apt, through sudo where we are not root.
pub(crate) fn install(names: &[&str], root: bool) -> Result<(), Failure> {
    run_apt(root, &["update", "--quiet=2"])?;
    let mut arguments = vec!["install", "--yes", "--quiet=2", "--no-install-recommends"];
    arguments.extend(names);
    run_apt(root, &arguments)
}

/// Whether this process may install packages by itself.
pub(crate) fn is_root() -> Result<bool, Failure> {
    Ok(output(Command::new("id").arg("-u"))?.trim() == "0")
}

fn missing(packages: &'static [Package]) -> Result<Vec<&'static Package>, Failure> {
    if !exists("dpkg-query") {
        let names: Vec<_> = packages.iter().map(|package| package.name).collect();
        return Err(Failure::setup(format!(
            "this is not a Debian: install what these packages hold, by this system's names, \
             then build with cargo directly:\n  {}",
            names.join(" ")
        )));
    }
    Ok(packages.iter().filter(|package| !is_installed(package.name)).collect())
}

fn is_installed(package: &str) -> bool {
    Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Status}", package])
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|output| output.stdout == b"installed")
}

fn agreed() -> Result<bool, Failure> {
    if !stdin().is_terminal() {
        return Ok(false);
    }
    eprint!("Install them now with apt? [y/N] ");
    let mut answer = String::new();
    std::io::stderr()
        .flush()
        .and_then(|()| stdin().read_line(&mut answer))
        .map_err(|error| Failure::setup(format!("could not ask: {error}")))?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

fn run_apt(root: bool, arguments: &[&str]) -> Result<(), Failure> {
    let mut command = if root { Command::new("apt-get") } else { Command::new("sudo") };
    if !root {
        command.arg("apt-get");
    }
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
    crate::command::run(&mut command)
        .map_err(|failure| Failure::setup(format!("installing packages: {failure}")))
}

#[cfg(test)]
mod tests {
    use super::DEVICE_PACKAGES;

    #[test]
    fn what_a_unit_is_built_with_is_named_to_who_builds_one() {
        let page = include_str!("../../deploy/README.md");
        for package in DEVICE_PACKAGES {
            assert!(page.contains(package.name), "{} is not in deploy/README.md", package.name);
        }
    }
}
