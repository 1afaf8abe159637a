// SPDX-License-Identifier: MIT OR Apache-2.0
//! The sweep: the whole kiosk on real parts, once for every fault at every point of a visit, each
//! run judged by what the card's state file, the service's database and the journal say.
//!
//! Read in this order: `journey` (what a resident does), `reference` (a visit without a fault, and
//! the points that it passes), `fault`, `plan` (faults times points, as data), `play` and `visitor`
//! (a run from its bench to the last touch), `facts` and `judgement`, `report`.

mod arming;
mod facts;
pub mod fault;
pub mod hands;
mod journal;
pub mod journey;
pub mod judgement;
pub mod plan;
pub mod play;
pub mod point;
mod reference;
pub mod report;
pub mod result;
mod sight;
mod story;
mod visitor;
pub mod workshop;
