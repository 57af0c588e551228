//! The server's objects (requirement 10.21), and the lines of the text protocol that say the same.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chat_protocol::language::Language;
use chat_protocol::name::Name;
use chat_protocol::wording::{NOTICE, REFUSAL, message_by_name};
use serde_json::{Map, Value};

use super::heard::Position;

/// A JSON object of the server.
pub(super) struct Object(Map<String, Value>);

impl Object {
    /// The object on this line, if there is one.
    pub(super) fn parse(line: &str) -> Option<Self> {
        match serde_json::from_str(line) {
            Ok(Value::Object(object)) => Some(Self(object)),
            _ => None,
        }
    }

    pub(super) fn kind(&self) -> &str {
        self.text("kind").unwrap_or_default()
    }

    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key)?.as_str()
    }

    pub(super) fn number(&self, key: &str) -> Option<u64> {
        self.0.get(key)?.as_u64()
    }

    pub(super) fn name(&self, key: &str) -> Option<Name> {
        self.text(key)?.parse().ok()
    }

    pub(super) fn position(&self, key: &str) -> Option<Position> {
        self.text(key)?.parse().ok()
    }

    /// The lines that say the same to a person. An object without a text says nothing.
    pub(super) fn lines(&self, language: Language) -> Vec<String> {
        let Some(text) = self.text("text") else { return Vec::new() };
        let said = match (self.kind(), self.text("who"), self.name("who")) {
            ("message", None, _) => Some(text.to_owned()),
            ("message", Some(who), Some(_)) => Some(message_by_name(who, text).to_string()),
            // The label of a client without a name.
            ("message", Some(who), None) => Some(format!("{who}: {text}")),
            ("private", _, Some(who)) => Some(language.private(&who, text).to_string()),
            ("receipt", _, Some(who)) => Some(language.private_receipt(&who, text).to_string()),
            ("past", who, _) => {
                Some(language.past(self.age(), who.unwrap_or_default(), text).to_string())
            }
            _ => None,
        };
        let mark = if self.kind() == "refusal" { REFUSAL } else { NOTICE };
        if let Some(said) = said {
            return vec![said];
        }
        // Who has a session comes from another room.
        let room = self.name("room").filter(|_| self.kind() == "here");
        let moved = room.map(|room| language.you_are_in(&room).to_string());
        moved.into_iter().chain(text.lines().map(|line| format!("{mark}{line}"))).collect()
    }

    /// The time since it was said.
    fn age(&self) -> Duration {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let said = self.number("time").map_or(now, Duration::from_millis);
        now.saturating_sub(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(object: &str) -> Vec<String> {
        Object::parse(object).unwrap().lines(Language::Es)
    }

    #[test]
    fn r11_15_another_room_is_two_lines_as_in_the_text_protocol() {
        let here = r#"{"kind":"here","room":"cocina","text":"eres Ana; en cocina (1): Ana"}"#;
        assert_eq!(lines(here), ["* estás en la sala cocina", "* eres Ana; en cocina (1): Ana"]);
    }

    #[test]
    fn r11_15_an_object_becomes_the_line_of_the_text_protocol() {
        for (object, line) in [
            (r#"{"kind":"message","who":"Ana","text":"hola"}"#, "Ana > hola"),
            (r#"{"kind":"message","who":"usuario 7-2","text":"hola"}"#, "usuario 7-2: hola"),
            (r#"{"kind":"message","text":"hola"}"#, "hola"),
            (r#"{"kind":"private","who":"Ana","text":"hola"}"#, "[privado] Ana > hola"),
            (r#"{"kind":"receipt","who":"Ana","text":"hola"}"#, "[privado a Ana] hola"),
            (r#"{"kind":"past","time":0,"text":"x","who":"Ana"}"#, "* hace 20"),
            (r#"{"kind":"joined","who":"Ana","text":"Ana se ha unido"}"#, "* Ana se ha unido"),
            (r#"{"kind":"crowd","joined":2,"text":"2 personas se han unido"}"#, "* 2 personas"),
            (r#"{"kind":"refusal","text":"no"}"#, "! no"),
            (r#"{"kind":"end","text":"el servidor se cierra"}"#, "* el servidor se cierra"),
            (r#"{"kind":"what is new","text":"hola"}"#, "* hola"),
        ] {
            let lines = lines(object);
            assert!(lines.len() == 1 && lines[0].starts_with(line), "{lines:?}");
        }
    }

    #[test]
    fn r11_15_each_line_of_a_text_has_its_mark_and_no_text_is_no_line() {
        assert_eq!(lines(r#"{"kind":"help","text":"uno\ndos"}"#), ["* uno", "* dos"]);
        assert_eq!(lines(r#"{"kind":"accepted","number":3}"#), [""; 0]);
        assert!(Object::parse("Ana > {}").is_none() && Object::parse("7").is_none());
    }
}
