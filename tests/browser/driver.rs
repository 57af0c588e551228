//! Browsers, driven by the `WebDriver` protocol: JSON over HTTP (<https://www.w3.org/TR/webdriver2/>).

use std::env;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::process::Command;

use chat_drive::failure::Result;
use chat_drive::{role::PATIENCE, skip};
use chat_tests::harness::program::Program;
use chat_tests::harness::stage::Stage;
use serde_json::{Value, json};

/// A running chromedriver. Dropping it kills it and its browsers.
pub(crate) struct Driver {
    stage: Stage,
    _program: Program,
    address: SocketAddr,
}

/// A browser with one window.
pub(crate) struct Browser<'a> {
    stage: &'a Stage,
    address: SocketAddr,
    session: String,
}

impl Driver {
    /// Starts chromedriver on a free port. `None` where there is none: the test has said that it skips itself.
    pub(crate) fn start() -> Result<Option<Self>> {
        let stage = Stage::new();
        if !has_program(&format!("chromedriver{}", env::consts::EXE_SUFFIX)) {
            return missing(&stage, "chromedriver is not installed");
        }
        // A port that it finds free for IPv6 may be taken for IPv4.
        let begun = (0..3).find_map(|_| Self::begin(&stage).transpose()).transpose()?;
        let (program, port) = begun.ok_or_else(|| stage.failure("chromedriver finds no port"))?;
        let address = (Ipv4Addr::LOCALHOST, port).into();
        Ok(Some(Self { stage, _program: program, address }))
    }

    /// Starts it once. Returns also its port, if it has found one.
    fn begin(stage: &Stage) -> Result<Option<(Program, u16)>> {
        let mut command = Command::new("chromedriver");
        command.arg("--port=0");
        let program = stage.start("chromedriver", command)?;
        let is_last =
            |line: &str| line.contains("successfully on port") || line.contains("Exiting");
        let last = program.out.find(is_last, "its port, or that it has none")?;
        let port = last.rsplit(' ').next().and_then(|port| port.trim_end_matches('.').parse().ok());
        Ok(port.map(|port| (program, port)))
    }

    /// Opens a browser whose user speaks Spanish.
    pub(crate) fn open(&self) -> Result<Browser<'_>> {
        let arguments = [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-gpu",
            "--disable-extensions",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--window-size=1100,700",
        ];
        let options = json!({ "args": arguments, "prefs": { "intl.accept_languages": "es" } });
        let wanted = json!({
            "browserName": "chrome",
            "acceptInsecureCerts": true,
            "goog:chromeOptions": options,
        });
        let wanted = json!({ "capabilities": { "alwaysMatch": wanted } });
        let mut browser =
            Browser { stage: &self.stage, address: self.address, session: "session".to_owned() };
        let session = browser.post("", &wanted)?;
        let id = session["sessionId"].as_str().unwrap_or_default();
        browser.session = format!("session/{id}");
        Ok(browser)
    }
}

impl Browser<'_> {
    /// Sends a command. Returns its value.
    #[track_caller]
    pub(crate) fn post(&self, command: &str, body: &Value) -> Result<Value> {
        let path = format!("/{}{command}", self.session);
        let answer = request(self.address, &path, body)
            .map_err(|error| self.failure(format!("{path}: {error}")))?;
        match &answer["value"] {
            value if value["error"].is_string() => {
                Err(self.failure(format!("{path}: {}: {}", value["error"], value["message"])))
            }
            value => Ok(value.clone()),
        }
    }

    /// Loads a document.
    #[track_caller]
    pub(crate) fn go(&self, url: &str) -> Result {
        self.post("/url", &json!({ "url": url })).map(drop)
    }

    /// Runs a script. Returns what it returns; a promise is waited for.
    #[track_caller]
    pub(crate) fn run(&self, script: &str) -> Result<Value> {
        self.post("/execute/sync", &json!({ "script": script, "args": [] }))
    }

    /// Waits until an expression is true.
    #[track_caller]
    pub(crate) fn wait_until(&self, expression: &str) -> Result {
        self.wait_for(expression, &json!(true))
    }

    /// Waits until an expression has this value.
    #[track_caller]
    pub(crate) fn wait_for(&self, expression: &str, expected: &Value) -> Result {
        let script = format!("return {expression};");
        let mut last = Value::Null;
        let came = self.stage.eventually(expression, || {
            last = self.run(&script).unwrap_or_else(|error| json!(error.to_string()));
            last == *expected
        });
        came.map_err(|_| self.failure(format!("{expression} is {last}, and should be {expected}")))
    }

    /// Presses and releases these keys, one after another. See [`key`] for those that are no characters.
    #[track_caller]
    pub(crate) fn press(&self, keys: &str) -> Result {
        let strokes = keys.chars().flat_map(|key| {
            ["keyDown", "keyUp"].map(|action| json!({ "type": action, "value": key.to_string() }))
        });
        self.act(&strokes.collect::<Vec<_>>())
    }

    /// Presses a key while another is held.
    #[track_caller]
    pub(crate) fn press_with(&self, held: char, key: char) -> Result {
        let stroke = |action: &str, key: char| json!({ "type": action, "value": key.to_string() });
        self.act(&[
            stroke("keyDown", held),
            stroke("keyDown", key),
            stroke("keyUp", key),
            stroke("keyUp", held),
        ])
    }

    #[track_caller]
    fn act(&self, strokes: &[Value]) -> Result {
        let keyboard = json!({ "type": "key", "id": "keyboard", "actions": strokes });
        self.post("/actions", &json!({ "actions": [keyboard] })).map(drop)
    }

    /// Clicks on the element that this selector means.
    #[track_caller]
    pub(crate) fn click(&self, selector: &str) -> Result {
        let find = json!({ "using": "css selector", "value": selector });
        let mut last = String::new();
        // The element may be replaced by a newer one meanwhile, or be covered until a drawer is closed.
        let clicked = self.stage.eventually(selector, || {
            let clicked = self.post("/element", &find).and_then(|found| {
                let id = found.as_object().and_then(|found| found.values().next()?.as_str());
                self.post(&format!("/element/{}/click", id.unwrap_or_default()), &json!({}))
            });
            clicked.map_err(|error| last = error.to_string()).is_ok()
        });
        clicked.map_err(|_| self.failure(format!("cannot click on {selector}: {last}")))
    }

    /// Sends a command of Chromium's own protocol.
    #[track_caller]
    pub(crate) fn devtools(&self, command: &str, parameters: &Value) -> Result {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters })).map(drop)
    }

    #[track_caller]
    pub(crate) fn failure(&self, what: impl std::fmt::Display) -> chat_drive::failure::Failure {
        self.stage.failure(what)
    }
}

/// Keys that are no characters.
pub(crate) mod key {
    pub(crate) const TAB: char = '\u{E004}';
    pub(crate) const ENTER: char = '\u{E007}';
    pub(crate) const SHIFT: char = '\u{E008}';
    pub(crate) const ALT: char = '\u{E00A}';
    pub(crate) const ESCAPE: char = '\u{E00C}';
    pub(crate) const UP: char = '\u{E013}';
    pub(crate) const DOWN: char = '\u{E015}';
}

/// The test skips itself, because something is missing: where everything is to be tested, that is a failure.
pub(crate) fn missing<T>(stage: &Stage, what: &str) -> Result<Option<T>> {
    if env::var_os("CI").is_some() {
        return Err(stage.failure(what));
    }
    skip(what);
    Ok(None)
}

/// Returns whether there is a program of this name.
pub(crate) fn has_program(name: &str) -> bool {
    let paths = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&paths).any(|folder| folder.join(name).is_file())
}

fn request(address: SocketAddr, path: &str, body: &Value) -> io::Result<Value> {
    let body = body.to_string();
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    // It keeps the connection open, whatever is asked.
    let mut response = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        response.read_line(&mut line)?;
        match line.split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
            None if line.trim().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    response.read_exact(&mut body)?;
    serde_json::from_slice(&body).map_err(io::Error::other)
}
