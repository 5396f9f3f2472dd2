// SPDX-License-Identifier: Apache-2.0
use crate::data::{bytes_of, Path, Records, Scalar};
use crate::module::host;
use crate::sys;
use std::ffi::{CStr, CString};
use std::marker::PhantomData;
use std::os::raw::c_char;

/// The host knows why; the callback only has to end.
#[derive(Clone, Copy, Debug)]
pub struct Failed(pub(crate) sys::levada_status);

/// One invocation of a callback: what it may ask of the host.
pub struct Call {
    pub(crate) raw: *mut sys::levada_call,
    pub(crate) ctx: *mut sys::levada_ctx,
}

/// A batch, until the callback ends.
#[derive(Clone, Copy)]
pub struct Batch<'c> {
    pub(crate) raw: *mut sys::levada_batch,
    pub(crate) of: PhantomData<&'c Call>,
}

impl<'c> Batch<'c> {
    /// How many records it has.
    pub fn len(&self) -> u32 {
        unsafe { (*self.raw).n }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Every function of the host's table of minor 0 is there.
macro_rules! ask {
    ($function:ident ( $($argument:expr),* )) => {
        (host().$function.expect("the host has it"))($($argument),*)
    };
}

fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', " ")).expect("no NUL is left")
}

impl Call {
    fn done(&self, status: sys::levada_status) -> Result<(), Failed> {
        if status < 0 {
            Err(Failed(status))
        } else {
            Ok(())
        }
    }

    fn given<T>(&self, pointer: *const T) -> Result<*const T, Failed> {
        if pointer.is_null() {
            Err(Failed(sys::LEVADA_RETRY))
        } else {
            Ok(pointer)
        }
    }

    fn made(&self, raw: *mut sys::levada_batch) -> Result<Batch<'_>, Failed> {
        self.given(raw).map(|_| Batch { raw, of: PhantomData })
    }

    /// Says why: `return Err(call.fail(LEVADA_RETRY, "disk full"))`.
    pub fn fail(&self, code: sys::levada_status, text: &str) -> Failed {
        let text = c_text(text);
        Failed(unsafe { ask!(fail(self.raw, code, text.as_ptr())) })
    }

    /// One record failed, RETRY or REJECT; the others go on.
    pub fn fail_at(&self, batch: Batch, i: u32, code: i32, text: &str) -> Result<(), Failed> {
        let text = c_text(text);
        self.done(unsafe { ask!(fail_at(self.raw, batch.raw, i, code, text.as_ptr())) })
    }

    /// In `create` only, as are the next five.
    pub fn problem(&self, option: &str, text: &str) -> Result<(), Failed> {
        let (option, text) = (c_text(option), c_text(text));
        self.done(unsafe { ask!(problem(self.raw, option.as_ptr(), text.as_ptr())) })
    }

    pub fn path(&self, text: &str) -> Result<Path, Failed> {
        let text = c_text(text);
        self.given(unsafe { ask!(path(self.raw, text.as_ptr())) }).map(Path)
    }

    pub fn needs(&self, text: &str) -> Result<Path, Failed> {
        let text = c_text(text);
        self.given(unsafe { ask!(needs(self.raw, text.as_ptr())) }).map(Path)
    }

    pub fn adds(&self, text: &str) -> Result<Path, Failed> {
        let text = c_text(text);
        self.given(unsafe { ask!(adds(self.raw, text.as_ptr(), std::ptr::null())) }).map(Path)
    }

    pub fn cell(&self, name: &str, kind: u32) -> u32 {
        let name = c_text(name);
        unsafe { ask!(cell(self.raw, name.as_ptr(), kind, 0)) }
    }

    pub fn endless(&self) -> Result<(), Failed> {
        self.done(unsafe { ask!(endless(self.raw)) })
    }

    /// Level 1 error .. 5 trace; in `create` only, where the host says for whom it is.
    pub fn log(&self, level: i32, event: &str, facts: &str) {
        let (event, facts) = (c_text(event), c_text(facts));
        if !self.ctx.is_null() {
            unsafe { ask!(log(self.ctx, level, event.as_ptr(), facts.as_ptr())) }
        }
    }

    pub fn records<'c>(&'c self, batch: Batch<'c>) -> Result<Records<'c>, Failed> {
        let first = self.given(unsafe { ask!(records(self.raw, batch.raw)) })?;
        let (left, stride) = unsafe { ((*batch.raw).n, (*batch.raw).stride as usize) };
        Ok(Records { next: first.cast(), left, stride, of: PhantomData })
    }

    pub fn column<'c>(&'c self, batch: Batch<'c>, path: Path) -> Result<&'c [Scalar<'c>], Failed> {
        let values = self.given(unsafe { ask!(column(self.raw, batch.raw, path.0)) })?;
        // A Scalar is a levada_scalar and no more.
        Ok(unsafe { std::slice::from_raw_parts(values.cast(), batch.len() as usize) })
    }

    /// The host copies the values.
    pub fn set_column(&self, batch: Batch, path: Path, values: &[Scalar]) -> Result<(), Failed> {
        if values.len() != batch.len() as usize {
            return Err(self.fail(sys::LEVADA_FATAL, "set_column() with more or fewer values than records"));
        }
        let values = values.as_ptr().cast();
        self.done(unsafe { ask!(set_column(self.raw, batch.raw, path.0, values)) })
    }

    pub fn select<'c>(&'c self, batch: Batch<'c>, indexes: &[u32]) -> Result<Batch<'c>, Failed> {
        let n = indexes.len() as u32;
        self.made(unsafe { ask!(select(self.raw, batch.raw, indexes.as_ptr(), n)) })
    }

    /// New records without a value; or 0, to append to.
    pub fn batch(&self, n: u32) -> Result<Batch<'_>, Failed> {
        self.made(unsafe { ask!(batch(self.raw, n)) })
    }

    pub fn emit(&self, port: u32, batch: Batch) -> Result<(), Failed> {
        self.done(unsafe { ask!(emit(self.raw, port, batch.raw)) })
    }

    pub fn slots<'c>(&'c self, batch: Batch<'c>) -> Result<Slots<'c>, Failed> {
        let slots = self.given(unsafe { ask!(slots(self.raw, batch.raw)) })?;
        Ok(Slots { raw: unsafe { &*slots } })
    }

    pub fn stream(&self, name: &str) -> u32 {
        let name = c_text(name);
        unsafe { ask!(stream(self.raw, name.as_ptr())) }
    }

    /// A JSON value, which the host copies.
    pub fn append(&self, batch: Batch, stream: u32, offset: i64, value: &str) -> Result<(), Failed> {
        let record = sys::levada_record {
            key: sys::levada_bytes { p: std::ptr::null(), n: 0 },
            value: sys::levada_bytes { p: value.as_ptr().cast(), n: value.len() as u64 },
            timestamp_ms: sys::LEVADA_NO_TIME,
            offset,
            number: offset,
            stream,
            partition: 0,
            headers: std::ptr::null(),
            n_headers: 0,
            flags: 0,
        };
        let stride = std::mem::size_of_val(&record) as u32;
        self.done(unsafe { ask!(append(self.raw, batch.raw, &record, 1, stride)) })
    }

    /// Where reading of partition 0 goes on once the batch is done.
    pub fn position(&self, batch: Batch, stream: &str, next: i64, latest: i64) -> Result<(), Failed> {
        let position = sys::levada_position {
            stream: sys::levada_bytes { p: stream.as_ptr().cast(), n: stream.len() as u64 },
            partition: 0,
            flags: 0,
            next,
            latest,
            detail: sys::levada_bytes { p: std::ptr::null(), n: 0 },
        };
        self.done(unsafe { ask!(position(self.raw, batch.raw, &position)) })
    }

    /// Where to read on; None: nothing is known of it.
    pub fn stored(&self, stream: &str) -> Option<i64> {
        let stream = c_text(stream);
        let position = unsafe { ask!(stored(self.raw, stream.as_ptr(), 0)) };
        if position.is_null() {
            None
        } else {
            Some(unsafe { (*position).next })
        }
    }
}

/// The rows of a table that a batch falls into.
pub struct Slots<'c> {
    pub(crate) raw: &'c sys::levada_slots,
}

/// A row, which only the host can name.
#[derive(Clone, Copy)]
pub struct Slot(u32);

impl<'c> Slots<'c> {
    /// (record, row), for each hit; a record may have none, or several.
    pub fn hits(&self) -> impl Iterator<Item = (u32, Slot)> + 'c {
        let raw = self.raw;
        (0..raw.n as usize).map(move |k| unsafe { (*raw.record.add(k), Slot(*raw.slot.add(k))) })
    }

    /// In `merge`: (from, into), for each pair of rows.
    pub fn pairs(&self) -> impl Iterator<Item = (Slot, Slot)> + 'c {
        self.hits().map(|(from, into)| (Slot(from), into))
    }

    /// A cell that was declared as `LEVADA_T_F64`.
    pub fn f64(&mut self, cell: u32, slot: Slot) -> &mut f64 {
        unsafe { &mut *(*self.raw.cell.add(cell as usize)).cast::<f64>().add(slot.0 as usize) }
    }

    /// A cell that was declared as `LEVADA_T_I64`.
    pub fn i64(&mut self, cell: u32, slot: Slot) -> &mut i64 {
        unsafe { &mut *(*self.raw.cell.add(cell as usize)).cast::<i64>().add(slot.0 as usize) }
    }
}

/// A text option.
pub(crate) unsafe fn text_of<'a>(text: *const c_char) -> Option<&'a str> {
    if text.is_null() {
        return None;
    }
    let text = CStr::from_ptr(text);
    std::str::from_utf8(bytes_of(text.as_ptr().cast(), text.to_bytes().len())).ok()
}
