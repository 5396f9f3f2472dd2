// SPDX-License-Identifier: Apache-2.0
//! Stages for levada in Rust.
//!
//! Implement [`Stage`] and name it in [`levada_module!`]. What plugin.h says of callbacks holds here, too:
//! a callback is a transaction, its `Err` voids it, and the host still has the input. Panics become such an
//! `Err` with `LEVADA_FATAL`. Slices and texts that the host gives live as long as the callback.

mod call;
mod data;
mod module;
mod option;
pub mod sys;

pub use call::{Batch, Call, Failed, Slot, Slots};
pub use data::{Path, Record, Records, Scalar};
pub use module::{Instance, Module, Note};
pub use option::{Opt, List, Text};

/// What `process()` and `poll()` answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum Status {
    Ok = sys::LEVADA_OK,
    Again = sys::LEVADA_AGAIN,
    End = sys::LEVADA_END,
    Filtered = sys::LEVADA_FILTERED,
    Absorbed = sys::LEVADA_ABSORBED,
    Drain = sys::LEVADA_DRAIN,
}

/// An answer, or the failure that the host knows already.
pub type Answer = Result<Status, Failed>;

/// One stage. The value is an instance; it is made by `create` and dropped with `destroy`.
pub trait Stage: Sized {
    const KIND: u32;
    const ID: &'static str;
    const SUMMARY: &'static str;
    const CAPS: u32 = 0;
    const STATE_VERSION: u32 = 0;

    /// `#[repr(C)]`, filled in by the host before `create`; zero means absent.
    type Options: Copy;

    /// A row for each member of `Options`.
    fn options() -> Vec<Opt>;

    /// Plan time: checks, compiles and declares; no threads, no input or output.
    fn create(options: &Self::Options, call: &Call) -> Result<Self, Failed>;

    fn start(&mut self, _options: &Self::Options, _call: &Call) -> Answer {
        Ok(Status::Ok)
    }

    /// Sources: at most `max_records`.
    fn poll(&mut self, _: &Self::Options, call: &Call, _max_records: u32, _wait_ms: u32) -> Answer {
        Err(call.fail(sys::LEVADA_FATAL, "not a source"))
    }

    /// All others.
    fn process(&mut self, _: &Self::Options, call: &Call, _port: u32, _batch: Batch) -> Answer {
        Err(call.fail(sys::LEVADA_FATAL, "a source"))
    }

    /// Kinds that are not known get `Ok`.
    fn signal(&mut self, _: &Self::Options, _call: &Call, _signal: &sys::levada_signal) -> Answer {
        Ok(Status::Ok)
    }

    /// `LEVADA_CAP_TABLE`: rows of two sessions become one.
    fn merge(&mut self, _: &Self::Options, _call: &Call, _pairs: Slots) -> Answer {
        Ok(Status::Ok)
    }
}
