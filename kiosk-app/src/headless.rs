// SPDX-License-Identifier: MIT OR Apache-2.0
//! A screen without a display: Slint's software renderer draws into memory, and
//! the event loop waits on a channel. The real screens are tested, photographed
//! and played through it on machines that have neither X11 nor Wayland.
//!
//! Off by default (feature `headless`); no released binary contains it.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use slint::platform::software_renderer::{MinimalSoftwareWindow, RepaintBufferType};
use slint::platform::{
    self, EventLoopProxy, Platform, PointerEventButton, WindowAdapter, WindowEvent,
};
use slint::{EventLoopError, LogicalPosition, PlatformError, Rgb8Pixel, Window};

/// Makes the calling thread Slint's, without a display.
///
/// Call it before the first [`Screen`](crate::screen::Screen) is opened; from
/// then on `slint::run_event_loop` and `slint::invoke_from_event_loop` work as
/// with a display. The window opened last is the one that is drawn.
///
/// # Errors
/// When the process already has a Slint platform.
pub fn install() -> Result<(), PlatformError> {
    let (sender, receiver) = mpsc::channel();
    let loop_state = RefCell::new(Loop { receiver, pixels: Vec::new() });
    platform::set_platform(Box::new(Headless { window: RefCell::default(), sender, loop_state }))
        .map_err(|refused| PlatformError::OtherError(Box::new(refused)))
}

/// What the window shows now, as 8-bit RGB, row by row.
pub struct Picture {
    /// Pixels a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// `3 × width × height` bytes.
    pub rgb: Vec<u8>,
}

impl Picture {
    /// Draws the window afresh.
    ///
    /// # Errors
    /// When the window has no size yet.
    pub fn of(window: &Window) -> Result<Self, PlatformError> {
        let pixels = window.take_snapshot()?;
        let rgb = pixels.as_slice().iter().flat_map(|pixel| [pixel.r, pixel.g, pixel.b]).collect();
        Ok(Self { width: pixels.width(), height: pixels.height(), rgb })
    }
}

/// Touches the panel at `position` and lets go, as a finger does.
///
/// # Errors
/// When the window refuses the event.
pub fn touch(window: &Window, position: LogicalPosition) -> Result<(), PlatformError> {
    let button = PointerEventButton::Left;
    let finger = [
        WindowEvent::PointerPressed { position, button },
        WindowEvent::PointerReleased { position, button },
        WindowEvent::PointerExited,
    ];
    for event in finger {
        window.dispatch_event_with_result(event)?;
    }
    Ok(())
}

/// The platform Slint sees.
struct Headless {
    window: RefCell<Option<Rc<MinimalSoftwareWindow>>>,
    sender: Sender<Message>,
    loop_state: RefCell<Loop>,
}

/// What only the running loop uses.
struct Loop {
    receiver: Receiver<Message>,
    pixels: Vec<Rgb8Pixel>,
}

enum Message {
    Invoke(Box<dyn FnOnce() + Send>),
    Quit,
}

impl Platform for Headless {
    fn create_window_adapter(&self) -> Result<Rc<dyn WindowAdapter>, PlatformError> {
        let window = MinimalSoftwareWindow::new(RepaintBufferType::ReusedBuffer);
        self.window.replace(Some(window.clone()));
        Ok(window)
    }

    fn run_event_loop(&self) -> Result<(), PlatformError> {
        let mut state = self
            .loop_state
            .try_borrow_mut()
            .map_err(|_| PlatformError::Other("the event loop is already running".into()))?;
        loop {
            platform::update_timers_and_animations();
            let window = self.window.borrow().clone();
            if let Some(window) = &window {
                state.draw(window);
            }
            match state.next(patience(window.as_deref())) {
                Some(Message::Invoke(event)) => event(),
                Some(Message::Quit) => return Ok(()),
                None => {}
            }
        }
    }

    fn new_event_loop_proxy(&self) -> Option<Box<dyn EventLoopProxy>> {
        Some(Box::new(Proxy(self.sender.clone())))
    }
}

/// How long nothing can change by itself; `None`: until somebody calls.
fn patience(window: Option<&MinimalSoftwareWindow>) -> Option<Duration> {
    if window.is_some_and(|window| window.has_active_animations()) {
        return Some(FRAME);
    }
    platform::duration_until_next_timer_update()
}

impl Loop {
    fn draw(&mut self, window: &MinimalSoftwareWindow) {
        let size = window.size();
        self.pixels.resize((size.width * size.height) as usize, Rgb8Pixel::default());
        window.draw_if_needed(|renderer| {
            renderer.render(&mut self.pixels, size.width as usize);
        });
    }

    fn next(&self, patience: Option<Duration>) -> Option<Message> {
        let Some(patience) = patience else { return self.receiver.recv().ok() };
        self.receiver.recv_timeout(patience).ok()
    }
}

/// The end of the channel that other threads hold.
struct Proxy(Sender<Message>);

impl EventLoopProxy for Proxy {
    fn quit_event_loop(&self) -> Result<(), EventLoopError> {
        self.send(Message::Quit)
    }

    fn invoke_from_event_loop(
        &self,
        event: Box<dyn FnOnce() + Send>,
    ) -> Result<(), EventLoopError> {
        self.send(Message::Invoke(event))
    }
}

impl Proxy {
    fn send(&self, message: Message) -> Result<(), EventLoopError> {
        self.0.send(message).map_err(|_| EventLoopError::EventLoopTerminated)
    }
}

/// One picture at 60 Hz.
const FRAME: Duration = Duration::from_micros(16_667);
