// SPDX-License-Identifier: MIT OR Apache-2.0
//! `DIR`: every file that the service keeps, named in one place. `init` makes them; what stands in
//! `kiosk/` and the public halves in `ticket/` are for others, the rest is for nobody else.

use std::path::{Path, PathBuf};

/// The folder of one service.
#[derive(Debug, Clone)]
pub struct Directory {
    root: PathBuf,
}

impl Directory {
    /// The folder at this path; nothing is looked at yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// SQLite, with its `-wal` and `-shm` beside it.
    pub fn database(&self) -> PathBuf {
        self.root.join("register.sqlite")
    }

    /// The operator edits it.
    pub fn policy(&self) -> PathBuf {
        self.root.join("policy.json")
    }

    /// Copies of the CA certificates given to `init`.
    pub fn card_ca(&self) -> PathBuf {
        self.root.join("authorities/card-ca.pem")
    }

    /// Copy of the user-authentication CA's certificate.
    pub fn user_authentication_ca(&self) -> PathBuf {
        self.root.join("authorities/user-authentication-ca.pem")
    }

    /// Copy of the digital-signature CA's certificate.
    pub fn digital_signature_ca(&self) -> PathBuf {
        self.root.join("authorities/digital-signature-ca.pem")
    }

    /// The CA of the server's certificate: the kiosk's only root.
    pub fn server_ca(&self) -> KeyFiles {
        self.key_files("tls", "ca")
    }

    /// The server's certificate.
    pub fn server(&self) -> KeyFiles {
        self.key_files("tls", "server")
    }

    /// The CA of the kiosks' certificates.
    pub fn kiosk_ca(&self) -> KeyFiles {
        self.key_files("kiosk-ca", "ca")
    }

    /// The first kiosk's files.
    pub fn kiosk(&self) -> PathBuf {
        self.root.join("kiosk")
    }

    /// Ticket key 1 or 2, PKCS#8 in PEM.
    pub fn ticket_key(&self, number: u8) -> PathBuf {
        self.root.join(format!("ticket/key-{number}.pem"))
    }

    /// Its public half, SubjectPublicKeyInfo in PEM: what a card is personalised with.
    pub fn ticket_public_key(&self, number: u8) -> PathBuf {
        self.root.join(format!("ticket/key-{number}.pub.pem"))
    }

    fn key_files(&self, folder: &str, name: &str) -> KeyFiles {
        let folder = self.root.join(folder);
        KeyFiles {
            certificate: folder.join(format!("{name}.pem")),
            key: folder.join(format!("{name}.key.pem")),
        }
    }
}

/// A certificate and its key.
#[derive(Debug, Clone)]
pub struct KeyFiles {
    /// X.509 in PEM.
    pub certificate: PathBuf,
    /// PKCS#8 in PEM.
    pub key: PathBuf,
}
