//! The server that the client believes: by authority, by key, or by the key that its user accepted before.

use std::fs;
use std::path::PathBuf;

use chat_drive::terminal::Terminal;
use chat_tests::harness::peer::Peer;
use tempfile::TempDir;

use super::*;

/// A server behind TLS that the test plays, and a folder for the client's files.
struct Scene {
    stage: Stage,
    inside: chat_tests::harness::peer::Listener,
    front: Front,
    identity: Identity,
    folder: TempDir,
}

impl Scene {
    /// The server's certificate is for this name.
    fn of(name: &str) -> Result<Self> {
        let stage = Stage::new();
        let inside = stage.listen("server")?;
        let identity = Identity::new(name);
        let front = Front::before(inside.address(), &identity);
        let folder = tempfile::tempdir().expect("a folder");
        Ok(Self { stage, inside, front, identity, folder })
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A client whose state is in the scene's folder, with these options.
    fn command(&self, options: &[&str]) -> Command {
        let mut command = binaries::client();
        let url = format!("tls://localhost:{}", self.front.address.port());
        command.arg(url).args(options).env("XDG_STATE_HOME", self.folder.path());
        command
    }

    fn client(&self, options: &[&str]) -> Result<Program> {
        self.stage.start("client", self.command(options))
    }

    /// The next client is believed: what it says comes through.
    fn talks(&self, mut client: Program) -> Result {
        let mut link = self.inside.accept()?;
        client.type_in("hola\nsalir\n")?;
        link.expect("hola")?;
        link.expect("salir")?;
        drop(link);
        client.expect_exit(0)
    }

    /// The next client is not: it says why in these words, and nothing of the conversation was sent.
    fn refuses(&self, mut client: Program, words: &[&str]) -> Result {
        let mut link = self.inside.accept()?;
        client.type_in("hola\n")?;
        link.expect_end()?;
        says_why_not(client, words)
    }

    /// The line that the known-hosts file has for a server with this identity.
    fn line(&self, identity: &Identity) -> String {
        format!("localhost:{} {}\n", self.front.address.port(), identity.fingerprint())
    }

    fn write_known(&self, text: &str) {
        fs::create_dir_all(self.file("chat")).expect("a folder");
        fs::write(self.file("chat/known_hosts"), text).expect("a file that can be written");
    }

    fn known(&self) -> String {
        fs::read_to_string(self.file("chat/known_hosts")).expect("the known-hosts file")
    }
}

#[test]
fn r10_14_a_key_that_is_given_is_believed_and_no_other() -> Result {
    let scene = Scene::of("otro.example")?;
    let own = scene.identity.fingerprint().to_string();
    scene.talks(scene.client(&["--tls-fingerprint", &own])?)?;
    let other = Identity::new("localhost").fingerprint().to_string();
    scene.refuses(scene.client(&["--tls-fingerprint", &other])?, &[&own, &other, "escucha"])?;
    assert!(!scene.file("chat").exists(), "nothing is kept");
    Ok(())
}

#[test]
fn r10_14_an_authority_that_is_given_vouches_for_the_name_and_replaces_those_of_the_system()
-> Result {
    let scene = Scene::of("localhost")?;
    let file = scene.file("ca.pem");
    scene.identity.write_to(&file);
    let ca = ["--tls-ca", file.to_str().expect("text")];
    scene.talks(scene.client(&ca)?)?;
    let own = Identity::new("otro.example");
    own.write_to(&file);
    scene.refuses(scene.client(&ca)?, &["no viene de ninguna autoridad de --tls-ca"])?;
    scene.front.becomes(&own);
    scene.refuses(scene.client(&ca)?, &["no es para ese nombre"])?;
    let own = own.renewed("localhost", 2000);
    own.write_to(&file);
    scene.front.becomes(&own);
    scene.refuses(scene.client(&ca)?, &["ha caducado"])?;
    // Nothing else makes up for it.
    scene.write_known(&scene.line(&own));
    scene.refuses(scene.client(&ca)?, &["ha caducado"])
}

#[test]
fn r10_14_who_counts_on_a_key_is_not_connected_without_tls() -> Result {
    let scene = Scene::of("localhost")?;
    let own = scene.identity.fingerprint().to_string();
    for door in ["", "ws://"] {
        let args = [&format!("{door}{}", scene.inside.address()), "--tls-fingerprint", &own];
        says_why_not(client(&scene.stage, &args)?, &["tls:// o wss://"])?;
    }
    // The next connection is the first one.
    scene.talks(scene.client(&["--tls-fingerprint", &own])?)
}

#[test]
fn r10_14_files_of_authorities_that_cannot_be_used_are_told() -> Result {
    let stage = Stage::new();
    for (file, words) in [
        ("/nowhere/ca.pem", "/nowhere/ca.pem"),
        ("/dev/null", "no es un archivo corriente"),
        (concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), "PEM"),
    ] {
        let client = client(&stage, &["tls://127.0.0.1:1", "--tls-ca", file])?;
        says_why_not(client, &[words])?;
    }
    Ok(())
}

#[test]
fn r10_15_without_a_terminal_an_unknown_server_is_refused() -> Result {
    let scene = Scene::of("localhost")?;
    let own = scene.identity.fingerprint().to_string();
    scene.refuses(scene.client(&[])?, &["no se conoce su clave", &own, "--tls-fingerprint"])?;
    assert!(!scene.file("chat").exists(), "nothing is kept");
    Ok(())
}

#[test]
fn r10_15_a_known_key_is_believed_also_in_another_certificate() -> Result {
    let mut scene = Scene::of("localhost")?;
    scene.write_known(&format!("# mine\n{}", scene.line(&scene.identity)));
    scene.talks(scene.client(&[])?)?;
    scene.identity = scene.identity.renewed("otro.example", 2000);
    scene.front.becomes(&scene.identity);
    scene.talks(scene.client(&[])?)?;
    // Another file knows nothing.
    let elsewhere = scene.file("elsewhere");
    let elsewhere = ["--known-hosts", elsewhere.to_str().expect("text")];
    scene.refuses(scene.client(&elsewhere)?, &["no se conoce su clave"])
}

#[test]
fn r10_15_a_changed_key_is_refused_aloud() -> Result {
    let scene = Scene::of("localhost")?;
    let before = Identity::new("localhost");
    let known = format!("# mine\n{}", scene.line(&before));
    scene.write_known(&known);
    let (old, new) = (before.fingerprint().to_string(), scene.identity.fingerprint().to_string());
    let told = ["ha cambiado", &old, &new, "alguien escucha", "línea 2 de", "chat/known_hosts"];
    scene.refuses(scene.client(&[])?, &told)?;
    assert_eq!(scene.known(), known);
    // A line that cannot be read could be the one of this server.
    scene.write_known("localhost sha256\n");
    scene.refuses(scene.client(&[])?, &["línea 1 de", "chat/known_hosts"])
}

#[test]
fn r10_15_a_file_that_is_no_regular_one_is_refused() -> Result {
    let scene = Scene::of("localhost")?;
    let pipe = scene.file("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
    for file in [pipe.to_str().expect("text"), "/dev/null"] {
        let client = scene.client(&["--known-hosts", file])?;
        scene.refuses(client, &[file, "no es un archivo corriente"])?;
    }
    Ok(())
}

/// Starts the client on a terminal, up to the question. The connection is closed meanwhile.
fn asked(scene: &Scene) -> Result<Terminal> {
    let terminal = scene.stage.start_on_terminal("client", &scene.command(&[]))?;
    scene.inside.accept()?.expect_end()?;
    terminal.wait_for(&[
        &format!("  {}", scene.identity.fingerprint()),
        "Compárala con la que dice quien lleva el servidor: si es otra, alguien escucha.",
        "¿la aceptas y la recuerdas? (sí/no)",
    ])?;
    Ok(terminal)
}

/// Checks that the client on a terminal is in the chat.
fn is_in(terminal: &mut Terminal, mut link: Peer) -> Result {
    link.send("hola\n")?;
    terminal.wait_for(&["hola", ">"])?;
    terminal.press("salir\r")?;
    link.expect("salir")?;
    drop(link);
    terminal.expect_exit(0)
}

#[test]
fn r10_15_on_a_terminal_the_user_decides_once() -> Result {
    let scene = Scene::of("localhost")?;
    let mut terminal = asked(&scene)?;
    terminal.press("quizá\r")?;
    terminal.wait_for(&["responde sí o no:"])?;
    terminal.press("sí\r")?;
    is_in(&mut terminal, scene.inside.accept()?)?;
    assert_eq!(scene.known(), scene.line(&scene.identity));
    let mut terminal = scene.stage.start_on_terminal("client", &scene.command(&[]))?;
    is_in(&mut terminal, scene.inside.accept()?)
}

#[test]
fn r10_15_on_a_terminal_no_is_no() -> Result {
    let scene = Scene::of("localhost")?;
    let mut terminal = asked(&scene)?;
    terminal.press("no\r")?;
    let told = || terminal.seen().concat().contains("no has aceptado su clave");
    scene.stage.eventually("the client says why there is no connection", told)?;
    terminal.expect_exit(1)?;
    let mut terminal = asked(&scene)?;
    terminal.press("\x03")?;
    terminal.expect_exit(0)?;
    assert!(!scene.file("chat").exists(), "nothing is kept");
    Ok(())
}
