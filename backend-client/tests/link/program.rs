// SPDX-License-Identifier: MIT OR Apache-2.0
//! The process `kiosk-link`: start, signals, exit codes, and an environment that it ignores.

use std::{
    fs,
    io::Read as _,
    net::TcpListener,
    process::{Child, Command, Output, Stdio},
};

use backend_client::{
    relay::RelayClient,
    wire::{Call, Decision},
};
use rustix::process::{Pid, Signal, kill_process};

use crate::{
    authority::{Authority, set_mode},
    questions::{PATIENCE, granted},
    service::Service,
};

/// A process that does not outlive its test.
struct Process(Child);

impl Process {
    fn end(mut self, signal: Signal) -> (Option<i32>, String) {
        kill_process(Pid::from_child(&self.0), signal).unwrap();
        let mut log = String::new();
        self.0.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (self.0.wait().unwrap().code(), log)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Ended already in all tests that passed.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn write_config(authority: &Authority, port: u16) {
    let config = format!(
        "socket = \"link.sock\"\n\
         [service]\nurl = \"https://localhost:{port}\"\nroots = \"roots.pem\"\n\
         [certificate]\nchain = \"certificate.pem\"\nkey = \"key.pem\"\n\
         [log]\nformat = \"json\"\nfilter = \"trace\"\n"
    );
    fs::write(authority.path("link.toml"), config).unwrap();
}

fn command(authority: &Authority) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kiosk-link"));
    command.arg("--config").arg(authority.path("link.toml")).stderr(Stdio::piped());
    command
}

fn run(authority: &Authority) -> Output {
    command(authority).output().unwrap()
}

fn complaint(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test]
async fn it_serves_until_a_signal_and_uses_no_proxy_from_the_environment() {
    let authority = Authority::new();
    let service = Service::start(authority.service(), [granted(Call::Policy)]).await;
    write_config(&authority, service.port);
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let address = format!("http://{}", proxy.local_addr().unwrap());
    let mut command = command(&authority);
    for name in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "HTTP_PROXY"] {
        command.env(name, &address);
    }
    let process = Process(command.spawn().unwrap());

    let mut client = RelayClient::new(authority.path("link.sock"));
    let answer = tokio::task::spawn_blocking(move || client.policy(None, PATIENCE));
    assert!(matches!(answer.await.unwrap(), Ok(Decision::Granted(_))));
    assert!(proxy.accept().is_err(), "the proxy was asked");

    let (code, log) = process.end(Signal::TERM);
    assert_eq!(code, Some(0), "{log}");
    assert!(!authority.path("link.sock").exists());
    let lines = log.lines().map(serde_json::from_str::<serde_json::Value>);
    let events = lines.collect::<Result<Vec<_>, _>>().unwrap();
    assert!(events.iter().any(|event| event["fields"]["unit"] == "unit-3"), "{log}");
}

#[test]
fn a_certificate_that_does_not_hold_is_warned_of_and_served_with_all_the_same() {
    for (from, until, said) in [(2020, 2021, "has expired"), (2090, 2091, "is not valid yet")] {
        let authority = Authority::new();
        authority.provision_valid(from, until);
        write_config(&authority, 9);
        let process = Process(command(&authority).spawn().unwrap());
        RelayClient::new(authority.path("link.sock")).identity(PATIENCE).unwrap();
        let (code, log) = process.end(Signal::TERM);
        assert_eq!(code, Some(0), "{log}");
        let warning = log.lines().find(|line| line.contains("\"WARN\"") && line.contains(said));
        assert!(warning.is_some_and(|line| line.contains("clock")), "{log}");
    }
}

#[test]
fn a_second_one_leaves_the_first_its_socket() {
    let authority = Authority::new();
    write_config(&authority, 9);
    let first = Process(command(&authority).spawn().unwrap());
    RelayClient::new(authority.path("link.sock")).identity(PATIENCE).unwrap();
    let second = run(&authority);
    assert_eq!(second.status.code(), Some(69));
    assert!(complaint(&second).contains("another kiosk-link serves the socket"));
    RelayClient::new(authority.path("link.sock")).identity(PATIENCE).unwrap();
    assert_eq!(first.end(Signal::INT).0, Some(0));
}

#[test]
fn a_wrong_key_in_the_configuration_is_named_with_its_line() {
    let authority = Authority::new();
    write_config(&authority, 9);
    let config = fs::read_to_string(authority.path("link.toml")).unwrap();
    fs::write(authority.path("link.toml"), config.replace("roots =", "rots =")).unwrap();
    let output = run(&authority);
    assert_eq!(output.status.code(), Some(78));
    let complaint = complaint(&output);
    assert!(complaint.contains("line 4") && complaint.contains("`rots`"), "{complaint}");
}

#[test]
fn what_another_start_would_not_mend_has_its_own_exit_code() {
    let authority = Authority::new();
    let missing = run(&authority);
    assert_eq!(missing.status.code(), Some(78));
    assert!(complaint(&missing).contains("link.toml cannot be read"), "{missing:?}");

    write_config(&authority, 9);
    set_mode(&authority.path("key.pem"), 0o644);
    let readable = run(&authority);
    assert_eq!(readable.status.code(), Some(78));
    assert!(complaint(&readable).contains("chmod 0600"), "{readable:?}");
    set_mode(&authority.path("key.pem"), 0o600);

    fs::write(authority.path("roots.pem"), "no certificate").unwrap();
    let rootless = run(&authority);
    assert_eq!(rootless.status.code(), Some(78));
    assert!(complaint(&rootless).contains("roots.pem holds no root certificate"), "{rootless:?}");
}

#[test]
fn a_socket_without_its_folder_is_the_configurations_fault() {
    let authority = Authority::new();
    write_config(&authority, 9);
    let config = fs::read_to_string(authority.path("link.toml")).unwrap();
    let elsewhere = config.replace("link.sock", "missing/link.sock");
    fs::write(authority.path("link.toml"), elsewhere).unwrap();
    let output = run(&authority);
    assert_eq!(output.status.code(), Some(78));
    let complaint = complaint(&output);
    assert!(complaint.contains("missing/link.sock does not exist"), "{complaint}");
}

fn help(program: &str) -> String {
    String::from_utf8(Command::new(program).arg("--help").output().unwrap().stdout).unwrap()
}

#[test]
fn the_help_tells_every_key_and_every_exit_code() {
    let link = help(env!("CARGO_BIN_EXE_kiosk-link"));
    let enrol = help(env!("CARGO_BIN_EXE_kiosk-enrol"));
    let example = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy/link.toml"));
    let mut section = String::new();
    let mut told = 0;
    // Those that are commented out are keys as well.
    for line in example.unwrap().lines().map(|line| line.trim_start_matches("# ")) {
        if line.starts_with('[') && line.ends_with(']') {
            line.clone_into(&mut section);
        }
        let Some((key, _)) = line.split_once(" = ") else { continue };
        let help = if section == "[enrolment]" { &enrol } else { &link };
        let tells = |line: &str| line.trim_start().split([' ', ',']).any(|word| word == key);
        assert!(help.lines().any(tells), "{key} of {section} in {help}");
        told += 1;
    }
    assert_eq!(told, 29, "keys of the example");
    for (help, codes) in [
        (&link, &["0", "2", "69", "71", "78"][..]),
        (&enrol, &["0", "2", "69", "71", "74", "75", "77", "78"]),
    ] {
        for code in codes {
            assert!(help.contains(&format!("{code:>4}  ")), "{code} in {help}");
        }
    }
}
