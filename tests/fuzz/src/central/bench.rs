// SPDX-License-Identifier: MIT OR Apache-2.0
//! A service with one registered card and two kiosks. Its folder, database and connections are made
//! once; every input finds them as the first one did, at the same hour.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use central_service::admin::init::{self, Plan};
use central_service::admin::issue::NewKiosk;
use central_service::admin::{self, register};
use central_service::clock::Clock;
use central_service::directory::Directory;
use central_service::identity::{self, Kiosk};
use central_service::reservation::Target;
use central_service::server;
use central_service::service::Service;
use central_service::signer::KeyNumber;
use hyper::service::Service as _;
use hyper::{Request, Response};
use hyper_util::service::TowerToHyperService;
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::card::SigningCard;
use crate::card::lab::NOW;

/// Kept in memory where there is such a folder: nothing here has to outlive a power cut.
const MEMORY: &str = "/dev/shm";

/// Unit names of the two kiosks.
pub(super) const UNITS: [&str; 2] = ["unit-1", "unit-2"];

/// Of both kiosks.
const STORE: &str = "store-1";

pub(super) struct Bench {
    pub(super) runtime: Runtime,
    pub(super) service: Arc<Service>,
    pub(super) card: SigningCard,
    ports: [Router; 2],
    _folder: TempDir,
}

impl Bench {
    #[expect(clippy::expect_used, reason = "a sound service is made here")]
    pub(super) fn new() -> Self {
        // A fault of the service's own is told to a kiosk in one word: the causes are for whoever
        // reads a finding.
        let errors = tracing_subscriber::fmt().with_max_level(tracing::Level::ERROR);
        let _ = errors.with_test_writer().try_init();
        let folder = tempfile::tempdir_in(MEMORY).or_else(|_| tempfile::tempdir());
        let folder = folder.expect("a temporary folder");
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let card = SigningCard::specimen();
        let directory = runtime.block_on(made(folder.path(), &card));
        let clock = Clock::starting_at(begin());
        let opened = admin::open_service(&directory, clock, KeyNumber::One);
        let service = Arc::new(runtime.block_on(opened).expect("a service"));
        runtime.block_on(registered(&directory, &service, &card, folder.path()));
        let ports = UNITS.map(|unit| {
            let urn = identity::urn(STORE, unit).expect("a unit's name");
            let (store, unit) = (STORE.to_owned(), unit.to_owned());
            let kiosk = Kiosk { urn, store, unit, kiosk_id: crate::card::lab::KIOSK };
            server::without_network(Arc::clone(&service), kiosk)
        });
        Self { runtime, service, card, ports, _folder: folder }
    }

    /// As it was at first: the card is in order and has a reservation of this moment, and nobody
    /// has asked for anything.
    #[expect(clippy::expect_used, reason = "a service that cannot begin has nothing to be asked")]
    pub(super) async fn begin(&self) {
        let Service { store, clock, .. } = &*self.service;
        clock.set(begin());
        let mut transaction = store.write().await.expect("a transaction");
        sqlx::raw_sql(EMPTY).execute(&mut *transaction).await.expect("an empty database");
        transaction.commit().await.expect("a commit");
        let (now, target) = (begin(), Target::Signature);
        let reserved = register::reserve(store, self.card.card_id, target, now, now).await;
        reserved.expect("a reservation");
    }

    /// One request of one of the kiosks.
    pub(super) async fn ask(&self, kiosk: usize, request: Request<Body>) -> Response<Body> {
        let port = self.ports[kiosk % self.ports.len()].clone();
        let Ok(response) = TowerToHyperService::new(port).call(request).await;
        response
    }
}

/// When every history begins: a Saturday afternoon in Tokyo, within the hours of the policy.
#[expect(clippy::expect_used, reason = "a constant of this century")]
fn begin() -> Timestamp {
    Timestamp::from_second(NOW.cast_signed()).expect("a time")
}

#[expect(clippy::expect_used, reason = "a sound service is made here")]
async fn made(folder: &Path, card: &SigningCard) -> Directory {
    let given = |name: &str, der: &[u8]| {
        let path = folder.join(name);
        let base64 = BASE64_STANDARD.encode(der);
        let pem = format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n");
        fs::write(&path, pem).expect("a temporary file");
        path
    };
    let plan = Plan {
        card_ca: given("card-ca.pem", &card.authorities.card),
        user_authentication_ca: given("user.pem", &card.authorities.user_authentication),
        digital_signature_ca: given("signature.pem", &card.authorities.digital_signature),
        kiosk: NewKiosk {
            operator: "Test operator".to_owned(),
            store: STORE.to_owned(),
            unit: UNITS[0].to_owned(),
        },
        hosts: Vec::new(),
        always_open: false,
    };
    let directory = Directory::new(folder.join("central"));
    init::init(&directory, &plan, begin()).await.expect("a service's folder");
    directory
}

#[expect(clippy::expect_used, reason = "a sound register is made here")]
async fn registered(directory: &Directory, service: &Service, card: &SigningCard, folder: &Path) {
    let citizen = folder.join("citizen.json");
    fs::write(&citizen, card.citizen().to_string()).expect("a temporary file");
    register::enter(directory, &service.store, &citizen, begin()).await.expect("a row");
    let mut transaction = service.store.write().await.expect("a transaction");
    // Only here: a history begins with an empty audit table, or it would be read again and again.
    let emptied = sqlx::raw_sql("DROP TRIGGER audit_is_not_deleted");
    emptied.execute(&mut *transaction).await.expect("the trigger of the audit table");
    transaction.commit().await.expect("a commit");
}

/// Everything but the card's row. The order is that of the references.
const EMPTY: &str = "
    DELETE FROM idempotency;
    DELETE FROM outcomes;
    DELETE FROM receipts;
    DELETE FROM tickets;
    DELETE FROM sessions;
    DELETE FROM reservations;
    DELETE FROM closures;
    DELETE FROM certificate_status;
    DELETE FROM revocation_lists;
    DELETE FROM units;
    DELETE FROM audit;
    UPDATE cards SET suspended_at = NULL, counter_reported = 0;";
