// SPDX-License-Identifier: MIT OR Apache-2.0
//! Wishes that only the system can fulfil: one file each, in a folder that systemd watches. The
//! kiosk itself may neither reboot the machine nor touch USB.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use kiosk_session::staff::Wish;

/// The folder of the wishes.
#[derive(Clone, Debug)]
pub(super) struct Wishes(PathBuf);

impl Wishes {
    pub(super) fn new(folder: &Path) -> Self {
        Self(folder.to_owned())
    }

    /// Leaves a wish: one line, the seconds since the boot, so that whoever looks can tell a new
    /// one from an old one.
    pub(super) fn leave(&self, wish: Wish) -> io::Result<()> {
        self.leave_file(name(wish))
    }

    /// The kiosk's own: that the smart-card service, which hangs, is started anew.
    pub(super) fn leave_restart_of_readers(&self) -> io::Result<()> {
        self.leave_file(RESTART_READERS)
    }

    fn leave_file(&self, name: &str) -> io::Result<()> {
        fs::create_dir_all(&self.0)?;
        let new = self.0.join(format!(".{name}"));
        fs::write(&new, format!("{}\n", since_boot().as_secs()))?;
        fs::rename(new, self.0.join(name))
    }
}

/// As the units in deploy/ are named: `kiosk-wish-<name>.path`.
const fn name(wish: Wish) -> &'static str {
    match wish {
        Wish::Reboot => "reboot",
        Wish::PowerOff => "power-off",
        Wish::UsbWindow => "usb-window",
        Wish::InstallNow => "install-now",
    }
}

const RESTART_READERS: &str = "restart-readers";

fn since_boot() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    Duration::from_secs(u64::try_from(time.tv_sec).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Wish; 4] = [Wish::Reboot, Wish::PowerOff, Wish::UsbWindow, Wish::InstallNow];

    #[test]
    fn a_wish_is_one_file_of_one_line_and_a_new_one_takes_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let wishes = Wishes::new(&folder.path().join("wishes"));
        for _ in 0..2 {
            ALL.iter().for_each(|wish| wishes.leave(*wish).unwrap());
            wishes.leave_restart_of_readers().unwrap();
        }
        let mut names: Vec<_> = fs::read_dir(folder.path().join("wishes"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["install-now", "power-off", "reboot", RESTART_READERS, "usb-window"]);
        let text = fs::read_to_string(folder.path().join("wishes/reboot")).unwrap();
        assert!(text.trim().parse::<u64>().is_ok() && text.ends_with('\n'), "{text:?}");
    }

    #[test]
    fn each_wish_has_its_units_in_the_image() {
        let units = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../deploy/overlay/common/etc/systemd/system");
        for name in ALL.map(name).into_iter().chain([RESTART_READERS]) {
            let path = units.join(format!("kiosk-wish-{name}.path"));
            let text = fs::read_to_string(&path).expect("the unit is in the overlay");
            let watched = format!("PathExists=/run/kiosk/wishes/{name}\n");
            assert!(text.contains(&watched), "{} watches another file", path.display());
            assert!(path.with_extension("service").exists(), "{name} starts nothing");
        }
    }
}
