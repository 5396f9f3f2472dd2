// SPDX-License-Identifier: Apache-2.0
use levada::sys::*;
use levada::{levada_module, option, Answer, Batch, Call, Failed, Opt, Stage, Status, Text};
use std::io::{self, Write};

#[repr(C)]
#[derive(Clone, Copy)]
struct Options {
    prefix: Text,
}

struct Sink;

impl Stage for Sink {
    const KIND: u32 = LEVADA_SINK;
    const ID: &'static str = "@ID@";
    const SUMMARY: &'static str = "Prints each record's bytes.";
    const CAPS: u32 = LEVADA_CAP_STDOUT;
    type Options = Options;

    fn options() -> Vec<Opt> {
        vec![option!(Options, prefix, LEVADA_O_STRING, "What stands before each record.").fallback("")]
    }

    fn create(_: &Options, _: &Call) -> Result<Self, Failed> {
        Ok(Sink)
    }

    // Ok from a sink means delivered: the source may forget these records.
    fn process(&mut self, options: &Options, call: &Call, _port: u32, batch: Batch) -> Answer {
        let mut lines = Vec::new();
        for record in call.records(batch)? {
            lines.extend_from_slice(options.prefix.get().unwrap_or("").as_bytes());
            lines.extend_from_slice(record.value().unwrap_or(b"")); // None: absent
            lines.push(b'\n');
        }
        let mut out = io::stdout().lock();
        out.write_all(&lines)
            .and_then(|()| out.flush())
            .map_err(|e| call.fail(LEVADA_IO, &format!("cannot write stdout: {}", e)))?;
        Ok(Status::Ok)
    }
}

levada_module!("@ID@", "1.0", "Apache-2.0", Sink);
