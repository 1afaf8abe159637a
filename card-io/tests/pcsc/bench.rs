// SPDX-License-Identifier: MIT OR Apache-2.0
//! A private pcscd with two virtual readers, and virtual cards to lay on them.
//!
//! PC/SC clients find a private service by an environment variable, which
//! belongs to a whole process. So each test starts this program once more with
//! the variable set and itself alone to run; the bench lives in there.

use std::ffi::CString;
use std::net::{Ipv4Addr, TcpListener};
use std::num::NonZeroU64;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::sync::LazyLock;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};
use std::{env, fs, thread};

use card_io::media::{ReaderEvent, ReaderName};
use card_io::pcsc::{ReaderFilter, Watcher};
use card_io::reset::CardAuthority;
use virtual_card::control::{ControlCommand, send};
use virtual_card::{Authorities, Fault, Order, Reader, Socket, personalise};

/// How long anything that must happen may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

const DAEMON: &str = "/usr/sbin/pcscd";
const DRIVER: &str = "/usr/lib/pcsc/drivers/serial/libifdvpcd.so";
const FOLDER: &str = "CARD_IO_TEST_FOLDER";
const READERS: [&str; 2] = ["Virtual PCD 00 00", "Virtual PCD 00 01"];

/// The daemon takes its listening socket from systemd, as fd 3; here from us.
const AS_IF_BY_SYSTEMD: &str =
    r#"exec 3<&0 </dev/null; export LISTEN_FDS=1 LISTEN_PID=$$; exec "$@""#;

/// Runs `body` in a process of its own, with a folder of its own.
pub(crate) fn alone(test: &str, body: impl FnOnce(&mut Bench)) {
    match env::var_os(FOLDER) {
        Some(folder) => {
            body(&mut Bench::new(Path::new(&folder)));
            fs::write(Path::new(&folder).join("passed"), "").unwrap();
        }
        None => run_alone(test),
    }
}

fn run_alone(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    // pcscd runs as nobody and has to reach its configuration.
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    CARDS.save(folder.path());
    let status = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(FOLDER, folder.path())
        .env("PCSCLITE_CSOCK_NAME", folder.path().join("pcscd.comm"))
        .status()
        .unwrap();
    assert!(status.success(), "{test} failed; its output is above");
    assert!(folder.path().join("passed").exists(), "there is no test {test}");
}

/// Two cards of one authority, made once: four RSA keys take their time.
static CARDS: LazyLock<Cards> = LazyLock::new(Cards::new);

struct Cards {
    authorities: Authorities,
    orders: [Order; 2],
}

impl Cards {
    fn new() -> Self {
        let now = jiff::Timestamp::now();
        let authorities = Authorities::generate(now, &mut rand::rng()).unwrap();
        Self { authorities, orders: [Order::new(now), Order::new(now)] }
    }

    fn save(&self, folder: &Path) {
        self.authorities.save(folder).unwrap();
        for (number, order) in self.orders.iter().enumerate() {
            let (state, _) = personalise(&self.authorities, order, &mut rand::rng()).unwrap();
            state.save(&folder.join(format!("card-{number}.json"))).unwrap();
            let pin = &order.user_authentication_pin;
            fs::write(folder.join(format!("pin-{number}")), pin).unwrap();
        }
    }
}

pub(crate) struct Bench {
    folder: PathBuf,
    port: u16,
    daemon: Option<Daemon>,
}

/// A pcscd that ends with the bench.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Bench {
    fn new(folder: &Path) -> Self {
        for (file, package) in [(DAEMON, "pcscd"), (DRIVER, "vsmartcard-vpcd")] {
            assert!(Path::new(file).exists(), "{file} is missing: apt-get install {package}");
        }
        Self { folder: folder.to_owned(), port: free_pair(), daemon: None }
    }

    /// Starts the service, as after a crash where it ran before.
    pub(crate) fn start_service(&mut self) {
        self.stop_service();
        for _ in 0..5 {
            self.launch();
            let context = pcsc::Context::establish(pcsc::Scope::User).unwrap();
            if context.list_readers_owned().unwrap()
                == READERS.map(|name| CString::new(name).unwrap())
            {
                for slot in [0, 1] {
                    self.lay_out(slot);
                }
                return;
            }
            // Somebody took one of the two ports meanwhile.
            self.port = free_pair();
        }
        panic!("pcscd starts without its virtual readers");
    }

    pub(crate) fn stop_service(&mut self) {
        self.daemon = None;
    }

    fn launch(&mut self) {
        // Made by systemd where there is one; pcscd ends without it.
        fs::create_dir_all("/run/pcscd").expect("sudo mkdir /run/pcscd, which pcscd wants");
        let configuration = self.folder.join("readers");
        fs::create_dir_all(&configuration).unwrap();
        let port = self.port;
        let entry = format!(
            "FRIENDLYNAME \"Virtual PCD\"\nDEVICENAME /dev/null:{port}\nLIBPATH {DRIVER}\nCHANNELID {port}\n"
        );
        fs::write(configuration.join("virtual"), entry).unwrap();
        let socket = self.folder.join("pcscd.comm");
        let _ = fs::remove_file(&socket);
        let listener = UnixListener::bind(&socket).unwrap();
        let mut command = Command::new("setpriv");
        if fs::metadata("/proc/self").unwrap().uid() == 0 {
            command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
        }
        command
            .args(["--pdeathsig", "KILL", "--", "sh", "-c", AS_IF_BY_SYSTEMD, "sh"])
            .args([DAEMON, "--foreground", "--config"])
            .arg(&configuration)
            .stdin(OwnedFd::from(listener));
        self.daemon = Some(Daemon(command.spawn().expect("apt-get install util-linux")));
    }

    /// Serves one slot of the virtual reader, once, from a thread that stays.
    fn lay_out(&self, slot: u16) {
        let control = self.control(slot);
        if control.exists() {
            return;
        }
        let mut reader = Reader::new(Socket::Vpcd(self.port + slot));
        reader.listen(&control).unwrap();
        thread::spawn(move || reader.run());
    }

    fn control(&self, slot: u16) -> PathBuf {
        self.folder.join(format!("slot-{slot}"))
    }

    fn tell(&self, slot: u16, command: &ControlCommand) {
        send(&self.control(slot), command).unwrap();
    }

    /// Lays the card of that number on the slot of that number.
    pub(crate) fn insert(&self, slot: u16) {
        let card = self.folder.join(format!("card-{slot}.json"));
        self.tell(slot, &ControlCommand::Insert(card));
    }

    pub(crate) fn remove(&self, slot: u16) {
        self.tell(slot, &ControlCommand::Remove);
    }

    /// Plans a fault for the next command to the card.
    pub(crate) fn fail_next(&self, slot: u16, fault: Fault) {
        self.tell(slot, &ControlCommand::Fault(NonZeroU64::MIN, fault));
    }

    pub(crate) fn authority(&self) -> CardAuthority {
        CardAuthority::from_pem(&fs::read(self.authority_file()).unwrap()).unwrap()
    }

    pub(crate) fn authority_file(&self) -> PathBuf {
        self.folder.join("card-ca.pem")
    }

    pub(crate) fn user_authentication_pin(&self, card: u16) -> Vec<u8> {
        fs::read(self.folder.join(format!("pin-{card}"))).unwrap()
    }
}

pub(crate) fn reader(slot: usize) -> ReaderName {
    ReaderName::new(READERS[slot])
}

/// A watcher, and what it reports.
pub(crate) struct Watched {
    pub(crate) watcher: Watcher,
    events: Receiver<ReaderEvent>,
}

impl Watched {
    pub(crate) fn start(filter: ReaderFilter) -> Self {
        let (sender, events) = mpsc::channel();
        let report = move |event| {
            let _ = sender.send(event);
        };
        Self { watcher: Watcher::start(filter, report).unwrap(), events }
    }

    /// The next event.
    pub(crate) fn next(&self) -> ReaderEvent {
        self.events.recv_timeout(PATIENCE).expect("an event comes")
    }

    /// Skips events until one that answers.
    pub(crate) fn until<T>(&self, mut wanted: impl FnMut(&ReaderEvent) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let event = self.events.recv_timeout(left).expect("the event comes");
            if let Some(found) = wanted(&event) {
                return found;
            }
        }
    }

    pub(crate) fn until_inserted(&self, slot: usize) {
        self.until(|event| match event {
            ReaderEvent::MediaInserted { reader: on, .. } => (*on == reader(slot)).then_some(()),
            _ => None,
        });
    }

    /// Stops the watcher and returns what it had still reported.
    pub(crate) fn stop(self) -> Vec<ReaderEvent> {
        self.watcher.stop();
        self.events.iter().collect()
    }
}

/// Two neighbouring ports that are free, on all addresses as vpcd wants them.
fn free_pair() -> u16 {
    (0..100)
        .find_map(|_| {
            let first = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
            let port = first.local_addr().ok()?.port();
            let next = port.checked_add(1)?;
            TcpListener::bind((Ipv4Addr::UNSPECIFIED, next)).ok().map(|_| port)
        })
        .expect("two neighbouring ports are free")
}
