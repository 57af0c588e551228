use super::*;

#[test]
fn r6_4_a_line_without_a_slash_is_text_and_two_slashes_say_one() {
    for (line, text) in
        [("hola", "hola"), (" /quien", " /quien"), ("//quien", "/quien"), ("//", "/")]
    {
        assert_eq!(parse(line), Parsed::Text(text));
    }
}

#[test]
fn r12_1_a_command_with_a_word_is_no_message_behind_what_is_no_letter() {
    for line in [" /clave x", "\t /REGISTRAR x", "\u{a0}/password", " /register x"] {
        assert!(matches!(parse(line), Parsed::Malformed { .. }), "{line:?}");
    }
    let unseen = ["\u{FEFF}", "\u{200B}", " \u{AD}", "\u{2060} ", "\u{180E}", "\u{2068}", "\u{7F}"];
    // A terminal puts an escape sequence before what is pasted. Its escape character has been replaced.
    for before in unseen.into_iter().chain(["\u{1B}[200~", "\u{FFFD}[200~", "7 ", ">"]) {
        let line = format!("{before}/clave x");
        assert!(matches!(parse(&line), Parsed::Malformed { .. }), "{line:?}");
    }
    for line in
        [" //clave x", " /claves x", " clave x", "usa /clave x", "o/clave", "1 /quien /clave x"]
    {
        assert_eq!(parse(line), Parsed::Text(line));
    }
}

#[test]
fn r6_5_every_command_is_known_by_both_its_words_in_any_case() {
    for form in &FORMS {
        let arguments = match form.verb {
            Verb::Private => " Ana hola",
            Verb::History => " 9",
            Verb::Slow => " 5s",
            _ if form.arguments.es.is_empty() => "",
            _ => " Ana",
        };
        for word in [form.word, form.alias, &form.alias.to_uppercase()] {
            let line = format!("/{word}{arguments}");
            assert!(matches!(parse(&line), Parsed::Command(_)), "{line}");
        }
    }
}

#[test]
fn r6_1_a_private_text_keeps_its_inner_blanks() {
    let expected = Command::Private { to: "Ana".to_owned(), text: "a  b".to_owned() };
    assert_eq!(parse("/privado   Ana   a  b "), Parsed::Command(expected));
}

#[test]
fn r6_4_what_is_missing_or_too_much_is_malformed() {
    let malformed = [
        "/privado",
        "/privado Ana",
        "/privado Ana  ",
        "/sala",
        "/nombre",
        "/responder",
        "/responder ",
        "/quien es",
        "/historial 0",
        "/historial todo",
        "/salir ya",
    ];
    for line in malformed {
        assert!(matches!(parse(line), Parsed::Malformed { .. }), "{line:?}");
    }
}

#[test]
fn r13_4_a_ban_has_a_time_or_none_and_a_reason_or_none() {
    let ban = |seconds: Option<u64>, reason: &str| {
        let time = seconds.map(Duration::from_secs);
        let target = "Ana".to_owned();
        Parsed::Command(Command::Ban { target, time, reason: reason.to_owned() })
    };
    for (line, expected) in [
        ("/vetar Ana", ban(None, "")),
        ("/vetar Ana 30m", ban(Some(1800), "")),
        ("/ban Ana 1h30m por  todo", ban(Some(5400), "por  todo")),
        ("/vetar Ana off no sigas", ban(None, "off no sigas")),
    ] {
        assert_eq!(parse(line), expected, "{line}");
    }
    let hour = Command::Slow(Some(Duration::from_hours(1)));
    assert_eq!(parse("/lento 1h"), Parsed::Command(hour));
    for line in [
        "/vetar",
        "/vetar Ana 30",
        "/vetar Ana 400days",
        "/callar Ana ya",
        "/lento",
        "/lento 3",
        "/lento 3601s",
    ] {
        assert!(matches!(parse(line), Parsed::Malformed { .. }), "{line}");
    }
}

#[test]
fn r6_4_anything_else_is_unknown() {
    for (line, word) in [("/", ""), ("/ quien", ""), ("/baila ya", "baila"), ("/qu", "qu")] {
        assert_eq!(parse(line), Parsed::Unknown { word, nearest: None }, "{line:?}");
    }
}

#[test]
fn r6_4_the_nearest_word_is_proposed() {
    for (word, meant) in [
        ("quein", Some("quien")),
        ("QUIENES", Some("quien")),
        ("privad", Some("privado")),
        ("jion", Some("join")),
        ("salid", Some("salir")),
        ("sal", Some("sala")),
        ("whp", Some("who")),
        ("siguiente", None),
        ("responderresponderresponderresponder", None),
    ] {
        let line = format!("/{word}");
        assert_eq!(parse(&line), Parsed::Unknown { word, nearest: meant }, "{line}");
    }
}

#[test]
fn r7_2_the_operator_has_commands_of_its_own_and_those_of_the_members_if_they_have_any() {
    let parse = |line, commands| parse_with(line, operator_forms(commands));
    for commands in [false, true] {
        let kick = |name: Option<&str>| {
            let name = name.map(str::to_owned);
            Parsed::Command(Command::Kick { name, reason: String::new() })
        };
        assert_eq!(parse("/siguiente", commands), kick(None));
        assert_eq!(parse("/kick", commands), kick(None));
        assert_eq!(parse("/echar Ana", commands), kick(Some("Ana")));
        assert_eq!(parse("//echar", commands), Parsed::Text("/echar"));
        let reason = matches!(parse("/echar Ana ya", commands), Parsed::Command(_));
        assert_eq!(reason, commands);
        let nearest = Some("siguiente");
        let unknown = Parsed::Unknown { word: "siguente", nearest };
        assert_eq!(parse("/siguente", commands), unknown);
    }
    assert!(matches!(parse("/salas", false), Parsed::Unknown { .. }));
    assert_eq!(parse("/salas", true), Parsed::Command(Command::Rooms));
}
