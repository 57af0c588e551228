use proptest::prelude::*;

use super::*;

fn parse(text: &str) -> Result<Name, NameError> {
    text.parse()
}

fn alike(one: &str, other: &str) -> bool {
    let (one, other) = (parse(one).unwrap().looks(), parse(other).unwrap().looks());
    one.iter().any(|look| other.contains(look))
}

#[test]
fn r5_5_takes_the_names_that_people_have() {
    let names = [
        "Facundo",
        "Ana",
        "José-Luis",
        "Ñandú_2",
        "a",
        "7",
        "x.y",
        "Mª",
        "李小龍",
        "Ελένη",
        "Наташа",
        "שרה",
        "محمد",
        "अनीता",
        "สมชาย",
        "Nguyễn",
        "José",
        "Ｋｅｎ",
        "_x_",
        ".a",
        "O'Brien",
        "D’Angelo",
        "Gal·la",
        "علی‌رضا",
        "क्‍षमा",
        "শ্‌রী",
        "𠮷田",
        "Ἀθηνᾶ",
        "שָׁלוֹם",
        "مُحمد",
        "Kaʻi",
        "田中エリ",
        "Ken李",
        "김Mia",
    ];
    for name in names {
        assert_eq!(parse(name).map(|n| n.to_string()), Ok(name.to_owned()));
    }
    assert_eq!(parse("  Ana\t").unwrap().as_str(), "Ana");
    for (composed, decomposed) in [("Ionuţ", "Ionut\u{327}"), ("가", "\u{1100}\u{1161}")] {
        assert!(parse(composed).is_ok() && parse(decomposed).is_ok(), "{composed}");
    }
}

#[test]
fn r5_5_counts_characters_as_they_are_seen() {
    assert!(parse(&"ñ".repeat(MAX_NAME)).is_ok());
    assert!(parse(&"n\u{303}".repeat(MAX_NAME)).is_ok());
    assert_eq!(parse(&"x".repeat(MAX_NAME + 1)), Err(NameError::TooLong));
}

#[test]
fn r5_5_refuses_what_is_no_name() {
    for blank in ["", " ", "\t", "\u{3000}"] {
        assert_eq!(parse(blank), Err(NameError::Empty), "{blank:?}");
    }
    for blank in ["José María", "dos\u{A0}palabras", "a\tb"] {
        assert_eq!(parse(blank), Err(NameError::Blank), "{blank:?}");
    }
    for mixed in ["Аna", "Anа", "Maríα", "ѕеrver", "Ana٣", "Дan李"] {
        assert_eq!(parse(mixed), Err(NameError::Scripts), "{mixed:?}");
    }
    for signs in ["_", "...", "-", "'", "’·"] {
        assert_eq!(parse(signs), Err(NameError::NoLetter), "{signs:?}");
    }
}

#[test]
fn r5_5_refuses_what_cannot_be_seen_or_confuses() {
    let strange = [
        "a\u{200B}b",
        "a\u{200C}b",
        "a\u{200D}b",
        "د\u{200C}ر",
        "علی\u{200C}",
        "\u{200C}علی",
        "क\u{200D}ष",
        "क्\u{200D}\u{200D}ष",
        "क्\u{200D}ि",
        "a\u{313}",
        "a`b",
        "\u{202E}ana",
        "a\u{2066}",
        "a\0b",
        "a\x1b[2J",
        "\u{3164}",
        "a\u{AD}b",
        "😀",
        "a>b",
        "ana\u{FFFD}",
        "\u{301}a",
        "a\u{300}\u{301}\u{302}\u{303}\u{304}",
        "𓀀",
        "#a",
        "\u{FEFF}a",
        "José\u{301}",
        "a\u{17B4}",
    ];
    for name in strange {
        assert_eq!(parse(name), Err(NameError::Character), "{name:?}");
    }
}

#[test]
fn r6_1_a_name_is_meant_by_what_is_typed_for_it() {
    for (name, typed) in [
        ("O’Brien", "o'brien"),
        ("مُحمد", "محمد"),
        ("Gal·la", "galla"),
        ("علی‌رضا", "علیرضا"),
        ("José", "JOSE\u{301}"),
        ("Ana٣", "ana3"),
    ] {
        assert!(Name(name.into()).is_meant_by(typed), "{name} {typed}");
    }
    for (name, typed) in [("José", "Jose"), ("Leo", "Le0"), ("cop", "сор"), ("Ana", "Anna")] {
        assert!(!Name(name.into()).is_meant_by(typed), "{name} {typed}");
    }
}

#[test]
fn r6_6_no_name_can_imitate_a_notice_or_a_label() {
    for name in ["*", "* Ana", "!", "!Ana", "[privado]", "Ana >", "/quien", "usuario 1:", "// a"] {
        assert!(parse(name).is_err(), "{name:?}");
    }
    for guest in
        ["usuario-1", "USUARIO-65310", "usuarıo-1", "USUARlO-1", "usuario1", "usuário·65310"]
    {
        assert!(parse(guest).unwrap().is_guest_like(), "{guest:?}");
        assert!(!parse(guest).unwrap().is_reserved(), "only where clients have port numbers");
    }
    for other in ["usuario", "usuario-ana", "usuariol2x", "usuaria1", "1usuario"] {
        assert!(!parse(other).unwrap().is_guest_like(), "{other:?}");
    }
    assert!(Name::guest(65310, 2).is_guest_like());
    assert!(parse("usuario").unwrap().is_reserved());
}

#[test]
fn r5_5_names_that_mean_the_chat_are_reserved() {
    let reserved = [
        "salir",
        "SALIR",
        "Servidor",
        "ＣＬＩＥＮＴＥ",
        "SERVlDOR",
        "servi\u{307}dor",
        "Servidor.",
        "Servídor",
        "Śervidor",
        "S-e-r-v-i-d-o-r",
        "_servidor_",
        "Servidor2",
        "servidor-12",
        "Sistema",
        "Operador",
        "Operator",
        "admin",
        "Admin1",
        "ADMIN’",
        "Administrador",
        "administrator",
        "moderador",
        "Root",
        "r00t",
        "system",
        "Chat",
        "privado",
    ];
    for word in reserved {
        assert!(parse(word).unwrap().is_reserved(), "{word}");
    }
    for name in ["salirse", "Servando", "Adminda", "Charo", "Sista", "Chatt", "2", "Rut"] {
        assert!(!parse(name).unwrap().is_reserved(), "{name}");
    }
}

#[test]
fn r5_4_names_that_can_be_taken_for_each_other_are_alike() {
    let pairs = [
        ("Ana", "ANA"),
        ("José", "Jose\u{301}"),
        ("Straße", "STRASSE"),
        ("Ken", "Ｋｅｎ"),
        ("Ian", "lan"),
        ("Leo", "Le0"),
        ("ANA", "ΑΝΑ"),
        ("cop", "сор"),
        ("Σοφία", "ΣΟΦΊΑ"),
        ("ﬁn", "fin"),
        ("Maria", "MARlA"),
        ("loll", "I0II"),
        ("Maria", "Mari\u{307}a"),
        ("Ana", "Ana."),
        ("Ana", "Ana_"),
        ("Ana", "A-na"),
        ("O'Brien", "O’Brien"),
        ("O'Brien", "OʼBrien"),
        ("Gal·la", "Galla"),
        ("محمد", "مُحمد"),
        ("علی‌رضا", "علیرضا"),
        ("שָׁלוֹם", "שלום"),
        ("محمد3", "محمد٣"),
        ("محمد۳", "محمد٣"),
        ("Ana3", "Ana-3"),
        ("a1-2", "a1.2"),
    ];
    for (one, other) in pairs {
        assert!(alike(one, other), "{one} {other}");
    }
    let others = [
        ("Maria", "Marla"),
        ("Ana", "Anna"),
        ("Ana", "Aña"),
        ("ian", "lan"),
        ("José", "Jose"),
        ("Peña", "Pena"),
        ("Àlex", "Alex"),
        ("Çelik", "Celik"),
        ("Йов", "Иов"),
        ("Фёдор", "Федор"),
        ("Ἀθηνᾶ", "Αθηνα"),
        ("أحمد", "احمد"),
        ("usuario-1234-2", "usuario-12342"),
        ("Ana3", "Ana4"),
    ];
    for (one, other) in others {
        assert!(!alike(one, other), "{one} {other}");
    }
}

proptest! {
    #[test]
    fn r5_5_what_is_taken_is_short_and_visible(text in "\\PC{0,40}") {
        if let Ok(name) = parse(&text) {
            prop_assert!((1..=MAX_NAME).contains(&name.as_str().nfc().count()));
            prop_assert!(!name.as_str().contains([' ', '>', '*', '!', '[', '/', ':']));
            // The folded text need not be a name: U+10C7 may be in a name, its small letter may
            // not.
            let folded = looks::looks(&fold(name.as_str()));
            prop_assert!(name.looks().iter().any(|look| folded.contains(look)));
        }
    }
}
