// SPDX-License-Identifier: MIT OR Apache-2.0
//! Who makes bundles: `openssl` makes the key, `rauc` the bundle.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A vendor with a key of its own.
pub(crate) struct Vendor {
    folder: PathBuf,
}

impl Vendor {
    pub(crate) fn new(folder: &Path) -> Self {
        fs::create_dir(folder).unwrap();
        let vendor = Self { folder: folder.to_owned() };
        let mut openssl = Command::new("openssl");
        openssl.args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
        openssl.args(["-nodes", "-days", "2", "-subj", "/CN=Test vendor", "-keyout"]);
        openssl.arg(vendor.key()).arg("-out").arg(vendor.certificate());
        ran(&mut openssl);
        vendor
    }

    pub(crate) fn certificate(&self) -> PathBuf {
        self.folder.join("certificate.pem")
    }

    fn key(&self) -> PathBuf {
        self.folder.join("key.pem")
    }

    /// A bundle of this version, and the root in it. Debian 12's RAUC and this machine's kernel make
    /// it `plain`: the units' own, `verity`, needs device-mapper.
    pub(crate) fn bundle(&self, version: &str, compatible: &str) -> (Vec<u8>, Vec<u8>) {
        let content = self.folder.join(format!("{version}-{compatible}"));
        fs::create_dir(&content).unwrap();
        let root: Vec<u8> = (0_u32..1 << 15).map(|byte| byte.to_le_bytes()[1]).collect();
        fs::write(content.join("root.img"), &root).unwrap();
        let manifest = format!(
            "[update]\ncompatible={compatible}\nversion={version}\n\
             [image.rootfs]\nfilename=root.img\n"
        );
        fs::write(content.join("manifest.raucm"), manifest).unwrap();
        let bundle = self.folder.join(format!("{version}-{compatible}.raucb"));
        let mut rauc = Command::new("rauc");
        rauc.arg("bundle").arg(format!("--cert={}", self.certificate().display()));
        rauc.arg(format!("--key={}", self.key().display())).arg(&content).arg(&bundle);
        ran(&mut rauc);
        (fs::read(bundle).unwrap(), root)
    }
}

/// What a program printed that must end well.
pub(crate) fn ran(command: &mut Command) -> String {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().unwrap_or_else(|_| panic!("{name} is missing; see xtask setup"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {said}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
