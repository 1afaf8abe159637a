// SPDX-License-Identifier: MIT OR Apache-2.0
//! Everything around one resident: reader, card, service, network, kiosk, in one folder.

mod cards;
mod control;
mod swept;

use std::path::{Path, PathBuf};

use rustix::process::{Resource, Rlimit, prlimit};

use crate::{
    card::{Maker, Slot},
    central::Central,
    failure::Failure,
    folder::Folder,
    judge::Judge,
    kiosk::{Kiosk, Panel, Site, Window},
    leak,
    network::Network,
    pcscd::Pcscd,
    pin::Pin,
    player::Player,
    process::Process,
    record::Record,
    words::Language,
};
use control::Manager;
pub(crate) use control::notify_socket;

/// What kind of kiosk is set up.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The language of its attract screen.
    pub language: Language,
    /// Its panel.
    pub panel: Panel,
    /// How it is shown.
    pub window: Window,
    /// By what the session's limits are divided: tests have no minute to wait.
    pub hurry: u32,
    /// Seconds between two questions for the policy.
    pub policy_every: u32,
    /// The time zone of its system; the machine's own where none.
    pub time_zone: Option<&'static str>,
    /// After how many seconds the kiosk's watchdog ends it.
    pub watchdog_seconds: u32,
    /// The level of the kiosk's log.
    pub level: &'static str,
    /// Nobody is served before the clock is set.
    pub needs_the_clock: bool,
}

impl Default for Setting {
    fn default() -> Self {
        Self {
            language: Language::default(),
            panel: Panel::SMALL,
            window: Window::default(),
            hurry: 1,
            policy_every: 60,
            time_zone: None,
            watchdog_seconds: 10,
            level: "trace",
            needs_the_clock: false,
        }
    }
}

/// A whole kiosk with its surroundings. Fields end in the order in which they stand.
pub struct Bench {
    setting: Setting,
    kiosk: Option<Kiosk>,
    link: Option<Process>,
    /// Between kiosk-link and service.
    pub network: Network,
    /// The first reader.
    pub slot: Slot,
    /// The readers' daemon.
    pub pcscd: Pcscd,
    /// The service.
    pub central: Central,
    maker: Maker,
    pins: Vec<Pin>,
    /// Further arguments of a played kiosk.
    arguments: Vec<String>,
    record: Record,
    manager: Manager,
    folder: Folder,
    is_closed: bool,
}

impl Bench {
    /// Sets everything up; the kiosk stands at its attract screen, or is about to.
    ///
    /// # Errors
    /// [`Failure::NotSetUp`] when something is missing or does not come up.
    pub fn new(setting: Setting) -> Result<Self, Failure> {
        Self::set_up(setting).map_err(|failure| Failure::NotSetUp(Box::new(failure)))
    }

    /// What the kiosk has counted, as its metrics file says it.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn metrics(&self) -> Result<String, Failure> {
        let path = self.folder.path().join("metrics/kiosk.prom");
        std::fs::read_to_string(&path).map_err(Failure::file("reading", &path))
    }

    /// Lets every later write of the kiosk to a file fail, as on a full disk.
    ///
    /// # Errors
    /// When there is no kiosk, or it cannot be limited.
    pub fn fill_the_disk(&mut self) -> Result<(), Failure> {
        let refused = || Failure::system("limiting what the kiosk may write");
        let limit = Rlimit { current: Some(0), maximum: None };
        let kiosk = self.kiosk().and_then(|kiosk| kiosk.pid());
        let kiosk = kiosk.ok_or_else(|| refused()(std::io::ErrorKind::NotFound.into()))?;
        prlimit(Some(kiosk), Resource::Fsize, limit)
            .map(drop)
            .map_err(|error| refused()(error.into()))
    }

    /// Says, as the system would, that the unit's data cannot be opened: from the next start on.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn lock_the_data(&self) -> Result<(), Failure> {
        let path = self.folder.path().join("data-locked");
        std::fs::write(&path, "the TPM does not open it\n").map_err(Failure::file("writing", &path))
    }

    /// Spoils the journal, of a kiosk that does not run.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn damage_the_journal(&self) -> Result<(), Failure> {
        let path = self.journal_file();
        std::fs::write(&path, "no journal").map_err(Failure::file("writing", &path))
    }

    /// The folder in which the kiosk leaves what its staff ask of the system.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn wishes(&self) -> Result<PathBuf, Failure> {
        self.site().wishes()
    }

    /// The samples that the loudspeaker would have played: 16 bits, two channels, 48 kHz.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn heard(&self) -> Result<Vec<i16>, Failure> {
        let file = self.site().heard()?;
        let doing = || format!("reading what was played, {}", file.display());
        let bytes =
            std::fs::read(&file).map_err(|source| Failure::System { doing: doing(), source })?;
        let pairs = bytes.chunks_exact(2);
        Ok(pairs.map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect())
    }

    /// A PIN that will be typed, and searched for at the end.
    pub fn remember(&mut self, pin: &Pin) {
        self.pins.push(pin.clone());
    }

    /// Starts the process with the network.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start_link(&mut self) -> Result<(), Failure> {
        self.link = Some(self.site().start_link()?);
        Ok(())
    }

    /// Ends the process with the network.
    ///
    /// # Errors
    /// When it does not end.
    pub fn stop_link(&mut self) -> Result<(), Failure> {
        self.link.take().map_or(Ok(()), |mut link| link.stop().map(drop))
    }

    /// Starts the kiosk: at first, and again after [`Self::kill_kiosk`].
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start_kiosk(&mut self) -> Result<(), Failure> {
        self.kiosk = Some(self.site().start_kiosk(&self.setting)?);
        Ok(())
    }

    /// By what the session's limits are divided from the next start on.
    pub fn hurry(&mut self, by: u32) {
        self.setting.hurry = by;
    }

    /// Ends the kiosk as a power cut would.
    ///
    /// # Errors
    /// When it does not end.
    pub fn kill_kiosk(&mut self) -> Result<(), Failure> {
        match self.kiosk.take() {
            Some(Kiosk::Played(mut player)) => player.process().kill().map(drop),
            Some(Kiosk::Shown(mut process)) => process.kill().map(drop),
            None => Ok(()),
        }
    }

    /// Switches the kiosk off, as its owner would.
    ///
    /// # Errors
    /// When it does not end.
    pub fn end_kiosk(&mut self) -> Result<(), Failure> {
        match self.kiosk.take() {
            Some(Kiosk::Played(mut player)) => player.process().stop().map(drop),
            Some(Kiosk::Shown(mut process)) => process.stop().map(drop),
            None => Ok(()),
        }
    }

    /// Ends pcscd as a crash would, and starts it again.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn restart_pcscd(&mut self) -> Result<(), Failure> {
        self.pcscd.restart(self.folder.path(), &self.record)
    }

    /// The kiosk, to be played.
    ///
    /// # Errors
    /// When it is not running or has a window of its own.
    pub fn player(&mut self) -> Result<&mut Player, Failure> {
        match &mut self.kiosk {
            Some(Kiosk::Played(player)) => Ok(player),
            Some(Kiosk::Shown(_)) | None => {
                Err(Failure::Refuted("there is no kiosk that can be played".to_owned()))
            }
        }
    }

    /// The kiosk's process.
    pub fn kiosk(&mut self) -> Option<&mut Process> {
        match &mut self.kiosk {
            Some(Kiosk::Played(player)) => Some(player.process()),
            Some(Kiosk::Shown(process)) => Some(process),
            None => None,
        }
    }

    /// The process with the network.
    #[must_use]
    pub fn link(&self) -> Option<&Process> {
        self.link.as_ref()
    }

    /// Ends everything, and searches all that was printed or written for the PINs.
    ///
    /// # Errors
    /// [`Failure::Refuted`] when one is found.
    pub fn close(mut self) -> Result<(), Failure> {
        self.end_all()?;
        leak::search(&self.record, self.folder.path(), &self.pins)?;
        self.is_closed = true;
        Ok(())
    }

    /// Ends everything without that search: over hundreds of visits four digits are met by chance.
    ///
    /// # Errors
    /// When something does not end.
    pub fn end(mut self) -> Result<(), Failure> {
        self.end_all()?;
        self.is_closed = true;
        Ok(())
    }

    fn end_all(&mut self) -> Result<(), Failure> {
        self.end_kiosk()?;
        if let Some(mut link) = self.link.take() {
            link.stop()?;
        }
        self.slot.process().stop()?;
        self.central.stop()
    }

    /// OpenSC on the private pcscd.
    #[must_use]
    pub fn judge(&self) -> Judge<'_> {
        Judge { pcscd: &self.pcscd, record: &self.record }
    }

    /// What everything printed so far.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// Where everything lies.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The language of the attract screen.
    #[must_use]
    pub fn language(&self) -> Language {
        self.setting.language
    }

    fn set_up(setting: Setting) -> Result<Self, Failure> {
        let record = Record::default();
        let folder = Folder::new()?;
        let maker = Maker::new(&folder, &record)?;
        let central = Central::start(&folder, &maker, &record)?;
        let mut bench = Self::around(setting, folder, record, maker, central)?;
        bench.start_link()?;
        bench.start_kiosk()?;
        Ok(bench)
    }

    fn around(
        setting: Setting,
        folder: Folder,
        record: Record,
        maker: Maker,
        central: Central,
    ) -> Result<Self, Failure> {
        let network = Network::start(central.address())?;
        let manager = Manager::listen(&folder)?;
        let pcscd = Pcscd::start(&folder, &record)?;
        let slot = Slot::start(0, pcscd.port(), &folder, &record)?;
        Ok(Self {
            setting,
            kiosk: None,
            link: None,
            network,
            slot,
            pcscd,
            central,
            maker,
            pins: Vec::new(),
            arguments: Vec::new(),
            record,
            manager,
            folder,
            is_closed: false,
        })
    }

    fn site(&self) -> Site<'_> {
        Site {
            folder: &self.folder,
            record: &self.record,
            credentials: self.central.credentials(),
            card_authority: self.maker.authority("card-ca"),
            reader_socket: self.pcscd.socket(),
            service_port: self.network.port(),
            arguments: &self.arguments,
            clock: Some(self.clock_file()).filter(|file| file.exists()),
        }
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        if self.is_closed {
            return;
        }
        // It ended before its time: what was said last tells most.
        let mut lines = self.record.lines();
        lines.retain(|line| !line.text.contains("TRACE"));
        for line in lines.iter().skip(lines.len().saturating_sub(LAST_WORDS)) {
            eprintln!("{line}");
        }
    }
}

/// Lines that are shown when a bench ends before its time.
const LAST_WORDS: usize = 150;
