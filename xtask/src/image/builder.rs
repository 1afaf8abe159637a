// SPDX-License-Identifier: MIT OR Apache-2.0
//! The Debian 13 root in which every step runs, so that the host needs nothing but mmdebstrap.
//!
//! Each run has a mount and a PID namespace of its own: nothing stays mounted or running.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    command::{Failure, exists, root, run},
    setup::{Consent, ensure_mmdebstrap, is_root},
};

use super::{
    keys,
    place::{self, Place, failed},
};

/// What the steps need, in one line a purpose.
const PACKAGES: &[&str] = &[
    // The root and its filesystems.
    "mmdebstrap,dpkg-dev,squashfs-tools,cryptsetup-bin,e2fsprogs,dosfstools,mtools,gdisk,cpio,zstd",
    // The kernel image, its signature, the update's, and the keys of a laboratory.
    "systemd,systemd-ukify,systemd-boot-efi,sbsigntool,rauc,openssl",
    // A vendor's keys in a token, and the token of the image's test.
    "libengine-pkcs11-openssl,softhsm2",
    // The checks, and the machine that boots it.
    "nftables,qemu-system-x86,ovmf,python3-virt-firmware,chrony,swtpm",
    // The unit's programs.
    "gcc,libc6-dev,pkg-config,libpcsclite-dev,libfontconfig-dev,libudev-dev,libinput-dev",
    "libxkbcommon-dev,libasound2-dev,ca-certificates",
];

const SUITES: [&str; 3] = [
    "deb http://deb.debian.org/debian trixie main",
    "deb http://deb.debian.org/debian trixie-updates main",
    "deb http://deb.debian.org/debian-security trixie-security main",
];

/// Beside the builder: what it was made of.
const STAMP: &str = "builder.list";

/// What a script is told: a name and its value.
pub(crate) type Variable = (&'static str, String);

/// The root, once it is there.
pub(crate) struct Builder<'p> {
    place: &'p Place,
}

impl<'p> Builder<'p> {
    /// The builder of this build.
    pub(crate) fn new(place: &'p Place) -> Self {
        Self { place }
    }

    /// Makes the builder and a laboratory's keys where they are not there.
    pub(crate) fn ensure(place: &'p Place, consent: Consent) -> Result<(), Failure> {
        if !is_root()? {
            return Err(Failure::setup(
                "`cargo xtask image` makes root file systems: run it as root",
            ));
        }
        let list = list();
        let made_of = place::read(&place.shared(STAMP)).unwrap_or_default();
        if !place.builder().is_dir() || made_of != list {
            if place.builder().is_dir() {
                eprintln!(
                    "image: the builder was made of another list of packages; making it anew"
                );
            }
            if !exists("mmdebstrap") {
                ensure_mmdebstrap(consent)?;
            }
            make(place)?;
            place::write(&place.shared(STAMP), &list)?;
        }
        keys::ensure_lab(place)
    }

    /// Runs a script of deploy/steps with these variables.
    pub(crate) fn script(&self, name: &str, environment: &[Variable]) -> Result<(), Failure> {
        run(&mut self.command(name, environment)?).map_err(|failure| {
            Failure::refuted(format!("deploy/steps/{name}.sh did not succeed: {failure}"))
        })
    }

    /// The command that runs it.
    pub(crate) fn command(&self, name: &str, environment: &[Variable]) -> Result<Command, Failure> {
        self.command_of(&format!("deploy/steps/{name}.sh"), environment)
    }

    /// The command that runs any script of the project, by its path from the root.
    pub(crate) fn command_of(
        &self,
        script: &str,
        environment: &[Variable],
    ) -> Result<Command, Failure> {
        let words = self.words()?;
        let mut command = Command::new(&words[0]);
        command.args(&words[1..]).arg(script);
        command.args(environment.iter().map(|(name, value)| format!("{name}={value}")));
        Ok(command)
    }

    /// How a script is run: program and arguments, to which its path and variables are added.
    pub(crate) fn words(&self) -> Result<Vec<String>, Failure> {
        let enter = self.place.own("enter.sh");
        fs::write(&enter, self.entry()).map_err(|error| failed("writing", &enter, &error))?;
        let words = "unshare --mount --propagation private --pid --fork --kill-child sh";
        let words = words.split(' ').map(str::to_owned);
        Ok(words.chain([enter.display().to_string()]).collect())
    }

    /// The script that mounts what the builder borrows and starts one step in it.
    ///
    /// Borrowed from the host are the Rust toolchain, cargo's registry and how the package
    /// registries are reached. Paths inside are the same on every machine.
    fn entry(&self) -> String {
        let home = PathBuf::from(env::var_os("HOME").unwrap_or_else(|| "/root".into()));
        let of = |name: &str, below: &str| {
            env::var_os(name).map_or_else(|| home.join(below), PathBuf::from)
        };
        let mut script = format!("set -eu\nroot='{}'\n", self.place.builder().display());
        script.push_str(BORROW);
        let borrowed: [(&Path, &str); 5] = [
            (&root(), "/src"),
            (self.place.image(), "/image"),
            (self.place.keys(), "/keys"),
            (&of("CARGO_HOME", ".cargo"), "/root/.cargo"),
            (&of("RUSTUP_HOME", ".rustup"), "/root/.rustup"),
        ];
        for (from, to) in borrowed {
            script.push_str(&format!("borrow '{}' {to}\n", from.display()));
        }
        if let Some(pin) = self.place.pin() {
            script.push_str(&format!("pin='{}'\n{SHOW_PIN}", pin.display()));
        }
        for path in ["/etc/resolv.conf", "/etc/hosts", "/etc/apt/apt.conf.d", "/etc/ssl/certs"] {
            script.push_str(&format!("borrow {path} {path}\n"));
        }
        script.push_str(ENTER);
        script
    }
}

/// In a namespace of its own; a mount point, because mmdebstrap in it wants one below its feet.
const BORROW: &str = r#"mount --bind "$root" "$root"
borrow() {
    [ -e "$1" ] || return 0
    if [ -d "$1" ]; then
        mkdir -p "$root$2"
    else
        [ -e "$root$2" ] || { mkdir -p "$(dirname "$root$2")" && : >"$root$2"; }
    fi
    mount --bind "$1" "$root$2"
}
"#;

/// For the scripts that sign alone, in memory that ends with their run; on no command line.
const SHOW_PIN: &str = r#"case $1 in
deploy/steps/uki.sh | deploy/steps/bundle.sh | deploy/test/*)
    mkdir -p "$root/run/pin"
    mount -t tmpfs -o mode=0700,size=4k tmpfs "$root/run/pin"
    tr -d '\r\n' <"$pin" >"$root/run/pin/pin"
    ;;
esac
"#;

const ENTER: &str = r#"mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
script=$1
shift
exec chroot "$root" env -i HOME=/root LANG=C.UTF-8 \
    PATH=/root/.cargo/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@" sh -c "cd /src && exec sh $script"
"#;

/// What the builder is made of.
fn list() -> String {
    format!("{}\n{}\n", SUITES.join("\n"), PACKAGES.join(","))
}

/// Under another name until it is whole, so that a broken-off one is never taken for it.
fn make(place: &Place) -> Result<(), Failure> {
    let (whole, new) = (place.builder(), place.shared("builder.new"));
    let remove =
        |folder: &Path| run(Command::new("rm").args(["-rf", "--one-file-system"]).arg(folder));
    remove(&new)?;
    let mut command = Command::new("mmdebstrap");
    command.args(["--mode=root", "--variant=minbase", "--quiet"]).args([
        "--aptopt=APT::Install-Recommends \"false\"",
        "--dpkgopt=force-unsafe-io",
        "--dpkgopt=path-exclude=/usr/share/man/*",
        "--dpkgopt=path-exclude=/usr/share/locale/*",
    ]);
    command.arg(format!("--include={}", PACKAGES.join(","))).arg("trixie").arg(&new).args(SUITES);
    run(&mut command)?;
    remove(&whole)?;
    fs::rename(&new, &whole).map_err(|error| failed("renaming", &new, &error))
}
