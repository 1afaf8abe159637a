// SPDX-License-Identifier: MIT OR Apache-2.0
//! The unit as a whole: its image in a machine, with firmware, disk, panel, reader and network,
//! tried from outside alone.

pub mod atlas;
pub mod disk;
pub mod machine;
pub mod monitor;
pub mod picture;
pub mod report;
pub mod resident;
pub mod site;
pub mod trial;
