// SPDX-License-Identifier: MIT OR Apache-2.0
//! Without a display: the resident plays, the album keeps.

use end_to_end::{
    album::Album,
    bench::{Bench, Setting},
    failure::Failure,
    options::Options,
};

use crate::{
    arguments::{language, panel},
    interrupt::Interrupt,
};

pub(crate) fn play(options: &Options, interrupt: &Interrupt) -> Result<(), Failure> {
    let case = options.case;
    let mut album = Album::in_folder(options.out())?;
    album.note(&format!("case: {}", case.about()))?;
    let setting = Setting {
        language: language(options.language),
        panel: panel(options.size),
        ..case.setting()
    };
    let mut bench = Bench::new(setting)?;
    if let Some(kiosk) = bench.kiosk() {
        interrupt.then(kiosk.killer()?);
    }
    album.note("reader, card, service, kiosk-link and kiosk run")?;
    case.play(&mut bench, &mut album)?;
    bench.close()?;
    album.note("no PIN is in any line that any process printed, nor in any file they left")?;
    album.note("PROVEN")?;
    eprintln!("\nPictures and transcript: {}", options.out().display());
    Ok(())
}
