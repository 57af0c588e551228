//! A conversation as a diagram: time runs down, each participant has a lane, and each transmission
//! is an arrow.

use chat_drive::transcript::{Entry, How};
use maud::{Markup, html};

use crate::grade::result::Evidence;
use crate::report::people::is_start;
use crate::report::wording;
use crate::text::{Lang, Text};

/// Limit on the entries of a diagram that is open at first: a screen or so.
const OPEN: usize = 24;

/// The speaker's name in the checker's own entries.
const CHECKER: &str = "chat-check";

/// Renders the diagram.
pub(super) fn conversation(evidence: &Evidence, lang: Lang) -> Markup {
    let entries = &evidence.conversation;
    if entries.is_empty() {
        return html! {};
    }
    let lanes = Lanes::of(entries);
    let omitted = |i| evidence.omitted.filter(|(_, behind)| *behind == i);
    let title = wording::entries(entries.len(), lang);
    html! {
        details open[entries.len() <= OPEN] {
            summary { (title) }
            div.talk tabindex="0" role="region" aria-label=(title) {
                ol style={ "--n:" (lanes.names.len()) } {
                    li.head aria-hidden="true" {
                        span.time {}
                        div.lanes { @for name in &lanes.names { b { (name) } } }
                    }
                    @for (i, entry) in entries.iter().enumerate() {
                        @if let Some((count, _)) = omitted(i) {
                            li { span.time { "⋮" } div.lanes { p.note.all {
                                (count) " " (wording::OMITTED.to(lang))
                            } } }
                        }
                        li {
                            span.time { (entry.after.as_millis()) " ms" }
                            div.lanes { (lanes.draw(entry, lang)) }
                        }
                    }
                }
            }
        }
    }
}

/// The participants, each in a lane.
struct Lanes<'a> {
    /// From left to right.
    names: Vec<&'a str>,
    /// The lane of the program, if there is just one: the other end of every connection.
    program: Option<usize>,
}

impl<'a> Lanes<'a> {
    fn of(entries: &'a [Entry]) -> Self {
        let mut names: Vec<&str> = Vec::new();
        for who in entries.iter().map(|entry| entry.who.as_str()) {
            if who != CHECKER && !names.contains(&who) {
                names.push(who);
            }
        }
        let is_program = |name: &&str| {
            let mut own = entries.iter().filter(|entry| entry.who == **name);
            own.any(|entry| entry.how == How::Err || is_start(entry))
        };
        let programs: Vec<usize> =
            (0..names.len()).filter(|lane| is_program(&names[*lane])).collect();
        Self { names, program: if let [one] = programs[..] { Some(one) } else { None } }
    }

    fn draw(&self, entry: &Entry, lang: Lang) -> Markup {
        let Some(own) = self.names.iter().position(|name| *name == entry.who) else {
            return html! { p.note.all { (entry.what) } };
        };
        match (self.program, entry.how) {
            (Some(program), How::In) if program != own => self.arrow(own, program, entry, lang),
            (Some(program), How::Out) if program != own => self.arrow(program, own, entry, lang),
            _ => self.note(own, entry, lang),
        }
    }

    fn arrow(&self, from: usize, to: usize, entry: &Entry, lang: Lang) -> Markup {
        let (first, last) = (from.min(to), from.max(to));
        let place = format!("grid-column:{}/{};--k:{}", first + 1, last + 2, last - first + 1);
        let direction = if from < to { "right" } else { "left" };
        let kind = if entry.how == How::In { "sent" } else { "got" };
        html! {
            p.arrow.(direction).(kind) style=(place) {
                (self.unseen(entry, lang))
                span.text { (entry.what) }
            }
        }
    }

    fn note(&self, place: usize, entry: &Entry, lang: Lang) -> Markup {
        let (class, sign) = match entry.how {
            How::In => ("typed", "⌨ "),
            How::Out => ("printed", ""),
            How::Err => ("error", ""),
            How::Event => ("event", ""),
        };
        html! {
            p.note.(class) style={ "grid-column:" (place + 1) } {
                (self.unseen(entry, lang))
                span aria-hidden="true" { (sign) }
                (entry.what)
            }
        }
    }

    /// The text of the drawing, for readers that cannot see it.
    fn unseen(&self, entry: &Entry, lang: Lang) -> Markup {
        let own = self.names.iter().position(|name| *name == entry.who);
        let is_program = self.program == own;
        let does: Option<Text> = match entry.how {
            How::In if is_program => Some(wording::TYPED),
            How::In => Some(wording::SENDS),
            How::Out if is_program => Some(wording::PRINTS),
            How::Out => Some(wording::RECEIVES),
            How::Err => Some(wording::COMPLAINS),
            How::Event => None,
        };
        let does = does.map(|text| format!(" {}", text.to(lang))).unwrap_or_default();
        html! { span.unseen { (entry.who) (does) ": " } }
    }
}
