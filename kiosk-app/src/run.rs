// SPDX-License-Identifier: MIT OR Apache-2.0
//! Puts the kiosk together and runs it: protections first, then what a PIN
//! will lie in, then everything that can fail, and the screen at last.

use std::{
    cell::Cell,
    io,
    rc::Rc,
    sync::mpsc::{self, Receiver},
    thread::{self, JoinHandle},
    time::Duration,
};

use card_io::{
    pcsc::{Pulse, ReaderFilter, Watcher},
    reset::CardAuthority,
};
use kiosk_session::{Event, Session};
use signal_hook::{
    consts::{SIGINT, SIGTERM},
    iterator::Signals,
};
use tracing::{error, info};

use crate::{
    card_worker::CardWorker,
    central_worker::{CentralWorker, software},
    config::{self, Config},
    control,
    driver::{Driver, Parts},
    exit::Exit,
    face,
    frame::Frame,
    harden::harden,
    hours::Daily,
    input::Input,
    locked::{LockedPage, Private, Workbench},
    message::{Message, Queue},
    metrics::Metrics,
    notify::ServiceManager,
    pad::{Keys, Slots},
    policy::{self, PolicyInForce, UnitLimits},
    screen::{Panel, Screen},
    staff::{self, CodePad, Desk, Staffing, tries_beside},
    surroundings::Surroundings,
    telemetry::{self, Chain},
    watchdog::{Heart, Hearts, Watchdog, nap},
};

/// Runs the kiosk on the calling thread, which becomes the screen's, until it is asked to stop or
/// has to end.
///
/// Whoever has a Slint platform of its own sets it before. `opened` is called once, when the
/// window is there and before the first event.
pub fn run(config: &Config, opened: impl FnOnce(&Rc<Screen>)) -> Exit {
    telemetry::start(&config.log);
    info!(version = %software(), profile = ?config.card.profile, "kiosk starts");
    match start(config, opened) {
        Ok(exit) => {
            info!(code = exit.code(), meaning = exit.meaning(), "kiosk ends");
            exit
        }
        Err(failure) => {
            error!(code = failure.exit.code(), error = %Chain(&*failure.error), "kiosk does not start");
            failure.exit
        }
    }
}

/// Why the kiosk does not run.
struct Failure {
    exit: Exit,
    error: Box<dyn std::error::Error + 'static>,
}

impl Failure {
    fn with<E: std::error::Error + 'static>(exit: Exit) -> impl FnOnce(E) -> Self {
        move |error| Self { exit, error: Box::new(error) }
    }
}

fn start(config: &Config, opened: impl FnOnce(&Rc<Screen>)) -> Result<Exit, Failure> {
    harden().map_err(Failure::with(Exit::Unprotected))?;
    let page = LockedPage::allocate().map_err(Failure::with(Exit::Unprotected))?;
    let authority = config.card.authority().map_err(Failure::with(Exit::Configuration))?;
    let screen = Rc::new(Screen::open(panel(&config.screen)).map_err(Failure::with(Exit::Screen))?);
    screen.label(&config.screen.label);
    screen.speak(config.screen.language);

    let (queue, inbox) = mpsc::channel();
    let code = CodePad::new(page.shared.clone());
    let slots = Slots::new(page.shared);
    let keys = Keys::new(slots.clone(), page.typed);
    connect_touches(&screen, Input::new(keys, code.clone(), queue.clone()));
    face::wear(Rc::clone(&screen));
    let frame = Frame::default();
    screen.tell_when_drawn(frame.clone());
    opened(&screen);

    let failed = || Failure::with::<io::Error>(Exit::Restart);
    listen_for_signals(queue.clone()).map_err(failed())?;
    if let Some(switch) = config.staff.switch() {
        staff::watch(switch, queue.clone()).map_err(failed())?;
    }
    let watcher = watch_readers(&config.reader, queue.clone()).map_err(failed())?;
    let hearts = Hearts::default();
    let (limit, driver) = (config.watchdog.limit(), hearts.driver.clone());
    let manager = ServiceManager::of_this_process().map_err(failed())?;
    let alive = Alive {
        heart: driver,
        pace: nap(limit),
        pulse: watcher.pulse(),
        frame: frame.clone(),
        manager: manager.clone(),
    };
    let memory = Memory { slots: slots.clone(), code, workbench: page.workbench };
    let parts = parts(config, authority, memory, queue.clone(), inbox, alive);
    let driver = start_driver(parts.map_err(failed())?).map_err(failed())?;
    control::listen(&config.control, &config.metrics, queue.clone())
        .map_err(Failure::with(Exit::Configuration))?;
    let screen = hearts.screen.clone();
    let tell = tell_manager(manager, frame);
    let watchdog = Watchdog::start(limit, hearts, slots, ask_screen, tell).map_err(failed())?;

    let shown = slint::run_event_loop();
    screen.rest();
    face::take_off();
    // The window may have been closed by hand; a driver that has ended hears nothing.
    let _ = queue.send(Message::Event(Event::Stopping));
    let exit = driver.join().unwrap_or(Exit::Panic);
    drop(watchdog);
    // Its thread may hang in PC/SC, and nobody waits for it: the process ends.
    std::mem::forget(watcher);
    shown.map_err(Failure::with(Exit::Screen))?;
    Ok(exit)
}

fn parts(
    config: &Config,
    authority: CardAuthority,
    memory: Memory,
    queue: Queue,
    inbox: Receiver<Message>,
    alive: Alive,
) -> io::Result<Parts> {
    let Memory { slots, code, workbench } = memory;
    let socket = &config.link.socket;
    Ok(Parts {
        session: Session::new(config.limits.limits(), config.screen.language),
        card: CardWorker::start(authority, slots.clone(), workbench, queue.clone())?,
        service: CentralWorker::start("service", socket, queue.clone())?,
        unit: CentralWorker::start("unit", socket, queue.clone())?,
        journal: config.journal.path.clone(),
        policy: PolicyInForce::open(policy_of(config)),
        between_policies: config.policy.every,
        metrics: Metrics::new(config.metrics.path.clone()),
        desk: Desk::start(staffing(config, code), queue.clone())?,
        show: Box::new(face::show),
        inbox,
        queue,
        slots,
        heart: alive.heart,
        pace: alive.pace,
        pulse: alive.pulse,
        frame: alive.frame,
        surroundings: Surroundings::of(config),
        manager: alive.manager,
    })
}

fn staffing(config: &Config, pad: CodePad) -> Staffing {
    // A unit that serves residents goes on doing so; its staff page waits for the file to be mended.
    let hash = config.staff.code().unwrap_or_else(|error| {
        error!(code = "staff-code-unreadable", error = %Chain(&error), "there is no staff code");
        None
    });
    Staffing {
        pad,
        hash,
        tries: tries_beside(&config.journal.path),
        wishes: config.staff.wishes.clone(),
        source: config.staff.source.clone(),
        sound: config.sound.clone(),
    }
}

fn policy_of(config: &Config) -> policy::Unit {
    let config::Hours { opens, closes } = config.hours;
    let (configured, divided_by) = (config.limits.undivided(), config.limits.divided_by);
    policy::Unit {
        hours: Daily { opens, closes },
        limits: UnitLimits { configured, divided_by },
        cache: config.policy.cache.clone(),
    }
}

/// The parts of the locked page that the driver hands on.
struct Memory {
    slots: Slots,
    code: CodePad,
    workbench: Private<Workbench>,
}

/// How the driver shows that it is alive, and by what it knows that others are.
struct Alive {
    heart: Heart,
    pace: Duration,
    pulse: Pulse,
    frame: Frame,
    manager: ServiceManager,
}

/// What the service manager hears after each nap in which driver and screen have beaten: that they
/// have, and once, before it, that a frame is drawn.
fn tell_manager(manager: ServiceManager, frame: Frame) -> impl Fn() + Send + 'static {
    let is_ready = Cell::new(false);
    move || {
        if frame.is_drawn() {
            if !is_ready.replace(true) {
                manager.ready();
            }
            manager.alive();
        }
    }
}

/// The screen's thread beats when it gets round to it. A loop that has ended is at rest.
fn ask_screen(heart: Heart) {
    let _ = slint::invoke_from_event_loop(move || heart.beat());
}

fn start_driver(parts: Parts) -> io::Result<JoinHandle<Exit>> {
    thread::Builder::new().name("driver".to_owned()).spawn(move || Driver::new(parts).run())
}

fn connect_touches(screen: &Rc<Screen>, input: Input) {
    let shown = Rc::downgrade(screen);
    screen.on_touched(move |touched| {
        if let (Some((place, position)), Some(screen)) = (input.touched(touched), shown.upgrade()) {
            screen.reveal(place, position);
        }
    });
}

/// SIGTERM and SIGINT become an event; the session decides how long it still takes.
fn listen_for_signals(queue: Queue) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT])?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        for signal in signals.forever() {
            info!(signal, "asked to stop");
            if queue.send(Message::Event(Event::Stopping)).is_err() {
                return;
            }
        }
    })?;
    Ok(())
}

fn watch_readers(reader: &config::Reader, queue: Queue) -> io::Result<Watcher> {
    let filter = ReaderFilter::starting_with(reader.names.clone());
    Watcher::start(filter, move |event| {
        // A driver that has ended hears nothing.
        let _ = queue.send(Message::Reader(event));
    })
}

fn panel(screen: &config::Screen) -> Panel {
    let config::Screen { width_px, height_px, width_mm, .. } = *screen;
    Panel { width_px, height_px, width_mm: width_mm as f32 }
}
