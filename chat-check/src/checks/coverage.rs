//! Coverage of the requirements: those without a check, or only with checks of less weight, and the
//! reason.

use crate::checks::requirement::Number;
use crate::text::Text;

/// Requirements without a check, each with its reason.
pub(crate) const UNSEEN: &[(Number, Text)] = &[
    unasked(1, 9),
    unasked(1, 10),
    unasked(1, 11),
    unasked(1, 12),
    unasked(1, 13),
    unasked(1, 14),
    (
        Number(3, 5),
        Text {
            es: "con qué palabras lo dice es cosa de cada programa",
            en: "its words are each program's own",
        },
    ),
    unasked(4, 8),
    unasked(4, 9),
    unasked(4, 10),
    unasked(5, 7),
    (
        Number(7, 3),
        Text {
            es: "con qué palabras y en qué momento se pide el nombre a la persona no lo fija el curso",
            en: "the course does not fix when, and in which words, people are asked for their names",
        },
    ),
    (
        Number(7, 5),
        Text {
            es: "rechazar en vez de hacer esperar es una opción de cada programa; 7.1 admite ambas",
            en: "refusing instead of letting wait is each program's own option; 7.1 accepts both",
        },
    ),
    (
        Number(8, 6),
        Text {
            es: "con qué opciones se dan los tiempos es cosa de cada programa; el curso no las fija",
            en: "with which options times are given is each program's own; the course fixes none",
        },
    ),
    (
        Number(9, 1),
        Text {
            es: "el curso habla español: en qué otros idiomas habla un programa es cosa suya",
            en: "the course speaks Spanish: which other languages a program speaks is its own",
        },
    ),
    (
        Number(9, 2),
        Text {
            es: "el curso habla español: en qué otros idiomas habla un programa es cosa suya",
            en: "the course speaks Spanish: which other languages a program speaks is its own",
        },
    ),
    (
        Number(9, 3),
        Text {
            es: "el curso habla español: en qué otros idiomas habla un programa es cosa suya",
            en: "the course speaks Spanish: which other languages a program speaks is its own",
        },
    ),
    unasked(10, 1),
    unasked(10, 2),
    unasked(10, 3),
    unasked(10, 4),
    unasked(10, 5),
    unasked(10, 6),
    unasked(10, 7),
    unasked(10, 8),
    unasked(10, 9),
    unasked(10, 10),
    unasked(10, 11),
    unasked(10, 13),
    unasked(10, 14),
    unasked(10, 15),
    unasked(10, 16),
    unasked(10, 17),
    unasked(10, 18),
    unasked(10, 20),
    unasked(10, 21),
    unasked(10, 22),
    unasked(10, 23),
    unasked(10, 24),
    unasked(10, 25),
    unasked(11, 1),
    unasked(11, 2),
    unasked(11, 3),
    unasked(11, 4),
    unasked(11, 5),
    unasked(11, 6),
    unasked(11, 7),
    unasked(11, 8),
    unasked(11, 9),
    unasked(11, 10),
    unasked(11, 11),
    unasked(11, 12),
    unasked(11, 13),
    unasked(11, 14),
    unasked(11, 15),
    unasked(11, 16),
    unasked(11, 17),
    unasked(11, 18),
    unasked(11, 19),
    unasked(11, 20),
    unasked(11, 21),
    unasked(12, 1),
    unasked(12, 2),
    unasked(12, 3),
    unasked(12, 4),
    unasked(12, 5),
    unasked(12, 6),
    unasked(13, 1),
    unasked(13, 2),
    unasked(13, 3),
    unasked(13, 4),
    unasked(13, 5),
    unasked(13, 6),
    unasked(13, 7),
    unasked(13, 8),
    unasked(13, 9),
    unasked(13, 10),
    unasked(14, 1),
    unasked(14, 2),
    unasked(14, 3),
    unasked(14, 4),
    unasked(14, 5),
    unasked(14, 6),
    unasked(14, 7),
    unasked(14, 8),
    unasked(14, 9),
    unasked(14, 10),
    unasked(14, 11),
    unasked(14, 12),
    unasked(14, 13),
    unasked(14, 14),
    unasked(14, 15),
    unasked(14, 16),
    unasked(14, 17),
    unasked(14, 18),
    unasked(14, 19),
    unasked(15, 1),
    unasked(15, 2),
    unasked(15, 3),
    unasked(15, 4),
    unasked(16, 1),
    unasked(16, 2),
    unasked(16, 3),
    unasked(16, 4),
];

/// A requirement that only this project's own programs have.
const fn unasked(chapter: u8, number: u8) -> (Number, Text) {
    let text = Text { es: "ningún enunciado lo pide", en: "no assignment asks for it" };
    (Number(chapter, number), text)
}

/// Requirements with checks that all weigh less than they do, each with the reason: what the
/// specification asks of this project's own programs to the letter, others may do in their own way.
pub(crate) const LESSER: &[(Number, Text)] = &[
    (Number(1, 2), Text { es: "las palabras son nuestras", en: "the words are ours" }),
    (Number(1, 3), Text { es: "las palabras son nuestras", en: "the words are ours" }),
    (
        Number(1, 5),
        Text {
            es: "no todos los enunciados tienen un saludo",
            en: "not every assignment has a greeting",
        },
    ),
    (
        Number(1, 8),
        Text {
            es: "los lenguajes de otros programas dejan un rastro propio",
            en: "other programs' languages leave a trace of their own",
        },
    ),
    (
        Number(2, 4),
        Text {
            es: "no todos los enunciados dicen quién habla",
            en: "not every assignment says who speaks",
        },
    ),
    (
        Number(2, 5),
        Text {
            es: "no en todos los enunciados imprime el servidor lo que se dice",
            en: "not every assignment has the server print what is said",
        },
    ),
    unasked(2, 11),
    unasked(4, 6),
    (
        Number(5, 5),
        Text {
            es: "qué nombres valen lo decide cada curso",
            en: "which names are allowed is each course's own",
        },
    ),
    (
        Number(5, 6),
        Text {
            es: "cuánto espera es cosa de cada programa",
            en: "how long it waits is each program's own",
        },
    ),
    (Number(6, 5), Text { es: "son solo otros nombres", en: "they are no more than other names" }),
    (Number(6, 6), Text { es: "los signos son nuestros", en: "the signs are ours" }),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::checks::catalogue::checks;
    use crate::checks::check::{Check, Side};
    use crate::checks::requirement;
    use crate::text::Lang;
    use crate::verdict::Level;

    fn all() -> Vec<&'static Check> {
        [Side::Server, Side::Client].into_iter().flat_map(checks).collect()
    }

    #[test]
    fn every_check_has_a_requirement() {
        let known: BTreeSet<Number> = requirement::all(Lang::En).iter().map(|r| r.number).collect();
        for check in all() {
            let number = check.requirement().expect(check.id);
            assert!(known.contains(&number), "{} is of no requirement", check.id);
        }
    }

    #[test]
    fn every_must_has_a_must_or_a_reason() {
        let musts = all().into_iter().filter(|check| check.level == Level::Must);
        let must: BTreeSet<Number> = musts.filter_map(Check::requirement).collect();
        let reasons: BTreeSet<Number> =
            UNSEEN.iter().chain(LESSER).map(|(number, _)| *number).collect();
        let known = requirement::all(Lang::En).into_iter().filter(|r| r.level == Level::Must);
        let wrong: Vec<String> = known
            .map(|requirement| requirement.number)
            .filter(|number| must.contains(number) == reasons.contains(number))
            .map(|number| number.to_string())
            .collect();
        assert!(wrong.is_empty(), "neither a MUST nor a reason, or both: {wrong:?}");
    }

    #[test]
    fn every_requirement_has_a_check_or_a_reason() {
        let seen: BTreeSet<Number> = all().iter().filter_map(|check| check.requirement()).collect();
        let unseen: BTreeSet<Number> = UNSEEN.iter().map(|(number, _)| *number).collect();
        let known = requirement::all(Lang::En).into_iter().map(|requirement| requirement.number);
        let wrong: Vec<String> = known
            .filter(|number| seen.contains(number) == unseen.contains(number))
            .map(|number| number.to_string())
            .collect();
        assert!(wrong.is_empty(), "neither a check nor a reason, or both: {wrong:?}");
    }
}
