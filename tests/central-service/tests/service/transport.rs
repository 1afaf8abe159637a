// SPDX-License-Identifier: MIT OR Apache-2.0
//! TLS 1.3 only, mutual, HTTP/2 only; who is no kiosk gets no answer. The local port has the rest.

use central_service::admin::issue;
use central_service::server::{self, Ports, ServerError, tls};
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::bench::Bench;
use crate::client::{Kiosk, key, new_key, post, trusting};

/// A ClientHello of TLS 1.2: no supported_versions (RFC 5246 section 7.4.1.2).
const CLIENT_HELLO_12: [&[u8]; 7] = [
    &[0x16, 0x03, 0x01, 0x00, 0x49, 0x01, 0x00, 0x00, 0x45, 0x03, 0x03],
    &[0x5A; 32],
    &[0x00, 0x00, 0x04, 0xC0, 0x2B, 0xC0, 0x2F, 0x01, 0x00],
    &[0x00, 0x18],
    &[0x00, 0x0A, 0x00, 0x04, 0x00, 0x02, 0x00, 0x17],
    &[0x00, 0x0B, 0x00, 0x02, 0x01, 0x00],
    &[0x00, 0x0D, 0x00, 0x06, 0x00, 0x04, 0x04, 0x03, 0x08, 0x04],
];

/// Fatal alert protocol_version (RFC 8446 section 6).
const PROTOCOL_VERSION: [u8; 2] = [0x02, 0x46];

/// Whether a client with this configuration gets any answer.
async fn is_answered(bench: &Bench, configuration: rustls::ClientConfig) -> bool {
    let connected = Kiosk::connect_with(bench.running.listening, configuration, [0; 16]).await;
    let Ok(kiosk) = connected else { return false };
    kiosk.send(post("/v1/heartbeat", Some(&new_key()), "{}".to_owned())).await.is_ok()
}

#[tokio::test]
async fn a_kiosk_is_answered_over_http_2() {
    let bench = Bench::new().await;
    let kiosk = bench.kiosk().await;
    let answer = kiosk.send(post("/v1/heartbeat", Some(&new_key()), "{}".to_owned())).await;
    assert_eq!(answer.unwrap().code(), "malformed");
}

#[tokio::test]
async fn tls_1_2_is_refused() {
    let bench = Bench::new().await;
    let mut stream = TcpStream::connect(bench.running.listening).await.unwrap();
    stream.write_all(&CLIENT_HELLO_12.concat()).await.unwrap();
    let mut alert = [0; 7];
    stream.read_exact(&mut alert).await.unwrap();
    assert_eq!((alert[0], &alert[5..]), (0x15, PROTOCOL_VERSION.as_slice()));
}

#[tokio::test]
async fn a_client_without_a_certificate_is_refused() {
    let bench = Bench::new().await;
    let mut configuration = trusting(&bench.directory.kiosk()).with_no_client_auth();
    configuration.alpn_protocols = vec![b"h2".to_vec()];
    assert!(!is_answered(&bench, configuration).await);
}

#[tokio::test]
async fn a_certificate_of_another_ca_is_refused() {
    let (bench, other) = (Bench::new().await, Bench::new().await);
    let files = other.directory.kiosk();
    let certificate =
        rustls::pki_types::CertificateDer::from_pem_file(files.join("certificate.pem")).unwrap();
    let mut configuration = trusting(&bench.directory.kiosk())
        .with_client_auth_cert(vec![certificate], key(&files))
        .unwrap();
    configuration.alpn_protocols = vec![b"h2".to_vec()];
    assert!(!is_answered(&bench, configuration).await);
}

#[tokio::test]
async fn a_certificate_of_our_ca_that_names_no_kiosk_is_hung_up_on() {
    let bench = Bench::new().await;
    let ca = bench.directory.kiosk_ca();
    let read = |path: &std::path::Path| std::fs::read_to_string(path).unwrap();
    let ca_key = KeyPair::from_pem(&read(&ca.key)).unwrap();
    let issuer = rcgen::Issuer::from_ca_cert_pem(&read(&ca.certificate), ca_key).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::default().signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let mut configuration = trusting(&bench.directory.kiosk())
        .with_client_auth_cert(vec![certificate.der().clone()], key)
        .unwrap();
    configuration.alpn_protocols = vec![b"h2".to_vec()];
    assert!(!is_answered(&bench, configuration).await);
}

#[tokio::test]
async fn a_client_that_does_not_ask_for_http_2_is_hung_up_on() {
    let bench = Bench::new().await;
    let files = bench.issue("unit-2").await;
    for alpn in [&[][..], &[b"http/1.1".to_vec()]] {
        let certificate =
            rustls::pki_types::CertificateDer::from_pem_file(files.join("certificate.pem"));
        let mut configuration = trusting(&files)
            .with_client_auth_cert(vec![certificate.unwrap()], key(&files))
            .unwrap();
        configuration.alpn_protocols = alpn.to_vec();
        assert!(!is_answered(&bench, configuration).await);
    }
}

#[tokio::test]
async fn the_local_port_tells_of_life_readiness_and_counts_and_kiosks_cannot_ask() {
    let bench = Bench::new().await;
    let kiosk = bench.kiosk().await;
    bench.citizen().await;
    kiosk.policy(None).await;
    for (path, expected) in [
        ("/healthz", "ok"),
        ("/readyz", "{\"database\":true,\"signer\":true}"),
        ("/metrics", "central_reservations{state=\"OPEN\"} 1"),
        ("/metrics", "_count{operation=\"read_policy\",status=\"200\"} 1"),
    ] {
        let answer = asked_locally(&bench, path).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(answer.contains(expected), "{answer}");
        let request = hyper::Request::get(format!("https://localhost{path}"));
        let refused = kiosk.send(request.body(Default::default()).unwrap()).await.unwrap();
        assert_eq!(refused.status, 404);
    }
}

#[tokio::test]
async fn the_local_port_is_never_anything_but_local() {
    let bench = Bench::new().await;
    let clock = bench.clock.clone();
    let key = central_service::signer::KeyNumber::Two;
    let service = central_service::admin::open_service(&bench.directory, clock, key).await.unwrap();
    let tls = tls::configuration(&bench.directory).unwrap();
    let ports =
        Ports { listen: "127.0.0.1:0".parse().unwrap(), local: "0.0.0.0:0".parse().unwrap() };
    let started = server::start(service.into(), tls, ports, Default::default()).await;
    assert!(matches!(started, Err(ServerError::NotLocal(_))));
}

#[tokio::test]
async fn a_unit_name_that_would_break_the_urn_is_not_issued() {
    let bench = Bench::new().await;
    let out = bench.folder.path().join("out");
    for unit in ["", "a:b", "a b", "ユニット"] {
        let kiosk = crate::bench::new_kiosk(unit);
        let now = bench.clock.now();
        let issued = issue::kiosk(&bench.directory, &bench.store, &kiosk, &out, now).await;
        assert!(issued.is_err(), "{unit:?}");
    }
}

async fn asked_locally(bench: &Bench, path: &str) -> String {
    let mut stream = TcpStream::connect(bench.running.local).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
