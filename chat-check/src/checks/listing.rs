//! Listing of the catalogue, as text and as JSON.

use std::io::{self, Write};

use serde::Serialize;

use crate::checks::catalogue::checks;
use crate::checks::check::{Check, Side};
use crate::checks::coverage::{LESSER, UNSEEN};
use crate::checks::requirement::{self, Number, Requirement};
use crate::text::{Lang, Text};
use crate::verdict::Level;

/// The JSON form of the catalogue.
#[derive(Serialize)]
struct Catalogue {
    requirements: Vec<Requirement>,
    checks: Vec<Listed>,
    unseen: Vec<Reason>,
    lesser: Vec<Reason>,
}

#[derive(Serialize)]
struct Listed {
    id: &'static str,
    requirement: String,
    side: Side,
    level: Level,
    profiles: Vec<&'static str>,
    needs: &'static [&'static str],
    title: &'static str,
    explanation: &'static str,
}

#[derive(Serialize)]
struct Reason {
    requirement: Number,
    reason: &'static str,
}

/// Writes the catalogue as JSON.
///
/// # Errors
///
/// It cannot be written.
pub(crate) fn json(lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    let listed = |check: &&Check| Listed {
        id: check.id,
        requirement: check.requirement().map(|number| number.to_string()).unwrap_or_default(),
        side: check.side,
        level: check.level,
        profiles: check.profiles.iter().map(|profile| profile.name()).collect(),
        needs: check.needs,
        title: check.title.to(lang),
        explanation: check.explanation.to(lang),
    };
    let reasons = |list: &[(Number, Text)]| -> Vec<Reason> {
        let reason =
            |(n, reason): &(Number, Text)| Reason { requirement: *n, reason: reason.to(lang) };
        list.iter().map(reason).collect()
    };
    let catalogue = Catalogue {
        requirements: requirement::all(lang),
        checks: all().iter().map(listed).collect(),
        unseen: reasons(UNSEEN),
        lesser: reasons(LESSER),
    };
    serde_json::to_writer_pretty(&mut *out, &catalogue)?;
    writeln!(out)
}

/// Writes the catalogue as text: each requirement, and its checks.
///
/// # Errors
///
/// It cannot be written.
pub(crate) fn text(lang: Lang, out: &mut dyn Write) -> io::Result<()> {
    let all = all();
    for requirement in requirement::all(lang) {
        writeln!(out, "{} {}", requirement.number, requirement.text)?;
        for check in all.iter().filter(|c| c.requirement() == Some(requirement.number)) {
            let [side, level] = [check.side.name(), check.level.name()].map(|name| name.to(lang));
            writeln!(out, "    {:<26} {side:<8} {level:<11} {}", check.id, check.title.to(lang))?;
        }
        for (reasons, what) in [(UNSEEN, NOT_CHECKED), (LESSER, NOT_REQUIRED)] {
            for (_, reason) in reasons.iter().filter(|(number, _)| *number == requirement.number) {
                writeln!(out, "    {}: {}", what.to(lang), reason.to(lang))?;
            }
        }
    }
    Ok(())
}

/// The word before the reason for a requirement without a check.
const NOT_CHECKED: Text = Text { es: "no se comprueba", en: "not checked" };

/// The word before the reason why other programs need not meet a requirement.
const NOT_REQUIRED: Text =
    Text { es: "no es obligatorio para otros programas", en: "not required of other programs" };

fn all() -> Vec<&'static Check> {
    [Side::Server, Side::Client].into_iter().flat_map(checks).collect()
}
