// SPDX-License-Identifier: MIT OR Apache-2.0
//! Photographs every screen, in each language, on each panel, into PNG files:
//! for the eyes of whoever changes a screen.

#[path = "../tests/screens/views.rs"]
mod views;

use std::error::Error;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use kiosk_app::headless::{self, Picture};
use kiosk_app::screen::{Panel, Screen};

const HELP: &str = "\
Photograph every screen of the kiosk, without a display.

Usage: gallery [--panel NAME] [--language TAG] [--screen PART] [FOLDER]

  --panel NAME      15, 15.6 or 21.5-portrait; each when not given
  --language TAG    ja or en; each when not given
  --screen PART     only screens whose name contains PART
  FOLDER            where the PNG files go; target/gallery when not given

Exit code: 0 done, 1 a picture could not be made, 2 the command line is wrong.
";

fn main() -> ExitCode {
    let wanted = match Wanted::parse(std::env::args().skip(1)) {
        Ok(wanted) => wanted,
        Err(what) => {
            eprint!("{what}\n\n{HELP}");
            return ExitCode::from(if what.is_empty() { 0 } else { 2 });
        }
    };
    match wanted.photograph() {
        Ok(count) => {
            eprintln!("{count} pictures in {}", wanted.folder.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("the gallery could not be made: {error}");
            ExitCode::FAILURE
        }
    }
}

struct Wanted {
    panels: Vec<(&'static str, Panel)>,
    languages: Vec<kiosk_session::Language>,
    part: String,
    folder: PathBuf,
}

impl Wanted {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut wanted = Self {
            panels: Panel::NAMED.into(),
            languages: views::LANGUAGES.into(),
            part: String::new(),
            folder: Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/gallery"),
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                "--panel" => wanted.keep_panel(&value()?)?,
                "--language" => wanted.keep_language(&value()?)?,
                "--screen" => wanted.part = value()?,
                "-h" | "--help" => return Err(String::new()),
                option if option.starts_with('-') => return Err(format!("no option {option}")),
                folder => wanted.folder = folder.into(),
            }
        }
        Ok(wanted)
    }

    fn keep_panel(&mut self, name: &str) -> Result<(), String> {
        self.panels.retain(|(known, _)| *known == name);
        (!self.panels.is_empty()).then_some(()).ok_or(format!("no panel {name}"))
    }

    fn keep_language(&mut self, tag: &str) -> Result<(), String> {
        self.languages.retain(|language| language.tag() == tag);
        (!self.languages.is_empty()).then_some(()).ok_or(format!("no words in {tag}"))
    }

    fn photograph(&self) -> Result<usize, Box<dyn Error>> {
        let mut count = 0;
        headless::install()?;
        for (name, panel) in &self.panels {
            let screen = Screen::open(*panel)?;
            screen.inform(views::information());
            let folder = self.folder.join(name);
            fs::create_dir_all(&folder)?;
            for language in &self.languages {
                let named = views::every_view(*language).into_iter();
                for (name, view) in named.filter(|(name, _)| name.contains(&self.part)) {
                    views::show(&screen, &name, &view);
                    let picture = Picture::of(screen.window())?;
                    save(&picture, &folder.join(format!("{name}-{}.png", language.tag())))?;
                    count += 1;
                }
            }
        }
        Ok(count)
    }
}

fn save(picture: &Picture, path: &Path) -> Result<(), Box<dyn Error>> {
    let mut encoder = png::Encoder::new(File::create(path)?, picture.width, picture.height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.write_header()?.write_image_data(&picture.rgb)?;
    Ok(())
}
