// SPDX-License-Identifier: MIT OR Apache-2.0
//! The words and what draws them: every character has its glyph in the fonts
//! that are compiled in, every word has its Japanese, every colour its contrast.

#![expect(clippy::expect_used, reason = "a test that cannot be set up has failed")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use skrifa::{FontRef, MetadataProvider as _};

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files_in(folder: &str, extension: &str) -> Vec<PathBuf> {
    let mut folders = vec![package().join(folder)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder of this package") {
            let path = entry.expect("its entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                files.push(path);
            }
        }
    }
    files
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a text of this package")
}

#[test]
fn every_character_of_the_screens_has_a_glyph_in_our_fonts() {
    let mut sources = files_in("ui", "slint");
    sources.extend(files_in("lang", "po"));
    sources.extend(files_in("src/screen", "rs"));
    sources.extend(files_in("policy", "json"));
    sources.push(package().join("endings.toml"));
    let mut used: BTreeSet<char> =
        sources.iter().flat_map(|path| read(path).chars().collect::<Vec<_>>()).collect();
    used.retain(|character| !character.is_control());
    for font in ["noto-sans-jp-kiosk-regular.ttf", "noto-sans-jp-kiosk-bold.ttf"] {
        let missing: String =
            used.iter().filter(|character| !has_glyph(font, **character)).collect();
        assert!(missing.is_empty(), "{font} has no {missing}: run kiosk-app/ui/fonts/subset");
    }
    for key in ('0'..='9').chain('A'..='Z') {
        assert!(has_glyph("noto-sans-mono-kiosk-bold.ttf", key), "no key {key}");
    }
}

fn has_glyph(font: &str, character: char) -> bool {
    let bytes = fs::read(package().join("ui/fonts").join(font)).expect("a committed font");
    let font = FontRef::new(&bytes).expect("a font");
    font.charmap().map(character).is_some_and(|glyph| glyph.to_u32() != 0)
}

#[test]
fn every_word_of_the_screens_has_its_japanese() {
    let catalogue = read(&package().join("lang/ja/LC_MESSAGES/kiosk-ui.po"));
    let known: BTreeMap<String, String> = entries(&catalogue);
    let mut used = BTreeSet::new();
    for path in files_in("ui", "slint") {
        for part in read(&path).split("@tr(").skip(1) {
            let start = part.find('"').expect("a text in @tr") + 1;
            let end = start + part[start..].find('"').expect("its end");
            used.insert(part[start..end].to_owned());
        }
    }
    for word in &used {
        let japanese = known.get(word).map(String::as_str).unwrap_or_default();
        assert!(!japanese.is_empty(), "{word:?} has no Japanese");
        let holes = |text: &str| text.matches('{').count();
        assert_eq!(holes(word), holes(japanese), "{word:?} and {japanese:?}");
    }
    for word in known.keys() {
        assert!(used.contains(word), "{word:?} is on no screen");
    }
}

/// msgid and msgstr (the only one, or of the only plural form Japanese has).
fn entries(catalogue: &str) -> BTreeMap<String, String> {
    let mut entries = BTreeMap::new();
    let mut id = String::new();
    for line in catalogue.lines() {
        let quoted =
            |prefix: &str| line.strip_prefix(prefix).map(|rest| rest.trim_matches('"').to_owned());
        if let Some(found) = quoted("msgid ") {
            id = found;
        } else if let Some(found) = quoted("msgstr ").or_else(|| quoted("msgstr[0] ")) {
            entries.insert(std::mem::take(&mut id), found);
        }
    }
    entries.remove("");
    entries
}

#[test]
fn no_word_of_the_screens_says_error() {
    for path in files_in("lang", "po") {
        let text = read(&path).to_lowercase();
        for word in ["error", "エラー", "パスワードを"] {
            assert!(!text.contains(word), "{} says {word}", path.display());
        }
    }
}

/// The design system asks for 4.5:1; tired eyes and a shop's glare ask for more.
#[test]
fn words_stand_out_from_their_ground_by_seven_to_one() {
    let theme = read(&package().join("ui/theme.slint"));
    let colour = |name: &str| {
        let line = theme.lines().find(|line| line.contains(&format!("<color> {name}: #")));
        let line = line.unwrap_or_else(|| panic!("theme.slint has no {name}"));
        let digits = line.split('#').nth(1).expect("a colour").split(';').next().expect("its end");
        u32::from_str_radix(digits, 16).expect("hexadecimal")
    };
    let light = ["ground", "ground-quiet", "ground-blue", "ground-green", "ground-yellow"];
    let pairs = [
        ("text", light.as_slice()),
        ("text-quiet", light.as_slice()),
        ("text-blue", &["ground", "ground-quiet", "ground-blue"]),
        ("text-green", &["ground", "ground-green"]),
        ("text-yellow", &["ground", "ground-yellow"]),
        ("text-on-action", &["action", "action-pressed"]),
    ];
    for (text, grounds) in pairs {
        for ground in grounds {
            let contrast = contrast(colour(text), colour(ground));
            assert!(contrast >= 7.0, "{text} on {ground} is {contrast:.2}");
        }
    }
}

/// WCAG 2.2, contrast ratio.
fn contrast(one: u32, other: u32) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// WCAG 2.2, relative luminance of sRGB.
fn luminance(colour: u32) -> f64 {
    let linear = |shift: u32| {
        let channel = f64::from((colour >> shift) & 0xFF) / 255.0;
        if channel <= 0.04045 { channel / 12.92 } else { ((channel + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(16) + 0.7152 * linear(8) + 0.0722 * linear(0)
}
