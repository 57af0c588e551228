//! The record as JSON. `schema/record-1.json` describes it.

use std::io::{self, Write};
use std::path::Path;

use serde::Deserialize;
use thiserror::Error;

use crate::input::{self, MAX_RECORD, Unreadable};
use crate::record::{Record, VERSION};

/// The reasons for which a record could not be read.
#[derive(Debug, Error)]
pub(crate) enum ReadError {
    /// The file could not be read.
    #[error(transparent)]
    File(#[from] Unreadable),
    /// It is no record.
    #[error("this is no record of a run")]
    Json(#[from] serde_json::Error),
    /// Another version of this program wrote it.
    #[error("the record has version {0}; this program reads version {VERSION}")]
    Version(u32),
}

/// Writes a record, indented, with a newline at the end.
///
/// # Errors
///
/// Those of the writer.
pub(crate) fn write(record: &Record, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, record)?;
    writeln!(out)
}

/// Reads the record in a file.
///
/// # Errors
///
/// See [`ReadError`].
pub(crate) fn read_file(path: &Path) -> Result<Record, ReadError> {
    read(&input::read(path, MAX_RECORD)?)
}

/// Reads a record.
///
/// # Errors
///
/// See [`ReadError`]; the version is looked at first, because in another version anything else may
/// be different.
fn read(text: &[u8]) -> Result<Record, ReadError> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    match serde_json::from_slice::<Versioned>(text)?.version {
        VERSION => Ok(serde_json::from_slice(text)?),
        other => Err(ReadError::Version(other)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::record::sample;

    const SCHEMA: &str = include_str!("../../schema/record-1.json");
    const SAMPLE: &str = include_str!("../../schema/sample.json");

    /// Returns whether there is a value in every field and an item in every list.
    fn is_filled(value: &Value) -> bool {
        match value {
            Value::Null => false,
            Value::Object(fields) => fields.values().all(is_filled),
            Value::Array(items) => !items.is_empty() && items.iter().all(is_filled),
            _ => true,
        }
    }

    #[test]
    fn what_was_written_is_read() {
        for record in [sample::record(), sample::full()] {
            let mut file = Vec::new();
            write(&record, &mut file).unwrap();
            assert!(file.ends_with(b"}\n"));
            assert!(read(&file).unwrap() == record, "another record");
        }
    }

    #[test]
    fn another_version_is_refused_whatever_else_it_has() {
        let error = read(br#"{"version": 7, "novel": true}"#).unwrap_err();
        assert_eq!(error.to_string(), "the record has version 7; this program reads version 1");
        assert!(matches!(read(b"{}"), Err(ReadError::Json(_))));
        assert!(matches!(read(b"{\"version\": 1}"), Err(ReadError::Json(_))));
    }

    /// `ci/schemas` holds it against the schema: each field has to be there, and no other.
    #[test]
    fn the_sample_has_every_field_of_a_record_and_something_in_it() {
        let record = read(SAMPLE.as_bytes()).unwrap();
        let mut written = Vec::new();
        write(&record, &mut written).unwrap();
        assert_eq!(String::from_utf8(written).unwrap(), SAMPLE);
        assert!(is_filled(&serde_json::from_str(SAMPLE).unwrap()), "a field without a value");
    }

    #[test]
    fn the_schema_describes_every_figure() {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        let definitions = schema["$defs"].as_object().unwrap().values().chain([&schema]);
        for properties in definitions.filter_map(|object| object["properties"].as_object()) {
            for (name, property) in properties {
                let description = property["description"].as_str();
                assert!(description.is_some_and(|text| text.len() > 3), "{name}: {property}");
            }
        }
    }
}
