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
const EVENTS: [(&str, &str); 15] = [
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
    ("ended: signal:", "terminó por la señal"),
    ("its input ends", "se acaba su entrada"),
    ("reads its input no more", "ya no lee su entrada"),
    ("once more, with the output on a terminal", "otra vez, con la salida en una terminal"),
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
