//! Chapter 1: options from a file and from variables.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::*;

/// A file of options, in a folder that goes with this.
struct File(TempDir);

impl File {
    fn new(text: &str) -> Self {
        let file = Self(TempDir::new().expect("a folder"));
        file.write(text);
        file
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("chat.toml")
    }

    fn write(&self, text: &str) {
        fs::write(self.path(), text).expect("a file");
    }

    /// A server with this file and these arguments, for a run to its end.
    fn server(&self, arguments: &[&str]) -> Command {
        let mut server = server();
        server.arg("--config").arg(self.path()).args(arguments);
        server
    }

    /// The line in which a server refuses it, behind the name of the file. What is checked needs no port.
    fn refusal(&self, arguments: &[&str]) -> String {
        let output = self.server(arguments).arg("--check-config").output().expect("it runs");
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        let line = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(line.lines().count(), 1, "{line}");
        let place = format!("error: {}:", self.path().display());
        let rest = line.strip_prefix(&place).unwrap_or_else(|| panic!("no place: {line}"));
        rest.trim_end().trim_end_matches(" (try --help)").to_owned()
    }
}

/// What `--print-config` says of an option: its value and its source.
fn printed(mut server: Command, option: &str) -> String {
    let output = server.arg("--print-config").output().expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let lines = String::from_utf8(output.stdout).expect("UTF-8");
    let line = lines
        .lines()
        .find(|line| line.trim_start_matches("# ").split(" = ").next() == Some(option));
    line.unwrap_or_default().to_owned()
}

#[test]
fn r1_11_a_file_gives_options_of_every_kind() -> Result {
    let file = File::new(
        "profile = 'sala'  # names\nname-timeout = \"3s\"\nmax-line = 1_000\nquiet = true\n\
         presence = false\nlimit-exempt = ['127.0.0.1', '10.0.0.0/8']\ngreeting = 'hola \"tú\"'\n\
         bind = '127.0.0.1:0'\n",
    );
    let mut command = binaries::server();
    command.arg("--config").arg(file.path());
    let mut chat = Chat::start_command(command)?;
    chat.stage.connect("ana", chat.address)?.expect("hola \"tú\"")?;
    chat.server.kill()?;
    let place = file.path().display().to_string();
    for (option, value, line) in [
        ("profile", "'sala'", 1),
        ("name-timeout", "'3s'", 2),
        ("max-line", "'1000'", 3),
        ("quiet", "true", 4),
        ("presence", "'off'", 5),
        ("limit-exempt", "['127.0.0.1', '10.0.0.0/8']", 6),
    ] {
        let expected = format!("{option} = {}  # {place}:{line}", value.replace('\'', "\""));
        assert_eq!(printed(file.server(&[]), option), expected);
    }
    let ask_name = printed(file.server(&[]), "ask-name");
    assert_eq!(ask_name, "# ask-name = \"on\"  # the profile sala");
    Ok(())
}

#[test]
fn r1_11_the_command_line_wins_over_variables_and_these_over_the_file_and_the_profile() {
    let file = File::new("profile = 'practico'\nlimit-exempt = ['10.0.0.0/8']\nquiet = true\n");
    let burst = |file: &File, arguments: &[&str], variable: &str| {
        let mut server = file.server(arguments);
        server.env("CHAT_SERVER_MAX_CLIENTS", variable);
        printed(server, "max-clients")
    };
    assert_eq!(burst(&file, &[], ""), "# max-clients = \"1\"  # the profile practico");
    file.write(
        "profile = 'practico'\nmax-clients = 2\nlimit-exempt = ['10.0.0.0/8']\nquiet = true\n",
    );
    let in_file = format!("max-clients = \"2\"  # {}:2", file.path().display());
    assert_eq!(burst(&file, &[], ""), in_file);
    assert_eq!(burst(&file, &[], "3"), "max-clients = \"3\"  # CHAT_SERVER_MAX_CLIENTS");
    let given = ["--max-clients", "4"];
    assert_eq!(burst(&file, &given, "3"), "max-clients = \"4\"  # the command line");

    // A list is replaced, and not made longer; a flag can be taken back.
    let exempt = printed(file.server(&["--limit-exempt", "::1"]), "limit-exempt");
    assert_eq!(exempt, "limit-exempt = [\"::1\"]  # the command line");
    let mut server = file.server(&[]);
    server.env("CHAT_SERVER_QUIET", "false").env("CHAT_SERVER_LIMIT_EXEMPT", "::1,10.0.0.1");
    assert_eq!(printed(server, "quiet"), "# quiet = false  # CHAT_SERVER_QUIET");
    let mut server = file.server(&[]);
    server.env("CHAT_SERVER_LIMIT_EXEMPT", "::1,10.0.0.1");
    let exempt = printed(server, "limit-exempt");
    assert_eq!(exempt, "limit-exempt = [\"::1\", \"10.0.0.1\"]  # CHAT_SERVER_LIMIT_EXEMPT");
    let label = printed(file.server(&["-p", "sala"]), "label");
    assert_eq!(label, "# label = \"name\"  # the profile sala");
}

#[test]
fn r1_11_a_variable_names_the_file_and_is_named_when_it_is_wrong() {
    let file = File::new("max-line = 5000\n");
    let mut named = server();
    named.env("CHAT_SERVER_CONFIG", file.path());
    assert!(printed(named, "max-line").starts_with("max-line = \"5000\""));
    let wrong = "error: CHAT_SERVER_MAX_LINE: invalid value 'x' for '--max-line <BYTES>': expected";
    let mut refused = server();
    refused.env("CHAT_SERVER_MAX_LINE", "x").arg("--check-config");
    refused.assert().code(2).stderr(predicate::str::starts_with(wrong));
    // Services of Kubernetes are variables as well.
    let mut unknown = file.server(&["--check-config", "--lang", "en"]);
    unknown.env("CHAT_SERVER_PORT", "tcp://10.0.0.1:80");
    let ignored = "warning: CHAT_SERVER_PORT is ignored: it names no option\n";
    unknown.assert().success().stderr(ignored).stdout("the options are right\n");
}

#[test]
fn r1_11_what_is_wrong_is_named_with_its_line() {
    let refusals = [
        ("\nmax_line = 5", "2: unknown key 'max_line': did you mean max-line?"),
        ("\n\nlang = 'fr'", "3: invalid value 'fr' for '--lang <LANGUAGE>': expected es or en"),
        (
            "lang = ['es', 'en']",
            "1: the argument '--lang <LANGUAGE>' cannot be used multiple times",
        ),
        ("quiet = 'yes'", "1: invalid value for 'quiet': expected true or false"),
        ("config = 'other'", "1: 'config' is for the command line alone"),
        ("lang = 'en'\nlang = 'es'", "2: duplicate key"),
        ("lang = [", "1: unclosed array, expected `]`"),
        (
            "quiet = true\nweb-origin = 'https://a.example'",
            "2: 'web-origin': the following required arguments were not provided: --web <ADDR:PORT>",
        ),
        (
            "replay = 1979-05-27",
            "1: invalid value for 'replay': expected a text, a number, true, false, or a list of these",
        ),
    ];
    for (text, refusal) in refusals {
        assert_eq!(File::new(text).refusal(&[]), refusal, "{text}");
    }
    // Only together with the command line.
    let together = File::new("\nstore = 'chat.db'\naccounts = 'optional'").refusal(&["-p", "sala"]);
    assert!(together.starts_with("3: --accounts needs a --store or --cluster"), "{together}");
}

#[test]
fn r1_11_a_file_that_cannot_be_read_is_bad_usage() {
    let file = File::new("");
    fs::remove_file(file.path()).expect("a file");
    let expected = format!("error: cannot read {}: ", file.path().display());
    file.server(&[]).assert().code(2).stderr(predicate::str::starts_with(expected));
    // It is not needed for these.
    file.server(&["--help"]).assert().success();
    let other = ["cert", "--help"];
    server().args(other).env("CHAT_SERVER_CONFIG", file.path()).assert().success();
}

#[test]
fn r1_12_checks_what_a_start_would_refuse() {
    let file = File::new("motd = 'no-such-file'\n");
    let missing = file.server(&["--check-config"]).assert().code(1);
    missing.stderr(predicate::str::starts_with("chat-server: no se puede leer no-such-file: "));
    file.write("bind = '192.0.2.1:1'\n");
    file.server(&["--check-config"]).assert().success().stdout("las opciones son correctas\n");
}

#[test]
fn r1_12_what_is_printed_can_be_read_again() {
    let arguments = ["-p", "grupal", "--store", "chat.db", "--accounts", "required"];
    let more = ["--admin", "Ana", "--admin", "Bea", "--greeting", "\\o/ \"hola\"", "--times"];
    let output =
        server().args(arguments).args(more).arg("--print-config").output().expect("it runs");
    let first = String::from_utf8(output.stdout).expect("UTF-8");
    let file = File::new(&first);
    let output = file.server(&["--print-config"]).output().expect("it runs");
    let second = String::from_utf8(output.stdout).expect("UTF-8");
    let values = |text: &str| {
        text.lines().map(|line| line.split("  # ").next().unwrap_or_default().to_owned()).collect()
    };
    let (first, second): (Vec<String>, Vec<String>) = (values(&first), values(&second));
    assert_eq!(first, second);
    assert!(first.contains(&"admin = [\"Ana\", \"Bea\"]".to_owned()), "{first:?}");
}

#[test]
fn r1_13_tables_are_the_listeners_and_there_are_no_others() -> Result {
    let file = File::new("[[listen]]\nkind = 'web'\naddress = '127.0.0.1:0'\n");
    let mut command = binaries::server();
    command.arg("--config").arg(file.path());
    let chat = Chat::start_command(command)?;
    assert_eq!(Some(chat.address), chat.web);
    let plain = "[[listen]]\nkind = 'plain'\naddress = '[::1]:7'\n";
    file.write(&format!("{plain}[[listen]]\nkind = 'web-tls'\naddress = '127.0.0.1:0'\n"));
    let missing = file.refusal(&[]);
    assert!(missing.starts_with("6: 'web-tls': the following"), "{missing}");
    file.write(plain);
    assert!(printed(file.server(&[]), "bind").starts_with("bind = \"[::1]:7\""));
    let expected =
        "expected tables [[listen]] with an address and a kind: plain, tls, web or web-tls";
    for (text, refusal) in [
        ("listen = 3", format!("1: {expected}")),
        ("[[listen]]\nkind = 'tls'", format!("1: {expected}")),
        (
            "[[listen]]\nkind = 'tsl'\naddress = '0'",
            format!("2: invalid value 'tsl' for 'kind': {expected}"),
        ),
        ("[[listen]]\nadress = '0'", format!("2: unknown key 'adress': {expected}")),
    ] {
        assert_eq!(File::new(text).refusal(&[]), refusal);
    }
    Ok(())
}

#[cfg(unix)]
#[test]
fn r1_14_a_hangup_reads_the_file_anew_and_says_what_needs_a_new_start() -> Result {
    const SIGHUP: i32 = 1;
    const SIGTERM: i32 = 15;
    let file = File::new("bind = '127.0.0.1:0'\nlog = 'warn'\n");
    let mut command = binaries::server();
    command.arg("--config").arg(file.path());
    let mut chat = Chat::start_command(command)?;
    let hang_up = |chat: &Chat, text: &str, line: &str| {
        file.write(text);
        chat.server.signal(SIGHUP)?;
        chat.server.err.find(|said| said.contains(line), line).map(drop)
    };
    hang_up(&chat, "bind = '127.0.0.1:0'\nlog = 'info'\n", "INFO the options were read anew")?;
    let changed = "options=\"bind, max-line\"";
    hang_up(&chat, "log = 'info'\nmax-line = 5000\n", changed)?;
    hang_up(&chat, "log = 'info'\nmax-lime = 5000\n", "2: unknown key 'max-lime'")?;
    // The level is still the one before.
    hang_up(&chat, "bind = '127.0.0.1:0'\nlog = 'info'\n", "INFO the options were read anew")?;
    let (mut ana, mut bea) = (chat.peer("ana")?, chat.peer("bea")?);
    ana.send("sigo\n")?;
    bea.expect(&said_by(&ana, "sigo"))?;
    chat.server.signal(SIGTERM)?;
    chat.server.expect_exit(0)
}
