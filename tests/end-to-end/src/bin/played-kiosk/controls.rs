// SPDX-License-Identifier: MIT OR Apache-2.0
//! Fingers and eyes for the window in memory: requests from standard input are carried out on
//! Slint's thread, by accessible label and by real presses at an element's centre.

use std::{
    fs::File,
    io::{self, BufRead, BufWriter, Write},
    ops::ControlFlow,
    path::Path,
    sync::mpsc::{self, Sender},
    thread,
    time::{Duration, Instant},
};

use end_to_end::play::{Answer, Part, Request};
use i_slint_backend_testing::{ElementHandle, ElementRoot};
use kiosk_app::{
    headless::{Picture, touch},
    stillness,
};
use slint::{ComponentHandle, LogicalPosition, Timer, TimerMode, Weak};

use crate::canary;

/// How often a resident who waits for something looks at the screen: once a picture, at 60 Hz.
const LOOK: Duration = Duration::from_millis(16);

thread_local! {
    /// Slint's thread: the one look that is being repeated.
    static LOOKING: Timer = Timer::default();
}

/// Carries out requests until standard input ends, then ends the event loop.
pub(crate) fn obey<C: ComponentHandle + 'static>(window: Weak<C>) {
    thread::spawn(move || {
        for line in io::stdin().lock().lines() {
            let Ok(line) = line else { break };
            let answer = answer_to(&line, &window);
            if print(&answer).is_err() {
                break;
            }
        }
        // Where there is no loop any more, there is nothing to end.
        drop(slint::quit_event_loop());
    });
}

fn answer_to<C: ComponentHandle + 'static>(line: &str, window: &Weak<C>) -> Answer {
    let request = match serde_json::from_str(line) {
        Ok(request) => request,
        Err(error) => return Answer::Refused { reason: error.to_string() },
    };
    let (sender, receiver) = mpsc::channel();
    let asked = window.upgrade_in_event_loop(move |window| begin(&window, request, sender));
    match (asked, receiver.recv()) {
        (Ok(()), Ok(answer)) => answer,
        (Err(error), _) => Answer::Refused { reason: error.to_string() },
        (_, Err(_)) => Answer::Refused { reason: "the kiosk has ended".to_owned() },
    }
}

fn print(answer: &Answer) -> io::Result<()> {
    let mut output = io::stdout().lock();
    writeln!(output, "{}", serde_json::to_string(answer)?)?;
    output.flush()
}

/// Answers at once, or as soon as a look at the screen shows what is awaited.
fn begin<C: ComponentHandle + 'static>(window: &C, request: Request, sender: Sender<Answer>) {
    let start = Instant::now();
    let weak = window.as_weak();
    let look = move || {
        let window = weak.upgrade()?;
        attempt(&window, &request, start.elapsed())
    };
    if let Some(answer) = look() {
        // Nobody listens any more when the process is about to end.
        drop(sender.send(answer));
        return;
    }
    LOOKING.with(|timer| {
        timer.start(TimerMode::Repeated, LOOK, move || {
            if let Some(answer) = look() {
                LOOKING.with(Timer::stop);
                drop(sender.send(answer));
            }
        });
    });
}

/// One look: the answer, if it is time for one.
fn attempt<C: ComponentHandle>(window: &C, request: &Request, waited: Duration) -> Option<Answer> {
    let late = |milliseconds: u64| {
        let is_late = waited >= Duration::from_millis(milliseconds);
        is_late.then(|| Answer::Late { shown: labels(window) })
    };
    match request {
        Request::Touch { label, milliseconds } => {
            press(window, label).or_else(|| late(*milliseconds))
        }
        Request::TouchCorner => Some(press_corner(window)),
        Request::Await { is_whole, texts, milliseconds } => {
            let shown = labels(window);
            let fits = |label: &String, text: &String| match is_whole {
                true => label == text,
                false => label.contains(text),
            };
            let seen = texts.iter().find(|text| shown.iter().any(|label| fits(label, text)));
            seen.map(|text| Answer::Seen { text: text.clone() }).or_else(|| late(*milliseconds))
        }
        Request::Look { unlike, milliseconds } => {
            let labels = labels(window);
            let is_time = waited >= Duration::from_millis(*milliseconds);
            (is_time || labels != *unlike).then_some(Answer::Shown { labels })
        }
        Request::Picture { path } => Some(match draw(window, path) {
            Ok(()) => Answer::Drawn,
            Err(error) => Answer::Refused { reason: error.to_string() },
        }),
        Request::Places => Some(Answer::Places { places: places(window) }),
        Request::Tell => Some(Answer::Told { texts: texts(window) }),
        Request::Keep { text } => {
            canary::keep(text);
            Some(Answer::Kept)
        }
        Request::StandStill { part } => {
            match part {
                Part::Driver => stillness::stop_driver(),
                Part::Screen => stop_screen(),
            }
            Some(Answer::StandsStill)
        }
    }
}

/// Slint's thread stands still once it has carried out what it is about.
fn stop_screen() {
    Timer::single_shot(Duration::ZERO, || {
        loop {
            thread::park();
        }
    });
}

fn press<C: ComponentHandle>(window: &C, label: &str) -> Option<Answer> {
    let element = ElementHandle::find_by_accessible_label(window, label)
        .find(|element| element.accessible_enabled() != Some(false))?;
    let (corner, size) = (element.absolute_position(), element.size());
    let centre = LogicalPosition::new(corner.x + size.width / 2.0, corner.y + size.height / 2.0);
    Some(match touch(window.window(), centre) {
        Ok(()) => Answer::Touched,
        Err(error) => Answer::Refused { reason: error.to_string() },
    })
}

/// Every labelled element, enabled or not yet, with its centre as parts of the window.
fn places<C: ComponentHandle>(window: &C) -> Vec<(String, f64, f64)> {
    let scale = window.window().scale_factor();
    let size = window.window().size().to_logical(scale);
    let mut places = Vec::new();
    window.root_element().visit_descendants(|element| {
        if let Some(label) = element.accessible_label().filter(|label| !label.is_empty()) {
            let (corner, own) = (element.absolute_position(), element.size());
            let x = f64::from((corner.x + own.width / 2.0) / size.width);
            let y = f64::from((corner.y + own.height / 2.0) / size.height);
            places.push((label.to_string(), x, y));
        }
        ControlFlow::<()>::Continue(())
    });
    places
}

/// Where staff know of something that no label names.
fn press_corner<C: ComponentHandle>(window: &C) -> Answer {
    let width = window.window().size().to_logical(window.window().scale_factor()).width;
    match touch(window.window(), LogicalPosition::new(width - 10.0, 10.0)) {
        Ok(()) => Answer::Touched,
        Err(error) => Answer::Refused { reason: error.to_string() },
    }
}

/// Every label that is visible, in the order of the elements.
fn labels(window: &impl ElementRoot) -> Vec<String> {
    let mut labels = Vec::new();
    window.root_element().visit_descendants(|element| {
        labels.extend(element.accessible_label().map(String::from));
        ControlFlow::<()>::Continue(())
    });
    labels.retain(|label| !label.is_empty());
    labels
}

/// Everything that a program which reads the screen aloud can be told.
fn texts(window: &impl ElementRoot) -> Vec<String> {
    let mut texts = Vec::new();
    window.root_element().visit_descendants(|element| {
        texts.extend(element.accessible_label().map(String::from));
        texts.extend(element.accessible_value().map(String::from));
        texts.extend(element.accessible_description().map(String::from));
        texts.extend(element.accessible_placeholder_text().map(String::from));
        ControlFlow::<()>::Continue(())
    });
    texts.retain(|text| !text.is_empty());
    texts
}

fn draw<C: ComponentHandle>(window: &C, path: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let picture = Picture::of(window.window())?;
    let file = BufWriter::new(File::create(path)?);
    let mut encoder = png::Encoder::new(file, picture.width, picture.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&picture.rgb)?;
    Ok(())
}
