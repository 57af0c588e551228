//! A report as JSON. `schema/report-1.json` describes it.

use crate::grade::result::Report;

/// The report, indented, with a newline at the end. It is read again with `serde_json`.
///
/// # Panics
///
/// Never: everything in a report can be written as JSON.
pub(crate) fn render(report: &Report) -> String {
    let json = serde_json::to_string_pretty(&report.harmless());
    json.expect("a report has string keys only") + "\n"
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::report::sample;

    const SCHEMA: &str = include_str!("../../schema/report-1.json");

    /// Reports as they are written, for readers of reports and for the schema's own test.
    const SAMPLES: [&str; 2] = [include_str!("sample.json"), include_str!("sample-hostile.json")];

    /// A report with something in every field.
    fn full() -> Report {
        let mut report = sample::full();
        report.parts.truncate(1);
        let part = &mut report.parts[0];
        part.not_started = sample::not_started(part.side).not_started;
        part.others.push("otro/servidor.py".to_owned());
        // The first outcome is an example for all of them.
        part.results.rotate_left(3);
        report
    }

    /// Checks every object in a value: its fields are those that the schema has for it. Returns the
    /// number of objects.
    fn objects(value: &Value, schema: &Value, root: &Value) -> usize {
        let schema = match schema["$ref"].as_str() {
            Some(reference) => root.pointer(&reference[1..]).unwrap(),
            None => schema,
        };
        let kinds = schema["anyOf"].as_array().map_or(&[][..], Vec::as_slice);
        if let Some(kind) = kinds.iter().find(|kind| kind.get("$ref").is_some()) {
            return objects(value, kind, root);
        }
        match value {
            Value::Object(fields) => {
                let schema = kinds.iter().find(|kind| kind["type"] == "object").unwrap_or(schema);
                let names: BTreeSet<&str> = fields.keys().map(String::as_str).collect();
                let required = schema["required"].as_array().unwrap();
                let required: BTreeSet<&str> = required.iter().filter_map(Value::as_str).collect();
                let known = schema["properties"].as_object().unwrap();
                assert_eq!(names, required);
                assert_eq!(names, known.keys().map(String::as_str).collect());
                assert_eq!(schema["additionalProperties"], false, "{names:?}");
                1 + fields
                    .iter()
                    .map(|(name, field)| objects(field, &known[name], root))
                    .sum::<usize>()
            }
            Value::Array(items) => items.first().map_or(0, |i| objects(i, &schema["items"], root)),
            _ => 0,
        }
    }

    #[test]
    fn what_was_written_is_read() {
        let written = render(&sample::full());
        let read: Report = serde_json::from_str(&written).unwrap();
        assert_eq!(render(&read), written);
        assert!(written.contains("\"after\": 82,"), "no milliseconds");
    }

    #[test]
    fn nothing_in_it_can_drive_a_terminal() {
        let text = render(&sample::hostile());
        assert!(!text.contains("\\u001b") && !text.contains(['\u{9b}', '\u{202e}']));
        assert!(!text.contains(|c: char| c.is_control() && c != '\n'));
    }

    #[test]
    fn the_samples_are_what_is_written() {
        for (sample, report) in SAMPLES.into_iter().zip([full(), sample::hostile()]) {
            assert_eq!(sample, render(&report));
        }
    }

    #[test]
    fn the_schema_knows_every_field_and_no_other() {
        let (schema, full) = (SCHEMA.parse().unwrap(), serde_json::to_value(full()).unwrap());
        assert_eq!(objects(&full, &schema, &schema), 11, "objects");
    }
}
