//! A report in the words of its readers: its date, and the conversations, in the report's language.
//!
//! Programs read [`Report::harmless`] instead, with an ISO date and the transcript's own words.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use chat_drive::transcript::{Entry, How};

use crate::grade::result::{Evidence, Report};
use crate::text::Lang;

/// The roles that are not names of people: English, Spanish.
const ROLES: [(&str, &str); 3] =
    [("server", "servidor"), ("second server", "segundo servidor"), ("client", "cliente")];

/// The event with which a program starts: English, Spanish.
const STARTS: (&str, &str) = ("starts", "se inicia");

/// The beginnings of events: English, Spanish. What follows is the same in every language.
///
/// The texts stand where the events happen; a test finds those without a translation.
const EVENTS: [(&str, &str); 17] = [
    ("starts on a terminal", "se inicia en una terminal"),
    STARTS,
    ("is connected, and reads nothing", "se conecta, y no lee nada"),
    ("is connected", "se conecta"),
    ("cannot send", "no puede enviar"),
    ("ends sending", "deja de enviar, y sigue leyendo"),
    ("closes the connection", "cierra la conexión"),
    ("resets the connection", "corta la conexión"),
    ("is sent", "recibe"),
    ("ended: exit status:", "terminó con estado"),
    ("ended: exit code:", "terminó con código"),
    ("ended: signal:", "terminó por la señal"),
    ("its input ends", "se acaba su entrada"),
    ("reads its input no more", "ya no lee su entrada"),
    ("once more, with the output on a terminal", "otra vez, con la salida en una terminal"),
    ("has a terminal of", "tiene una terminal de"),
    ("the user types half a line", "se escribe media línea"),
];

/// The months in Spanish.
const MONTHS: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

impl Report {
    /// A harmless copy for people: with a date as they write it, in the machine's time zone.
    #[must_use]
    pub(crate) fn for_people(&self) -> Self {
        let mut copy = self.harmless();
        copy.date = date(&copy.date, copy.lang, TimeZone::system());
        if copy.lang == Lang::Es {
            let outcomes = copy.parts.iter_mut().flat_map(|part| &mut part.results);
            outcomes.filter_map(|outcome| outcome.evidence.as_mut()).for_each(in_spanish);
        }
        copy
    }
}

/// Returns whether a program starts with this entry.
pub(super) fn is_start(entry: &Entry) -> bool {
    let (en, es) = STARTS;
    entry.how == How::Event && (entry.what.starts_with(en) || entry.what.starts_with(es))
}

/// A date with its time of day; what is no date stays as it is.
fn date(written: &str, lang: Lang, zone: TimeZone) -> String {
    let Ok(date) = written.parse::<Timestamp>().map(|date| date.to_zoned(zone)) else {
        return written.to_owned();
    };
    match lang {
        Lang::Es => {
            let month = MONTHS[usize::from(date.month().unsigned_abs()) - 1];
            date.strftime(&format!("%-d de {month} de %Y, %H:%M")).to_string()
        }
        Lang::En => date.strftime("%-d %B %Y, %H:%M").to_string(),
    }
}

fn in_spanish(evidence: &mut Evidence) {
    for Entry { who, how, what, .. } in &mut evidence.conversation {
        *who = role(who).to_owned();
        if *how == How::Event {
            translate(what);
        }
    }
    for line in &mut evidence.sent {
        if let Some((who, what)) = line.split_once(": ") {
            *line = format!("{}: {what}", role(who));
        }
    }
}

fn role(who: &str) -> &str {
    ROLES.iter().find(|(en, _)| *en == who).map_or(who, |(_, es)| es)
}

fn translate(event: &mut String) {
    if let Some((en, es)) = EVENTS.iter().find(|(en, _)| event.starts_with(en)) {
        event.replace_range(..en.len(), es);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;
    use std::{fs, process};

    use super::*;
    use crate::report::sample;

    #[test]
    fn a_date_is_written_as_people_do() {
        let utc = |text, lang| date(text, lang, TimeZone::UTC);
        let written = "2026-11-28T12:05:48.214147613Z";
        assert_eq!(utc(written, Lang::Es), "28 de noviembre de 2026, 12:05");
        assert_eq!(utc(written, Lang::En), "28 November 2026, 12:05");
        assert_eq!(utc("2026-01-01T00:00:00Z", Lang::Es), "1 de enero de 2026, 00:00");
        assert_eq!(utc("ayer", Lang::Es), "ayer");
    }

    /// The texts of events in the sources of a folder, up to the values in them.
    fn written(folder: &Path, texts: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                written(&path, texts);
                continue;
            }
            let source = fs::read_to_string(path).unwrap();
            // Not these calls here.
            let code = source.split("mod tests {").next().unwrap();
            let calls = [".event(", "scene.note("].map(|call| code.split(call).skip(1));
            for argument in calls.into_iter().flatten().filter(|rest| !rest.starts_with("what")) {
                let text = argument.trim_start_matches("format!(").strip_prefix('"');
                let text = text.unwrap_or_else(|| panic!("no text: {argument:.80}"));
                let text = text.split(['"', '{']).next().unwrap();
                texts.insert(text.trim_end_matches([':', ' ']).to_owned());
            }
        }
    }

    #[test]
    fn every_event_has_a_translation() {
        let mut texts = BTreeSet::new();
        for folder in ["src", "drive/src"] {
            written(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut texts);
        }
        assert!(texts.len() > 10, "{texts:?}");
        // The system's own words follow "ended".
        let known = EVENTS.map(|(en, _)| if en.starts_with("ended: ") { "ended" } else { en });
        assert_eq!(texts, BTreeSet::from(known.map(str::to_owned)));
        let mut ended = format!("ended: {}", process::ExitStatus::default());
        translate(&mut ended);
        assert!(ended.starts_with("terminó con"), "{ended}");
    }

    #[test]
    fn a_conversation_is_told_in_the_language_of_the_report() {
        let told = |lang| {
            let mut report = sample::full();
            report.lang = lang;
            let report = report.for_people();
            let evidence = report.results().find_map(|outcome| outcome.evidence.as_ref());
            evidence.unwrap().told(lang).join("\n")
        };
        let (spanish, english) = (told(Lang::Es), told(Lang::En));
        for text in ["servidor -- se inicia: python3", "ana -- se conecta: 127.0.0.1:40112 →"] {
            assert!(spanish.contains(text), "{spanish}");
        }
        for text in ["server -- starts: python3", "ana -- is connected: 127.0.0.1:40112 →"] {
            assert!(english.contains(text), "{english}");
        }
        assert!(!spanish.contains("server --") && !spanish.contains("is connected"), "{spanish}");
    }
}
