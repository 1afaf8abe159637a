// SPDX-License-Identifier: MIT OR Apache-2.0
//! EST as others speak it: openssl makes keys and requests and reads the answers, curl carries them
//! over real TLS.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use central_service::admin::{invite, revoke};
use central_service::enrolment::code::Code;
use central_service::enrolment::request::SigningRequest;
use central_service::server::tls;

use crate::bench::{Bench, new_kiosk};

const URN: &str = "urn:kiosk:store-1:unit-9";
const POLICY: &str = "2.25.125861234765567197095205892160646199624";

/// A service with an enrolment port, and a unit's folder with files named by number.
struct Enrolling {
    bench: Bench,
    address: SocketAddr,
}

/// What curl was answered.
#[derive(Debug)]
struct Answered {
    status: u16,
    headers: String,
    body: String,
}

impl Enrolling {
    async fn new() -> Self {
        let mut bench = Bench::new().await;
        let tls = tls::enrolment_configuration(&bench.directory).unwrap();
        let any_port = "127.0.0.1:0".parse().unwrap();
        let address = bench.running.open_enrolment(any_port, tls).await.unwrap();
        Self { bench, address }
    }

    async fn invited(&self, allows_without_tpm: bool) -> String {
        let (kiosk, now) = (new_kiosk("unit-9"), self.bench.clock.now());
        let store = &self.bench.store;
        let invited = invite::invite(store, &kiosk, allows_without_tpm, now).await.unwrap();
        assert_eq!(invited.urn, URN);
        invited.code.to_string()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.bench.folder.path().join(name)
    }

    /// A request of a new key, `NAME.key.pem` and `NAME.csr`, in base64.
    fn request(&self, name: &str, subject: &str, extensions: &[&str]) -> PathBuf {
        let (key, der) = (self.path(&format!("{name}.key.pem")), self.path("request.der"));
        let key = key.to_str().unwrap().to_owned();
        run(
            "openssl",
            &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", &key],
        );
        let mut words = vec!["req", "-new", "-key", &key, "-subj", subject, "-outform", "DER"];
        for extension in extensions {
            words.extend(["-addext", extension]);
        }
        run("openssl", &[&words[..], &["-out", der.to_str().unwrap()]].concat());
        let csr = self.path(&format!("{name}.csr"));
        std::fs::write(&csr, BASE64_STANDARD.encode(std::fs::read(der).unwrap())).unwrap();
        csr
    }

    fn usual(&self, name: &str) -> PathBuf {
        self.request(name, "/CN=unit-9", &[&format!("subjectAltName=URI:{URN}")])
    }

    async fn enrol(&self, user: &str, code: &str, csr: &Path) -> Answered {
        let user = format!("{user}:{code}");
        self.curl("simpleenroll", self.address, &["--user", &user], Some(csr)).await
    }

    /// Renews with `NAME.pem`, the certificate of `NAME.key.pem`.
    async fn renew(&self, name: &str, csr: &Path) -> Answered {
        let file = |end: &str| self.path(&format!("{name}{end}")).display().to_string();
        let words = ["--cert", &file(".pem"), "--key", &file(".key.pem")];
        self.curl("simplereenroll", self.bench.running.listening, &words, Some(csr)).await
    }

    async fn curl(
        &self,
        call: &str,
        address: SocketAddr,
        words: &[&str],
        csr: Option<&Path>,
    ) -> Answered {
        let mut command = Command::new("curl");
        let headers = self.path(&format!("headers-{}", crate::client::new_key()));
        command.args(["--silent", "--show-error", "--noproxy", "*", "--max-time", "30"]);
        command
            .args(["--cacert", self.bench.directory.kiosk().join("roots.pem").to_str().unwrap()]);
        command.arg("--dump-header").arg(&headers).args(words);
        if let Some(csr) = csr {
            command.args(["--header", "Content-Type: application/pkcs10", "--data-binary"]);
            command.arg(format!("@{}", csr.display()));
        }
        command.arg(format!("https://localhost:{}/.well-known/est/{call}", address.port()));
        let output = tokio::task::spawn_blocking(move || command.output());
        let output = output.await.unwrap();
        let output = output.unwrap_or_else(|_| panic!("curl cannot be run: apt-get install curl"));
        let headers = std::fs::read_to_string(&headers).unwrap();
        let status = headers.split_whitespace().nth(1).unwrap_or_default();
        let complaint = String::from_utf8_lossy(&output.stderr).into_owned();
        Answered {
            status: status.parse().unwrap_or_else(|_| panic!("{complaint}")),
            headers,
            body: String::from_utf8(output.stdout).unwrap(),
        }
    }

    /// Keeps the certificate of an answer as `NAME.pem`, as openssl reads it; its text.
    fn keep(&self, name: &str, answered: &Answered) -> String {
        assert_eq!(answered.status, 200, "{answered:?}");
        assert!(answered.headers.contains("application/pkcs7-mime; smime-type=certs-only"));
        let base64 = answered.body.replace('\n', "");
        let (der, pem) = (self.path("answer.p7"), self.path(&format!("{name}.pem")));
        std::fs::write(&der, BASE64_STANDARD.decode(base64).unwrap()).unwrap();
        let (der, pem) = (der.to_str().unwrap(), pem.to_str().unwrap());
        run("openssl", &["pkcs7", "-inform", "DER", "-in", der, "-print_certs", "-out", pem]);
        run("openssl", &["x509", "-in", pem, "-noout", "-text", "-nameopt", "RFC2253"])
    }
}

fn run(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output();
    let output =
        output.unwrap_or_else(|_| panic!("{program} cannot be run: apt-get install {program}"));
    assert!(output.status.success(), "{program} {words:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_unit_with_its_code_gets_a_certificate_that_opens_the_kiosks_port() {
    let enrolling = Enrolling::new().await;
    let code = enrolling.invited(false).await;
    let csr = enrolling.usual("first");
    let answered = enrolling.enrol("store-1/unit-9", &code.to_lowercase(), &csr).await;
    let text = enrolling.keep("first", &answered);
    assert!(text.contains("Subject: CN=unit-9,O=Test Operator"), "{text}");
    assert!(text.contains(&format!("URI:{URN}")) && text.contains("TLS Web Client Auth"), "{text}");
    assert!(!text.contains(POLICY), "{text}");
    let renewed = enrolling
        .renew(
            "first",
            &enrolling.request(
                "second",
                "/O=Test Operator/CN=unit-9",
                &[&format!("subjectAltName=URI:{URN}")],
            ),
        )
        .await;
    let text = enrolling.keep("second", &renewed);
    assert!(text.contains("Subject: CN=unit-9,O=Test Operator") && text.contains(URN), "{text}");
    for event in ["kiosk-invited", "kiosk-enrolled", "certificate-renewed"] {
        assert_eq!(enrolling.bench.audited(event).await, 1, "{event}");
    }
}

#[tokio::test]
async fn the_ca_of_the_kiosks_is_told_to_everyone_and_verifies_what_it_issued() {
    let enrolling = Enrolling::new().await;
    let answered = enrolling.curl("cacerts", enrolling.address, &[], None).await;
    let text = enrolling.keep("ca", &answered);
    assert!(text.contains("Reference kiosk CA") && text.contains("CA:TRUE"), "{text}");
    let code = enrolling.invited(false).await;
    let csr = enrolling.usual("first");
    let answered = enrolling.enrol("store-1/unit-9", &code, &csr).await;
    enrolling.keep("first", &answered);
    let file = |name: &str| enrolling.path(name).display().to_string();
    run("openssl", &["verify", "-CAfile", &file("ca.pem"), &file("first.pem")]);
}

#[tokio::test]
async fn a_lost_answer_is_given_again_for_the_same_key_and_for_no_other() {
    let enrolling = Enrolling::new().await;
    let code = enrolling.invited(false).await;
    let csr = enrolling.usual("first");
    let first = enrolling.enrol("store-1/unit-9", &code, &csr).await;
    let again = enrolling.enrol("store-1/unit-9", &code, &csr).await;
    assert_eq!((first.status, &first.body), (200, &again.body));
    let other = enrolling.enrol("store-1/unit-9", &code, &enrolling.usual("other")).await;
    assert_eq!(other.status, 401, "{other:?}");
    assert_eq!(enrolling.bench.audited("kiosk-enrolled").await, 1);
}

#[tokio::test]
async fn a_code_is_its_units_and_bears_five_tries_and_a_day() {
    let enrolling = Enrolling::new().await;
    let code = enrolling.invited(false).await;
    let csr = enrolling.usual("first");
    let other_unit = enrolling.enrol("store-1/unit-1", &code, &csr).await;
    assert_eq!(other_unit.status, 401);
    assert!(other_unit.headers.to_lowercase().contains("www-authenticate: basic"));
    for wrong in ["", "00000-00000-00000-00000", "x", &code[1..], "AAAAA-AAAAA-AAAAA-AAAAA"] {
        assert_eq!(enrolling.enrol("store-1/unit-9", wrong, &csr).await.status, 401);
    }
    let late = enrolling.enrol("store-1/unit-9", &code, &csr).await;
    assert_eq!(late.status, 401, "the sixth try was taken");
    assert_eq!(enrolling.bench.audited("enrolment-refused").await, 5);

    let code = enrolling.invited(false).await;
    enrolling.bench.minutes_pass(24 * 60);
    assert_eq!(enrolling.enrol("store-1/unit-9", &code, &csr).await.status, 401);
    let code = enrolling.invited(false).await;
    enrolling.bench.minutes_pass(24 * 60 - 1);
    assert_eq!(enrolling.enrol("store-1/unit-9", &code, &csr).await.status, 200);
}

#[tokio::test]
async fn the_code_is_in_no_file_of_the_service() {
    let enrolling = Enrolling::new().await;
    let code = enrolling.invited(false).await;
    let kept = Code::typed(&code).unwrap().hash();
    let mut is_hash_found = false;
    for entry in std::fs::read_dir(enrolling.bench.directory.root()).unwrap() {
        let Ok(bytes) = std::fs::read(entry.unwrap().path()) else { continue };
        for form in [code.clone(), code.replace('-', "")] {
            assert!(!bytes.windows(form.len()).any(|window| window == form.as_bytes()));
        }
        is_hash_found |= bytes.windows(kept.len()).any(|window| window == kept);
    }
    assert!(is_hash_found, "the search finds nothing");
}

#[tokio::test]
async fn a_request_with_other_names_another_key_or_a_wrong_signature_costs_no_try() {
    let enrolling = Enrolling::new().await;
    let code = enrolling.invited(false).await;
    let usual = enrolling.usual("usual");
    let san = format!("subjectAltName=URI:{URN}");
    let other_san = san.replace("unit-9", "unit-8");
    let two = format!("{san},URI:urn:kiosk:store-1:unit-8");
    let mut tampered = BASE64_STANDARD.decode(std::fs::read(&usual).unwrap()).unwrap();
    *tampered.last_mut().unwrap() ^= 1;
    let broken = enrolling.path("broken.csr");
    std::fs::write(&broken, BASE64_STANDARD.encode(tampered)).unwrap();
    let nonsense = enrolling.path("nonsense.csr");
    std::fs::write(&nonsense, "AAAA").unwrap();
    for (csr, why) in [
        (enrolling.request("a", "/CN=unit-8", &[&san]), "own names"),
        (enrolling.request("b", "/CN=unit-9", &[&other_san]), "own names"),
        (enrolling.request("c", "/CN=unit-9", &[&two]), "own names"),
        (enrolling.request("d", "/CN=unit-9", &[]), "own names"),
        (broken, "not signed"),
        (nonsense, "PKCS#10"),
    ] {
        let answered = enrolling.enrol("store-1/unit-9", &code, &csr).await;
        assert_eq!(answered.status, 400, "{answered:?}");
        assert!(answered.body.contains(why), "{answered:?}");
        assert!(answered.headers.contains("text/plain"), "{answered:?}");
    }
    assert_eq!(enrolling.enrol("store-1/unit-9", &code, &usual).await.status, 200);
}

#[tokio::test]
async fn a_key_outside_a_tpm_must_be_allowed_and_the_certificate_says_so_for_good() {
    let enrolling = Enrolling::new().await;
    let san = format!("subjectAltName=URI:{URN}");
    let policy = format!("certificatePolicies={POLICY}");
    let csr = enrolling.request("first", "/CN=unit-9", &[&san, &policy]);
    let code = enrolling.invited(false).await;
    let refused = enrolling.enrol("store-1/unit-9", &code, &csr).await;
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("--allow-key-without-tpm"), "{refused:?}");
    let code = enrolling.invited(true).await;
    let answered = enrolling.enrol("store-1/unit-9", &code, &csr).await;
    let text = enrolling.keep("first", &answered);
    assert!(text.contains(&format!("Policy: {POLICY}")), "{text}");
    let subject = "/O=Test Operator/CN=unit-9";
    let silent = enrolling.request("silent", subject, &[&san]);
    assert_eq!(enrolling.renew("first", &silent).await.status, 403);
    let honest = enrolling.request("honest", subject, &[&san, &policy]);
    let text = enrolling.keep("honest", &enrolling.renew("first", &honest).await);
    assert!(text.contains(POLICY), "{text}");
}

#[tokio::test]
async fn a_revoked_unit_neither_enrols_nor_renews() {
    let enrolling = Enrolling::new().await;
    let code = enrolling.invited(false).await;
    let csr = enrolling.usual("first");
    enrolling.keep("first", &enrolling.enrol("store-1/unit-9", &code, &csr).await);
    let (store, now) = (&enrolling.bench.store, enrolling.bench.clock.now());
    revoke::kiosk(store, "unit-9", None, now).await.unwrap();
    assert_eq!(enrolling.enrol("store-1/unit-9", &code, &csr).await.status, 403);
    assert_eq!(enrolling.renew("first", &csr).await.status, 403);
    let again = invite::invite(store, &new_kiosk("unit-9"), false, now).await;
    assert!(again.err().unwrap().to_string().contains("is revoked"));
}

#[tokio::test]
async fn a_renewal_keeps_the_names_of_the_certificate_that_is_shown() {
    let enrolling = Enrolling::new().await;
    let code = enrolling.invited(false).await;
    let csr = enrolling.usual("first");
    enrolling.keep("first", &enrolling.enrol("store-1/unit-9", &code, &csr).await);
    let san = format!("subjectAltName=URI:{URN}");
    let other_unit = san.replace("unit-9", "unit-8");
    for (subject, san) in [
        ("/CN=unit-9", &san),
        ("/O=Other Operator/CN=unit-9", &san),
        ("/O=Test Operator/CN=unit-9", &other_unit),
    ] {
        let csr = enrolling.request("other", subject, &[san]);
        let refused = enrolling.renew("first", &csr).await;
        assert_eq!(refused.status, 400, "{subject} {san}: {refused:?}");
    }
}

#[tokio::test]
async fn after_many_refused_claims_nobody_is_listened_to_for_a_while() {
    let enrolling = Enrolling::new().await;
    let csr = enrolling.path("any.csr");
    std::fs::write(&csr, "AAAA").unwrap();
    for _ in 0..30 {
        assert_eq!(enrolling.enrol("store-1/unit-9", "x", &csr).await.status, 401);
    }
    let answered = enrolling.enrol("store-1/unit-9", "x", &csr).await;
    assert_eq!(answered.status, 429, "{answered:?}");
    assert!(answered.headers.to_lowercase().contains("retry-after: "), "{answered:?}");
}

#[tokio::test]
async fn nothing_but_enrolment_is_on_the_enrolment_port_and_it_is_not_on_the_kiosks() {
    let enrolling = Enrolling::new().await;
    for path in ["../../v1/policy", "simplereenroll", "serverkeygen"] {
        let words = ["--path-as-is"];
        let answered = enrolling.curl(path, enrolling.address, &words, None).await;
        assert_eq!(answered.status, 404, "{path}");
    }
    let files = enrolling.bench.issue("unit-9").await;
    let file = |name: &str| files.join(name).display().to_string();
    let words = ["--cert", &file("certificate.pem"), "--key", &file("key.pem")];
    let kiosks = enrolling.bench.running.listening;
    let answered = enrolling.curl("simpleenroll", kiosks, &words, None).await;
    assert_eq!(answered.status, 404);
}

#[test]
fn a_request_that_ends_too_early_is_refused_and_does_not_panic() {
    let key = rcgen::KeyPair::generate().unwrap();
    let csr = rcgen::CertificateParams::default().serialize_request(&key).unwrap();
    let whole = csr.der().to_vec();
    for length in 0..whole.len() {
        let body = BASE64_STANDARD.encode(&whole[..length]);
        assert!(SigningRequest::parse(body.as_bytes()).is_err(), "{length}");
    }
    assert!(SigningRequest::parse(BASE64_STANDARD.encode(whole).as_bytes()).is_ok());
}
