// SPDX-License-Identifier: Apache-2.0
use levada::sys::*;
use levada::{levada_module, option, Answer, Batch, Call, Failed, Opt, Path, Scalar, Stage, Status};

#[repr(C)]
#[derive(Clone, Copy)]
struct Options {
    field: Path,
}

struct Transform;

impl Stage for Transform {
    const KIND: u32 = LEVADA_TRANSFORM;
    const ID: &'static str = "@ID@";
    const SUMMARY: &'static str = "Writes a field in capitals.";
    type Options = Options;

    fn options() -> Vec<Opt> {
        vec![option!(Options, field, LEVADA_O_PATH, "The field to write in capitals.")
            .flags(LEVADA_OF_REQUIRED)]
    }

    fn create(_: &Options, _: &Call) -> Result<Self, Failed> {
        Ok(Transform)
    }

    // Other types than text stay as they are; so does a field that a record does not have.
    fn process(&mut self, options: &Options, call: &Call, _port: u32, batch: Batch) -> Answer {
        let old = call.column(batch, options.field)?;
        let texts: Vec<_> = old.iter().map(|value| value.as_text().map(str::to_ascii_uppercase)).collect();
        let values: Vec<_> = old
            .iter()
            .zip(&texts)
            .map(|(value, text)| text.as_deref().map_or(*value, Scalar::text))
            .collect();
        call.set_column(batch, options.field, &values)?;
        call.emit(0, batch)?;
        Ok(Status::Ok)
    }
}

levada_module!("@ID@", "1.0", "Apache-2.0", Transform);
