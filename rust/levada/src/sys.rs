// SPDX-License-Identifier: Apache-2.0
// Written by scripts/rust-bindings from include/levada/plugin.h; a test compares.
//! The plugin ABI as it is. `../lib.rs` makes it safe.
#![allow(non_camel_case_types)]

use std::os::raw::{c_char, c_void};

pub type levada_status = i32;

pub const LEVADA_ABI_MAJOR: u32 = 1;
pub const LEVADA_ABI_MINOR: u32 = 0;
pub const LEVADA_OK: i32 = 0;
pub const LEVADA_AGAIN: i32 = 1;
pub const LEVADA_END: i32 = 2;
pub const LEVADA_FILTERED: i32 = 3;
pub const LEVADA_ABSORBED: i32 = 4;
pub const LEVADA_DRAIN: i32 = 5;
pub const LEVADA_RETRY: i32 = -1;
pub const LEVADA_REJECT: i32 = -2;
pub const LEVADA_CONFIG: i32 = -3;
pub const LEVADA_FATAL: i32 = -4;
pub const LEVADA_LOST: i32 = -5;
pub const LEVADA_NO_INPUT: i32 = -6;
pub const LEVADA_NO_OUTPUT: i32 = -7;
pub const LEVADA_IO: i32 = -8;
pub const LEVADA_UNAVAILABLE: i32 = -9;
pub const LEVADA_T_MISSING: u32 = 0;
pub const LEVADA_T_NULL: u32 = 1;
pub const LEVADA_T_BOOL: u32 = 2;
pub const LEVADA_T_I64: u32 = 3;
pub const LEVADA_T_F64: u32 = 4;
pub const LEVADA_T_STR: u32 = 5;
pub const LEVADA_T_BIN: u32 = 6;
pub const LEVADA_T_JSON: u32 = 7;
pub const LEVADA_T_NUM: u32 = 8;
pub const LEVADA_T_TIME: u32 = 9;
pub const LEVADA_R_BORROWED: u32 = 1;
pub const LEVADA_R_OPAQUE: u32 = 2;
pub const LEVADA_FIELD_IDS: u32 = 1;
pub const LEVADA_P_STATE: u32 = 1;
pub const LEVADA_NO_TIME: i64 = i64::MIN;
pub const LEVADA_JSON_COMMAS: u32 = 1;
pub const LEVADA_JSON_LINES: u32 = 2;
pub const LEVADA_O_BOOL: u32 = 1;
pub const LEVADA_O_INT: u32 = 2;
pub const LEVADA_O_FLOAT: u32 = 3;
pub const LEVADA_O_STRING: u32 = 4;
pub const LEVADA_O_DURATION: u32 = 5;
pub const LEVADA_O_SIZE: u32 = 6;
pub const LEVADA_O_PATH: u32 = 7;
pub const LEVADA_O_LIST: u32 = 8;
pub const LEVADA_O_GROUP: u32 = 9;
pub const LEVADA_O_MAP: u32 = 10;
pub const LEVADA_O_CHOICE: u32 = 11;
pub const LEVADA_O_FILE: u32 = 12;
pub const LEVADA_OF_REQUIRED: u32 = 1;
pub const LEVADA_OF_SECRET: u32 = 2;
pub const LEVADA_OF_MAYBE: u32 = 4;
pub const LEVADA_OF_ADDS: u32 = 8;
pub const LEVADA_OF_READ: u32 = 16;
pub const LEVADA_OF_REFER: u32 = 32;
pub const LEVADA_OF_STREAM: u32 = 64;
pub const LEVADA_SIG_WATERMARK: u32 = 1;
pub const LEVADA_SIG_TRIGGER: u32 = 2;
pub const LEVADA_SIG_CHECKPOINT: u32 = 3;
pub const LEVADA_SIG_COMMIT: u32 = 4;
pub const LEVADA_SIG_ABORT: u32 = 5;
pub const LEVADA_SIG_RESTORE: u32 = 6;
pub const LEVADA_SIGF_REPLACES: u32 = 1;
pub const LEVADA_SIGF_CHECKPOINTED: u32 = 2;
pub const LEVADA_STATE_MAX_KEY: u32 = 400;
pub const LEVADA_KEEPS_POSITIONS: u32 = 1;
pub const LEVADA_HAS_STATE: u32 = 2;
pub const LEVADA_IN_TRANSACTION: u32 = 4;
pub const LEVADA_SOURCE: u32 = 1;
pub const LEVADA_TRANSFORM: u32 = 2;
pub const LEVADA_JOIN: u32 = 3;
pub const LEVADA_AGGREGATE: u32 = 4;
pub const LEVADA_SINK: u32 = 5;
pub const LEVADA_CAP_IDEMPOTENT: u32 = 1;
pub const LEVADA_CAP_TXN: u32 = 2;
pub const LEVADA_CAP_REPLAY: u32 = 4;
pub const LEVADA_CAP_TABLE: u32 = 8;
pub const LEVADA_CAP_STATE: u32 = 16;
pub const LEVADA_CAP_STDOUT: u32 = 32;

#[repr(C)]
pub struct levada_ctx {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct levada_call {
    _opaque: [u8; 0],
}

#[repr(C)]
pub struct levada_path {
    _opaque: [u8; 0],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_bytes {
    pub p: *const c_void,
    pub n: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_header {
    pub name: levada_bytes,
    pub value: levada_bytes,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub union levada_scalar_u {
    pub i: i64,
    pub f: f64,
    pub s: *const c_char,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_scalar {
    pub type_: u32,
    pub len: u32,
    pub u: levada_scalar_u,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_dict {
    pub struct_size: u32,
    pub generation: u32,
    pub n: u32,
    pub reserved: u32,
    pub entry: *const levada_scalar,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_record {
    pub key: levada_bytes,
    pub value: levada_bytes,
    pub timestamp_ms: i64,
    pub offset: i64,
    pub number: i64,
    pub stream: u32,
    pub partition: i32,
    pub headers: *const levada_header,
    pub n_headers: u32,
    pub flags: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_batch {
    pub struct_size: u32,
    pub n: u32,
    pub stride: u32,
    pub flags: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_field {
    pub path: *const levada_path,
    pub name: *const c_char,
    pub flags: u32,
    pub reserved: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_position {
    pub stream: levada_bytes,
    pub partition: i32,
    pub flags: u32,
    pub next: i64,
    pub latest: i64,
    pub detail: levada_bytes,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_list {
    pub items: *const c_void,
    pub n: u64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_pair {
    pub name: *const c_char,
    pub value: *const c_char,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_option {
    pub type_: u32,
    pub flags: u32,
    pub offset: u32,
    pub size: u32,
    pub name: *const c_char,
    pub fallback: *const c_char,
    pub help: *const c_char,
    pub rule: *const c_char,
    pub instead: *const c_char,
    pub children: *const levada_option,
    pub n_children: u32,
    pub item_size: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_signal {
    pub struct_size: u32,
    pub kind: u32,
    pub epoch: u64,
    pub time_ms: i64,
    pub state_version: u32,
    pub flags: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_slots {
    pub struct_size: u32,
    pub n: u32,
    pub record: *const u32,
    pub slot: *const u32,
    pub cell: *const *mut c_void,
    pub time: *const i64,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_host {
    pub struct_size: u32,
    pub abi_minor: u32,
    pub name: *const c_char,
    pub version: *const c_char,
    pub ext: Option<unsafe extern "C" fn(id: *const c_char) -> *const c_void>,
    pub log: Option<unsafe extern "C" fn(ctx: *mut levada_ctx, level: i32, event: *const c_char, facts: *const c_char)>,
    pub fail: Option<unsafe extern "C" fn(call: *mut levada_call, code: levada_status, text: *const c_char) -> levada_status>,
    pub fail_at: Option<unsafe extern "C" fn(call: *mut levada_call, batch: *mut levada_batch, i: u32, code: levada_status, text: *const c_char) -> levada_status>,
    pub scratch: Option<unsafe extern "C" fn(call: *mut levada_call, n: u64) -> *mut c_void>,
    pub problem: Option<unsafe extern "C" fn(call: *mut levada_call, option: *const c_char, text: *const c_char) -> levada_status>,
    pub path: Option<unsafe extern "C" fn(call: *mut levada_call, text: *const c_char) -> *const levada_path>,
    pub needs: Option<unsafe extern "C" fn(call: *mut levada_call, text: *const c_char) -> *const levada_path>,
    pub adds: Option<unsafe extern "C" fn(call: *mut levada_call, text: *const c_char, after: *const levada_path) -> *const levada_path>,
    pub drops: Option<unsafe extern "C" fn(call: *mut levada_call, path: *const levada_path) -> levada_status>,
    pub only: Option<unsafe extern "C" fn(call: *mut levada_call) -> levada_status>,
    pub endless: Option<unsafe extern "C" fn(call: *mut levada_call) -> levada_status>,
    pub counter: Option<unsafe extern "C" fn(call: *mut levada_call, name: *const c_char, unit: *const c_char, help: *const c_char) -> *mut u64>,
    pub cell: Option<unsafe extern "C" fn(call: *mut levada_call, name: *const c_char, type_: u32, size: u32) -> u32>,
    pub name_of: Option<unsafe extern "C" fn(path: *const levada_path) -> *const c_char>,
    pub records: Option<unsafe extern "C" fn(call: *mut levada_call, batch: *mut levada_batch) -> *const levada_record>,
    pub fields: Option<unsafe extern "C" fn(call: *mut levada_call, batch: *mut levada_batch, n: *mut u32) -> *const levada_field>,
    pub column: Option<unsafe extern "C" fn(call: *mut levada_call, batch: *mut levada_batch, path: *const levada_path) -> *const levada_scalar>,
    pub ids: Option<unsafe extern "C" fn(call: *mut levada_call, batch: *mut levada_batch, path: *const levada_path, dict: *mut *const levada_dict) -> *const u32>,
    pub times: Option<unsafe extern "C" fn(call: *mut levada_call, batch: *mut levada_batch, path: *const levada_path) -> *const i64>,
    pub text: Option<unsafe extern "C" fn(call: *mut levada_call, value: *const levada_scalar, n: *mut u64) -> *const c_char>,
    pub stream_name: Option<unsafe extern "C" fn(call: *mut levada_call, stream: u32) -> *const c_char>,
    pub slots: Option<unsafe extern "C" fn(call: *mut levada_call, batch: *mut levada_batch) -> *const levada_slots>,
    pub set_column: Option<unsafe extern "C" fn(call: *mut levada_call, batch: *mut levada_batch, path: *const levada_path, values: *const levada_scalar) -> levada_status>,
    pub set_ids: Option<unsafe extern "C" fn(call: *mut levada_call, batch: *mut levada_batch, path: *const levada_path, ids: *const u32, dict: *const levada_dict) -> levada_status>,
    pub set_fields: Option<unsafe extern "C" fn(call: *mut levada_call, batch: *mut levada_batch, paths: *const *const levada_path, n: u32) -> levada_status>,
    pub unset: Option<unsafe extern "C" fn(call: *mut levada_call, batch: *mut levada_batch, path: *const levada_path) -> levada_status>,
    pub select: Option<unsafe extern "C" fn(call: *mut levada_call, batch: *mut levada_batch, indexes: *const u32, n: u32) -> *mut levada_batch>,
    pub batch: Option<unsafe extern "C" fn(call: *mut levada_call, n: u32) -> *mut levada_batch>,
    pub emit: Option<unsafe extern "C" fn(call: *mut levada_call, port: u32, batch: *mut levada_batch) -> levada_status>,
    pub retain: Option<unsafe extern "C" fn(batch: *mut levada_batch) -> *mut levada_batch>,
    pub release: Option<unsafe extern "C" fn(batch: *mut levada_batch)>,
    pub stream: Option<unsafe extern "C" fn(call: *mut levada_call, name: *const c_char) -> u32>,
    pub append: Option<unsafe extern "C" fn(call: *mut levada_call, batch: *mut levada_batch, records: *const levada_record, n: u32, stride: u32) -> levada_status>,
    pub append_json: Option<unsafe extern "C" fn(call: *mut levada_call, batch: *mut levada_batch, first: *const levada_record, text: levada_bytes, flags: u32, max_records: u32, used: *mut u64) -> levada_status>,
    pub alloc: Option<unsafe extern "C" fn(batch: *mut levada_batch, n: u64) -> *mut c_void>,
    pub attach: Option<unsafe extern "C" fn(batch: *mut levada_batch, object: *mut c_void, drop: Option<unsafe extern "C" fn(object: *mut c_void)>) -> levada_status>,
    pub position: Option<unsafe extern "C" fn(call: *mut levada_call, batch: *mut levada_batch, position: *const levada_position) -> levada_status>,
    pub stored: Option<unsafe extern "C" fn(call: *mut levada_call, stream: *const c_char, partition: i32) -> *const levada_position>,
    pub assigned: Option<unsafe extern "C" fn(call: *mut levada_call, all: *const levada_position, n: u32) -> levada_status>,
    pub resize_cell: Option<unsafe extern "C" fn(call: *mut levada_call, cell: u32, slot: u32, n: u64) -> *mut c_void>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_state_v1 {
    pub struct_size: u32,
    pub reserved: u32,
    pub get: Option<unsafe extern "C" fn(call: *mut levada_call, key: levada_bytes, value: *mut levada_bytes) -> levada_status>,
    pub put: Option<unsafe extern "C" fn(call: *mut levada_call, key: levada_bytes, value: levada_bytes) -> levada_status>,
    pub next: Option<unsafe extern "C" fn(call: *mut levada_call, after: levada_bytes, key: *mut levada_bytes, value: *mut levada_bytes) -> levada_status>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_pipeline_v1 {
    pub struct_size: u32,
    pub reserved: u32,
    pub name: Option<unsafe extern "C" fn(call: *mut levada_call) -> *const c_char>,
    pub memory: Option<unsafe extern "C" fn(call: *mut levada_call) -> u32>,
    pub identity: Option<unsafe extern "C" fn(call: *mut levada_call) -> *const c_char>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_group_v1 {
    pub struct_size: u32,
    pub reserved: u32,
    pub protocol: *const c_char,
    pub keyed_by: Option<unsafe extern "C" fn(self_: *mut c_void, paths: *mut *const *const levada_path) -> u32>,
    pub partitions: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call, n: *mut u32) -> levada_status>,
    pub member: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call, member: *mut levada_bytes) -> levada_status>,
    pub also_read: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call, stream: *const c_char) -> levada_status>,
    pub reached: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call, yes: *mut u32) -> levada_status>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_txn_v1 {
    pub struct_size: u32,
    pub reserved: u32,
    pub protocol: *const c_char,
    pub open: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call, n_partitions: u32) -> levada_status>,
    pub put: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call, partition: i32, key: levada_bytes, value: levada_bytes) -> levada_status>,
    pub positions: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call, member: levada_bytes, positions: *const levada_position, n: u32) -> levada_status>,
    pub commit: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call) -> levada_status>,
    pub read: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call, partition: i32, entry: Option<unsafe extern "C" fn(user: *mut c_void, key: levada_bytes, value: levada_bytes) -> levada_status>, user: *mut c_void, left: *mut u64) -> levada_status>,
    pub ensure: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call, stream: *const c_char, n_partitions: u32) -> levada_status>,
    pub send: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call, stream: *const c_char, partition: i32, key: levada_bytes, value: levada_bytes) -> levada_status>,
    pub end: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call, stream: *const c_char, partition: i32, offset: *mut i64) -> levada_status>,
    pub changelog: Option<unsafe extern "C" fn(self_: *mut c_void) -> *const c_char>,
    pub check: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call, stream: *const c_char, n_partitions: u32, wait_ms: u32) -> levada_status>,
    pub join: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call, coordinator: *mut c_void) -> levada_status>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_batch_v1 {
    pub struct_size: u32,
    pub reserved: u32,
    pub is_set: Option<unsafe extern "C" fn(call: *mut levada_call, batch: *mut levada_batch, path: *const levada_path) -> i32>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_connect_v1 {
    pub struct_size: u32,
    pub reserved: u32,
    pub check: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call, wait_ms: u32) -> levada_status>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_stage {
    pub struct_size: u32,
    pub kind: u32,
    pub id: *const c_char,
    pub summary: *const c_char,
    pub caps: u32,
    pub self_size: u32,
    pub state_version: u32,
    pub n_inputs: u32,
    pub n_outputs: u32,
    pub reserved: u32,
    pub output_names: *const *const c_char,
    pub options: *const levada_option,
    pub n_options: u32,
    pub option_stride: u32,
    pub create: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call, ctx: *mut levada_ctx) -> levada_status>,
    pub start: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call) -> levada_status>,
    pub poll: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call, max_records: u32, wait_ms: u32) -> levada_status>,
    pub process: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call, port: u32, batch: *mut levada_batch) -> levada_status>,
    pub rows: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call, batch: *mut levada_batch, slots: *const levada_slots) -> levada_status>,
    pub signal: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call, signal: *const levada_signal) -> levada_status>,
    pub destroy: Option<unsafe extern "C" fn(self_: *mut c_void)>,
    pub ext: Option<unsafe extern "C" fn(id: *const c_char) -> *const c_void>,
    pub merge: Option<unsafe extern "C" fn(self_: *mut c_void, call: *mut levada_call, pairs: *const levada_slots) -> levada_status>,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct levada_module {
    pub struct_size: u32,
    pub abi_major: u32,
    pub abi_need: u32,
    pub n_stages: u32,
    pub names: *const c_char,
    pub version: *const c_char,
    pub license: *const c_char,
    pub stages: *const *const levada_stage,
}
