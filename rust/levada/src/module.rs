// SPDX-License-Identifier: Apache-2.0
use crate::call::{Batch, Call, Failed, Slots};
use crate::option::for_ever;
use crate::{sys, Answer, Opt, Stage};
use std::marker::PhantomData;
use std::os::raw::c_void;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicPtr, Ordering};

static HOST: AtomicPtr<sys::levada_host> = AtomicPtr::new(std::ptr::null_mut());

/// The host's table, set before any other code of the plugin runs.
pub(crate) fn host() -> &'static sys::levada_host {
    unsafe { &*HOST.load(Ordering::Acquire) }
}

/// The memory of an instance: the host fills the options, `create` makes the stage.
#[repr(C)]
pub struct Instance<S: Stage> {
    options: S::Options,
    stage: *mut S,
}

fn panic_text(panic: Box<dyn std::any::Any + Send>) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| text.to_string());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panic: {}", text.unwrap_or_else(|| "no text".into()))
}

/// No panic leaves a callback.
fn guarded(call: &Call, body: impl FnOnce() -> Answer) -> sys::levada_status {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(status)) => status as sys::levada_status,
        Ok(Err(Failed(status))) => status,
        Err(panic) => call.fail(sys::LEVADA_FATAL, &panic_text(panic)).0,
    }
}

unsafe extern "C" fn create<S: Stage>(
    object: *mut c_void,
    call: *mut sys::levada_call,
    ctx: *mut sys::levada_ctx,
) -> sys::levada_status {
    let instance = &mut *object.cast::<Instance<S>>();
    let call = Call { raw: call, ctx };
    guarded(&call, || {
        let stage = S::create(&instance.options, &call)?;
        instance.stage = Box::into_raw(Box::new(stage));
        Ok(crate::Status::Ok)
    })
}

/// The stage and its options, for one callback.
unsafe fn with<S: Stage>(
    object: *mut c_void,
    raw: *mut sys::levada_call,
    body: impl FnOnce(&mut S, &S::Options, &Call) -> Answer,
) -> sys::levada_status {
    let instance = &mut *object.cast::<Instance<S>>();
    let call = Call { raw, ctx: std::ptr::null_mut() };
    guarded(&call, || body(&mut *instance.stage, &instance.options, &call))
}

unsafe extern "C" fn start<S: Stage>(object: *mut c_void, call: *mut sys::levada_call) -> i32 {
    with::<S>(object, call, |stage, options, call| stage.start(options, call))
}

unsafe extern "C" fn poll<S: Stage>(
    object: *mut c_void,
    call: *mut sys::levada_call,
    max_records: u32,
    wait_ms: u32,
) -> i32 {
    with::<S>(object, call, |stage, options, call| stage.poll(options, call, max_records, wait_ms))
}

unsafe extern "C" fn process<S: Stage>(
    object: *mut c_void,
    call: *mut sys::levada_call,
    port: u32,
    raw: *mut sys::levada_batch,
) -> i32 {
    let batch = Batch { raw, of: PhantomData };
    with::<S>(object, call, |stage, options, call| stage.process(options, call, port, batch))
}

unsafe extern "C" fn signal<S: Stage>(
    object: *mut c_void,
    call: *mut sys::levada_call,
    signal: *const sys::levada_signal,
) -> i32 {
    with::<S>(object, call, |stage, options, call| stage.signal(options, call, &*signal))
}

unsafe extern "C" fn merge<S: Stage>(
    object: *mut c_void,
    call: *mut sys::levada_call,
    pairs: *const sys::levada_slots,
) -> i32 {
    with::<S>(object, call, |stage, options, call| stage.merge(options, call, Slots { raw: &*pairs }))
}

unsafe extern "C" fn destroy<S: Stage>(object: *mut c_void) {
    let instance = &mut *object.cast::<Instance<S>>();
    let stage = Box::from_raw(instance.stage);
    let _ = catch_unwind(AssertUnwindSafe(|| drop(stage)));
}

/// The descriptor of a stage; made once, and never given back.
fn describe<S: Stage>() -> *const sys::levada_stage {
    let rows: Vec<_> = S::options().into_iter().map(|Opt { row }| row).collect();
    let rows = Box::leak(rows.into_boxed_slice());
    let is_source = S::KIND == sys::LEVADA_SOURCE;
    let has_table = S::CAPS & sys::LEVADA_CAP_TABLE != 0;
    let instance_size = std::mem::size_of::<Instance<S>>() as u32;
    Box::leak(Box::new(sys::levada_stage {
        struct_size: std::mem::size_of::<sys::levada_stage>() as u32,
        kind: S::KIND,
        id: for_ever(S::ID),
        summary: for_ever(S::SUMMARY),
        caps: S::CAPS,
        self_size: instance_size,
        state_version: S::STATE_VERSION,
        n_inputs: 0,
        n_outputs: 0,
        reserved: 0,
        output_names: std::ptr::null(),
        options: rows.as_ptr(),
        n_options: rows.len() as u32,
        option_stride: std::mem::size_of::<sys::levada_option>() as u32,
        create: Some(create::<S>),
        start: Some(start::<S>),
        poll: if is_source { Some(poll::<S>) } else { None },
        process: if is_source { None } else { Some(process::<S>) },
        rows: None,
        signal: Some(signal::<S>),
        destroy: Some(destroy::<S>),
        ext: None,
        merge: if has_table { Some(merge::<S>) } else { None },
    }))
}

/// What `levada_module!` makes the entry of.
pub struct Module;

impl Module {
    /// # Safety
    /// `table` is the host's.
    pub unsafe fn open<S: Stage>(
        table: *const sys::levada_host,
        version: &str,
        license: &str,
    ) -> *const sys::levada_module {
        HOST.store(table as *mut _, Ordering::Release);
        let stages = Box::leak(Box::new([describe::<S>()]));
        Box::leak(Box::new(sys::levada_module {
            struct_size: std::mem::size_of::<sys::levada_module>() as u32,
            abi_major: sys::LEVADA_ABI_MAJOR,
            abi_need: 0,
            n_stages: 1,
            names: for_ever(S::ID),
            version: for_ever(version),
            license: for_ever(license),
            stages: stages.as_ptr(),
        }))
    }
}

/// The ELF note: what a file offers, without running any of its code.
#[repr(C, align(4))]
pub struct Note<const N: usize> {
    namesz: u32,
    descsz: u32,
    type_: u32,
    name: [u8; 8],
    major: u32,
    need: u32,
    text: [u8; N],
}

impl<const N: usize> Note<N> {
    /// @text: names, NUL, version, NUL.
    pub const fn new(text: &str) -> Self {
        let mut bytes = [0; N];
        let mut i = 0;
        while i < N {
            bytes[i] = text.as_bytes()[i];
            i += 1;
        }
        Note {
            namesz: 7,
            descsz: 8 + N as u32,
            type_: 1,
            name: *b"levada\0\0",
            major: sys::LEVADA_ABI_MAJOR,
            need: 0,
            text: bytes,
        }
    }
}

/// Once per module: `levada_module!("org.example.mask", "1.0", "Apache-2.0", Mask);`, the first as in
/// `Stage::ID`.
#[macro_export]
macro_rules! levada_module {
    ($id:literal, $version:literal, $license:literal, $stage:ty) => {
        #[used]
        #[link_section = ".note.levada"]
        static LEVADA_NOTE: $crate::Note<{ concat!($id, "\0", $version, "\0").len() }> =
            $crate::Note::new(concat!($id, "\0", $version, "\0"));

        /// # Safety
        /// Called by levada alone.
        #[no_mangle]
        pub unsafe extern "C" fn levada_module_v1(
            host: *const $crate::sys::levada_host,
        ) -> *const $crate::sys::levada_module {
            $crate::Module::open::<$stage>(host, $version, $license)
        }
    };
}
