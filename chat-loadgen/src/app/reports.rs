//! Reports are written.

use std::fs::File;
use std::io::{self, BufWriter, Write};

use crate::app::Error;
use crate::app::files::Outputs;
use crate::record::{Histograms, Record};
use crate::report::output::Output;
use crate::report::wrapping::{WIDTH, columns, narrowed};
use crate::report::{csv, hgrm, html, json};

/// Writes all reports; an error in one does not stop the others.
pub(super) fn write_reports(
    outputs: &Outputs,
    record: &Record,
    histograms: &Histograms,
) -> Vec<Error> {
    let to = |output: &Option<Output>, content: &dyn Fn(&mut dyn Write) -> io::Result<()>| {
        write_to(output.as_ref()?, |out| content(out)).err()
    };
    let written = [
        to(&outputs.json, &|mut out| json::write(record, &mut out)),
        to(&outputs.csv, &|mut out| csv::write(record, &mut out)),
        to(&outputs.hgrm, &|mut out| hgrm::write(&histograms.response, &mut out)),
        to(&outputs.html, &|out| out.write_all(html::render(record, histograms).as_bytes())),
    ];
    written.into_iter().flatten().collect()
}

/// Writes an opened file.
pub(super) fn write_to(
    output: &Output,
    content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), Error> {
    let written = output.begin().and_then(|mut out| {
        content(&mut out)?;
        out.flush()
    });
    written.map_err(|error| Error::Write(output.path().to_owned(), error))
}

/// Prints on standard output.
pub(super) fn print(text: &str) -> Result<(), Error> {
    io::stdout().write_all(text.as_bytes()).map_err(Error::Summary)
}

/// Prints the summary on standard output, or on standard error if a report goes to standard output, in
/// as many columns as its terminal has.
pub(super) fn print_summary(outputs: &Outputs, text: &str) -> Result<(), Error> {
    if outputs.use_standard_output() {
        let _ = io::stderr().write_all(narrowed(text, columns(io::stderr()).min(WIDTH)).as_bytes());
        return Ok(());
    }
    print(&narrowed(text, columns(io::stdout()).min(WIDTH)))
}
