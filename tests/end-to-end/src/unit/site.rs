// SPDX-License-Identifier: MIT OR Apache-2.0
//! The store of the image's test: residents' cards, the central service, and what its vendor puts
//! into the image beside the keys. It stays in its folder, so that an image that was built for it
//! can be tested again.

use std::{
    fs,
    path::{Path, PathBuf},
};

use fleet_server::Identity;

use crate::{
    card::Card, central::Central, failure::Failure, fixture::Fixture, folder::Folder,
    kiosk::STAFF_HASH, pin::Pin, record::Record,
};

/// A store in its folder.
pub struct Site {
    fixture: Fixture,
    record: Record,
}

/// Where a machine finds everybody, under the names that the image is built for: addresses that no
/// network has (RFC 5737), each with its usual port.
const HOSTS: &str = "127.0.0.1 localhost kiosk\n\
                     ::1 localhost\n\
                     192.0.2.1 central.test\n\
                     192.0.2.2 fleet.test\n\
                     192.0.2.3 time.test\n";
/// The service's own, in the network of the test, and where it enrols.
const SERVICE: &str = "192.0.2.1:443";
const ENROLMENT: &str = "192.0.2.1:8444";
const SERVICE_NAME: &str = "central.test";
/// Who the unit is to the service.
const STORE: &str = "store-1";
const UNIT_NAME: &str = "unit-1";
/// What a vendor takes the comment sign from in deploy/link.toml, to have site files.
const SECTION: [&str; 4] =
    ["[site]", "file = \"/var/lib/kiosk-site", "key = \"/etc", "roots_folder"];
/// The firewall's, for the port of enrolment.
const FIREWALL: &str = "add element inet unit link_ports { 8444 }\n";
const CHRONY: &str = "server time.test iburst nts minpoll 3 maxpoll 4\n\
                      authselectmode require\n\
                      driftfile /var/lib/chrony/chrony.drift\n\
                      makestep 1 3\n\
                      rtcsync\n\
                      ntstrustedcerts /etc/chrony/time-ca.pem\n\
                      cmdport 0\n\
                      port 0\n\
                      user _chrony\n";

impl Site {
    /// Makes the store in `folder` unless it is there, and the vendor's overlay in `vendor`.
    ///
    /// # Errors
    /// When a program refuses, or a file cannot be written.
    pub fn prepare(folder: &Path, vendor: &Path, deploy: &Path) -> Result<(), Failure> {
        let site = folder.join(SITE);
        let fixture = match Fixture::load(&site) {
            Some(fixture) => fixture,
            None => Fixture::mint(&site, &[SERVICE_NAME])?,
        };
        let unit = folder.join(UNIT);
        let credentials = fixture.folder().join("central/kiosk");
        put(&unit.join("site.toml"), &site_file())?;
        let order = format!("{}hand_out_until = \"9999-12-31\"\n", site_file());
        put(&folder.join(ORDER).join("site.toml"), &order)?;
        let overlay = vendor.join("overlay/etc");
        let authority = fixture.folder().join("authorities/card-ca.pem");
        put(&overlay.join("kiosk/card-ca.pem"), &read(&authority)?)?;
        put(&overlay.join("kiosk-link/roots.pem"), &read(&credentials.join("roots.pem"))?)?;
        let link = SECTION.iter().fold(read(&deploy.join("link.toml"))?, |link, line| {
            link.replace(&format!("# {line}"), line)
        });
        put(&overlay.join("kiosk-link/link.toml"), &link)?;
        put(&overlay.join("nftables.d/enrolment.nft"), FIREWALL)?;
        let fleet = folder.join(FLEET);
        let identity = match Identity::load(&fleet) {
            Ok(identity) => identity,
            Err(_) => Identity::of(FLEET_NAME),
        };
        identity.save(&fleet).map_err(Failure::file("writing", &fleet))?;
        put(&overlay.join("kiosk-update/roots.pem"), &identity.root)?;
        put(
            &overlay.join("kiosk-update/update.toml"),
            &updates(&read(&deploy.join("update.toml"))?),
        )?;
        put(&unit.join("controller"), CONTROLLER)?;
        put(&unit.join("token"), "0123456789abcdef0123456789abcdef\n")?;
        put(&overlay.join("chrony/chrony.conf"), CHRONY)?;
        put(&overlay.join("hosts"), HOSTS)
    }

    /// The store that was prepared in `folder`.
    ///
    /// # Errors
    /// When there is none.
    pub fn open(folder: &Path, record: &Record) -> Result<Self, Failure> {
        let fixture = Fixture::load(&folder.join(SITE)).ok_or_else(|| {
            Failure::Refuted(format!("{} holds no store: prepare it first", folder.display()))
        })?;
        Ok(Self { fixture, record: record.clone() })
    }

    /// Opens the central service.
    ///
    /// # Errors
    /// When its port is taken, or it does not come up.
    pub fn serve(&self) -> Result<Central, Failure> {
        let folder = Folder::kept(self.fixture.folder());
        Central::resume_at(SERVICE, Some(ENROLMENT), &folder, &self.record)
    }

    /// What an installer leaves for a unit that is to enrol: a code of the service's. Without a TPM the
    /// unit's key may be elsewhere.
    ///
    /// # Errors
    /// When the service's admin command refuses.
    pub fn invite(&self, central: &Central, has_tpm: bool) -> Result<String, Failure> {
        let mut unit = vec!["--store", STORE, "--unit", UNIT_NAME, "--json"];
        if !has_tpm {
            unit.push("--allow-key-without-tpm");
        }
        let told = central.tell("invite", &unit)?;
        let invited: serde_json::Value = serde_json::from_str(&told).unwrap_or_default();
        invited["code"]
            .as_str()
            .map(str::to_owned)
            .ok_or(Failure::Unreadable { from: "central-service invite", answer: told })
    }

    /// The resident's card.
    #[must_use]
    pub fn card(&self) -> &Card {
        &self.fixture.card
    }

    /// What must not be found anywhere.
    #[must_use]
    pub fn pins(&self) -> Vec<Pin> {
        self.fixture.pins()
    }
}

/// What differs from unit to unit.
fn site_file() -> String {
    format!(
        "store = \"{STORE}\"\nunit = \"{UNIT_NAME}\"\nservice = \"https://{SERVICE_NAME}\"\n\
         enrolment = \"https://{SERVICE_NAME}:8444\"\nstaff_code = \"{STAFF_HASH}\"\n"
    )
}

/// The vendor's own settings: its fleet server, and no patience with the hours of a store that never
/// closes or with an application that does not become well.
fn updates(example: &str) -> String {
    let server = format!(
        "[server]\nurl = \"https://{FLEET_NAME}\"\ntenant = \"default\"\ncontroller_file = \"/var/lib/kiosk-update/controller\"\n\
         roots = \"/etc/kiosk-update/roots.pem\"\nshortest_sleep = 5\nlongest_sleep = 10\n\n\
         [server.token]\nkind = \"target\"\nfile = \"/var/lib/kiosk-update/token\"\n\n[install]\n"
    );
    example
        .replace("[install]\n", &server)
        .replace("deferral_hours = 72", "deferral_hours = 0")
        .replace("ask_every = 60", "ask_every = 5")
        .replace("within = 600", "within = 150")
}

/// In the test's folder: who the fleet server is.
pub(super) const FLEET: &str = "fleet";
pub(super) const FLEET_NAME: &str = "fleet.test";
pub(super) const FLEET_ADDRESS: ([u8; 4], u16) = ([192, 0, 2, 2], 443);
/// The unit's name there.
pub(super) const CONTROLLER: &str = "unit-1";

/// In the test's folder: cards and service.
const SITE: &str = "site";
/// In the test's folder: the unit's own disk, with its key and certificate.
pub const UNIT: &str = "unit";
/// In the test's folder: a site file that orders the unit to hand out report and outcomes.
pub(super) const ORDER: &str = "order";

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(Failure::file("reading", path))
}

fn put(path: &PathBuf, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder).map_err(Failure::file("making the folder", folder))?;
    fs::write(path, text).map_err(Failure::file("writing", path))
}
