// SPDX-License-Identifier: Apache-2.0
use levada::sys::*;
use levada::{levada_module, option, Answer, Batch, Call, Failed, List, Opt, Path, Scalar, Stage, Status};
use std::collections::HashMap;

#[repr(C)]
#[derive(Clone, Copy)]
struct Options {
    on: Path,
    add: Path,
    table: List,
}

struct Join {
    table: HashMap<String, String>,
}

impl Stage for Join {
    const KIND: u32 = LEVADA_JOIN;
    const ID: &'static str = "@ID@";
    const SUMMARY: &'static str = "Looks a field up in a table; records without a match end here.";
    type Options = Options;

    fn options() -> Vec<Opt> {
        vec![
            option!(Options, on, LEVADA_O_PATH, "The field that is looked up.")
                .flags(LEVADA_OF_REQUIRED),
            option!(Options, add, LEVADA_O_PATH, "The field that gets what was found.")
                .flags(LEVADA_OF_REQUIRED | LEVADA_OF_ADDS),
            option!(Options, table, LEVADA_O_MAP, "The texts to look up and what they stand for.")
                .flags(LEVADA_OF_REQUIRED),
        ]
    }

    fn create(options: &Options, _: &Call) -> Result<Self, Failed> {
        let pairs = options.table.pairs().map(|(name, value)| (name.into(), value.into()));
        Ok(Join { table: pairs.collect() })
    }

    // Records without a match end here, which Filtered says.
    fn process(&mut self, options: &Options, call: &Call, _port: u32, batch: Batch) -> Answer {
        let keys = call.column(batch, options.on)?;
        let (mut records, mut found) = (Vec::new(), Vec::new());
        for (i, key) in keys.iter().enumerate() {
            if let Some(text) = key.as_text().and_then(|key| self.table.get(key)) {
                records.push(i as u32);
                found.push(Scalar::text(text));
            }
        }
        let matched = call.select(batch, &records)?;
        call.set_column(matched, options.add, &found)?;
        call.emit(0, matched)?;
        Ok(Status::Filtered)
    }
}

levada_module!("@ID@", "1.0", "Apache-2.0", Join);
