//! The record as JSON. `schema/record-1.json` describes it.

use std::io::{self, Read, Write};

use serde::Deserialize;
use thiserror::Error;

use crate::record::{Record, VERSION};

/// Why a record could not be read.
#[derive(Debug, Error)]
pub(crate) enum ReadError {
    /// The file could not be read.
    #[error("the record cannot be read")]
    Io(#[from] io::Error),
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

/// Reads a record.
///
/// # Errors
///
/// See [`ReadError`]; the version is looked at first, because in another version anything else may
/// be different.
pub(crate) fn read(input: &mut impl Read) -> Result<Record, ReadError> {
    #[derive(Deserialize)]
    struct Versioned {
        version: u32,
    }
    let mut text = String::new();
    input.read_to_string(&mut text)?;
    match serde_json::from_str::<Versioned>(&text)?.version {
        VERSION => Ok(serde_json::from_str(&text)?),
        other => Err(ReadError::Version(other)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::record::sample;

    const SCHEMA: &str = include_str!("../../schema/record-1.json");

    fn validator() -> jsonschema::Validator {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        jsonschema::draft202012::meta::validate(&schema).unwrap();
        jsonschema::draft202012::new(&schema).unwrap()
    }

    fn value(record: &Record) -> Value {
        serde_json::to_value(record).unwrap()
    }

    /// Calls `visit` with every path at which there is an object.
    fn objects(value: &Value, path: &str, visit: &mut impl FnMut(&str)) {
        match value {
            Value::Object(fields) => {
                visit(path);
                for (name, field) in fields {
                    objects(field, &format!("{path}/{name}"), visit);
                }
            }
            Value::Array(items) => {
                // One item stands for all.
                if let Some(item) = items.first() {
                    objects(item, &format!("{path}/0"), visit);
                }
            }
            _ => {}
        }
    }

    #[test]
    fn what_was_written_is_read() {
        for record in [sample::record(), sample::full()] {
            let mut file = Vec::new();
            write(&record, &mut file).unwrap();
            assert!(file.ends_with(b"}\n"));
            assert!(read(&mut file.as_slice()).unwrap() == record, "another record");
        }
    }

    #[test]
    fn another_version_is_refused_whatever_else_it_has() {
        let error = read(&mut &br#"{"version": 7, "novel": true}"#[..]).unwrap_err();
        assert_eq!(error.to_string(), "the record has version 7; this program reads version 1");
        assert!(matches!(read(&mut &b"{}"[..]), Err(ReadError::Json(_))));
        assert!(matches!(read(&mut &b"{\"version\": 1}"[..]), Err(ReadError::Json(_))));
    }

    #[test]
    fn records_are_as_the_schema_says() {
        let validator = validator();
        for record in [sample::record(), sample::full()] {
            let value = value(&record);
            let errors: Vec<_> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
            assert_eq!(errors, Vec::<String>::new());
        }
    }

    #[test]
    fn the_schema_forbids_what_is_too_much_anywhere() {
        let (validator, full) = (validator(), value(&sample::full()));
        let mut seen = 0;
        objects(&full, "", &mut |path| {
            let mut extra = full.clone();
            let object = extra.pointer_mut(path).unwrap().as_object_mut().unwrap();
            object.insert("extra".into(), json!(true));
            assert!(!validator.is_valid(&extra), "an extra field in `{path}`");
            seen += 1;
        });
        assert!(seen > 40, "only {seen} objects");
    }

    #[test]
    fn the_schema_misses_every_field_that_is_not_there() {
        let (validator, full) = (validator(), value(&sample::full()));
        objects(&full, "", &mut |path| {
            // The kinds of faults that were seen: none of them has to be.
            if path == "/ledger/witnesses" {
                return;
            }
            let names: Vec<String> =
                full.pointer(path).unwrap().as_object().unwrap().keys().cloned().collect();
            for name in names {
                let mut poorer = full.clone();
                poorer.pointer_mut(path).unwrap().as_object_mut().unwrap().remove(&name);
                assert!(!validator.is_valid(&poorer), "`{name}` missing in `{path}`");
            }
        });
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
