//! The certificate of a server: its files, reading them anew, making one.

use std::fs;
use std::process::Output;

use assert_cmd::Command;
use chat_drive::failure::Result;
use chat_tests::binaries;
use chat_tests::chat::Certificate;
#[cfg(unix)]
use chat_tests::chat::{Chat, said_by};
#[cfg(unix)]
use chat_tests::harness::door::Door;
use chat_tls::Fingerprint;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

fn fingerprint(file: &std::path::Path) -> Fingerprint {
    let certificate = CertificateDer::from_pem_file(file).expect("a certificate");
    Fingerprint::of(&certificate).expect("a certificate")
}

/// The server's certificate is the one with this key.
#[cfg(unix)]
fn shows(chat: &Chat, key: Fingerprint) -> bool {
    use std::net::TcpStream;
    use std::sync::Arc;

    use chat_tls::Trust;
    use rustls::ClientConnection;

    let config = Arc::new(Trust::Key(key).client_config().expect("cipher suites"));
    let address = chat.address_of(Door::Tls).expect("a listener");
    let mut client = ClientConnection::new(config, address.ip().into()).expect("a client");
    let mut socket = TcpStream::connect(address).expect("a connection");
    while client.is_handshaking() {
        if client.complete_io(&mut socket).is_err() {
            return false;
        }
    }
    true
}

#[cfg(unix)]
#[test]
fn r10_9_a_hangup_reads_the_certificate_anew_unless_it_is_bad() -> Result {
    const SIGHUP: i32 = 1;
    const SIGTERM: i32 = 15;
    let mut chat = Chat::start_secured(&[])?;
    let (mut ana, mut bea) = (chat.peer_through(Door::Tls, "ana")?, chat.peer("bea")?);
    let own = chat.certificate.as_ref().expect("a certificate");
    let (certificate, key) = (own.certificate(), own.key());
    let other = Certificate::make();
    let (old, new) = (fingerprint(&certificate), fingerprint(&other.certificate()));
    assert!(shows(&chat, old) && !shows(&chat, new));

    // The certificate is there already, and its key is not yet.
    let copy = |from, to| fs::copy(from, to).expect("a copy");
    copy(other.certificate(), &certificate);
    chat.server.signal(SIGHUP)?;
    let error =
        chat.server.err.find(|line| line.contains("the old certificate stays"), "an error")?;
    assert!(error.contains("ERROR") && error.contains("is not that of the certificate"), "{error}");
    assert!(shows(&chat, old) && !shows(&chat, new));

    copy(other.key(), &key);
    chat.server.signal(SIGHUP)?;
    chat.stage.eventually("the new certificate", || shows(&chat, new))?;
    assert!(!shows(&chat, old));

    // Whoever opens this one waits for what is written to it.
    fs::remove_file(&certificate).expect("a file");
    let made = std::process::Command::new("mkfifo").arg(&certificate).status();
    assert!(made.expect("mkfifo").success());
    chat.server.signal(SIGHUP)?;
    chat.server.err.find(|line| line.contains("cannot read"), "an error")?;

    // Those who are there have not noticed.
    ana.send("sigo\n")?;
    bea.expect(&said_by(&ana, "sigo"))?;
    chat.server.signal(SIGTERM)?;
    chat.server.expect_exit(0)
}

/// Runs a server that does not start. Returns its line on standard error.
fn refused(options: &[&str]) -> String {
    let mut server = Command::from_std(binaries::server());
    let run = server.args(["--lang", "en", "--tls-bind", "127.0.0.1:0"]).args(options).output();
    let Output { status, stderr, .. } = run.expect("it runs");
    assert_eq!(status.code(), Some(1), "{options:?}");
    String::from_utf8(stderr).expect("UTF-8")
}

#[test]
fn r10_9_what_is_no_certificate_is_one_line_with_the_file() {
    let (one, other) = (Certificate::make(), Certificate::make());
    let folder = tempfile::tempdir().expect("a folder");
    let path = |path: std::path::PathBuf| path.to_str().expect("UTF-8").to_owned();
    let (certificate, key) = (path(one.certificate()), path(one.key()));
    let (missing, empty) =
        (path(folder.path().join("none.pem")), path(folder.path().join("empty.pem")));
    fs::write(&empty, "nothing of this kind").expect("a file");
    let (long, folder) = (path(folder.path().join("long.pem")), path(folder.path().to_owned()));
    let text = fs::read_to_string(&certificate).expect("a file");
    fs::write(&long, text.repeat(1024 * 1024 / text.len() + 1)).expect("a file");
    let chain = format!("{folder}/chain.pem");
    let broken = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    fs::write(&chain, [&text, &*text, broken].concat()).expect("a file");
    let key_of_other = path(other.key());
    for (certificate, key, line) in [
        (&missing, &key, format!("cannot read {missing}: there is no such file")),
        (&certificate, &missing, format!("cannot read {missing}: there is no such file")),
        (&folder, &key, format!("cannot read {folder}: it is a folder")),
        (&certificate, &long, format!("cannot read {long}: the file is too large")),
        (&chain, &key, format!("certificate 3 in {chain} is broken")),
        (&empty, &key, format!("there is no certificate in PEM form in {empty}")),
        (&key, &key, format!("there is no certificate in PEM form in {key}")),
        (
            &certificate,
            &empty,
            format!("there is no private key in PEM form that can be used in {empty}"),
        ),
        (
            &certificate,
            &key_of_other,
            format!("the key in {key_of_other} is not that of the certificate in {certificate}"),
        ),
    ] {
        let said = refused(&["--tls-cert", certificate, "--tls-key", key]);
        assert_eq!(said, format!("chat-server: {line}\n"));
    }
}

#[test]
fn r10_9_the_options_of_tls_require_each_other() {
    for (options, missing) in [
        (&["--tls-bind", "0"][..], "--tls-cert"),
        (&["--tls-bind", "0", "--tls-cert", "a"], "--tls-key"),
        (&["--tls-bind", "0", "--tls-key", "a"], "--tls-cert"),
        (&["--tls-cert", "a", "--tls-key", "a"], "--tls-bind"),
        (&["--web-tls", "--tls-cert", "a", "--tls-key", "a"], "--web"),
        (&["--bind", "off"], "--tls-bind"),
    ] {
        let mut server = Command::from_std(binaries::server());
        server.args(options).assert().code(2).stderr(predicates::str::contains(missing));
    }
}

#[test]
fn r10_11_a_certificate_is_made_with_its_key_and_both_are_told_of() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("tls");
    let run = |options: &[&str]| {
        let mut server = Command::from_std(binaries::server());
        server.arg("cert").arg("--out").arg(&out).args(options).output().expect("it runs")
    };
    let made = run(&["--lang", "en"]);
    assert!(made.status.success(), "{made:?}");
    let (certificate, key) = (out.join("cert.pem"), out.join("key.pem"));
    let said = String::from_utf8(made.stdout).expect("UTF-8");
    let first = fingerprint(&certificate);
    let (server, client) = (
        format!("--tls-cert {} --tls-key {}", certificate.display(), key.display()),
        format!("chat-client tls://localhost --tls-fingerprint {first}"),
    );
    for part in ["private key: ", &*first.to_string(), &server, &client] {
        assert!(said.contains(part), "{part}: {said}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let bits = |path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
        assert_eq!(bits(&key), 0o600);
    }
    let again = run(&[]);
    assert_eq!(again.status.code(), Some(1));
    let said = String::from_utf8(again.stderr).expect("UTF-8");
    assert!(said.contains("--force") && said.contains("key.pem"), "{said}");
    assert_eq!(fingerprint(&certificate), first, "it is the old one");
    let said = String::from_utf8(run(&["--force", "--name", "::1"]).stdout).expect("UTF-8");
    assert!(said.contains("huella: ") && said.contains("tls://[::1] "), "{said}");
    assert_ne!(fingerprint(&certificate), first);
    assert_eq!(run(&["--force", "--name", "a:1"]).status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn r10_11_a_pair_stays_if_a_new_one_cannot_be_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("tls");
    let server = binaries::server().get_program().to_owned();
    // No file may have a byte, as if the disk were full.
    let run = |script: &str| {
        let mut shell = std::process::Command::new("sh");
        shell.arg("-c").arg(format!("{script} exec \"$0\" cert --force --out \"$1\""));
        shell.arg(&server).arg(&out).output().expect("it runs")
    };
    let fails = || {
        let failed = run("trap '' XFSZ; ulimit -f 0;");
        assert_eq!(failed.status.code(), Some(1));
        let said = String::from_utf8(failed.stderr).expect("UTF-8");
        assert!(said.ends_with("key.pem: el archivo es demasiado grande\n"), "{said}");
    };
    let files = || {
        let entries = fs::read_dir(&out).expect("a folder").map(|entry| entry.expect("one").path());
        let read = |path: std::path::PathBuf| (fs::read(&path).expect("a file"), path);
        let mut all: Vec<_> = entries.map(read).collect();
        all.sort();
        all
    };
    fails();
    assert_eq!(files(), []);
    assert!(run("").status.success());
    let old = files();
    assert_eq!(old.len(), 2);
    fails();
    assert_eq!(files(), old);
}
