//! Reports are written.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::app::Error;
use crate::cli::OutputOptions;
use crate::record::{Histograms, Record};
use crate::report::{csv, hgrm, html, json};

/// Writes all reports; an error in one does not stop the others.
pub(super) fn write_reports(
    output: &OutputOptions,
    record: &Record,
    histograms: &Histograms,
) -> Vec<Error> {
    let to = |path: &Option<PathBuf>, content: &dyn Fn(&mut dyn Write) -> io::Result<()>| {
        let path = path.as_deref()?;
        if path == Path::new("-") {
            return content(&mut io::stdout().lock()).map_err(Error::Summary).err();
        }
        write(path, |out| content(out)).err()
    };
    let written = [
        to(&output.json, &|mut out| json::write(record, &mut out)),
        to(&output.csv, &|mut out| csv::write(record, &mut out)),
        to(&output.hgrm, &|mut out| hgrm::write(&histograms.response, &mut out)),
        to(&output.html, &|out| out.write_all(html::render(record, histograms).as_bytes())),
    ];
    written.into_iter().flatten().collect()
}

/// Writes a file.
pub(super) fn write(
    path: &Path,
    content: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), Error> {
    let written = File::create(path).and_then(|file| {
        let mut out = BufWriter::new(file);
        content(&mut out)?;
        out.flush()
    });
    written.map_err(|error| Error::Write(path.to_owned(), error))
}

/// Prints on standard output.
pub(super) fn print(text: &str) -> Result<(), Error> {
    io::stdout().write_all(text.as_bytes()).map_err(Error::Summary)
}
