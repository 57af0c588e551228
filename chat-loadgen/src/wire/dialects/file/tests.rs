//! Tests of dialects from files: those in `dialects/`, against the built-in ones.

use chat_protocol::language::Language;
use chat_protocol::wording::NAME_KEYWORD;

use super::super::DialectName;
use super::super::tests::{hear, hear_as, shipped, who};
use super::*;

/// Reads a dialect from a text.
fn parsed(text: &str, login: Option<Login>) -> Result<FileDialect, FileError> {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), text).expect("written");
    FileDialect::read(file.path(), login)
}

fn read(text: &str) -> FileDialect {
    parsed(text, None).expect("a dialect")
}

/// The error in a text, without the name of its file.
fn error(text: &str) -> String {
    match parsed(text, None).expect_err("an error") {
        FileError::Wrong { line, what, .. } => format!("{line}: {what}"),
        other => other.to_string(),
    }
}

#[test]
fn each_built_in_line_dialect_can_be_said_in_a_file() {
    let keyword = format!("{}\n! no\n{NAME_KEYWORD}\n* Ana > x\n", Language::Es.greeting());
    let room = "carga-3".parse().expect("a name");
    let welcome = ":irc.local NOTICE * :*** Looking up your hostname...\r\nPING :a1b2\r\n\
        :irc.local 001 c-17 :Welcome to 433 users\r\n:irc.local 376 c-17 :End\r\n";
    let talk = [
        (DialectName::Basico, "hola\nusuario 5: {x}\r\nusuario 5-2: y\n! no\n* a\n\nx".to_owned()),
        (DialectName::Sala, format!("{keyword}Ana > {{1}} > x\r\n[privado] Ana > {{1}}\n")),
        (DialectName::Grupal, keyword.clone()),
        (DialectName::Grupal, format!("{keyword}{}\nAna > a\n", Language::Es.you_are_in(&room))),
        (DialectName::Grupal, format!("{keyword}{}\n", Language::En.you_are_in(&room))),
        (DialectName::Irc, welcome.to_owned()),
        (DialectName::Irc, welcome.replace("376", "422") + ":s 366 c-17 #carga-3 :End\r\n"),
        (DialectName::Irc, format!("{welcome}:s 366 c :End\r\n:a!b@c PRIVMSG #x :{{1}}\r\n")),
        (DialectName::Irc, ":s 433 * c-17 :Nickname is in use\r\nERROR :Bye\r\n36\n".to_owned()),
    ];
    for (name, talk) in talk {
        let (built_in, from_file) = (name.dialect(), shipped(&name.to_string()));
        let mut expected = hear(&*built_in, talk.as_bytes());
        let mut heard = hear(&from_file, talk.as_bytes());
        if expected.stage != Stage::Ready {
            assert_ne!(heard.stage, Stage::Ready, "{name}: {talk}");
            heard.stage = expected.stage;
        }
        let nothing_today = |event: &mut String| {
            if event.contains(" 422 ") {
                *event = "routine".into();
            }
        };
        expected.events.iter_mut().for_each(nothing_today);
        assert_eq!(heard, expected, "{name}: {talk}");

        let (mut said, mut by_file) = (Vec::new(), Vec::new());
        built_in.hello(&who(Some(3)), &mut said);
        built_in.say(&who(Some(3)), b"{x}", &mut said);
        built_in.bye(&mut said);
        from_file.hello(&who(Some(3)), &mut by_file);
        from_file.say(&who(Some(3)), b"{x}", &mut by_file);
        from_file.bye(&mut by_file);
        assert_eq!(String::from_utf8_lossy(&by_file), String::from_utf8_lossy(&said));
        let facts = |dialect: &dyn Dialect| {
            (dialect.longest(), dialect.longest_name(), dialect.echoes(), dialect.has_rooms())
        };
        assert_eq!(facts(&from_file), facts(&*built_in), "{name}");
    }
}

#[test]
fn a_file_says_how_long_texts_are_framed_and_which_room_an_idle_client_is_in() {
    let dialect = shipped("length");
    let mut out = Vec::new();
    assert_eq!(dialect.hello(&who(Some(3)), &mut out), Stage::Greeted);
    dialect.say(&who(Some(3)), b"{x}", &mut out);
    assert_eq!(out, b"\0\0\0\x0bJOIN c-17 3\0\0\0\x07SAY {x}");
    let talk = b"\0\0\0\x04OK 3\0\0\0\x0bCAME c-1 \n3\0\0\0\x0cMSG c-1 {x}\n\0\0\0\x06ERR no";
    let heard = hear(&dialect, &talk[..talk.len() - 1]);
    assert_eq!(heard.events, ["other OK 3", "routine", "said MSG c-1 {x}\n"]);
    assert_eq!(heard.stage, Stage::Ready);
    let idle = hear_as(&who(None), &dialect, b"\0\0\0\x04OK 3");
    assert_eq!(idle.stage, Stage::Greeted, "it is in another room");
}

#[test]
fn json_is_escaped_and_pings_are_answered() {
    let dialect = shipped("json");
    assert!(dialect.echoes() && !dialect.has_rooms() && !dialect.has_idlers());
    let mut out = Vec::new();
    dialect.say(&who(Some(0)), br"{a\b}", &mut out);
    assert_eq!(out, b"{\"type\":\"say\",\"text\":\"{a\\\\b}\"}\n");
    let talk = r#"{"type":"welcome","users":3}
{"type":"ping","id":17}
{"type":"message","from":"c-1","text":"{a\\b\u003c}"}
{"type":"message","from":"c-1","text":"{ab}"}
{"type":"error","text":"no"}
"#;
    let heard = hear(&dialect, talk.as_bytes());
    assert_eq!((heard.stage, &*heard.answers), (Stage::Ready, "{\"type\":\"pong\",\"id\":17}\n"));
    assert_eq!(
        heard.events[1..4],
        [
            "routine",
            r#"escaped {"type":"message","from":"c-1","text":"{a\b<}"}"#,
            r#"said {"type":"message","from":"c-1","text":"{ab}"}"#,
        ]
    );
}

#[test]
fn an_error_names_the_line_and_what_is_expected() {
    for (text, expected) in [
        ("name = \"x\"\n", "1: missing field `message`"),
        (
            "name = \"x\"\nmesage = \"{text}\"\n",
            "2: unknown field `mesage`, expected one of `name`, `framing`, `subprotocol`, `json`, \
             `echo`, `longest-text`, `longest-name`, `hello`, `steps`, `message`, `said`, \
             `refused`, `routine`, `answers`, `bye`; did you mean `message`?",
        ),
        (
            "name = \"x\"\n\nframing = \"u23be\"\n",
            "3: unknown variant `u23be`, expected one of `lf`, `crlf`, `nul`, `decimal`, \
             `netstring`, `u8`, `u16be`, `u16le`, `u32be`, `u32le`, `u64be`, `u64le`; did you mean \
             `u32be`?",
        ),
        (
            "name = \"x\"\nmessage = \"{txt}\"\n",
            "2: unknown placeholder `{txt}`, expected `{name}`, `{room}`, `{text}`, `{length}`; did \
             you mean `{text}`?",
        ),
        ("name = \"x\"\nmessage = \"hola\"\n", "2: `message` has no `{text}`, expected one"),
        ("name = \"\"\nmessage = \"{text}\"\n", "1: a name has 1 to 32 visible ASCII characters"),
        (
            "name = \"x\"\nmessage = \"{text}\"\nsaid = 3\n",
            "3: invalid type: integer `3`, expected a text or a list of texts",
        ),
        (
            "name = \"x\"\nmessage = \"{text}\"\n[[steps]]\nwait = \"a\"\nsent = \"b\"\n",
            "5: unknown field `sent`, expected `wait` or `send`; did you mean `send`?",
        ),
        (
            "name = \"x\"\nmessage = \"{text}\"\nsaid = [\"a\", \"{user}\"]\n",
            "3: unknown placeholder `{user}`, expected `{name}`, `{room}`, `{word}`, `{number}`",
        ),
        (
            "name = \"x\"\nlongest-text = 9\nmessage = \"{text}\"",
            "2: a text can have 9 bytes, expected 24 to 1048576",
        ),
    ] {
        assert_eq!(error(text), expected);
    }
    let unquoted = error(
        "name = \"x\"
framing = lf
",
    );
    assert!(unquoted.starts_with("2: ") && !unquoted.contains('\n'), "{unquoted}");
    let missing = FileDialect::read(Path::new("/no/such.toml"), None).expect_err("an error");
    assert_eq!(missing.to_string(), "cannot read /no/such.toml: entity not found");
}

#[test]
fn a_small_frame_has_room_for_short_texts_only() {
    let dialect = read("name = \"x\"\nframing = \"u8\"\nlongest-name = 8\nmessage = \"{text}\"\n");
    assert!((100..255).contains(&dialect.longest()), "{}", dialect.longest());
}

#[test]
fn a_password_is_said_where_the_file_says_so_and_nowhere_else() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), "s3cret\n").expect("written");
    let login = |user| Login::read(user, file.path()).ok();
    let asks = "name = \"x\"\nhello = \"{user}:{password}\"\nmessage = \"{text}\"\n";
    let dialect = parsed(asks, login(Some("ana"))).expect("a dialect");
    let mut out = Vec::new();
    dialect.hello(&who(None), &mut out);
    assert_eq!(out, b"ana:s3cret\n");
    assert!(!format!("{dialect:?}").contains("s3cret"));
    assert!(matches!(parsed(asks, None), Err(FileError::Needs(_, "--password-file"))));
    assert!(matches!(parsed(asks, login(None)), Err(FileError::Needs(_, "--user"))));
    let asks_nothing = "name = \"x\"\nmessage = \"{text}\"\n";
    assert!(matches!(parsed(asks_nothing, login(None)), Err(FileError::NoPassword(_))));
}

#[test]
fn the_example_in_the_readme_is_a_dialect_and_its_table_has_every_key() {
    let readme = include_str!("../../../../dialects/README.md");
    let (_, example) = readme.split_once("```toml\n").expect("an example");
    let (example, _) = example.split_once("```").expect("its end");
    assert_eq!(read(example).name(), "json");
    let unknown = error("name = \"x\"\nx = 1\n");
    let keys = unknown.split('`').skip(3).step_by(2);
    for key in keys {
        let told = [format!("`{key}`"), format!("`[[{key}]]`")];
        assert!(told.iter().any(|told| readme.contains(told)), "{key}");
    }
}
