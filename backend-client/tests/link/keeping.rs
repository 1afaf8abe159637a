// SPDX-License-Identifier: MIT OR Apache-2.0
//! The signature under which a kiosk keeps a policy: who gives it, over what, and for whom it holds.

use std::{fs, process::Command, sync::Arc};

use backend_client::{
    notary::Notary,
    wire::{Decision, ETag, KeptPolicy, KnownPolicy, PolicyDocument, ServedPolicy, Vouch},
};
use rcgen::{KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};
use rustls::{
    SignatureAlgorithm, SignatureScheme,
    sign::{CertifiedKey, Signer, SigningKey},
};
use serde_json::json;

use crate::{
    authority::Authority,
    questions::PATIENCE,
    relay::{Link, blocking},
    service::{Answer, Service},
};

fn document(text: &str) -> PolicyDocument {
    PolicyDocument { etag: Some(ETag("\"1\"".to_owned())), text: text.to_owned() }
}

fn kept(authority: &Authority, text: &str) -> KeptPolicy {
    let document = document(text);
    let signature = authority.notary().sign(&document).unwrap();
    KeptPolicy { document, signature }
}

fn openssl(authority: &Authority, words: &[&str]) {
    let output = Command::new("openssl").args(words).current_dir(authority.path("")).output();
    let output =
        output.unwrap_or_else(|_| panic!("openssl cannot be run: apt-get install openssl"));
    assert!(output.status.success(), "{words:?}: {output:?}");
}

#[tokio::test]
async fn what_the_service_gave_is_signed_and_vouched_for_without_a_network() {
    let authority = Authority::new();
    let given = Answer::raw(200, "application/json", "{ \"hours\" : null }".to_owned());
    let service = Service::start(authority.service(), [given.with("etag", "\"1\"")]).await;
    let link = Link::start(&authority, service.port);
    let mut client = link.client();
    let kept = blocking(move || {
        let answer = client.policy(None, PATIENCE).unwrap();
        let Decision::Granted(answer) = answer else { panic!("{answer:?}") };
        let ServedPolicy::Changed { document, signature } = answer.policy else { panic!() };
        KeptPolicy { document, signature: signature.unwrap() }
    })
    .await;
    assert_eq!(kept.document, document("{ \"hours\" : null }"), "as it came");
    link.stop().await;
    let link = Link::start(&authority, 9);
    let mut client = link.client();
    let vouch = blocking(move || client.vouch(kept, PATIENCE).unwrap()).await;
    assert_eq!(vouch, Vouch::Signed);
}

/// A key on a token that is gone.
#[derive(Debug)]
struct Gone;

impl SigningKey for Gone {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let is_offered = offered.contains(&SignatureScheme::ECDSA_NISTP256_SHA256);
        is_offered.then(|| Box::new(Self) as Box<dyn Signer>)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for Gone {
    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        Err(rustls::Error::General("no token".to_owned()))
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP256_SHA256
    }
}

#[tokio::test]
async fn a_policy_that_the_key_does_not_sign_is_passed_on_without_a_signature() {
    let authority = Authority::new();
    let answer = Answer::json(200, &json!({})).with("etag", "\"1\"");
    let service = Service::start(authority.service(), [answer]).await;
    let credentials = authority.credentials();
    let certified = CertifiedKey::new(credentials.chain.all.clone(), Arc::new(Gone));
    let notary = Notary::new(&credentials, &certified).unwrap();
    let link = Link::start_with(&authority, service.port, notary);
    let mut client = link.client();
    let answer = blocking(move || client.policy(None, PATIENCE).unwrap()).await;
    let Decision::Granted(answer) = answer else { panic!("{answer:?}") };
    let document = document("{}");
    assert_eq!(answer.policy, ServedPolicy::Changed { document, signature: None });
}

#[test]
fn whatever_is_changed_is_not_vouched_for() {
    let authority = Authority::new();
    let (notary, whole) = (authority.notary(), kept(&authority, r#"{"services":[]}"#));
    assert_eq!(notary.vouch(&whole), Vouch::Signed);
    let changed = |change: &dyn Fn(&mut KeptPolicy)| {
        let mut kept = whole.clone();
        change(&mut kept);
        notary.vouch(&kept)
    };
    for at in 0..whole.document.text.len() {
        let text = changed(&|kept| {
            let byte = kept.document.text.remove(at);
            kept.document.text.insert(at, if byte == '0' { '1' } else { '0' });
        });
        assert_eq!(text, Vouch::NotSigned, "byte {at}");
    }
    let signature = whole.signature.value.as_bytes();
    for at in 0..signature.len() {
        let value = changed(&|kept| {
            let mut value = signature.to_vec();
            value[at] ^= 1;
            kept.signature.value = value.into();
        });
        assert_eq!(value, Vouch::NotSigned, "byte {at} of the signature");
    }
    let other = kept(&authority, "{}").signature;
    assert_eq!(changed(&|kept| kept.signature = other.clone()), Vouch::NotSigned);
    assert_eq!(changed(&|kept| kept.signature.value = Vec::new().into()), Vouch::NotSigned);
    assert_eq!(changed(&|kept| kept.signature.signed_by.0[0] ^= 1), Vouch::NotSigned);
    assert_eq!(changed(&|kept| kept.document.etag = None), Vouch::NotSigned);
    let etag = Some(ETag("\"2\"".to_owned()));
    assert_eq!(changed(&|kept| kept.document.etag.clone_from(&etag)), Vouch::NotSigned);
}

#[test]
fn no_two_documents_are_signed_alike() {
    let authority = Authority::new();
    let notary = authority.notary();
    let documents = [(None, "{}"), (Some(""), "{}"), (Some("{"), "}"), (Some("{}"), "")];
    let documents = documents.map(|(etag, text)| PolicyDocument {
        etag: etag.map(|etag| ETag(etag.to_owned())),
        text: text.to_owned(),
    });
    for signed in &documents {
        let signature = notary.sign(signed).unwrap();
        for document in &documents {
            let kept = KeptPolicy { document: document.clone(), signature: signature.clone() };
            assert_eq!(notary.vouch(&kept) == Vouch::Signed, document == signed, "{document:?}");
        }
    }
}

#[test]
fn another_units_and_a_former_keys_signature_are_not_vouched_for() {
    let (here, there) = (Authority::new(), Authority::new());
    let foreign = kept(&there, "{}");
    assert_eq!(here.notary().vouch(&foreign), Vouch::NotSigned);
    let mut renamed = foreign;
    renamed.signature.signed_by = here.notary().id();
    assert_eq!(here.notary().vouch(&renamed), Vouch::NotSigned);

    let former = kept(&here, "{}");
    here.provision(&["urn:kiosk:store-7:unit-3"]);
    assert_eq!(here.notary().vouch(&former), Vouch::NotSigned);

    let key = KeyPair::generate().unwrap();
    here.provision_with(&key, "urn:kiosk:store-7:unit-3");
    let of_unit_3 = kept(&here, "{}");
    here.provision_with(&key, "urn:kiosk:store-7:unit-3");
    assert_eq!(here.notary().vouch(&of_unit_3), Vouch::Signed, "renewed with its key");
    here.provision_with(&key, "urn:kiosk:store-7:unit-4");
    assert_eq!(here.notary().vouch(&of_unit_3), Vouch::NotSigned, "another unit by its name");
}

#[test]
fn every_kind_of_key_signs_as_its_kind_does() {
    let authority = Authority::new();
    let words = ["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "rsa"];
    openssl(&authority, &words);
    for key in [
        KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap(),
        KeyPair::generate_for(&PKCS_ED25519).unwrap(),
        KeyPair::from_pem(&fs::read_to_string(authority.path("rsa")).unwrap()).unwrap(),
    ] {
        authority.provision_with(&key, "urn:kiosk:store-7:unit-3");
        let mut kept = kept(&authority, "{}");
        assert_eq!(authority.notary().vouch(&kept), Vouch::Signed, "{:?}", key.algorithm());
        kept.document.text.push(' ');
        assert_eq!(authority.notary().vouch(&kept), Vouch::NotSigned, "{:?}", key.algorithm());
    }
}

/// The format, spelled out: a kept policy is read by the next release.
#[test]
fn openssl_verifies_the_signature_over_the_parts_with_their_lengths() {
    let authority = Authority::new();
    let kept = kept(&authority, "{}");
    let message = [
        b"kiosk-policy-v1\0".as_slice(),
        b"\0\0\0\0\0\0\0\x18urn:kiosk:store-7:unit-3",
        b"\0\0\0\0\0\0\0\x04=\"1\"",
        b"\0\0\0\0\0\0\0\x02{}",
    ]
    .concat();
    fs::write(authority.path("message"), message).unwrap();
    fs::write(authority.path("signature"), kept.signature.value.as_bytes()).unwrap();
    let words = ["x509", "-in", "certificate.pem", "-pubkey", "-noout", "-out", "public"];
    openssl(&authority, &words);
    let words = ["dgst", "-sha256", "-verify", "public", "-signature", "signature", "message"];
    openssl(&authority, &words);
}

#[tokio::test]
async fn a_policy_that_a_former_key_signed_is_asked_for_whole() {
    let authority = Authority::new();
    let answers = [Answer::json(200, &json!({})), Answer::empty(304)];
    let mut service = Service::start(authority.service(), answers).await;
    let link = Link::start(&authority, service.port);
    let mut client = link.client();
    let own = KnownPolicy { etag: ETag("\"1\"".to_owned()), signed_by: authority.notary().id() };
    let mut former = own.clone();
    former.signed_by.0[0] ^= 1;
    blocking(move || {
        for (known, is_changed) in [(former, true), (own, false)] {
            let answer = client.policy(Some(known), PATIENCE).unwrap();
            let Decision::Granted(answer) = answer else { panic!("{answer:?}") };
            assert_eq!(matches!(answer.policy, ServedPolicy::Changed { .. }), is_changed);
        }
    })
    .await;
    assert_eq!(service.next().await.header("if-none-match"), "");
    assert_eq!(service.next().await.header("if-none-match"), "\"1\"");
}
