// SPDX-License-Identifier: MIT OR Apache-2.0
//! The kinds of value that the configuration file knows: each accepts a TOML
//! value or says in words what is wrong with it, and describes itself for the
//! reference, so that what is checked and what is documented cannot differ.

use std::{path::PathBuf, time::Duration};

use backend_client::wire::TimeOfDay;
use kiosk_session::{Language, Limit};
use toml::de::DeValue;

/// One kind of value.
pub(super) trait Setting {
    /// What the program gets.
    type Value;

    /// The value, or what was expected instead ("expected …", without a stop).
    fn accept(&self, value: &DeValue<'_>) -> Result<Self::Value, String>;

    /// The kind in a few words, with its bounds.
    fn describe(&self) -> String;

    /// What holds where neither the file nor the table gives a value, as TOML.
    fn fallback(&self) -> Option<String> {
        None
    }
}

/// A whole number of some unit.
pub(super) struct Whole {
    /// The smallest value allowed.
    pub(super) from: u32,
    /// The largest value allowed.
    pub(super) to: u32,
    /// The unit, in the plural; empty for a plain number.
    pub(super) unit: &'static str,
}

impl Setting for Whole {
    type Value = u32;

    fn accept(&self, value: &DeValue<'_>) -> Result<u32, String> {
        value
            .as_integer()
            .and_then(|number| u32::from_str_radix(number.as_str(), number.radix()).ok())
            .filter(|number| (self.from..=self.to).contains(number))
            .ok_or_else(|| format!("expected {}", self.describe()))
    }

    fn describe(&self) -> String {
        let of = if self.unit.is_empty() { "" } else { " of " };
        format!("a whole number{of}{} from {} to {}", self.unit, self.from, self.to)
    }
}

/// One of a few names, each standing for a value.
pub(super) struct OneOf<T: 'static>(pub(super) &'static [(&'static str, T)]);

impl<T: Clone> Setting for OneOf<T> {
    type Value = T;

    fn accept(&self, value: &DeValue<'_>) -> Result<T, String> {
        let text = value.as_str();
        self.0
            .iter()
            .find(|(name, _)| Some(*name) == text)
            .map(|(_, meant)| meant.clone())
            .ok_or_else(|| format!("expected {}", self.describe()))
    }

    fn describe(&self) -> String {
        let names: Vec<_> = self.0.iter().map(|(name, _)| format!("`\"{name}\"`")).collect();
        match names.as_slice() {
            [only] => only.clone(),
            names => format!("one of {}", names.join(", ")),
        }
    }
}

/// One of the session's languages, by its tag.
pub(super) struct Tag;

impl Setting for Tag {
    type Value = Language;

    fn accept(&self, value: &DeValue<'_>) -> Result<Language, String> {
        let language = value.as_str().and_then(Language::from_tag);
        language.ok_or_else(|| format!("expected {}", self.describe()))
    }

    fn describe(&self) -> String {
        let tags = Language::ALL.map(|language| format!("`\"{}\"`", language.tag()));
        format!("one of {}", tags.join(", "))
    }
}

/// A list of texts, none of them empty.
pub(super) struct Texts {
    /// The longest list allowed.
    pub(super) at_most: usize,
}

impl Setting for Texts {
    type Value = Vec<String>;

    fn accept(&self, value: &DeValue<'_>) -> Result<Vec<String>, String> {
        texts(value)
            .filter(|texts| {
                texts.len() <= self.at_most && texts.iter().all(|text| !text.is_empty())
            })
            .ok_or_else(|| format!("expected {}", self.describe()))
    }

    fn describe(&self) -> String {
        format!("a list of at most {} texts, none empty", self.at_most)
    }
}

/// A short line in letters that every font of the screens has.
pub(super) struct Label;

impl Setting for Label {
    type Value = String;

    fn accept(&self, value: &DeValue<'_>) -> Result<String, String> {
        value
            .as_str()
            .filter(|text| text.len() <= 60 && text.bytes().all(|b| (b' '..=b'~').contains(&b)))
            .map(str::to_owned)
            .ok_or_else(|| format!("expected {}", self.describe()))
    }

    fn describe(&self) -> String {
        "a text of at most 60 ASCII characters".to_owned()
    }
}

/// One file or socket, by its full path: what the working directory is must not matter.
pub(super) struct FullPath;

impl Setting for FullPath {
    type Value = PathBuf;

    fn accept(&self, value: &DeValue<'_>) -> Result<PathBuf, String> {
        value
            .as_str()
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .ok_or_else(|| format!("expected {}", self.describe()))
    }

    fn describe(&self) -> String {
        "a full path (beginning with `/`)".to_owned()
    }
}

/// The same, or the empty text for none.
pub(super) struct NoneOrFullPath;

impl Setting for NoneOrFullPath {
    type Value = Option<PathBuf>;

    fn accept(&self, value: &DeValue<'_>) -> Result<Option<PathBuf>, String> {
        if value.as_str() == Some("") {
            return Ok(None);
        }
        FullPath.accept(value).map(Some).map_err(|_| format!("expected {}", self.describe()))
    }

    fn describe(&self) -> String {
        format!("{}, or `\"\"` for none", FullPath.describe())
    }
}

/// Yes or no.
pub(super) struct YesOrNo;

impl Setting for YesOrNo {
    type Value = bool;

    fn accept(&self, value: &DeValue<'_>) -> Result<bool, String> {
        value.as_bool().ok_or_else(|| format!("expected {}", self.describe()))
    }

    fn describe(&self) -> String {
        "`true` or `false`".to_owned()
    }
}

/// Users, by their numbers.
pub(super) struct Uids {
    /// The longest list allowed.
    pub(super) at_most: usize,
}

impl Setting for Uids {
    type Value = Vec<u32>;

    fn accept(&self, value: &DeValue<'_>) -> Result<Vec<u32>, String> {
        let uid = Whole { from: 0, to: LAST_UID, unit: "" };
        let uids = value.as_array().map(|uids| {
            uids.iter().map(|item| uid.accept(item.get_ref()).ok()).collect::<Option<Vec<_>>>()
        });
        uids.flatten()
            .filter(|uids| uids.len() <= self.at_most)
            .ok_or_else(|| format!("expected {}", self.describe()))
    }

    fn describe(&self) -> String {
        format!("a list of at most {} user numbers from 0 to {LAST_UID}", self.at_most)
    }
}

/// 65534 is nobody: everyone whom a user namespace does not know.
const LAST_UID: u32 = 65_533;

/// A time of day in Japan, `"HH:MM"`.
pub(super) struct Clock;

impl Setting for Clock {
    type Value = TimeOfDay;

    fn accept(&self, value: &DeValue<'_>) -> Result<TimeOfDay, String> {
        value
            .as_str()
            .and_then(|text| TimeOfDay::try_from(text.to_owned()).ok())
            .ok_or_else(|| format!("expected {}", self.describe()))
    }

    fn describe(&self) -> String {
        "a time of day in Japan, `\"00:00\"` to `\"24:00\"`".to_owned()
    }
}

/// One of the session's times, whose bounds and default the session sets.
pub(super) struct Seconds(pub(super) Limit);

impl Setting for Seconds {
    type Value = Duration;

    fn accept(&self, value: &DeValue<'_>) -> Result<Duration, String> {
        let bounds = self.0.least()..=self.0.most();
        value
            .as_integer()
            .and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok())
            .map(Duration::from_secs)
            .filter(|time| bounds.contains(time))
            .ok_or_else(|| format!("expected {}", self.describe()))
    }

    fn describe(&self) -> String {
        let (least, most) = (self.0.least().as_secs(), self.0.most().as_secs());
        format!("a whole number of seconds from {least} to {most}")
    }

    fn fallback(&self) -> Option<String> {
        Some(self.0.default().as_secs().to_string())
    }
}

/// A time that is nobody's limit, in whole seconds.
pub(super) struct Interval {
    /// The shortest allowed.
    pub(super) from: u32,
    /// The longest allowed.
    pub(super) to: u32,
}

impl Interval {
    const fn whole(&self) -> Whole {
        Whole { from: self.from, to: self.to, unit: "seconds" }
    }
}

impl Setting for Interval {
    type Value = Duration;

    fn accept(&self, value: &DeValue<'_>) -> Result<Duration, String> {
        self.whole().accept(value).map(|seconds| Duration::from_secs(seconds.into()))
    }

    fn describe(&self) -> String {
        self.whole().describe()
    }
}

fn texts(value: &DeValue<'_>) -> Option<Vec<String>> {
    let array = value.as_array()?;
    array.iter().map(|item| item.get_ref().as_str().map(str::to_owned)).collect()
}
