// SPDX-License-Identifier: MIT OR Apache-2.0
//! What a person meets who starts `kiosk` in a terminal.
#![expect(clippy::expect_used, reason = "a test may stop at what it cannot start")]

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

fn kiosk(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kiosk")).args(arguments).output().expect("kiosk starts")
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn help_tells_what_it_is_and_every_exit_code() {
    let output = kiosk(&["--help"]);
    let help = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0));
    assert!(help.contains("ref-eac-1") && help.contains("kiosk-link"), "{help}");
    for exit in kiosk_app::Exit::ALL {
        assert!(help.contains(&format!("{:>2}  {}", exit.code(), exit.meaning())), "{help}");
    }
    for code in kiosk_app::commands::Code::ALL {
        assert!(help.contains(&format!("{:>2}  {}", code.number(), code.meaning())), "{help}");
    }
}

#[test]
fn the_reference_comes_from_the_binary_itself() {
    let output = kiosk(&["--config-reference"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stdout), kiosk_app::config::reference());
}

#[test]
fn a_configuration_can_be_checked_without_starting_anything() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = configured(folder.path());
    let check = || kiosk(&["--check-config", "--config", config.to_str().expect("UTF-8")]);

    let missing = check();
    let complaint = text(&missing.stderr);
    assert_eq!(missing.status.code(), Some(78), "{complaint}");
    assert!(complaint.contains("card.certificate_authority"), "{complaint}");
    assert!(complaint.contains("No such file"), "{complaint}");

    let authority = folder.path().join("card-ca.pem");
    fs::write(&authority, "no certificate").expect("a file");
    assert_eq!(check().status.code(), Some(78));

    fs::write(&authority, CARD_AUTHORITY).expect("a file");
    let output = check();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stdout).ends_with("in order\n"));
}

#[cfg(all(feature = "desktop", not(feature = "device")))]
#[test]
fn without_a_window_system_it_says_what_to_do_first() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = configured(folder.path());
    fs::write(folder.path().join("card-ca.pem"), CARD_AUTHORITY).expect("a file");
    let mut command = Command::new(env!("CARGO_BIN_EXE_kiosk"));
    for name in ["DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET"] {
        command.env_remove(name);
    }
    let output = command.arg("--config").arg(config).output().expect("kiosk starts");
    let log = text(&output.stderr);
    assert_eq!(output.status.code(), Some(i32::from(kiosk_app::Exit::Screen.code())), "{log}");
    let (_, told) = log.split_once("there is no screen: ").expect("the complaint");
    assert!(told.starts_with("neither DISPLAY nor WAYLAND_DISPLAY is set"), "{log}");
    assert!(told.contains("--features device"), "{log}");
}

/// The example of `deploy`, with everything that it names in `folder`.
fn configured(folder: &Path) -> PathBuf {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/kiosk.toml");
    let example = fs::read_to_string(example).expect("the example");
    let line = example.lines().find(|line| line.starts_with("certificate_authority"));
    let here = format!("certificate_authority = \"{}\"", folder.join("card-ca.pem").display());
    let config = folder.join("kiosk.toml");
    fs::write(&config, example.replace(line.expect("its line"), &here)).expect("a file");
    config
}

#[test]
fn a_configuration_that_cannot_be_used_has_its_own_exit_code() {
    let output = kiosk(&["--config", "/nowhere/kiosk.toml"]);
    assert_eq!(output.status.code(), Some(78));
    let message = text(&output.stderr);
    assert!(
        message.starts_with("kiosk: reading the configuration /nowhere/kiosk.toml"),
        "{message}"
    );
    assert!(message.contains("No such file"), "{message}");
}

#[test]
fn a_command_without_a_kiosk_says_that_there_is_none_and_looks_for_itself_where_it_can() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = configured(folder.path());
    let example = fs::read_to_string(&config).expect("a file");
    let here = |name: &str| folder.path().join(name).display().to_string();
    let example = example
        .replace("/run/kiosk/control.sock", &here("control.sock"))
        .replace("/var/lib/kiosk/journal.redb", &here("journal.redb"));
    fs::write(&config, example).expect("a file");
    let ask = |arguments: &[&str]| {
        let config = config.to_str().expect("UTF-8");
        kiosk(&[arguments, &["--config", config]].concat())
    };
    for command in ["status", "restart"] {
        let output = ask(&[command]);
        assert_eq!(output.status.code(), Some(69), "{command}");
        assert!(text(&output.stderr).contains("does kiosk run"), "{}", text(&output.stderr));
    }
    let output = ask(&["check", "--json"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stdout).contains("\"part\": \"sound\""), "{}", text(&output.stdout));
    let output = ask(&["journal"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "no outcome is undelivered\n");
    let report = here("report.json");
    let output = ask(&["report", &report]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(fs::read_to_string(&report).expect("the report").contains("kiosk-report-1"));
    assert_eq!(ask(&["report", &report]).status.code(), Some(74), "it writes over nothing");
}

/// Whoever can write the data partition can write there, and a device of ALSA may be a command.
#[cfg(feature = "sound")]
#[test]
fn in_the_image_alsa_reads_nothing_of_the_kiosks_home() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = configured(folder.path());
    let started = folder.path().join("started");
    let device = format!(
        "pcm.!plughw {{ @args [ CARD ] @args.CARD {{ type string }} type file slave.pcm null \
         file \"| touch {}\" format raw }}\n",
        started.display(),
    );
    fs::write(folder.path().join(".asoundrc"), device).expect("a file");
    let tone = |command: &mut Command| {
        let command = command.args(["check", "--tone", "--config"]).arg(&config);
        command.env("HOME", folder.path()).output().expect("kiosk starts");
        started.exists()
    };
    let kiosk = || Command::new(env!("CARGO_BIN_EXE_kiosk"));
    assert!(tone(&mut kiosk()), "the library's own configuration reads it");
    fs::remove_file(&started).expect("the file");

    let image = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/overlay/common");
    let unit = fs::read_to_string(format!("{image}/etc/systemd/system/kiosk.service"));
    let unit = unit.expect("the unit");
    let named = unit.lines().find_map(|line| line.strip_prefix("Environment=ALSA_CONFIG_PATH="));
    let ours = format!("{image}{}", named.expect("the unit names it"));
    assert!(Path::new(&ours).exists());
    assert!(!tone(kiosk().env("ALSA_CONFIG_PATH", ours)));
}

#[test]
fn to_enrol_it_hands_over_to_the_program_beside_it_with_the_same_arguments() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = tempfile::tempdir().expect("a folder");
    let kiosk = folder.path().join("kiosk");
    // By its own path the kernel would find the folder of the build.
    fs::hard_link(env!("CARGO_BIN_EXE_kiosk"), &kiosk)
        .or_else(|_| fs::copy(env!("CARGO_BIN_EXE_kiosk"), &kiosk).map(drop))
        .expect("a copy");
    let enrol = |arguments: &[&str]| {
        let mut command = Command::new(&kiosk);
        command.arg("enrol").args(arguments).env("PATH", "/nowhere").output().expect("kiosk starts")
    };
    let missing = enrol(&["new"]);
    assert_eq!(missing.status.code(), Some(69));
    assert!(text(&missing.stderr).contains("is it installed beside kiosk?"));
    let script = folder.path().join("script");
    fs::write(&script, "#!/bin/sh\necho \"$@\"\nexit 77\n").expect("a file");
    fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).expect("a program");
    symlink(&script, folder.path().join("kiosk-enrol")).expect("a link");
    let output = enrol(&["renew", "--now", "--config", "/x.toml"]);
    assert_eq!(output.status.code(), Some(77));
    assert_eq!(text(&output.stdout), "renew --now --config /x.toml\n");
}

#[test]
fn without_a_configuration_it_says_what_is_missing() {
    let output = kiosk(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("--config <FILE>"));
}

/// By a pipe, as a provisioning program gives it; a terminal is asked twice.
fn staff_code(code: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kiosk"))
        .arg("staff-code")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("kiosk starts");
    let mut input = child.stdin.take().expect("a pipe");
    writeln!(input, "{code}").expect("it reads");
    drop(input);
    child.wait_with_output().expect("it ends")
}

#[test]
fn the_hash_of_a_staff_code_is_the_line_of_the_units_file() {
    let output = staff_code("402817");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("staff-code");
    fs::write(&file, &output.stdout).expect("a file");
    let code = kiosk_app::config::read_file(&file).expect("a hash that is taken");
    assert!(code.is_some());
    assert_ne!(staff_code("402817").stdout, output.stdout, "each has a salt of its own");
    let trivial = staff_code("123456");
    assert_eq!(trivial.status.code(), Some(78));
    assert!(text(&trivial.stderr).contains("drawn at random") && trivial.stdout.is_empty());
}

/// A self-signed certificate on P-256, whose key was thrown away:
/// `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout /dev/null`.
const CARD_AUTHORITY: &str = "\
-----BEGIN CERTIFICATE-----
MIIBezCCASGgAwIBAgIUIgtcDwleJKp0Q9bkhhnlAg/eIpMwCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHVGVzdCBDQTAgFw0yNjExMjYxNTQ5MTRaGA8yMTI2MTEwMjE1
NDkxNFowEjEQMA4GA1UEAwwHVGVzdCBDQTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABOXCsPQdCkjB2AAiHnHc8POXvI0As443C9duFBQ0r9JGLR1j6PceKwKhgo0v
rNdxGqc4lRxhjRxSkP9co7WqdPGjUzBRMB0GA1UdDgQWBBQxVginp+i05GAOmIC0
isiu6s8b5TAfBgNVHSMEGDAWgBQxVginp+i05GAOmIC0isiu6s8b5TAPBgNVHRMB
Af8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQDDmtXn/0Zq0DqeDp0fzO45AmvG
HdI8ECBtBEi5DvwNfAIgOQtHLLZaEXg/0cZLGFyw9ch4jTKhs/GB1dqPWSE2e0s=
-----END CERTIFICATE-----
";
