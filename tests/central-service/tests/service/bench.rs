// SPDX-License-Identifier: MIT OR Apache-2.0
//! A whole service in a temporary folder, at a time that the test sets: Wednesday, 1 April 2026,
//! ten in the morning in Tokyo.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use central_service::admin::init::{self, Plan};
use central_service::admin::issue::{self, NewKiosk};
use central_service::admin::list::{self, ListedReservation};
use central_service::admin::{self, export, open_store, register};
use central_service::card_id::CardId;
use central_service::clock::Clock;
use central_service::directory::Directory;
use central_service::reservation::Target;
use central_service::server::faults::Faults;
use central_service::server::{self, Ports, Running, tls};
use central_service::service::Service;
use central_service::signer::KeyNumber;
use central_service::store::Store;
use central_service::store::audit::Verification;
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use crate::card::{TestAuthorities, TestCard, VALID, Validity};
use crate::client::Kiosk;

pub(crate) struct Bench {
    pub(crate) folder: TempDir,
    pub(crate) directory: Directory,
    pub(crate) clock: Clock,
    pub(crate) faults: Faults,
    pub(crate) store: Store,
    pub(crate) authorities: TestAuthorities,
    pub(crate) running: Running,
}

/// When every test begins.
pub(crate) fn morning() -> Timestamp {
    "2026-04-01T10:00:00+09:00".parse().unwrap()
}

impl Bench {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    /// A service in which something is not as usual.
    pub(crate) async fn with(change: impl FnOnce(&mut Service)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let authorities = TestAuthorities::new();
        let directory = made(folder.path(), &authorities).await;
        let clock = Clock::starting_at(morning());
        let mut service =
            admin::open_service(&directory, clock.clone(), KeyNumber::One).await.unwrap();
        change(&mut service);
        let faults = Faults::default();
        let running = started(&directory, service, faults.clone()).await;
        let store = open_store(&directory).await.unwrap();
        Self { folder, directory, clock, faults, store, authorities, running }
    }

    /// The kiosk of `init`.
    pub(crate) async fn kiosk(&self) -> Kiosk {
        Kiosk::connect(self.running.listening, &self.directory.kiosk()).await.unwrap()
    }

    /// A further kiosk.
    pub(crate) async fn kiosk_named(&self, unit: &str) -> Kiosk {
        let files = self.issue(unit).await;
        Kiosk::connect(self.running.listening, &files).await.unwrap()
    }

    pub(crate) async fn issue(&self, unit: &str) -> PathBuf {
        let out = self.folder.path().join(format!("{unit}-{}", crate::client::new_key()));
        let kiosk = new_kiosk(unit);
        let now = Clock::default().now();
        issue::kiosk(&self.directory, &self.store, &kiosk, &out, now).await.unwrap();
        out
    }

    /// A registered card with a reservation of an hour ago.
    pub(crate) async fn citizen(&self) -> TestCard {
        let card = self.registered(VALID, |_| {}).await;
        self.reserve(&card, Target::Signature, 1).await;
        card
    }

    /// A registered card without a reservation.
    pub(crate) async fn registered(
        &self,
        validity: Validity,
        change: impl FnOnce(&mut TestCard),
    ) -> TestCard {
        let mut card = TestCard::new(&self.authorities, validity);
        change(&mut card);
        self.enter(&card).await;
        card
    }

    /// Enters a card as it is now, or brings its row up to date.
    pub(crate) async fn enter(&self, card: &TestCard) {
        let path = self.folder.path().join(format!("{}.json", card.hex_id()));
        std::fs::write(&path, card.citizen().to_string()).unwrap();
        register::enter(&self.directory, &self.store, &path, self.clock.now()).await.unwrap();
    }

    pub(crate) async fn reserve(&self, card: &TestCard, target: Target, hours_ago: i64) {
        let now = self.clock.now();
        let made_at = now - SignedDuration::from_hours(hours_ago);
        register::reserve(&self.store, CardId(card.card_id), target, made_at, now).await.unwrap();
    }

    /// The card's newest reservation as `list` shows it.
    pub(crate) async fn listed(&self, card: &TestCard) -> ListedReservation {
        let reservations = list::reservations(&self.store, self.clock.now()).await.unwrap();
        let of_card = |listed: &ListedReservation| listed.card_id == card.hex_id();
        reservations.into_iter().rfind(of_card).unwrap()
    }

    pub(crate) async fn state(&self, card: &TestCard) -> String {
        self.listed(card).await.state
    }

    pub(crate) fn minutes_pass(&self, minutes: u64) {
        self.seconds_pass(60 * minutes);
    }

    pub(crate) fn seconds_pass(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// The chain is whole, and each transition of a reservation has its one line.
    pub(crate) async fn audited(&self, event: &str) -> usize {
        let verification = export::verify(&self.store).await.unwrap();
        assert!(matches!(verification, Verification::Whole(_)), "{verification:?}");
        let export = export::export(&self.store).await.unwrap();
        export.matches(&format!("\"event\":\"{event}\"")).count()
    }
}

pub(crate) fn new_kiosk(unit: &str) -> NewKiosk {
    NewKiosk {
        operator: "Test Operator".to_owned(),
        store: "store-1".to_owned(),
        unit: unit.to_owned(),
    }
}

/// What `init` makes. The certificates of the transport are on the system's clock.
pub(crate) async fn made(folder: &Path, authorities: &TestAuthorities) -> Directory {
    let file = |name: &str| folder.join(name);
    authorities.card.write(&file("card.pem"));
    authorities.user_authentication.write(&file("user.pem"));
    authorities.digital_signature.write(&file("signature.pem"));
    let directory = Directory::new(folder.join("service"));
    let plan = Plan {
        card_ca: file("card.pem"),
        user_authentication_ca: file("user.pem"),
        digital_signature_ca: file("signature.pem"),
        kiosk: new_kiosk("unit-1"),
        hosts: Vec::new(),
        always_open: false,
    };
    init::init(&directory, &plan, Clock::default().now()).await.unwrap();
    directory
}

async fn started(directory: &Directory, service: Service, faults: Faults) -> Running {
    let any_port = "127.0.0.1:0".parse().unwrap();
    let ports = Ports { listen: any_port, local: any_port };
    let tls = tls::configuration(directory).unwrap();
    server::start(Arc::new(service), tls, ports, faults).await.unwrap()
}
