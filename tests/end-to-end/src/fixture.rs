// SPDX-License-Identifier: MIT OR Apache-2.0
//! Cards and a service that were made once: RSA keys are what costs, so that benches by the
//! hundred work with copies of them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    card::{AUTHORITIES, CARDS, Card, Maker, Making},
    central::{self, Central},
    failure::Failure,
    folder::Folder,
    pin::Pin,
    process::{ask, leashed},
    programs::Program,
    record::Record,
};

/// A folder with authorities, a service's folder, and two registered cards.
#[derive(Clone)]
pub(crate) struct Fixture {
    folder: PathBuf,
    /// The resident's.
    pub(crate) card: Card,
    /// Another resident's.
    pub(crate) other: Card,
}

/// What is kept of a card beside its files. Test PINs alone; nobody's.
#[derive(Serialize, Deserialize)]
struct Kept {
    id: String,
    state: PathBuf,
    public: PathBuf,
    user_authentication_pin: String,
    signature_pin: String,
}

impl Fixture {
    /// Tries left of the resident's signature PIN: not full, so that a reset that filled the
    /// counter shows, and not locked.
    pub(crate) const SIGNATURE_RETRIES: u8 = 2;

    /// Makes everything anew in `folder`, for kiosks that look for the service under these names.
    pub(crate) fn mint(folder: &Path, hosts: &[&str]) -> Result<Self, Failure> {
        let (place, record) = (Folder::new()?, Record::default());
        let mut maker = Maker::new(&place, &record)?;
        Central::init(&place, &maker, hosts, &record)?;
        let service = place.path().join(central::FOLDER);
        let making =
            Making { signature_retries: Some(Self::SIGNATURE_RETRIES), ..Making::default() };
        let mut cards = Vec::new();
        for making in [making, Making::default()] {
            let card = maker.make(Some(&service.join("ticket")), &making)?;
            let mut command = leashed(Program::CentralService.path()?);
            command.arg("register").arg(&service).arg("--citizen").arg(card.citizen());
            ask("registering a card", &mut command, &record)?;
            cards.push(card);
        }
        let [card, other] = cards.try_into().map_err(|_| unreadable("it has two cards"))?;
        let fixture = Self { folder: place.path().to_owned(), card, other };
        fixture.save_as(folder)
    }

    /// Reads what [`Self::mint`] left there; none where it is not whole.
    pub(crate) fn load(folder: &Path) -> Option<Self> {
        let text = fs::read_to_string(folder.join(KEPT)).ok()?;
        let [card, other]: [Kept; 2] = serde_json::from_str(&text).ok()?;
        let card_of = |kept: Kept| Card {
            state: folder.join(CARDS).join(kept.state),
            public: folder.join(CARDS).join(kept.public),
            id: kept.id,
            user_authentication_pin: Pin::known(&kept.user_authentication_pin),
            signature_pin: Pin::known(&kept.signature_pin),
        };
        Some(Self { folder: folder.to_owned(), card: card_of(card), other: card_of(other) })
    }

    /// Copies what lies in a bench's folder, after everything there has ended.
    pub(crate) fn of_bench(
        bench: &Path,
        card: &Card,
        other: &Card,
        folder: &Path,
    ) -> Result<Self, Failure> {
        let (card, other) = (card.clone(), other.clone());
        Self { folder: bench.to_owned(), card, other }.save_as(folder)
    }

    /// The last file written says that it is whole.
    fn save_as(&self, folder: &Path) -> Result<Self, Failure> {
        for name in PARTS {
            copy(&self.folder.join(name), &folder.join(name))?;
        }
        let kept = |card: &Card| Kept {
            id: card.id.clone(),
            state: card.state.file_name().unwrap_or_default().into(),
            public: card.public.file_name().unwrap_or_default().into(),
            user_authentication_pin: card.user_authentication_pin.reveal().to_owned(),
            signature_pin: card.signature_pin.reveal().to_owned(),
        };
        let path = folder.join(KEPT);
        let text = serde_json::to_string(&[kept(&self.card), kept(&self.other)])
            .map_err(|error| unreadable(&error.to_string()))?;
        fs::write(&path, text).map_err(Failure::file("writing", &path))?;
        Self::load(folder).ok_or_else(|| unreadable("it cannot be read again"))
    }

    /// Where it is.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Into a bench's folder.
    pub(crate) fn copy_to(&self, folder: &Folder) -> Result<(), Failure> {
        PARTS.iter().try_for_each(|name| copy(&self.folder.join(name), &folder.private(name)?))
    }

    /// What must not be found anywhere.
    pub(crate) fn pins(&self) -> Vec<Pin> {
        let of = |card: &Card| [card.user_authentication_pin.clone(), card.signature_pin.clone()];
        [of(&self.card), of(&self.other)].concat()
    }
}

const PARTS: [&str; 3] = [AUTHORITIES, CARDS, central::FOLDER];
const KEPT: &str = "kept.json";

fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to).map_err(Failure::file("making the folder", to))?;
    for entry in fs::read_dir(from).map_err(Failure::file("reading", from))? {
        let entry = entry.map_err(Failure::file("reading", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            copy(&source, &target)?;
        } else if source.is_file() {
            fs::copy(&source, &target).map_err(Failure::file("copying", source))?;
        }
    }
    Ok(())
}

fn unreadable(what: &str) -> Failure {
    Failure::Unreadable { from: "the fixture", answer: what.to_owned() }
}
