// SPDX-License-Identifier: MIT OR Apache-2.0
//! What lies on a screen: its texts with the room they need and have, and its
//! controls. Read from Slint's own element tree, so nothing is left out.

use i_slint_backend_testing::{AccessibleRole, ElementHandle, ElementQuery};
use i_slint_core::item_tree::ItemRc;
use i_slint_core::items::{ComplexText, Orientation, TextWrap};
use i_slint_core::window::WindowInner;
use kiosk_app::screen::{Panel, Screen};

/// In pixels of the panel.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

impl Area {
    /// Whether `other` lies in it, to half a pixel.
    pub(crate) fn holds(&self, other: &Self) -> bool {
        other.x >= self.x - 0.5
            && other.y >= self.y - 0.5
            && other.x + other.width <= self.x + self.width + 0.5
            && other.y + other.height <= self.y + self.height + 0.5
    }

    /// Whether they share more than half a pixel.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let overlap = |a: f32, a_size: f32, b: f32, b_size: f32| {
            (a + a_size).min(b + b_size) - a.max(b) > 0.5
        };
        overlap(self.x, self.width, other.x, other.width)
            && overlap(self.y, self.height, other.y, other.height)
    }
}

/// Width and height in pixels of the panel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) width: f32,
    pub(crate) height: f32,
}

pub(crate) struct Text {
    pub(crate) words: String,
    pub(crate) family: String,
    pub(crate) weight: i32,
    pub(crate) area: Area,
    /// What Slint measures for these words in this width.
    pub(crate) needs: Size,
    /// The width of the longest line as it was written.
    pub(crate) one_line: f32,
}

#[derive(Clone, PartialEq)]
pub(crate) struct Control {
    pub(crate) label: String,
    pub(crate) enabled: bool,
    pub(crate) area: Area,
}

impl Control {
    fn of(element: &ElementHandle) -> Self {
        let (position, size) = (element.absolute_position(), element.size());
        Self {
            label: element.accessible_label().map(String::from).unwrap_or_default(),
            enabled: element.accessible_enabled().unwrap_or(false),
            area: Area { x: position.x, y: position.y, width: size.width, height: size.height },
        }
    }

    /// A component is several elements, one inside the other, with one label: it is counted once.
    fn join(self, others: &mut Vec<Self>) {
        if !others.contains(&self) {
            others.push(self);
        }
    }
}

/// One screen, laid out.
pub(crate) struct Scene {
    pub(crate) name: String,
    pub(crate) density: f32,
    panel: Panel,
    pub(crate) texts: Vec<Text>,
    pub(crate) controls: Vec<Control>,
    /// Labels of what is marked as the first action.
    pub(crate) primary: Vec<String>,
}

impl Scene {
    pub(crate) fn of(screen: &Screen, panel: Panel, name: String) -> Self {
        // The query also brings the tree up to date with the view.
        let elements = ElementQuery::from_root(screen.component()).match_descendants().find_all();
        let mut texts = Vec::new();
        gather(&ItemRc::new_root(WindowInner::from_pub(screen.window()).component()), &mut texts);
        let mut controls: Vec<Control> = Vec::new();
        let mut primary: Vec<Control> = Vec::new();
        for element in &elements {
            let found = Control::of(element);
            if element.accessible_id().as_deref() == Some(FIRST) {
                found.clone().join(&mut primary);
            }
            if element.accessible_role() == Some(AccessibleRole::Button) {
                found.join(&mut controls);
            }
        }
        let primary = primary.into_iter().map(|control| control.label).collect();
        Self { name, density: panel.density(), panel, texts, controls, primary }
    }

    pub(crate) fn panel_area(&self) -> Area {
        let (width, height) = (self.panel.width_px as f32, self.panel.height_px as f32);
        Area { x: 0.0, y: 0.0, width, height }
    }
}

fn gather(item: &ItemRc, texts: &mut Vec<Text>) {
    if let Some(text) = read(item) {
        texts.push(text);
    }
    let mut child = item.first_child();
    while let Some(item) = child {
        gather(&item, texts);
        child = item.next_sibling();
    }
}

fn read(item: &ItemRc) -> Option<Text> {
    let text = item.downcast::<ComplexText>()?;
    let text = text.as_pin_ref();
    let words = text.text();
    if words.is_empty() {
        return None;
    }
    let geometry = item.geometry();
    let origin = item.map_to_window(geometry.origin);
    let size = geometry.size;
    let adapter = item.window_adapter()?;
    let measured = |orientation, across| {
        item.borrow().as_ref().layout_info(orientation, across, &adapter, item).preferred
    };
    let one_line = measured(Orientation::Horizontal, -1.0);
    let is_wrapped = text.wrap() != TextWrap::NoWrap;
    let needs = Size {
        width: if is_wrapped { 0.0 } else { one_line },
        height: measured(Orientation::Vertical, size.width),
    };
    let area = Area { x: origin.x, y: origin.y, width: size.width, height: size.height };
    Some(Text {
        words: words.into(),
        family: text.font_family().into(),
        weight: text.font_weight(),
        area,
        needs,
        one_line,
    })
}

/// How the screens mark the first action for whoever automates them.
const FIRST: &str = "primary";
