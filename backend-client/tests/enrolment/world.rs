// SPDX-License-Identifier: MIT OR Apache-2.0
//! The service in this process with its enrolment port, and a unit's folder.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::Arc,
    time::Duration,
};

use backend_client::{
    relay::RelayClient,
    wire::{Decision, KeptPolicy, ServedPolicy, Vouch},
};
use central_service::{
    admin::{self, init, invite, issue::NewKiosk},
    clock::Clock,
    directory::Directory,
    server::{self, Ports, Running, faults::Faults, tls},
    signer::KeyNumber,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use virtual_card::Authorities;

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct World {
    folder: TempDir,
    directory: Directory,
    runtime: Runtime,
    ports: (u16, u16),
    _service: Running,
}

/// A `kiosk-link` that does not outlive its test.
pub(crate) struct Link(Child);

impl Drop for Link {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn kiosk(unit: &str) -> NewKiosk {
    NewKiosk {
        operator: "Test operator".to_owned(),
        store: "store-7".to_owned(),
        unit: unit.to_owned(),
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let now = Clock::default().now();
        let ca = folder.path().join("ca");
        Authorities::generate(now, &mut rand::rng()).unwrap().save(&ca).unwrap();
        let directory = Directory::new(folder.path().join("central"));
        let plan = init::Plan {
            card_ca: ca.join("card-ca.pem"),
            user_authentication_ca: ca.join("user-authentication-ca.pem"),
            digital_signature_ca: ca.join("digital-signature-ca.pem"),
            kiosk: kiosk("unit-1"),
            hosts: Vec::new(),
            always_open: true,
        };
        let (service, ports) = runtime.block_on(async {
            init::init(&directory, &plan, now).await.unwrap();
            let clock = Clock::default();
            let service = admin::open_service(&directory, clock, KeyNumber::One).await.unwrap();
            let any = "127.0.0.1:0".parse().unwrap();
            let ports = Ports { listen: any, local: any };
            let kiosks = tls::configuration(&directory).unwrap();
            let faults = Faults::default();
            let mut running =
                server::start(Arc::new(service), kiosks, ports, faults).await.unwrap();
            let enrolment = tls::enrolment_configuration(&directory).unwrap();
            let enrolment = running.open_enrolment(any, enrolment).await.unwrap();
            let ports = (running.listening.port(), enrolment.port());
            (running, ports)
        });
        Self { folder, directory, runtime, ports, _service: service }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes link.toml with these lines for the key and for what is allowed.
    pub(crate) fn configure(&self, key: &str, allow: bool) {
        let (service, enrolment) = self.ports;
        let roots = self.roots();
        let config = format!(
            "socket = \"link.sock\"\n\
             [service]\nurl = \"https://localhost:{service}\"\nroots = {roots:?}\n\
             [enrolment]\nurl = \"https://localhost:{enrolment}\"\n\
             store = \"store-7\"\nunit = \"unit-9\"\nallow_key_without_tpm = {allow}\n\
             journal = \"journal.redb\"\nmetrics = \"kiosk.prom\"\n\
             [certificate]\nchain = \"certificate.pem\"\n{key}"
        );
        fs::write(self.path("link.toml"), config).unwrap();
    }

    /// Puts other lines for these in link.toml.
    pub(crate) fn reconfigure(&self, lines: &str, others: &str) {
        let config = fs::read_to_string(self.path("link.toml")).unwrap();
        assert!(config.contains(lines), "{lines} in {config}");
        fs::write(self.path("link.toml"), config.replace(lines, others)).unwrap();
    }

    /// Ports of the service: the kiosks', and that of enrolment.
    pub(crate) const fn ports(&self) -> (u16, u16) {
        self.ports
    }

    /// The roots of the service.
    pub(crate) fn roots(&self) -> PathBuf {
        self.directory.kiosk().join("roots.pem")
    }

    /// Writes the file of the token's PIN.
    pub(crate) fn set_pin(&self, pin: &str, mode: u32) {
        fs::write(self.path("pin"), format!("{pin}\n")).unwrap();
        fs::set_permissions(self.path("pin"), fs::Permissions::from_mode(mode)).unwrap();
    }

    /// The one-time code of a new invitation.
    pub(crate) fn invite(&self, allow: bool) -> String {
        self.runtime.block_on(async {
            let store = admin::open_store(&self.directory).await.unwrap();
            let now = Clock::default().now();
            let invited = invite::invite(&store, &kiosk("unit-9"), allow, now).await.unwrap();
            invited.code.to_string()
        })
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.arg("--config").arg(self.path("link.toml"));
        command.envs(tokens(self.folder.path()));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn enrol(&self, words: &[&str], code: &str) -> Output {
        let mut command = self.command(env!("CARGO_BIN_EXE_kiosk-enrol"));
        let mut child = command.args(words).stdin(Stdio::piped()).spawn().unwrap();
        // A program that refuses before it asks for the code has closed this end.
        let _ = writeln!(child.stdin.take().unwrap(), "{code}");
        child.wait_with_output().unwrap()
    }

    /// The same, from the unit's folder and with the configuration's bare name.
    pub(crate) fn enrol_beside(&self, words: &[&str], code: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_kiosk-enrol"));
        command.args(["--config", "link.toml"]).args(words).current_dir(self.folder.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = writeln!(child.stdin.take().unwrap(), "{code}");
        child.wait_with_output().unwrap()
    }

    /// A `kiosk-link` that is expected to end by itself.
    pub(crate) fn link_ends(&self) -> Output {
        self.command(env!("CARGO_BIN_EXE_kiosk-link")).output().unwrap()
    }

    /// Asks the service for its policy, through a new kiosk-link, as the kiosk would: the unit's key
    /// signs the connection and the policy.
    pub(crate) fn assert_authorised(&self) {
        let mut command = self.command(env!("CARGO_BIN_EXE_kiosk-link"));
        let link = Link(command.stderr(Stdio::null()).spawn().unwrap());
        let mut client = RelayClient::new(self.path("link.sock"));
        assert_eq!(client.identity(PATIENCE).unwrap().unit, "unit-9");
        let answer = client.policy(None, PATIENCE);
        let Ok(Decision::Granted(answer)) = answer else { panic!("{answer:?}") };
        let ServedPolicy::Changed { document, signature } = answer.policy else { panic!() };
        let mut kept = KeptPolicy { document, signature: signature.unwrap() };
        assert_eq!(client.vouch(kept.clone(), PATIENCE).unwrap(), Vouch::Signed);
        kept.document.text.push(' ');
        assert_eq!(client.vouch(kept, PATIENCE).unwrap(), Vouch::NotSigned);
        drop(link);
    }

    pub(crate) fn shown(&self) -> serde_json::Value {
        let output = self.enrol(&["show", "--json"], "");
        assert_done(&output);
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

pub(crate) fn assert_done(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[track_caller]
pub(crate) fn assert_refused(output: &Output, code: i32, complaint: &str) {
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{told}");
    assert!(told.contains(complaint), "{told}");
}

/// Where modules, their tools and systemd-creds find the tokens, credentials and keys of this test.
fn tokens(folder: &Path) -> [(&'static str, String); 7] {
    let file = |name: &str| folder.join(name).display().to_string();
    let tpm = format!("swtpm:path={}", file("tpm.sock"));
    [
        ("CREDENTIALS_DIRECTORY", file("credentials")),
        ("SYSTEMD_CREDENTIAL_SECRET", file("host.secret")),
        ("SYSTEMD_TPM2_DEVICE", tpm.clone()),
        ("SOFTHSM2_CONF", file("softhsm2.conf")),
        ("TPM2_PKCS11_STORE", file("store")),
        ("TPM2_PKCS11_TCTI", tpm.clone()),
        ("TPM2TOOLS_TCTI", tpm),
    ]
}

/// What a program of a Debian package told, which succeeds.
pub(crate) fn run(program: &str, package: &str, words: &[&str], folder: &Path) -> String {
    let output = output(program, package, words, folder);
    assert!(output.status.success(), "{program} {words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Runs a program of a Debian package.
pub(crate) fn output(program: &str, package: &str, words: &[&str], folder: &Path) -> Output {
    let mut command = Command::new(program);
    command.args(words).envs(tokens(folder)).stdin(Stdio::null());
    let output = command.output();
    output.unwrap_or_else(|_| panic!("{program} cannot be run: apt-get install {package}"))
}
