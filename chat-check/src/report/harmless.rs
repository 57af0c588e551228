//! Escaping of program output, so that it may be shown anywhere.
//!
//! Every form of a report begins with [`Report::harmless`], most through `Report::for_people`. Each
//! form adds its own escaping, such as that of HTML.

use std::borrow::Cow;

use chat_drive::transcript::{Entry, with_nuls_counted};
use chat_protocol::text::showable;

use crate::dialect::{Dialect, Naming};
use crate::grade::result::{Evidence, NotStarted, Outcome, Part, Report};
use crate::grade::result::{Marks, PartMarks};

/// The blanks in place of a tab.
const TAB: &str = "    ";

/// Escapes everything that could drive a terminal, turn the text around, break a line or be
/// forbidden in XML: such characters are written as `\u{1b}`. A tab becomes blanks, and many NUL
/// characters their number.
pub(crate) fn harmless(text: &str) -> String {
    let counted = with_nuls_counted(text.as_bytes());
    let text = &String::from_utf8_lossy(&counted);
    let showable = showable(Cow::Borrowed(text));
    let mut harmless = String::with_capacity(text.len());
    for (was, is) in text.chars().zip(showable.chars()) {
        match was {
            '\t' => harmless.push_str(TAB),
            '\u{FFFE}' | '\u{FFFF}' => harmless.extend(was.escape_unicode()),
            _ if was != is => harmless.extend(was.escape_default()),
            _ => harmless.push(was),
        }
    }
    harmless
}

fn all(texts: &mut [String]) {
    texts.iter_mut().for_each(one);
}

fn one(text: &mut String) {
    *text = harmless(text);
}

impl Report {
    /// A copy in which every text is [`harmless`].
    #[must_use]
    pub(crate) fn harmless(&self) -> Self {
        let mut copy = self.clone();
        // Taken apart by names, so that a new field cannot be forgotten.
        let Self { format: _, version, lang: _, submission, date, interrupted: _, parts, marks } =
            &mut copy;
        one(version);
        submission.iter_mut().for_each(one);
        one(date);
        parts.iter_mut().for_each(part);
        marks.iter_mut().for_each(marked);
        copy
    }
}

impl Outcome {
    /// A copy in which every text is [`harmless`].
    #[must_use]
    pub(crate) fn harmless(&self) -> Self {
        let mut copy = self.clone();
        outcome(&mut copy);
        copy
    }
}

fn part(part: &mut Part) {
    let Part {
        side: _,
        command,
        profile: _,
        dialect,
        remarks,
        others,
        not_started,
        unsure: _,
        results,
        seconds: _,
    } = part;
    one(command);
    let Dialect {
        port: _,
        framing: _,
        greeting: _,
        naming,
        question,
        open_question: _,
        open_name: _,
        name_form,
        message_form,
        enter,
        commands,
        forbidden,
        kick_by: _,
        label: _,
        echo: _,
        leave,
        most_clients: _,
        typed: _,
        welcome,
        before,
        given,
    } = dialect;
    if let Naming::Asked(keyword) = naming {
        one(keyword);
    }
    question.iter_mut().for_each(one);
    one(name_form);
    one(message_form);
    all(enter);
    commands.values_mut().for_each(one);
    all(forbidden);
    leave.iter_mut().for_each(one);
    welcome.iter_mut().for_each(one);
    all(before);
    all(given);
    all(remarks);
    all(others);
    if let Some(NotStarted { why, printed }) = not_started {
        one(why);
        all(printed);
    }
    results.iter_mut().for_each(outcome);
}

fn outcome(outcome: &mut Outcome) {
    let Outcome {
        id,
        requirement,
        level: _,
        title,
        verdict: _,
        reason,
        evidence,
        seconds: _,
        repeat,
    } = outcome;
    [id, requirement, title, repeat].into_iter().for_each(one);
    reason.iter_mut().for_each(one);
    if let Some(Evidence { expected, came, explanation, sent, conversation, omitted: _, stderr }) =
        evidence
    {
        [expected, came, explanation].into_iter().for_each(one);
        all(sent);
        for Entry { after: _, who, how: _, what } in conversation {
            one(who);
            one(what);
        }
        all(stderr);
    }
}

fn marked(marks: &mut Marks) {
    let Marks { rubric, parts, points: _, of: _ } = marks;
    one(rubric);
    for PartMarks { side: _, points: _, of: _, percent: _, level, arithmetic, lost } in parts {
        one(level);
        all(arithmetic);
        for loss in lost {
            one(&mut loss.reason);
            all(&mut loss.checks);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_shown_is_escaped_and_the_rest_stays() {
        assert_eq!(harmless("¿qué? 👩‍👩‍👧 «x» \\"), "¿qué? 👩‍👩‍👧 «x» \\");
        assert_eq!(harmless("a\tb\r\n\u{1b}[2J"), "a    b\\r\\n\\u{1b}[2J");
        assert_eq!(harmless(&format!("a{}b", "\0".repeat(512))), "a(512 NUL)b");
        assert_eq!(
            harmless("\u{9b}\u{202e}\u{2028}\u{ffff}"),
            "\\u{9b}\\u{202e}\\u{2028}\\u{ffff}"
        );
    }

    #[test]
    fn twice_is_the_same_as_once() {
        let once = harmless("\u{1b}]0;x\u{7}\t");
        assert_eq!(harmless(&once), once);
    }
}
