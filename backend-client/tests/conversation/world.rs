// SPDX-License-Identifier: MIT OR Apache-2.0
//! The other parts of a conversation: the service in this process, `kiosk-link` in its own.

use std::{
    fs,
    path::Path,
    process::{Child, Command},
    sync::Arc,
};

use backend_client::relay::RelayClient;
use central_service::{
    admin::{self, init, issue::NewKiosk, register},
    card_id::CardId,
    clock::Clock,
    directory::Directory,
    reservation::Target,
    server::{self, Ports, Running, faults::Faults},
    signer::KeyNumber,
};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use virtual_card::{Authorities, Card, Order, TicketKey, personalise};

use crate::card::Laid;

pub(crate) struct World {
    pub(crate) card: Laid,
    pub(crate) link: RelayClient,
    card_id: CardId,
    directory: Directory,
    now: Timestamp,
    process: Child,
    runtime: Runtime,
    _service: Running,
    _folder: TempDir,
}

impl World {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = Runtime::new().unwrap();
        let now = Clock::default().now();
        let authorities = Authorities::generate(now, &mut rand::rng()).unwrap();
        authorities.save(&folder.path().join("ca")).unwrap();
        let directory = Directory::new(folder.path().join("central"));
        let plan = plan(&folder.path().join("ca"));
        runtime.block_on(init::init(&directory, &plan, now)).unwrap();

        let order = Order {
            ticket_keys: [1, 2].map(|number| ticket_key(&directory, number)).to_vec(),
            ..Order::new(now)
        };
        let (state, citizen) = personalise(&authorities, &order, &mut rand::rng()).unwrap();
        let citizen = citizen.unwrap();
        let citizen_file = folder.path().join("citizen.json");
        fs::write(&citizen_file, serde_json::to_vec(&citizen).unwrap()).unwrap();
        let card = Card::in_memory(state).unwrap();
        let card = Laid::new(card, &citizen.card_id, order.user_authentication_pin);

        let (card_id, service) = runtime.block_on(async {
            let store = admin::open_store(&directory).await.unwrap();
            let card_id = register::enter(&directory, &store, &citizen_file, now).await.unwrap();
            (card_id, serve(&directory).await)
        });
        let socket = folder.path().join("link.sock");
        let process = link(&directory, service.listening.port(), folder.path());
        let link = RelayClient::new(socket);
        Self {
            card,
            link,
            card_id,
            directory,
            now,
            process,
            runtime,
            _service: service,
            _folder: folder,
        }
    }

    pub(crate) fn reserve(&self) {
        self.reserve_hours_ago(0);
    }

    pub(crate) fn reserve_hours_ago(&self, hours: i64) {
        let made_at = self.now - SignedDuration::from_hours(hours);
        self.runtime.block_on(async {
            let store = admin::open_store(&self.directory).await.unwrap();
            let target = Target::Signature;
            register::reserve(&store, self.card_id, target, made_at, self.now).await.unwrap();
        });
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // Nothing to tidy up with: the process keeps nothing but its socket in our folder.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn plan(ca: &Path) -> init::Plan {
    init::Plan {
        card_ca: ca.join("card-ca.pem"),
        user_authentication_ca: ca.join("user-authentication-ca.pem"),
        digital_signature_ca: ca.join("digital-signature-ca.pem"),
        kiosk: NewKiosk {
            operator: "Test operator".to_owned(),
            store: "store-7".to_owned(),
            unit: "unit-3".to_owned(),
        },
        hosts: Vec::new(),
        always_open: true,
    }
}

fn ticket_key(directory: &Directory, number: u8) -> TicketKey {
    let pem = fs::read_to_string(directory.ticket_public_key(number)).unwrap();
    TicketKey::from_pem(&pem).unwrap()
}

/// Starts the service in this process.
async fn serve(directory: &Directory) -> Running {
    let service = admin::open_service(directory, Clock::default(), KeyNumber::One).await.unwrap();
    let tls = server::tls::configuration(directory).unwrap();
    let any = "127.0.0.1:0".parse().unwrap();
    let ports = Ports { listen: any, local: any };
    server::start(Arc::new(service), tls, ports, Faults::default()).await.unwrap()
}

fn link(directory: &Directory, port: u16, folder: &Path) -> Child {
    let kiosk = directory.kiosk();
    let config = format!(
        "socket = \"link.sock\"\n\
         [service]\nurl = \"https://127.0.0.1:{port}\"\nroots = {:?}\n\
         [certificate]\nchain = {:?}\nkey = {:?}\n\
         [log]\nfilter = \"warn\"\n",
        kiosk.join("roots.pem"),
        kiosk.join("certificate.pem"),
        kiosk.join("key.pem"),
    );
    fs::write(folder.join("link.toml"), config).unwrap();
    Command::new(env!("CARGO_BIN_EXE_kiosk-link"))
        .arg("--config")
        .arg(folder.join("link.toml"))
        .spawn()
        .unwrap()
}
