//! One server and its clients, and a table of their outputs.

use std::net::SocketAddr;

use chat_drive::failure::Result;
use chat_tests::binaries;
use chat_tests::harness::program::Program;
use chat_tests::harness::stage::Stage;
use comfy_table::{ContentArrangement, Table, presets};

/// Width of the page, in columns.
const WIDTH: u16 = 100;

/// A program with a column in the table; the server's is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Server,
    /// Counted from 1.
    Client(usize),
}

/// The programs of a demo, and the table so far.
pub(crate) struct Scene {
    stage: Stage,
    address: SocketAddr,
    server: Program,
    clients: Vec<Program>,
    /// The clients' addresses, as the server prints them.
    addresses: Vec<SocketAddr>,
    /// The clients' names, as the server has told them.
    names: Vec<Option<String>>,
    profile: String,
    columns: usize,
    table: Table,
}

impl Scene {
    /// Starts a server, with room for this many clients in the table.
    pub(crate) fn open(profile: &str, clients: usize) -> Result<Self> {
        let mut table = Table::new();
        table.load_preset(presets::UTF8_FULL);
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(WIDTH);
        let headings = (1..=clients).map(|i| format!("cliente {i}"));
        table.set_header([format!("servidor ({profile})")].into_iter().chain(headings));

        let stage = Stage::new();
        let mut command = binaries::server();
        command.args(["--bind", "127.0.0.1:0", "--profile", profile]);
        let server = stage.start("server", command)?;
        let started = "servidor de chat iniciado en ";
        let address = address_behind(&stage, &server, started)?;
        server.out.expect("esperando clientes...")?;
        let mut scene = Self {
            stage,
            address,
            server,
            clients: Vec::new(),
            addresses: Vec::new(),
            names: Vec::new(),
            profile: profile.to_owned(),
            columns: 1 + clients,
            table,
        };
        scene.row(&[(Who::Server, format!("{started}{address}\nesperando clientes..."))]);
        Ok(scene)
    }

    /// Adds a client. The server lets it in, greets it, and tells it these lines.
    pub(crate) fn client_comes(&mut self, options: &[&str], told: &str) -> Result<Who> {
        let (client, mut printed, shown) = self.connect(options)?;
        let name = told.strip_prefix("* eres ").and_then(|told| told.split(';').next());
        self.names.push(name.map(str::to_owned));
        if let Some(known) = self.known_as(client) {
            let joined = format!("* {known} se ha unido");
            self.shows(Who::Server, &joined)?;
            printed = format!("{printed}\n{joined}");
        }
        let greeting = "bienvenido al chat! escribe 'salir' para salir";
        for line in [greeting].into_iter().chain(told.lines()) {
            self.shows(client, line)?;
        }
        let shown = format!("{shown}\n{greeting}\n{told}");
        self.row(&[(Who::Server, printed), (client, shown.trim_end().to_owned())]);
        Ok(client)
    }

    /// Adds a client. It is connected and has to wait.
    pub(crate) fn client_waits(&mut self, options: &[&str]) -> Result<Who> {
        let (client, printed, shown) = self.connect(options)?;
        self.names.push(None);
        let waits = format!("cliente {} espera su turno", self.address_of(client));
        self.server.out.expect(&waits)?;
        self.row(&[(Who::Server, format!("{printed}\n{waits}")), (client, shown)]);
        Ok(client)
    }

    /// Starts a client. Returns also the lines that the server has printed and the client has
    /// shown.
    fn connect(&mut self, options: &[&str]) -> Result<(Who, String, String)> {
        let mut command = binaries::client();
        command.args([&self.address.to_string(), "--profile", &self.profile]).args(options);
        // The scene ends with its server: nobody waits for another.
        command.arg("--reconnect=off");
        let client = Who::Client(self.clients.len() + 1);
        let program = self.stage.start(&format!("{client:?}"), command)?;
        let connected = "nuevo cliente conectado: ";
        let address = address_behind(&self.stage, &self.server, connected)?;
        let shown = ["conectado al servidor de chat!", "escribe tus mensajes:"];
        shown.iter().try_for_each(|line| program.out.expect(line))?;
        self.clients.push(program);
        self.addresses.push(address);
        Ok((client, format!("{connected}{address}"), shown.join("\n")))
    }

    /// Types a line at a program, and checks the lines that the programs in `shown` print.
    pub(crate) fn types(&mut self, who: Who, text: &str, shown: &[(Who, &str)]) -> Result {
        self.program(who).type_in(&format!("{text}\n"))?;
        self.then(&[(who, &format!("> {text}"))], shown)
    }

    /// Makes a client leave by the leaving word, and checks the lines that the programs in `shown`
    /// print.
    pub(crate) fn leaves(&mut self, client: Who, shown: &[(Who, &str)]) -> Result {
        self.program(client).type_in("salir\n")?;
        self.program(client).expect_exit(0)?;
        let left = self.known_as(client).map(|known| format!("* {known} ha salido\n"));
        let left = left.unwrap_or_default();
        let gone = format!("{left}cliente {} desconectado", self.address_of(client));
        let shown = [&[(Who::Server, gone.as_str())], shown].concat();
        self.then(&[(client, "> salir")], &shown)
    }

    /// Adds a row: the known texts, and the next lines of the programs in `shown`, which are
    /// checked.
    fn then(&mut self, known: &[(Who, &str)], shown: &[(Who, &str)]) -> Result {
        for (who, lines) in shown {
            lines.lines().try_for_each(|line| self.shows(*who, line))?;
        }
        let cells = known.iter().chain(shown);
        let cells: Vec<_> = cells.map(|(who, text)| (*who, (*text).to_owned())).collect();
        self.row(&cells);
        Ok(())
    }

    fn shows(&mut self, who: Who, line: &str) -> Result {
        self.program(who).out.expect(line)
    }

    fn row(&mut self, cells: &[(Who, String)]) {
        let mut row = vec![String::new(); self.columns];
        for (who, text) in cells {
            let cell = match who {
                Who::Server => &mut row[0],
                Who::Client(i) => &mut row[*i],
            };
            if !cell.is_empty() {
                cell.push('\n');
            }
            cell.push_str(text);
        }
        self.table.add_row(row);
    }

    fn program(&mut self, who: Who) -> &mut Program {
        match who {
            Who::Server => &mut self.server,
            Who::Client(i) => &mut self.clients[i - 1],
        }
    }

    /// The address by which the server knows a client.
    pub(crate) fn address_of(&self, client: Who) -> SocketAddr {
        match client {
            Who::Server => self.address,
            Who::Client(i) => self.addresses[i - 1],
        }
    }

    /// The name and the address of a client, if it has a name, as the server prints them.
    pub(crate) fn known_as(&self, client: Who) -> Option<String> {
        let Who::Client(i) = client else { return None };
        let name = self.names[i - 1].as_ref()?;
        Some(format!("{name} ({})", self.addresses[i - 1]))
    }

    /// Ends all programs, and checks that no output has a further line: no echo, no duplicate.
    pub(crate) fn end(mut self) -> Result<Table> {
        end(&mut self.server)?;
        self.server.out.wait_for("cerrando servidor...")?;
        self.server.err.expect_end()?;
        for client in &mut self.clients {
            client.wait()?;
            let mut rest = client.out.rest()?;
            rest.retain(|line| line != "* el servidor se cierra");
            assert!(rest.is_empty(), "{rest:?}");
        }
        Ok(self.table)
    }
}

/// Checks that the server's next line is these words and an address, and returns the address.
fn address_behind(stage: &Stage, server: &Program, words: &str) -> Result<SocketAddr> {
    let line = server.out.hear()?.unwrap_or_default();
    let address = line.strip_prefix(words).and_then(|address| address.parse().ok());
    address.ok_or_else(|| stage.failure(format!("no {words:?} and address: {line:?}")))
}

/// Stops the server as its operator would.
#[cfg(unix)]
fn end(server: &mut Program) -> Result {
    const SIGINT: i32 = 2;
    server.signal(SIGINT)?;
    server.expect_exit(0)
}

/// Kills the server: Windows has no signal for another process.
#[cfg(windows)]
fn end(server: &mut Program) -> Result {
    server.kill()
}
