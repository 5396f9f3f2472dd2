// SPDX-License-Identifier: Apache-2.0
use crate::sys;
use std::marker::PhantomData;

/// A compiled field path; copies are the same path.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Path(pub(crate) *const sys::levada_path);

// The host's, immutable, and alive as long as the stage is.
unsafe impl Send for Path {}

/// A value of a field. Text is borrowed from the host or, in values that are set, from the caller.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Scalar<'a>(pub(crate) sys::levada_scalar, PhantomData<&'a [u8]>);

impl<'a> Scalar<'a> {
    fn new(type_: u32, len: u32, u: sys::levada_scalar_u) -> Self {
        Scalar(sys::levada_scalar { type_, len, u }, PhantomData)
    }

    pub fn missing() -> Self {
        Self::new(sys::LEVADA_T_MISSING, 0, sys::levada_scalar_u { i: 0 })
    }

    pub fn i64(i: i64) -> Self {
        Self::new(sys::LEVADA_T_I64, 0, sys::levada_scalar_u { i })
    }

    pub fn f64(f: f64) -> Self {
        Self::new(sys::LEVADA_T_F64, 0, sys::levada_scalar_u { f })
    }

    pub fn text(text: &'a str) -> Self {
        let s = text.as_ptr().cast();
        Self::new(sys::LEVADA_T_STR, text.len() as u32, sys::levada_scalar_u { s })
    }

    /// `LEVADA_T_STR` and the like.
    pub fn kind(&self) -> u32 {
        self.0.type_
    }

    /// Text, and nothing else.
    pub fn as_text(&self) -> Option<&'a str> {
        if self.0.type_ != sys::LEVADA_T_STR {
            return None;
        }
        // A text has len bytes at s, which live as 'a does.
        let bytes = unsafe { bytes_of(self.0.u.s.cast(), self.0.len as usize) };
        std::str::from_utf8(bytes).ok()
    }

    /// Any number that a double can hold.
    pub fn as_f64(&self) -> Option<f64> {
        match self.0.type_ {
            sys::LEVADA_T_F64 => Some(unsafe { self.0.u.f }),
            sys::LEVADA_T_I64 => Some(unsafe { self.0.u.i } as f64),
            _ => None,
        }
    }
}

/// No slice may begin at a null pointer, not even an empty one.
pub(crate) unsafe fn bytes_of<'a>(p: *const u8, n: usize) -> &'a [u8] {
    if n == 0 {
        &[]
    } else {
        std::slice::from_raw_parts(p, n)
    }
}

/// A record as bytes.
#[derive(Clone, Copy)]
pub struct Record<'a>(pub(crate) &'a sys::levada_record);

impl<'a> Record<'a> {
    /// None: absent, a Kafka tombstone.
    pub fn value(&self) -> Option<&'a [u8]> {
        optional(&self.0.value)
    }

    pub fn key(&self) -> Option<&'a [u8]> {
        optional(&self.0.key)
    }

    pub fn offset(&self) -> i64 {
        self.0.offset
    }
}

fn optional<'a>(bytes: &sys::levada_bytes) -> Option<&'a [u8]> {
    if bytes.p.is_null() {
        None
    } else {
        // What the host gives lives as long as the callback.
        Some(unsafe { bytes_of(bytes.p.cast(), bytes.n as usize) })
    }
}

/// The records of a batch, one after the other, by the stride of the host.
pub struct Records<'a> {
    pub(crate) next: *const u8,
    pub(crate) left: u32,
    pub(crate) stride: usize,
    pub(crate) of: PhantomData<&'a ()>,
}

impl<'a> Iterator for Records<'a> {
    type Item = Record<'a>;

    fn next(&mut self) -> Option<Record<'a>> {
        if self.left == 0 {
            return None;
        }
        let record = unsafe { &*self.next.cast::<sys::levada_record>() };
        self.left -= 1;
        self.next = self.next.wrapping_add(self.stride);
        Some(Record(record))
    }
}
