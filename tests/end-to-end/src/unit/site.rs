// SPDX-License-Identifier: MIT OR Apache-2.0
//! The store of the image's test: residents' cards, the central service, and what its vendor puts
//! into the image beside the keys. It stays in its folder, so that an image that was built for it
//! can be tested again.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    card::Card, central::Central, failure::Failure, fixture::Fixture, folder::Folder, pin::Pin,
    record::Record,
};

/// A store in its folder.
pub struct Site {
    fixture: Fixture,
    record: Record,
}

/// Where a machine finds its host (QEMU's user network), under the names that the image is built
/// for.
const HOSTS: &str = "127.0.0.1 localhost kiosk\n\
                     ::1 localhost\n\
                     10.0.2.2 central.test time.test fleet.test\n";
/// The service's own, in the network of the test.
const SERVICE: &str = "127.0.0.1:443";
const SERVICE_NAME: &str = "central.test";
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
        for name in ["certificate.pem", "key.pem"] {
            put(&unit.join(name), &read(&credentials.join(name))?)?;
        }
        let overlay = vendor.join("overlay/etc");
        let authority = fixture.folder().join("authorities/card-ca.pem");
        put(&overlay.join("kiosk/card-ca.pem"), &read(&authority)?)?;
        put(&overlay.join("kiosk-link/roots.pem"), &read(&credentials.join("roots.pem"))?)?;
        let link = read(&deploy.join("link.toml"))?;
        put(
            &overlay.join("kiosk-link/link.toml"),
            &link.replace("https://central.example", &format!("https://{SERVICE_NAME}")),
        )?;
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
        Central::resume_at(SERVICE, &Folder::kept(self.fixture.folder()), &self.record)
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

/// In the test's folder: cards and service.
const SITE: &str = "site";
/// In the test's folder: the unit's own disk, with its key and certificate.
pub const UNIT: &str = "unit";

fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(Failure::file("reading", path))
}

fn put(path: &PathBuf, text: &str) -> Result<(), Failure> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder).map_err(Failure::file("making the folder", folder))?;
    fs::write(path, text).map_err(Failure::file("writing", path))
}
