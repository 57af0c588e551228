//! Which requirements no check can see, and why.

use crate::requirement::Number;
use crate::text::Text;

/// The requirements that no check looks at, each with its reason.
pub const UNSEEN: &[(Number, Text)] = &[(
    Number(7, 3),
    Text {
        es: "Con qué palabras y cuándo se pide el nombre al usuario no lo fija el curso.",
        en: "The course does not fix when and in which words a user is asked for a name.",
    },
)];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::catalogue::{Check, Side, checks};
    use crate::requirement;

    fn all() -> Vec<&'static Check> {
        [Side::Server, Side::Client].into_iter().flat_map(checks).collect()
    }

    #[test]
    fn every_check_has_a_requirement() {
        let known: BTreeSet<Number> = requirement::all().iter().map(|r| r.number).collect();
        for check in all() {
            let number = check.requirement().expect(check.id);
            assert!(known.contains(&number), "{} is of no requirement", check.id);
        }
    }

    #[test]
    fn every_requirement_has_a_check_or_a_reason() {
        let seen: BTreeSet<Number> = all().iter().filter_map(|check| check.requirement()).collect();
        let unseen: BTreeSet<Number> = UNSEEN.iter().map(|(number, _)| *number).collect();
        for requirement in requirement::all() {
            let number = requirement.number;
            assert!(
                seen.contains(&number) != unseen.contains(&number),
                "{number}: seen {}, said to be unseen {}",
                seen.contains(&number),
                unseen.contains(&number),
            );
        }
    }
}
