//! The page of one user.

use std::net::SocketAddr;
use std::ops::Deref;

use chat_drive::failure::Result;
use chat_tests::chat::Chat;
use serde_json::json;

use crate::driver::{Browser, Driver, key};

/// A browser that shows the page.
pub(crate) struct Page<'a>(Browser<'a>);

impl<'a> Deref for Page<'a> {
    type Target = Browser<'a>;

    fn deref(&self) -> &Browser<'a> {
        &self.0
    }
}

/// A server of this profile with a listener for the web, and another for the peers of a test.
pub(crate) fn start(profile: &str, options: &[&str]) -> Result<Chat> {
    Chat::start_with(&[&["-p", profile, "--web", "127.0.0.1:0"], options].concat())
}

pub(crate) fn web(chat: &Chat) -> SocketAddr {
    chat.web.expect("a listener for the web")
}

impl<'a> Page<'a> {
    /// Opens the page.
    #[track_caller]
    pub(crate) fn open(driver: &'a Driver, chat: &Chat) -> Result<Self> {
        Self::open_at(driver, web(chat), "")
    }

    /// Opens the page at this address, where a script of the test runs before its own.
    #[track_caller]
    pub(crate) fn open_at(driver: &'a Driver, address: SocketAddr, script: &str) -> Result<Self> {
        Self::open_url(driver, &format!("http://{address}/"), script)
    }

    /// The same at this URL.
    #[track_caller]
    pub(crate) fn open_url(driver: &'a Driver, url: &str, script: &str) -> Result<Self> {
        let browser = driver.open()?;
        let source = json!({ "source": script });
        browser.devtools("Page.addScriptToEvaluateOnNewDocument", &source)?;
        browser.go(url)?;
        Ok(Self(browser))
    }

    /// Opens the page where a name is asked for, and gives this one.
    #[track_caller]
    pub(crate) fn enter(driver: &'a Driver, chat: &Chat, name: &str) -> Result<Self> {
        let page = Self::open(driver, chat)?;
        page.give_name(name)?;
        page.is_there(name)?;
        Ok(page)
    }

    #[track_caller]
    pub(crate) fn give_name(&self, name: &str) -> Result {
        self.wait_until("document.activeElement.id === 'name'")?;
        self.press(&format!("{name}{}", key::ENTER))
    }

    /// Waits until its user takes part under this name.
    #[track_caller]
    pub(crate) fn is_there(&self, name: &str) -> Result {
        self.wait_for("document.getElementById('me').textContent", &json!(format!("Eres {name}")))?;
        self.wait_for("document.body.dataset.state", &json!("online"))?;
        self.wait_until("!document.getElementById('ask').open")
    }

    /// Types a line and sends it.
    #[track_caller]
    pub(crate) fn say(&self, line: &str) -> Result {
        self.press(&format!("{line}{}", key::ENTER))
    }

    /// Waits until the log shows exactly these messages, one's own among them.
    #[track_caller]
    pub(crate) fn shows(&self, messages: &[&str]) -> Result {
        let texts = "[...document.querySelectorAll('.log:not([hidden]) .message .text')].map(text => text.textContent)";
        self.wait_for(texts, &json!(messages))
    }

    /// Waits until the log has a notice or warning that contains this.
    #[track_caller]
    pub(crate) fn notes(&self, text: &str) -> Result {
        let lines = "[...document.querySelectorAll('.log:not([hidden]) :is(.notice, .warning)')]";
        self.wait_until(&format!(
            "{lines}.some(line => line.textContent.includes({}))",
            json!(text)
        ))
    }

    /// Waits until this is the title: the room, or the other person of a private conversation.
    #[track_caller]
    pub(crate) fn is_titled(&self, title: &str) -> Result {
        self.wait_for("document.getElementById('title').textContent", &json!(title))
    }

    /// Waits until the bar is in this state.
    #[track_caller]
    pub(crate) fn is_in_state(&self, state: &str) -> Result {
        self.wait_for("document.body.dataset.state", &json!(state))
    }

    /// Waits until this is in the input.
    #[track_caller]
    pub(crate) fn has_typed(&self, text: &str) -> Result {
        self.wait_for("document.getElementById('text').value", &json!(text))
    }

    /// Makes all timers run at once, and counts the connections that are opened from now on.
    #[track_caller]
    pub(crate) fn hurry(&self) -> Result {
        self.run(
            "window.turn = window.setTimeout;
             window.setTimeout = (task, time, ...values) => window.turn(task, 0, ...values);
             window.opened = 0;
             const Real = WebSocket;
             window.WebSocket = class extends Real {
               constructor(...values) { super(...values); window.opened += 1; }
             };",
        )
        .map(drop)
    }

    /// Returns how many connections were opened since [`hurry`](Self::hurry), after everything that would make it
    /// connect again.
    #[track_caller]
    pub(crate) fn connections(&self) -> Result<i64> {
        let opened = self.run(
            "window.dispatchEvent(new Event('online'));
             document.dispatchEvent(new Event('visibilitychange'));
             window.dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
             return new Promise(done => {
               let turns = 200;
               const next = () => (turns-- > 0 ? window.turn(next, 0) : done(window.opened));
               next();
             });",
        )?;
        Ok(opened.as_i64().unwrap_or(-1))
    }
}
