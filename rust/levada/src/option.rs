// SPDX-License-Identifier: Apache-2.0
use crate::call::text_of;
use crate::sys;
use std::ffi::CString;
use std::os::raw::c_char;

/// The type of an option that is text.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Text(*const c_char);

impl Text {
    pub fn get(&self) -> Option<&str> {
        // The host keeps options as long as the stage.
        unsafe { text_of(self.0) }
    }
}

/// The type of an option that is a map: free names, and texts.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct List(sys::levada_list);

impl List {
    /// Of a `LEVADA_O_MAP`.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> + '_ {
        let items = self.0.items.cast::<sys::levada_pair>();
        (0..self.0.n as usize).filter_map(move |i| unsafe {
            let pair = &*items.add(i);
            Some((text_of(pair.name)?, text_of(pair.value)?))
        })
    }
}

/// One option: where its value goes, and what there is to say of it.
pub struct Opt {
    pub row: sys::levada_option,
}

/// Lives as long as the module, and that is never unloaded.
pub(crate) fn for_ever(text: &str) -> *const c_char {
    CString::new(text).expect("a text without NUL").into_raw()
}

impl Opt {
    /// `option!` finds offset and size.
    pub fn new(type_: u32, offset: usize, size: usize, name: &str, help: &str) -> Self {
        Opt {
            row: sys::levada_option {
                type_,
                flags: 0,
                offset: offset as u32,
                size: size as u32,
                name: for_ever(name),
                fallback: std::ptr::null(),
                help: for_ever(help),
                rule: std::ptr::null(),
                instead: std::ptr::null(),
                children: std::ptr::null(),
                n_children: 0,
                item_size: 0,
            },
        }
    }

    pub fn flags(mut self, flags: u32) -> Self {
        self.row.flags = flags;
        self
    }

    pub fn fallback(mut self, fallback: &str) -> Self {
        self.row.fallback = for_ever(fallback);
        self
    }

    pub fn rule(mut self, rule: &str) -> Self {
        self.row.rule = for_ever(rule);
        self
    }
}

/// `option!(Options, limit, LEVADA_O_INT, "How many records.")`
#[macro_export]
macro_rules! option {
    ($options:ty, $member:ident, $type:expr, $help:expr) => {{
        let place = std::mem::MaybeUninit::<$options>::uninit();
        let whole = place.as_ptr();
        let member = unsafe { std::ptr::addr_of!((*whole).$member) };
        fn size_of_pointee<T>(_: *const T) -> usize {
            std::mem::size_of::<T>()
        }
        $crate::Opt::new(
            $type,
            member as usize - whole as usize,
            size_of_pointee(member),
            stringify!($member),
            $help,
        )
    }};
}
