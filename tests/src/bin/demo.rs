//! `make demo`: one server and two clients talk, and what each of them shows stands side by side.
//!
//! The real binaries over real sockets. Every line is compared with the specification to the
//! letter, so the texts stand here once more; any difference ends the demo with exit status 1.

use std::net::SocketAddr;
use std::process::ExitCode;

use chat_check::failure::Result;
use chat_check::program::Program;
use chat_check::stage::Stage;
use chat_tests::binaries;
use comfy_table::{ContentArrangement, Table, presets};

/// The columns of the page.
const WIDTH: u16 = 100;

fn main() -> ExitCode {
    match play() {
        Ok(table) => {
            println!("{table}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("demo: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// What is said, and by which of the two clients: the capture in the specification.
const TALK: [(usize, &str); 4] = [
    (0, "Hola que tal?"),
    (1, "Bien, haciendo un trabajo de redes"),
    (0, "Genial, seguro que sale bien"),
    (1, "Eso espero!, adios!"),
];

fn play() -> Result<Table> {
    let mut table = Table::new();
    table.load_preset(presets::UTF8_FULL);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
    table.set_header(["servidor", "cliente 1", "cliente 2"]);

    let stage = Stage::new();
    let mut command = binaries::server();
    command.args(["--bind", "127.0.0.1:0"]);
    let mut server = stage.start("server", command)?;
    let started = "servidor de chat iniciado en ";
    let address = address_behind(&stage, &server, started)?;
    server.out.expect("esperando clientes...")?;
    table.add_row([&format!("{started}{address}\nesperando clientes..."), "", ""]);

    let mut clients = Vec::new();
    let mut addresses = Vec::new();
    for i in 0..2 {
        let mut command = binaries::client();
        command.arg(address.to_string());
        let client = stage.start(&format!("client {}", i + 1), command)?;
        let connected = "nuevo cliente conectado: ";
        addresses.push(address_behind(&stage, &server, connected)?);
        let shown = [
            "conectado al servidor de chat!",
            "escribe tus mensajes:",
            "bienvenido al chat! escribe 'salir' para salir",
        ];
        shown.iter().try_for_each(|line| client.out.expect(line))?;
        table.add_row(row(&format!("{connected}{}", addresses[i]), i, &shown.join("\n"), ""));
        clients.push(client);
    }

    for (speaker, text) in TALK {
        clients[speaker].type_in(&format!("{text}\n"))?;
        let printed = format!("cliente {}: {text}", addresses[speaker]);
        let heard = format!("usuario {}: {text}", addresses[speaker].port());
        server.out.expect(&printed)?;
        clients[1 - speaker].out.expect(&heard)?;
        table.add_row(row(&printed, speaker, &format!("(typed) {text}"), &heard));
    }

    clients[1].type_in("salir\n")?;
    let gone = format!("cliente {} desconectado", addresses[1]);
    server.out.expect(&gone)?;
    clients[1].expect_exit(0)?;
    table.add_row(row(&gone, 1, "(typed) salir", ""));

    nothing_else_was_said(&mut server, &mut clients, addresses[0])?;
    Ok(table)
}

/// A row in which this client shows one thing and the other client another.
fn row(server: &str, client: usize, own: &str, others: &str) -> [String; 3] {
    let (first, second) = if client == 0 { (own, others) } else { (others, own) };
    [server, first, second].map(str::to_owned)
}

/// The server's next line is these words and an address, which is returned.
fn address_behind(stage: &Stage, server: &Program, words: &str) -> Result<SocketAddr> {
    let line = server.out.hear()?.unwrap_or_default();
    let address = line.strip_prefix(words).and_then(|address| address.parse().ok());
    address.ok_or_else(|| stage.failure(format!("no {words:?} and address: {line:?}")))
}

/// Ends everything, and with it every output: no sender has heard itself, nothing came twice.
fn nothing_else_was_said(
    server: &mut Program,
    clients: &mut [Program],
    first: SocketAddr,
) -> Result {
    clients[0].end_input();
    clients[0].out.expect("saliendo...")?;
    clients[0].expect_exit(0)?;
    server.out.expect(&format!("cliente {first} desconectado"))?;
    end(server)?;
    server.out.expect_end()?;
    server.err.expect_end()?;
    for client in clients {
        client.out.expect_end()?;
        client.err.expect_end()?;
    }
    Ok(())
}

/// Stops the server as a person would.
#[cfg(unix)]
fn end(server: &mut Program) -> Result {
    const SIGINT: i32 = 2;
    server.signal(SIGINT)?;
    server.out.expect("cerrando servidor...")?;
    server.expect_exit(0)
}

/// Windows has no signal for another process.
#[cfg(windows)]
fn end(server: &mut Program) -> Result {
    server.kill()
}
