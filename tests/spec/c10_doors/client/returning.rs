//! Coming back to another server through each door.

use std::fs;

use super::*;

/// The clients can begin to talk, or go on: each is heard by the next.
fn all_talk(clients: &mut [Program], text: &str) -> Result {
    for speaker in 0..clients.len() {
        clients[speaker].type_in(&format!("{text}\n"))?;
        let listener = &clients[(speaker + 1) % clients.len()];
        listener.out.wait_for(&format!("Ana{speaker} > {text}"))?;
    }
    Ok(())
}

#[test]
fn r11_15_the_client_comes_back_through_each_door() -> Result {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("chat.db").display().to_string();
    let options = ["--profile", "grupal", "--presence", "off", "--store", &file];
    let mut house = House::open(&options)?;
    let stage = Stage::new();
    let mut clients = Vec::new();
    for (i, door) in house.doors.iter().enumerate() {
        let name = format!("Ana{i}");
        let args = [&door[..], &["-p", "grupal", "-n", &name].map(str::to_owned)].concat();
        let client = client(&stage, &args)?;
        client.out.wait_for(ES.help_hint())?;
        clients.push(client);
    }
    // A line that was heard was said in a session.
    all_talk(&mut clients, "hola")?;
    let (plain, web) = (house.chat.address.to_string(), crate::c10_doors::web(&house.chat));
    house.chat.server.kill()?;
    let mut command = binaries::server();
    command.args(["--bind", &plain, "--web", &web.to_string()]).args(options);
    let _next = Chat::start_command(command)?;
    for client in &clients {
        client.out.wait_for(ES.connection_cut())?;
        client.out.wait_for(ES.back())?;
    }
    all_talk(&mut clients, "sigo aquí")
}

#[test]
fn r11_17_each_server_has_its_own_door_and_its_own_key() -> Result {
    let folder = tempfile::tempdir().expect("a folder");
    let known = folder.path().join("known_hosts");
    let mut doors = Vec::new();
    let mut chats = Vec::new();
    for scheme in ["tls", "wss", "ws"] {
        let chat = Chat::start_with(&["-p", "grupal", "--web", "127.0.0.1:0"])?;
        let web = crate::c10_doors::web(&chat);
        let identity = Identity::new("localhost");
        let address = match scheme {
            "ws" => web,
            "tls" => Front::before(chat.address, &identity).address,
            _ => Front::before(web, &identity).address,
        };
        let line = format!("{address} {}\n", identity.fingerprint());
        fs::write(&known, fs::read_to_string(&known).unwrap_or_default() + &line).expect("a file");
        doors.push(format!("{scheme}://{address}"));
        chats.push(chat);
    }
    let stage = Stage::new();
    let known = known.display().to_string();
    let options = ["-p", "grupal", "-n", "Ana", "--known-hosts", &known];
    let mut client = client(&stage, &[&[&*doors.join(",")], &options[..]].concat())?;
    for chat in &mut chats {
        client.out.wait_for(ES.help_hint())?;
        let mut bea = chat.member("Bea")?;
        client.out.wait_for("* Bea se ha unido")?;
        // A line that was heard was said in a session.
        client.type_in("hola\n")?;
        while bea.hear()?.is_some_and(|line| line != "Ana > hola") {}
        chat.server.kill()?;
        client.out.wait_for(ES.connection_cut())?;
    }
    Ok(())
}
