// SPDX-License-Identifier: Apache-2.0
use levada::sys::*;
use levada::{levada_module, option, Answer, Call, Failed, Opt, Stage, Status};

#[repr(C)]
#[derive(Clone, Copy)]
struct Options {
    limit: i64,
}

struct Source {
    next: i64, // the first record that has not been read
}

impl Stage for Source {
    const KIND: u32 = LEVADA_SOURCE;
    const ID: &'static str = "@ID@";
    const SUMMARY: &'static str = "Counts from 0 to limit - 1.";
    const CAPS: u32 = LEVADA_CAP_REPLAY; // it can read again from a position
    type Options = Options;

    fn options() -> Vec<Opt> {
        vec![option!(Options, limit, LEVADA_O_INT, "How many records to make.")
            .fallback("10")
            .rule("0..1000000000")]
    }

    fn create(_: &Options, _: &Call) -> Result<Self, Failed> {
        Ok(Source { next: 0 })
    }

    // Where nothing is there yet, waits at most wait_ms and answers Ok.
    fn poll(&mut self, options: &Options, call: &Call, max_records: u32, _wait_ms: u32) -> Answer {
        let batch = call.batch(0)?;
        let stream = call.stream("@IDENT@");
        let end = options.limit.min(self.next.saturating_add(max_records.into()));
        for n in self.next..end {
            call.append(batch, stream, n, &format!("{{\"n\":{},\"word\":\"w{}\"}}", n, n % 3))?;
        }
        let next = end.max(self.next);
        call.position(batch, "@IDENT@", next, options.limit)?;
        call.emit(0, batch)?;
        self.next = next; // last: after a failure it is as it was
        Ok(if next < options.limit { Status::Ok } else { Status::End })
    }

    fn signal(&mut self, _: &Options, call: &Call, signal: &levada_signal) -> Answer {
        if signal.kind == LEVADA_SIG_RESTORE {
            self.next = call.stored("@IDENT@").unwrap_or(0);
        }
        Ok(Status::Ok)
    }
}

levada_module!("@ID@", "1.0", "Apache-2.0", Source);
