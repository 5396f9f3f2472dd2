// SPDX-License-Identifier: Apache-2.0
use levada::sys::*;
use levada::{levada_module, option, Answer, Batch, Call, Failed, Opt, Path, Slots, Stage, Status};

// Windows, groups, watermarks and output modes are the host's, and so are their options.
#[repr(C)]
#[derive(Clone, Copy)]
struct Options {
    field: Path,
}

struct Sum {
    cell: u32,
}

impl Stage for Sum {
    const KIND: u32 = LEVADA_AGGREGATE;
    const ID: &'static str = "@ID@";
    const SUMMARY: &'static str = "Adds up a field by window and group.";
    const CAPS: u32 = LEVADA_CAP_TABLE;
    type Options = Options;

    fn options() -> Vec<Opt> {
        vec![option!(Options, field, LEVADA_O_PATH, "The number to add up.").flags(LEVADA_OF_REQUIRED)]
    }

    fn create(_: &Options, call: &Call) -> Result<Self, Failed> {
        Ok(Sum { cell: call.cell("sum", LEVADA_T_F64) })
    }

    fn process(&mut self, options: &Options, call: &Call, _port: u32, batch: Batch) -> Answer {
        let values = call.column(batch, options.field)?;
        let mut slots = call.slots(batch)?;
        for (record, row) in slots.hits() {
            *slots.f64(self.cell, row) += values[record as usize].as_f64().unwrap_or(0.0);
        }
        Ok(Status::Absorbed)
    }

    // Two sessions turn out to be one: the first row of each pair goes into the second.
    fn merge(&mut self, _: &Options, _: &Call, mut pairs: Slots) -> Answer {
        for (from, into) in pairs.pairs() {
            let sum = *pairs.f64(self.cell, from);
            *pairs.f64(self.cell, into) += sum;
        }
        Ok(Status::Ok)
    }
}

levada_module!("@ID@", "1.0", "Apache-2.0", Sum);
