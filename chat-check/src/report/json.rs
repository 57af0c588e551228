//! A report as JSON. `schema/report-1.json` describes it.

use crate::grade::result::Report;

/// The report, indented, with a newline at the end. It is read again with `serde_json`.
///
/// # Panics
///
/// Never: everything in a report can be written as JSON.
pub fn render(report: &Report) -> String {
    let json = serde_json::to_string_pretty(&report.harmless());
    json.expect("a report has string keys only") + "\n"
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::report::sample;

    const SCHEMA: &str = include_str!("../../schema/report-1.json");

    fn validator() -> jsonschema::Validator {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        jsonschema::draft202012::meta::validate(&schema).unwrap();
        jsonschema::draft202012::new(&schema).unwrap()
    }

    /// A report with something in every field.
    fn full() -> Value {
        let mut report = sample::full();
        let mut parts = vec![report.parts.remove(0)];
        parts[0].not_started = sample::not_started(crate::checks::check::Side::Server).not_started;
        // The first outcome stands for all of them.
        parts[0].results.rotate_left(3);
        report.parts = parts;
        serde_json::to_value(report).unwrap()
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
                if let Some(item) = items.first() {
                    objects(item, &format!("{path}/0"), visit);
                }
            }
            _ => {}
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
    fn reports_are_as_the_schema_says() {
        let validator = validator();
        let parts = vec![sample::not_started(crate::checks::check::Side::Client)];
        for report in [sample::full(), sample::hostile(), sample::report(parts)] {
            let value = serde_json::from_str(&render(&report)).unwrap();
            let errors: Vec<_> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
            assert_eq!(errors, Vec::<String>::new());
        }
    }

    #[test]
    fn the_schema_knows_every_field_and_no_other() {
        let (validator, full) = (validator(), full());
        let mut seen = 0;
        objects(&full, "", &mut |path| {
            let fields = full.pointer(path).unwrap().as_object().unwrap();
            let mut extra = full.clone();
            let object = extra.pointer_mut(path).unwrap().as_object_mut().unwrap();
            object.insert("extra".into(), json!(true));
            assert!(!validator.is_valid(&extra), "an extra field in `{path}`");
            for name in fields.keys() {
                let mut poorer = full.clone();
                poorer.pointer_mut(path).unwrap().as_object_mut().unwrap().remove(name);
                assert!(!validator.is_valid(&poorer), "`{name}` missing in `{path}`");
            }
            seen += 1;
        });
        assert_eq!(seen, 11, "objects");
    }
}
