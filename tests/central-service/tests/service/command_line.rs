// SPDX-License-Identifier: MIT OR Apache-2.0
//! The binary: its commands beside a running `serve`, its exit codes, and that nothing is lost when
//! it is killed.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::card::{TestAuthorities, TestCard, VALID};
use crate::client::Kiosk;

/// A service's folder, made by the binary.
struct Folder {
    root: TempDir,
    authorities: TestAuthorities,
}

/// `serve`, killed when the test is over.
struct Served {
    child: Child,
    listening: SocketAddr,
    /// As `serve` told it.
    enrolment: Option<SocketAddr>,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Folder {
    fn new() -> Self {
        let (root, authorities) = (tempfile::tempdir().unwrap(), TestAuthorities::new());
        for (name, authority) in [
            ("card", &authorities.card),
            ("user", &authorities.user_authentication),
            ("signature", &authorities.digital_signature),
        ] {
            authority.write(&root.path().join(name));
        }
        let folder = Self { root, authorities };
        let made = folder.run(&folder.init());
        assert_eq!(made.status.code(), Some(0), "{}", told(&made.stderr));
        folder
    }

    fn init(&self) -> Vec<String> {
        let file = |name: &str| self.path(name).display().to_string();
        let words = ["init", &self.dir(), "--always-open", "--card-ca", &file("card")];
        let cas = ["--user-authentication-ca", &file("user"), "--digital-signature-ca"];
        let words = words.into_iter().chain(cas).map(str::to_owned);
        words.chain([file("signature")]).collect()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    fn dir(&self) -> String {
        self.path("service").display().to_string()
    }

    fn run(&self, words: &[String]) -> Output {
        program().args(words).output().unwrap()
    }

    /// A command and its folder, then the rest.
    fn command(&self, command: &str, rest: &[&str]) -> Output {
        program().args(command.split(' ')).arg(self.dir()).args(rest).output().unwrap()
    }

    fn citizen(&self) -> TestCard {
        let card = TestCard::new(&self.authorities, VALID);
        let file = self.path("citizen.json");
        std::fs::write(&file, card.citizen().to_string()).unwrap();
        let file = file.display().to_string();
        assert!(self.command("register", &["--citizen", &file]).status.success());
        assert!(self.command("reserve", &["--card-id", &card.hex_id()]).status.success());
        card
    }

    fn serve(&self) -> Served {
        self.serve_with(&[])
    }

    fn serve_with(&self, rest: &[&str]) -> Served {
        let mut child = program()
            .arg("serve")
            .arg(self.dir())
            .args(["--clock-offset", "1"])
            .args(rest)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        let listening = ready["listening"].as_str().unwrap().parse().unwrap();
        assert!(ready["local"].as_str().unwrap().starts_with("127.0.0.1:"));
        let enrolment = ready["enrolment"].as_str().map(|address| address.parse().unwrap());
        Served { child, listening, enrolment }
    }

    fn state(&self) -> Value {
        let listed = self.command("list", &["--json"]);
        let listed: Value = serde_json::from_slice(&listed.stdout).unwrap();
        listed[0].clone()
    }
}

fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_central-service"))
}

fn told(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

async fn kiosk(served: &Served, folder: &Folder) -> Kiosk {
    let files = Path::new(&folder.dir()).join("kiosk");
    Kiosk::connect(served.listening, &files).await.unwrap()
}

#[tokio::test]
async fn a_service_killed_between_ticket_and_outcome_has_lost_nothing() {
    let folder = Folder::new();
    let card = folder.citizen();
    let mut served = folder.serve();
    let before = kiosk(&served, &folder).await;
    let session = before.granted(&card).await;
    let ticket = before.ticketed(&session).await;
    served.child.kill().unwrap();
    served.child.wait().unwrap();
    let served = folder.serve();
    let after = kiosk(&served, &folder).await;
    assert_eq!(folder.state()["state"], "ISSUED");
    let receipt = card.receipt(0x01, ticket.named(), &session.nonce);
    let answer = after.tell(&session, "done", Some(&receipt)).await;
    assert_eq!(answer.body["result"], "done");
    let listed = folder.state();
    assert_eq!((&listed["state"], &listed["receipt_verified"]), (&"CONSUMED".into(), &true.into()));
    let verified = folder.command("audit verify", &[]);
    assert_eq!(verified.status.code(), Some(0), "{}", told(&verified.stdout));
    assert!(told(&folder.command("list", &[]).stdout).contains("CONSUMED"));
}

#[tokio::test]
async fn the_admin_commands_work_while_the_service_runs() {
    let folder = Folder::new();
    let card = folder.citizen();
    let served = folder.serve();
    let kiosk = kiosk(&served, &folder).await;
    let id = card.hex_id();
    for (command, rest, code) in [
        ("suspend-card", vec!["--card-id", &id], "card-suspended"),
        ("suspend-card", vec!["--card-id", &id, "--lift"], ""),
        ("close", vec!["--until", "2999-01-01T00:00:00Z", "--maintenance"], "maintenance"),
        ("open", vec![], ""),
        ("reserve", vec!["--card-id", &id, "--hours-ago", "25"], "reservation-expired"),
        (
            "reserve",
            vec!["--card-id", &id, "--target", "user-authentication"],
            "reservation-for-other-pin",
        ),
        (
            "revoke-certificate",
            vec!["--card-id", &id, "--certificate", "digital-signature"],
            "signature-certificate-revoked",
        ),
        ("revoke-kiosk", vec!["--unit", "unit-1"], "kiosk-not-authorised"),
    ] {
        let output = folder.command(command, &rest);
        assert!(output.status.success(), "{command}: {}", told(&output.stderr));
        assert_eq!(kiosk.open(&card).await.code(), code, "after {command}");
    }
}

#[test]
fn an_invitation_is_told_once_for_people_or_for_machines() {
    let folder = Folder::new();
    let invite = ["--store", "store-1", "--unit", "unit-9"];
    let output = folder.command("invite", &invite);
    assert_eq!(output.status.code(), Some(0), "{}", told(&output.stderr));
    let lines = told(&output.stdout);
    let (code, rest) = lines.split_once('\n').unwrap();
    assert_eq!(code.split('-').map(str::len).collect::<Vec<_>>(), [5; 4], "{code}");
    assert!(rest.contains("urn:kiosk:store-1:unit-9, once, until"), "{rest}");
    let output = folder.command("invite", &[&invite[..], &["--json"]].concat());
    let told_once: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(told_once["unit"], "urn:kiosk:store-1:unit-9");
    assert_ne!(told_once["code"], code, "each has its own");
    assert!(told_once["expires_at"].as_str().unwrap().ends_with('Z'), "{told_once}");
    let wrong = folder.command("invite", &["--store", "store:1", "--unit", "unit-9"]);
    assert_eq!(wrong.status.code(), Some(1), "{}", told(&wrong.stdout));
    assert_eq!(folder.command("invite", &["--store", "store-1"]).status.code(), Some(2));
}

#[test]
fn units_enrol_where_serve_was_told_to_listen_for_them_and_nowhere_else() {
    let folder = Folder::new();
    assert_eq!(folder.serve().enrolment, None);
    let served = folder.serve_with(&["--enrolment", "127.0.0.1:0"]);
    let port = served.enrolment.expect("told in the line that says that it is ready").port();
    assert_ne!(port, served.listening.port());
    let output = folder.command("invite", &["--store", "store-1", "--unit", "unit-9", "--json"]);
    let invited: Value = serde_json::from_slice(&output.stdout).unwrap();
    let enrol = |code: &str| {
        let roots = Path::new(&folder.dir()).join("kiosk/roots.pem");
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--noproxy", "*", "--max-time", "30"])
            .args(["--write-out", "%{http_code}", "--output", "/dev/null", "--cacert"])
            .arg(roots)
            .args(["--user", &format!("store-1/unit-9:{code}")])
            .args(["--header", "Content-Type: application/pkcs10", "--data-binary", "no request"])
            .arg(format!("https://localhost:{port}/.well-known/est/simpleenroll"))
            .output();
        let output = output.unwrap_or_else(|_| panic!("curl cannot be run: apt-get install curl"));
        told(&output.stdout)
    };
    assert_eq!(enrol("00000-00000-00000-00000"), "401");
    // The code is taken; what is asked with it is no certification request.
    assert_eq!(enrol(invited["code"].as_str().unwrap()), "400");
}

#[tokio::test]
async fn sigterm_ends_the_service_cleanly() {
    let folder = Folder::new();
    let mut served = folder.serve();
    let kiosk = kiosk(&served, &folder).await;
    kiosk.policy(None).await;
    let process = i32::try_from(served.child.id()).ok().and_then(Pid::from_raw).unwrap();
    kill_process(process, Signal::TERM).unwrap();
    // Waited for elsewhere: the kiosk's end must be able to answer the server's farewell.
    let ended = tokio::task::spawn_blocking(move || served.child.wait().unwrap());
    assert_eq!(ended.await.unwrap().code(), Some(0));
    assert!(!Path::new(&folder.dir()).join("register.sqlite-wal").exists(), "folded in");
}

#[test]
fn the_exit_code_tells_wrong_usage_from_what_could_not_be_done() {
    let folder = Folder::new();
    let again = folder.run(&folder.init());
    assert_eq!(again.status.code(), Some(1));
    assert!(told(&again.stderr).contains("is not empty"), "{}", told(&again.stderr));
    let nobody = "00".repeat(16);
    let unknown = folder.command("reserve", &["--card-id", &nobody]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(told(&unknown.stderr).contains("central-service register"));
    assert_eq!(folder.command("reserve", &["--card-id", "xyz"]).status.code(), Some(2));
    let long_ago = folder.command("reserve", &["--card-id", &nobody, "--hours-ago", "4000000000"]);
    assert_eq!(long_ago.status.code(), Some(1), "{}", told(&long_ago.stderr));
    let nowhere = program().args(["list", "/nonexistent"]).output().unwrap();
    assert!(told(&nowhere.stderr).contains("central-service init"));
}

#[test]
fn an_init_that_was_told_something_wrong_leaves_the_folder_for_another_attempt() {
    let folder = Folder::new();
    let other = folder.path("another-service");
    let right: Vec<String> = folder
        .init()
        .into_iter()
        .map(|word| if word == folder.dir() { other.display().to_string() } else { word })
        .collect();
    let mut wrong_ca = right.clone();
    *wrong_ca.last_mut().unwrap() = folder.path("nowhere").display().to_string();
    let wrong_name = [right.clone(), vec!["--unit".to_owned(), "unit 1".to_owned()]].concat();
    for wrong in [wrong_ca, wrong_name] {
        assert_eq!(folder.run(&wrong).status.code(), Some(1));
    }
    let made = folder.run(&right);
    assert_eq!(made.status.code(), Some(0), "{}", told(&made.stderr));
}

#[test]
fn a_tampered_audit_table_has_an_exit_code_of_its_own() {
    let folder = Folder::new();
    folder.citizen();
    let database = Path::new(&folder.dir()).join("register.sqlite");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let store = central_service::store::Store::open(&database, false).await.unwrap();
        let mut transaction = store.write().await.unwrap();
        for statement in
            ["DROP TRIGGER audit_is_not_updated", "UPDATE audit SET entry = '{}' WHERE line = 1"]
        {
            sqlx::query(statement).execute(&mut *transaction).await.unwrap();
        }
        transaction.commit().await.unwrap();
        store.close().await;
    });
    let verified = folder.command("audit verify", &[]);
    assert_eq!(verified.status.code(), Some(3));
    assert!(told(&verified.stdout).contains("broken: line 1"));
}

#[test]
fn secret_keys_and_the_register_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;

    let folder = Folder::new();
    let dir = PathBuf::from(folder.dir());
    for name in [
        "ticket/key-1.pem",
        "ticket/key-2.pem",
        "kiosk/key.pem",
        "kiosk-ca/ca.key.pem",
        "tls/ca.key.pem",
        "tls/server.key.pem",
        "register.sqlite",
    ] {
        let mode = std::fs::metadata(dir.join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}
