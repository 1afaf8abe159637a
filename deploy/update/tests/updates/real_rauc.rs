// SPDX-License-Identifier: MIT OR Apache-2.0
//! The real RAUC, with its EFI backend, over slots that are files and firmware that is a script: what
//! this client is told by D-Bus is what RAUC does. RAUC mounts bundles, so this needs root.

mod vendor;

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use fleet_server::Action;

use crate::{
    double::{bus::Bus, eventually},
    real_rauc::vendor::{Vendor, ran},
    unit::Unit,
};

/// `efibootmgr` as RAUC calls it, with the firmware's variables in files beside it.
const FIRMWARE: &str = r#"#!/bin/sh
cd "$(dirname "$0")" || exit 1
case $1 in
--bootnext) echo "$2" >next ;;
--bootorder) echo "$2" >order ;;
'')
    [ ! -e next ] || echo "BootNext: $(cat next)"
    echo 'BootCurrent: 0001'
    echo "BootOrder: $(cat order)"
    printf 'Boot0001* A\nBoot0002* B\n'
    ;;
*) exit 1 ;;
esac
"#;

/// A unit whose RAUC is the real one.
struct Real {
    unit: Unit,
    vendor: Vendor,
    folder: PathBuf,
    bus: Bus,
    service: Child,
}

impl Drop for Real {
    fn drop(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
    }
}

impl Real {
    fn new() -> Self {
        assert!(
            ran(Command::new("id").arg("-u")).trim() == "0",
            "RAUC mounts bundles: run as root"
        );
        let unit = Unit::new();
        let folder = unit.path("real");
        for part in ["", "bin", "data", "mount"] {
            fs::create_dir(folder.join(part)).unwrap();
        }
        let firmware = folder.join("bin/efibootmgr");
        fs::write(&firmware, FIRMWARE).unwrap();
        fs::set_permissions(&firmware, fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(folder.join("bin/order"), "0001,0002\n").unwrap();
        for slot in ["a", "b"] {
            fs::write(folder.join(slot), vec![0; 1 << 16]).unwrap();
        }
        let vendor = Vendor::new(&folder.join("vendor"));
        let path = folder.display();
        let config = format!(
            "[system]\ncompatible=kiosk\nbootloader=efi\nmountprefix={path}/mount\n\
             data-directory={path}/data\n[keyring]\npath={}\n\
             [slot.rootfs.0]\ndevice={path}/a\ntype=raw\nbootname=A\n\
             [slot.rootfs.1]\ndevice={path}/b\ntype=raw\nbootname=B\n",
            vendor.certificate().display()
        );
        fs::write(folder.join("system.conf"), config).unwrap();
        let bus = Bus::in_folder(&folder);
        let double = "unix:path=".to_owned() + unit.path("bus.sock").to_str().unwrap();
        let text = fs::read_to_string(unit.path("update.toml")).unwrap();
        let line = text.lines().find(|line| line.starts_with("bus = ")).unwrap();
        assert!(line.contains(&double), "{line}");
        unit.write("update.toml", text.replace(line, &format!("bus = \"{}\"", bus.address)));
        let service = service(&folder, &bus, "A");
        let real = Self { unit, vendor, folder, bus, service };
        real.wait_for_service();
        real
    }

    /// The firmware starts the slot of BootNext, and forgets that.
    fn restart_into_next(&mut self) {
        let _ = self.service.kill();
        let _ = self.service.wait();
        assert_eq!(self.variable("next").trim(), "0002");
        fs::remove_file(self.folder.join("bin/next")).unwrap();
        self.service = service(&self.folder, &self.bus, "B");
        self.wait_for_service();
        self.unit.has_restarted();
    }

    fn wait_for_service(&self) {
        eventually("RAUC's service", || self.unit.carry_out(&["status"]).1.contains("is next"));
    }

    fn variable(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join("bin").join(name)).unwrap_or_default()
    }
}

fn service(folder: &Path, bus: &Bus, slot: &str) -> Child {
    let path = std::env::var("PATH").unwrap_or_default();
    Command::new("rauc")
        .arg(format!("--conf={}", folder.join("system.conf").display()))
        .arg(format!("--override-boot-slot={slot}"))
        .arg("service")
        .env("DBUS_STARTER_BUS_TYPE", "session")
        .env("DBUS_SESSION_BUS_ADDRESS", &bus.address)
        .env("PATH", format!("{}:{path}", folder.join("bin").display()))
        .stdout(Stdio::null())
        .spawn()
        .expect("rauc is missing; it is in the Debian package rauc")
}

#[test]
fn the_real_rauc_installs_tries_once_and_keeps() {
    let mut real = Real::new();
    let (bundle, root) = real.vendor.bundle("1.1.0", "kiosk");
    real.unit.fleet.offer(Action::of("7", bundle));
    let daemon = real.unit.daemon();
    eventually("the wish for a restart", || real.unit.wants_restart());
    drop(daemon);
    assert!(fs::read(real.folder.join("b")).unwrap().starts_with(&root));
    assert_eq!(real.variable("order").trim(), "0001", "the new slot is started once at the most");
    real.restart_into_next();
    real.unit.runs("1.1.0");
    let status = real.unit.carry_out(&["status"]).1;
    assert!(status.contains("B, on trial"), "{status}");
    let (code, said) = real.unit.carry_out(&["confirm"]);
    assert_eq!(code, 0, "{said}");
    assert_eq!(real.variable("order").trim(), "0002,0001");
    let _daemon = real.unit.daemon();
    assert!(real.unit.end_of("7").0);
}

#[test]
fn the_real_rauc_gives_a_sick_slot_up() {
    let mut real = Real::new();
    real.unit.fleet.offer(Action::of("7", real.vendor.bundle("1.1.0", "kiosk").0));
    let daemon = real.unit.daemon();
    eventually("the wish for a restart", || real.unit.wants_restart());
    drop(daemon);
    real.restart_into_next();
    real.unit.kiosk.is_sick_in(Some(("frame", "nothing was drawn")));
    assert_eq!(real.unit.carry_out(&["confirm"]).0, 69);
    assert_eq!(real.variable("order").trim(), "0001");
    assert_eq!(real.variable("next"), "");
}

#[test]
fn the_real_rauc_refuses_what_was_changed_and_what_another_signed() {
    let real = Real::new();
    let (good, _) = real.vendor.bundle("1.1.0", "kiosk");
    let mut changed = good.clone();
    changed[2_000] ^= 1;
    let other = Vendor::new(&real.folder.join("other")).bundle("1.1.0", "kiosk").0;
    let cut = good[..good.len() / 2].to_vec();
    let others = real.vendor.bundle("1.1.0", "gate").0;
    let _daemon = real.unit.daemon();
    for (id, bytes) in [("1", changed), ("2", other), ("3", cut), ("4", others)] {
        real.unit.fleet.offer(Action::of(id, bytes));
        let (success, said) = real.unit.end_of(id);
        assert!(
            !success && (said.contains("refused") || said.contains("for gate")),
            "{id}: {said}"
        );
    }
    assert_eq!(fs::read(real.folder.join("b")).unwrap(), vec![0; 1 << 16]);
    assert_eq!(real.variable("order").trim(), "0001,0002");
    assert!(!real.unit.wants_restart());
}
