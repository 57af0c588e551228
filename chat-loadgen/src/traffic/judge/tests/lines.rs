//! Tests of the bytes around a message on its line.

use super::*;

impl Seen {
    /// Hears a line that is a message of the dialect's form, or another one.
    fn hear_as(&mut self, said: bool, line: &str) {
        let line = line.as_bytes();
        let event = if said { Event::Said(line) } else { Event::Other(line) };
        self.judge.judge_frame(&self.shared, &mut self.client, event, 1_100);
    }

    /// Hears a probe with these bytes around it.
    fn hear_probe(&mut self, said: bool, before: &str, behind: &str) {
        let mut text = Vec::new();
        let message = Message { kind: Kind::Probe, sender: 1, number: 0 };
        self.shared.mark.write(message, 0, &mut text);
        let text = String::from_utf8(text).expect("ASCII");
        self.hear_as(said, &format!("{before}{text}{behind}"));
    }

    fn garbage(&self) -> Vec<&str> {
        let seen = self.judge.anomalies.witnesses(Anomaly::Garbage).iter();
        seen.map(|sighting| &*sighting.detail).collect()
    }
}

#[test]
fn bytes_around_a_message_that_are_no_label_are_garbage_and_the_message_is_delivered() {
    let mut seen = Seen::new();
    seen.hear_probe(true, "usuario 5: ", "");
    let texts: Vec<String> = (0..5).map(|number| seen.text(number)).collect();
    seen.hear_as(true, &format!("usuario 5: {}", texts[0]));
    seen.hear_as(false, &format!("\u{1b}[2Jusuario 5: {}", texts[1]));
    seen.hear_as(true, &format!("usuario 5: {}\0\0", texts[2]));
    // Two messages and their labels on one line.
    seen.hear_as(false, &format!("x}}usuario 5: {}usuario 5: {}", texts[3], texts[4]));
    assert_eq!(seen.garbage(), ["\u{fffd}[2Jusuario 5: ", "\u{fffd}\u{fffd}", "x}usuario 5: "]);
    assert_eq!(seen.close(Ending::Over), [("ok", 5), ("merged", 1), ("garbage", 3)]);
}

#[test]
fn a_server_without_labels_puts_nothing_in_front() {
    let mut seen = Seen::new();
    seen.hear_probe(false, "", "");
    let [a, b] = [0, 1].map(|number| seen.text(number));
    seen.hear_as(false, &a);
    seen.hear_as(false, &format!("usuari{b}"));
    assert_eq!(seen.garbage(), ["usuari"]);
    assert_eq!(seen.close(Ending::Over), [("ok", 2), ("garbage", 1)]);
}

#[test]
fn labels_of_another_form_are_those_of_this_server() {
    let mut seen = Seen::new();
    seen.hear_probe(false, "[12:00] <ana> ", " ");
    let [a, b] = [0, 1].map(|number| seen.text(number));
    seen.hear_as(false, &format!("[12:00] <ana> {a} "));
    seen.hear_as(false, &format!("[12:01] <ana> {b}"));
    assert_eq!(seen.close(Ending::Over), [("ok", 2)]);
}

#[test]
fn a_line_with_escapes_has_no_label_of_the_dialects_form() {
    let mut seen = Seen::new();
    seen.hear_probe(true, "[\"", "");
    let a = seen.text(0);
    let line = format!("[\"{a}").replace('\\', "\\\\");
    let event = Event::Escaped(line.as_bytes());
    seen.judge.judge_frame(&seen.shared, &mut seen.client, event, 1_100);
    assert_eq!(seen.close(Ending::Over), [("ok", 1)]);
}
