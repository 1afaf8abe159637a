// SPDX-License-Identifier: MIT OR Apache-2.0
//! The network between kiosk and service, with a hand on it: cut and mended.
//!
//! A forwarder of bytes on 127.0.0.1; TLS passes through it unseen. Its port stays the same
//! when the service is started again elsewhere.

use std::{
    io,
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
};

use crate::failure::Failure;

/// The forwarder.
pub struct Network {
    port: u16,
    state: Arc<Mutex<State>>,
    door: Option<JoinHandle<()>>,
}

struct State {
    service: SocketAddr,
    is_cut: bool,
    is_closing: bool,
    streams: Vec<TcpStream>,
}

impl Network {
    pub(crate) fn start(service: SocketAddr) -> Result<Self, Failure> {
        let refused = || Failure::system("opening the network between kiosk and service");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(refused())?;
        let port = listener.local_addr().map_err(refused())?.port();
        let state = State { service, is_cut: false, is_closing: false, streams: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let shared = Arc::clone(&state);
        let door = thread::spawn(move || open(&listener, &shared));
        Ok(Self { port, state, door: Some(door) })
    }

    /// Where the kiosk finds the service.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Breaks the open connections and every new one.
    pub fn cut(&self) {
        let mut state = lock(&self.state);
        state.is_cut = true;
        state.hang_up();
    }

    /// Lets connections through again.
    pub fn mend(&self) {
        lock(&self.state).is_cut = false;
    }

    /// Leads to a service that listens elsewhere now.
    pub fn lead_to(&self, service: SocketAddr) {
        lock(&self.state).service = service;
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        let mut state = lock(&self.state);
        state.is_closing = true;
        state.hang_up();
        drop(state);
        // One more caller, so that the door sees that it is to close.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        if let Some(door) = self.door.take() {
            // It has nothing to tell.
            drop(door.join());
        }
    }
}

impl State {
    fn hang_up(&mut self) {
        for stream in self.streams.drain(..) {
            // Its other end may be gone already.
            drop(stream.shutdown(Shutdown::Both));
        }
    }
}

fn open(listener: &TcpListener, state: &Arc<Mutex<State>>) {
    for caller in listener.incoming() {
        if lock(state).is_closing {
            return;
        }
        if let Ok(caller) = caller {
            // A call that cannot be connected ends like one in a cut network.
            drop(connect(caller, state));
        }
    }
}

fn connect(caller: TcpStream, state: &Arc<Mutex<State>>) -> io::Result<()> {
    let mut held = lock(state);
    if held.is_cut {
        return Ok(());
    }
    let service = TcpStream::connect(held.service)?;
    for stream in [&caller, &service] {
        stream.set_nodelay(true)?;
        held.streams.push(stream.try_clone()?);
    }
    drop(held);
    let (requests, answers) = (caller.try_clone()?, service.try_clone()?);
    thread::spawn(move || forward(requests, service));
    thread::spawn(move || forward(answers, caller));
    Ok(())
}

/// Carries bytes until either side hangs up.
fn forward(mut from: TcpStream, mut to: TcpStream) {
    // A broken connection is what it looks like to either side, too.
    drop(io::copy(&mut from, &mut to));
    drop(to.shutdown(Shutdown::Both));
    drop(from.shutdown(Shutdown::Both));
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::{Ipv4Addr, TcpListener, TcpStream},
    };

    use super::Network;

    #[test]
    fn a_cut_breaks_the_open_connection_and_refuses_the_next_until_it_is_mended() {
        let service = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let network = Network::start(service.local_addr().unwrap()).unwrap();
        let call = || TcpStream::connect((Ipv4Addr::LOCALHOST, network.port())).unwrap();
        let mut first = call();
        first.write_all(b"x").unwrap();
        let (mut answering, _) = service.accept().unwrap();
        let mut byte = [0];
        answering.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"x");

        network.cut();
        assert!(matches!(first.read(&mut byte), Ok(0) | Err(_)));
        assert!(matches!(call().read(&mut byte), Ok(0) | Err(_)));

        network.mend();
        let mut second = call();
        second.write_all(b"y").unwrap();
        let (mut answering, _) = service.accept().unwrap();
        answering.read_exact(&mut byte).unwrap();
        assert_eq!(&byte, b"y");
    }
}
