// SPDX-License-Identifier: MIT OR Apache-2.0
//! Whom the client talks to, and who it is: a test for each way in which trust can break.

use std::{fs, time::Duration};

use backend_client::{
    CentralError,
    tls::{self, Credentials, KeySource, Timing, TlsError},
    wire::{Call, Decision},
};
use hyper::Version;
use rcgen::{CertificateParams, KeyPair, PublicKeyData as _, date_time_ymd};
use rustls::{
    ServerConfig,
    version::{TLS12, TLS13},
};
use tokio::net::TcpListener;

use crate::{
    authority::{Authority, service_params, set_mode},
    questions::{PATIENCE, ask, granted},
    service::{Answer, Service},
};

/// Asks for the policy and expects that trust broke, before any request was made.
async fn assert_untrusted(authority: &Authority, config: ServerConfig) {
    let mut service = Service::start(config, [granted(Call::Policy)]).await;
    let answer = ask(&authority.client(service.port), Call::Policy, PATIENCE).await;
    assert!(matches!(answer, Err(CentralError::Untrusted { .. })), "{answer:?}");
    assert_eq!(service.rest().len(), 0);
}

#[tokio::test]
async fn http_2_is_negotiated_and_the_certificate_is_shown() {
    let authority = Authority::new();
    let mut service = Service::start(authority.service(), [granted(Call::Policy)]).await;
    let answer = ask(&authority.client(service.port), Call::Policy, PATIENCE).await;
    assert!(matches!(answer, Ok(Decision::Granted(()))), "{answer:?}");
    let seen = service.next().await;
    assert_eq!(seen.alpn.as_deref(), Some(b"h2".as_slice()));
    assert_eq!(seen.version, Version::HTTP_2);
    assert!(seen.has_client_certificate);
}

#[tokio::test]
async fn a_service_without_http_2_is_refused() {
    let authority = Authority::new();
    let mut config = authority.service();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    assert_untrusted(&authority, config).await;
}

#[tokio::test]
async fn a_service_with_tls_1_2_alone_is_refused() {
    let authority = Authority::new();
    let old = authority.service_with(&service_params(), &[&TLS12]);
    assert_untrusted(&authority, old).await;
}

#[tokio::test]
async fn a_certificate_of_another_root_is_refused() {
    assert_untrusted(&Authority::new(), Authority::new().service()).await;
}

#[tokio::test]
async fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new();
    let other = CertificateParams::new(["central.example".to_owned()]).unwrap();
    let config = authority.service_with(&other, &[&TLS13]);
    assert_untrusted(&authority, config).await;
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let authority = Authority::new();
    let mut expired = service_params();
    expired.not_before = date_time_ymd(2020, 1, 1);
    expired.not_after = date_time_ymd(2021, 1, 1);
    let config = authority.service_with(&expired, &[&TLS13]);
    assert_untrusted(&authority, config).await;
}

#[tokio::test]
async fn a_service_that_refuses_our_certificate_is_not_asked_twice() {
    let (authority, stranger) = (Authority::new(), Authority::new());
    let mut service = Service::start(authority.service(), [granted(Call::Policy)]).await;
    // The service's root is right; the kiosk's certificate comes from somewhere else.
    let credentials =
        Credentials { roots: authority.credentials().roots, ..stranger.credentials() };
    let config = tls::client_config(&credentials).unwrap();
    let http = tls::http_client(config, Timing::default()).unwrap();
    let url = format!("https://localhost:{}", service.port).parse().unwrap();
    let client = backend_client::client::CentralClient::new(http, url);
    let answer = ask(&client, Call::Policy, PATIENCE).await;
    assert!(matches!(answer, Err(CentralError::CertificateRefused { .. })), "{answer:?}");
    assert_eq!(service.rest().len(), 0);
}

#[tokio::test]
async fn our_own_expired_certificate_is_not_blamed_on_the_service() {
    let authority = Authority::new();
    authority.provision_valid(2020, 2021);
    let mut service = Service::start(authority.service(), [granted(Call::Policy)]).await;
    let answer = ask(&authority.client(service.port), Call::Policy, PATIENCE).await;
    assert!(matches!(answer, Err(CentralError::CertificateRefused { .. })), "{answer:?}");
    assert_eq!(service.rest().len(), 0);
}

#[tokio::test]
async fn no_service_at_all_is_unreachable_and_not_untrusted() {
    let authority = Authority::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let within = Duration::from_millis(300);
    let answer = ask(&authority.client(port), Call::Policy, within).await;
    assert!(matches!(answer, Err(CentralError::Unreachable { .. })), "{answer:?}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let authority = Authority::new();
    let mut elsewhere = Service::start(authority.service(), [granted(Call::Policy)]).await;
    let target = format!("https://localhost:{}/v1/policy", elsewhere.port);
    let redirect = Answer::empty(307).with("location", &target);
    let mut service = Service::start(authority.service(), [redirect]).await;
    let answer = ask(&authority.client(service.port), Call::Policy, PATIENCE).await;
    assert!(matches!(answer, Err(CentralError::Rejected { status: 307, .. })), "{answer:?}");
    assert_eq!((service.rest().len(), elsewhere.rest().len()), (1, 0));
}

#[test]
fn a_key_that_others_may_read_is_refused_with_what_to_do() {
    let authority = Authority::new();
    for mode in [0o640, 0o604, 0o660] {
        set_mode(&authority.path("key.pem"), mode);
        let error = tls::client_config(&authority.credentials()).unwrap_err();
        assert!(matches!(&error, TlsError::KeyReadableByOthers { .. }), "{error:?}");
        let message = error.to_string();
        assert!(message.contains(&format!("{mode:04o}")), "{message}");
        assert!(message.contains("chmod 0600"), "{message}");
    }
    set_mode(&authority.path("key.pem"), 0o400);
    assert!(tls::client_config(&authority.credentials()).is_ok());
}

#[test]
fn a_key_of_another_certificate_is_refused() {
    let (authority, other) = (Authority::new(), Authority::new());
    let key = KeySource::File(other.path("key.pem"));
    let credentials = Credentials { key, ..authority.credentials() };
    let error = tls::client_config(&credentials).unwrap_err();
    assert!(matches!(error, TlsError::KeyOfAnother { .. }), "{error:?}");
    let message = error.to_string();
    for file in [other.path("key.pem"), authority.path("certificate.pem")] {
        assert!(message.contains(&file.display().to_string()), "{message}");
    }
}

#[test]
fn the_identity_is_the_certificates() {
    let authority = Authority::new();
    let identity = authority.credentials().identity().unwrap();
    assert_eq!((identity.store.as_str(), identity.unit.as_str()), ("store-7", "unit-3"));
    assert_eq!(identity.certificate_not_after.to_string(), "2101-02-03T00:00:00Z");
    let key = KeyPair::from_pem(&fs::read_to_string(authority.path("key.pem")).unwrap()).unwrap();
    let hash = ring::digest::digest(&ring::digest::SHA256, &key.subject_public_key_info());
    assert!(hash.as_ref().starts_with(&identity.kiosk_id.0), "{identity:?}");
}

#[test]
fn the_certificates_validity_is_read_as_it_is_written() {
    let authority = Authority::new();
    authority.provision_valid(2020, 2021);
    let validity = authority.credentials().validity().unwrap();
    assert_eq!(validity.not_before.to_string(), "2020-01-01T00:00:00Z");
    assert_eq!(validity.not_after.to_string(), "2021-01-01T00:00:00Z");
}

#[test]
fn a_certificate_that_does_not_name_one_kiosk_is_refused() {
    let authority = Authority::new();
    let two: &[&str] = &["urn:kiosk:store-7:unit-3", "urn:kiosk:store-7:unit-4"];
    for uris in [two, &["urn:kiosk:store-7"], &["urn:kiosk::unit-3"], &["urn:shop:store-7:unit-3"]]
    {
        authority.provision(uris);
        let error = authority.credentials().identity().unwrap_err();
        assert!(matches!(error, TlsError::Unnamed { .. }), "{uris:?}: {error:?}");
        let message = error.to_string();
        let file = authority.path("certificate.pem").display().to_string();
        assert!(message.contains("exactly one") && message.contains(&file), "{message}");
    }
}
