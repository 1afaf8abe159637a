// SPDX-License-Identifier: MIT OR Apache-2.0
//! The key-switch: an input device of its own with one key, read as the kernel writes it
//! (linux/input.h). No keyboard reaches the screen; this one is heard for one key and nothing else.

use std::{
    fs::File,
    io::{self, Read},
    thread,
    time::Duration,
};

use kiosk_session::{Event, staff::StaffEvent};
use tracing::{info, warn};

use crate::{
    config::{KeyCode, SwitchKey},
    message::{Message, Queue},
    telemetry::Chain,
};

/// Listens for as long as the process lives. A device that is not there is looked for again.
pub(crate) fn watch(switch: SwitchKey, queue: Queue) -> io::Result<()> {
    thread::Builder::new().name("key-switch".to_owned()).spawn(move || {
        let mut is_told = false;
        loop {
            match File::open(&switch.device) {
                Ok(device) => {
                    info!("key-switch there");
                    is_told = false;
                    if listen(device, switch.key, &queue).is_err() {
                        return;
                    }
                }
                Err(error) if !is_told => {
                    is_told = true;
                    warn!(error = %Chain(&error), "the key-switch cannot be opened");
                }
                Err(_) => {}
            }
            thread::park_timeout(BETWEEN_LOOKS);
        }
    })?;
    Ok(())
}

/// The driver has ended.
struct Unheard;

/// Tells of each turn, until the device is gone.
fn listen(mut device: impl Read, key: KeyCode, queue: &Queue) -> Result<(), Unheard> {
    let mut record = [0; RECORD];
    while device.read_exact(&mut record).is_ok() {
        if is_pressed(&record, key) {
            let turned = Message::Event(Event::Staff(StaffEvent::SwitchTurned));
            queue.send(turned).map_err(|_| Unheard)?;
        }
    }
    Ok(())
}

/// Whether a `struct input_event` says that this key went down.
fn is_pressed(record: &[u8; RECORD], key: KeyCode) -> bool {
    let (_, said) = record.split_at(TIME);
    let down = [&EV_KEY.to_ne_bytes()[..], &key.0.to_ne_bytes(), &1_i32.to_ne_bytes()].concat();
    said == down
}

/// `struct timeval` of a 64-bit kernel.
const TIME: usize = 16;
/// Time, type, code, value.
const RECORD: usize = TIME + 2 + 2 + 4;
/// `EV_KEY`.
const EV_KEY: u16 = 1;
/// How long a device that is not there is left alone.
const BETWEEN_LOOKS: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn record(kind: u16, code: u16, value: i32) -> Vec<u8> {
        let said = [&kind.to_ne_bytes()[..], &code.to_ne_bytes(), &value.to_ne_bytes()].concat();
        [vec![9; TIME], said].concat()
    }

    fn turns(records: &[Vec<u8>]) -> usize {
        let (queue, inbox) = mpsc::channel();
        assert!(listen(records.concat().as_slice(), KeyCode(148), &queue).is_ok());
        drop(queue);
        inbox.iter().count()
    }

    #[test]
    fn the_switchs_own_key_going_down_is_one_turn() {
        let (down, up, sync) = (record(1, 148, 1), record(1, 148, 0), record(0, 0, 0));
        assert_eq!(turns(&[down.clone(), sync.clone(), up, sync, down]), 2);
    }

    #[test]
    fn nothing_else_of_it_is_heard() {
        assert_eq!(turns(&[record(1, 30, 1), record(1, 148, 2), record(4, 148, 1)]), 0);
        assert_eq!(turns(&[record(1, 148, 1)[..20].to_vec()]), 0, "a record cut short");
    }

    #[test]
    fn a_driver_that_has_ended_is_left_alone() {
        let (queue, inbox) = mpsc::channel();
        drop(inbox);
        assert!(listen(record(1, 148, 1).as_slice(), KeyCode(148), &queue).is_err());
    }
}
