// The connection: it comes back by itself, unless its user left or was sent away.
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 30_000;
// When a server starts anew, all its clients come back.
const SPREAD = 5000;
const STABLE = 5000;
// In halves of the time between two objects of the kind "alive".
const LONGEST_SILENCE = 4;
const NAME_TRIES = 8;
// So many first connections fail before the page says that it is perhaps not admitted: it cannot see a 403.
const FIRST_TRIES = 5;

// The servers of this chat: the page's own, and its peers. From a page that came through https, no others can be reached.
const home = new URL("/ws", location.href);
home.protocol = location.protocol === "https:" ? "wss:" : "ws:";
const servers = [home.href, ...(document.querySelector("meta[name=peers]")?.content.split(" ") ?? [])]
  .filter((url) => home.protocol === "ws:" || url.startsWith("wss:"));
// Where in this list the one is that it talks with, or tries next.
let server = 0;

let socket = null;
let rest = "";
let attempt = 0;
let timer = 0;
let turnTimer = 0;
let welcomeTime = 0;
let watched = 0;
let watchTimer = 0;
let silence = 0;
let nameTries = 0;
let wasOpen = false;
// True from the first arrival on.
let wasHere = false;
let leaving = false;
let lastWords = "";
// Set when only its user brings the connection back.
let over = null;

const isOnline = () => socket?.readyState === WebSocket.OPEN && over === null;
const isReturning = () => wasHere;

function connect() {
  clearTimeout(timer);
  drop();
  over = null;
  if (naming !== "given") naming = null;
  leaving = false;
  lastWords = rest = "";
  if (!wasHere && !$("ask").open && state?.now !== "barred") setState("connecting");
  const opened = new WebSocket(servers[server], "chat.v2");
  socket = opened;
  opened.onopen = () => {
    if (opened !== socket) return;
    wasOpen = true;
    turnTimer = setTimeout(setState, 1000, "waiting");
  };
  opened.onmessage = ({ data }) => {
    if (opened !== socket) return;
    silence = 0;
    const lines = (rest + data).split("\n");
    rest = lines.pop();
    for (const line of lines) {
      // What is heard may end the connection.
      if (opened === socket) hear(line);
    }
  };
  opened.onclose = ({ code, reason }) => {
    if (opened === socket) ended(code, reason);
  };
}

// Closes the connection that there is, and hears nothing more of it.
function drop() {
  unaskWord();
  clearTimeout(turnTimer);
  clearInterval(watchTimer);
  watched = 0;
  const old = socket;
  socket = null;
  old?.close();
}

// A script sees no pings: that nothing comes any more is seen by the silence, of which a page that was asleep counts
// one tick at most.
function watch(every) {
  if (every === watched) return;
  clearInterval(watchTimer);
  watched = every;
  watchTimer = setInterval(() => {
    silence += 1;
    if (silence > LONGEST_SILENCE) ended(1006, "");
  }, every / 2);
}

function welcomed() {
  clearTimeout(turnTimer);
  welcomeTime = Date.now();
  if (naming === "done") naming = null;
}

// The user takes part.
function arrived() {
  if (wasHere) addNotice(current, word("back"), Date.now());
  wasHere = true;
  nameTries = 0;
  naming = "done";
  setState(null);
  redraw();
  $("text").focus();
}

function ended(code, reason) {
  drop();
  pauseSession();
  if (welcomeTime && Date.now() - welcomeTime > STABLE) attempt = 0;
  welcomeTime = 0;
  if (leaving) return stop("gone");
  if (code === 4003) return stop("removed");
  if (code === 4001) return stop("idle");
  if (code === 4005) {
    // It waits for a name, which brings it back.
    if (!$("ask").open) askName();
    over = "name";
    naming = null;
    return;
  }
  // A server with which the user talked is tried again first, unless it stops.
  if (naming !== "done" || code === 1012) server = (server + 1) % servers.length;
  if (naming !== "given") naming = null;
  if (!wasOpen && attempt + 1 >= FIRST_TRIES) setState("barred");
  else if (!$("ask").open) setState("lost", code === 1013 || code === 4004 ? reason || lastWords : "");
  later(code === 1012 ? SPREAD : 0);
}

function stop(why) {
  over = why;
  naming = null;
  if (why !== "idle") {
    session("name", null);
    session("room", null);
    me.wanted = null;
    endSession();
  }
  setState(why, why === "removed" ? lastWords : "");
}

// Tries again after a pause that doubles each time, and differs from computer to computer. All
// of them come within the time to spread over, if there is one.
function later(spread = 0) {
  const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempt);
  attempt += 1;
  clearTimeout(timer);
  timer = setTimeout(connect, Math.max(spread * Math.random(), pause * (0.5 + Math.random() / 2)));
}

// The connection before may have the name until the server gives it up.
function heldName(why) {
  nameTries += 1;
  if (nameTries >= NAME_TRIES) {
    nameTries = 0;
    naming = "asked";
    $("why").textContent = why;
    return;
  }
  naming = null;
  drop();
  setState("taken");
  later();
}

function retryNow() {
  if (socket === null && over === null) connect();
}

function comeBack() {
  if (over === null) return retryNow();
  attempt = 0;
  connect();
}

function transmit(line) {
  if (!isOnline()) return false;
  socket.send(`${line}\n`);
  return true;
}

// The bar above the input says what is not as usual.
let state = null;
function setState(now, more = "") {
  state = now === null ? null : { now, more };
  showState();
}

function showState() {
  const now = state?.now ?? null;
  document.body.dataset.state = now ?? "online";
  $("state").textContent = now === null ? "" : state.more && now !== "removed" ? `${state.more} · ${word(now)}` : state.more || word(now);
  const again = $("again");
  again.hidden = now === null || ["connecting", "waiting"].includes(now);
  again.textContent = word(over === null ? "retry" : "again");
}

addEventListener("online", retryNow);
addEventListener("offline", () => {
  if (socket === null || ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname)) return;
  ended(1006, "");
});
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  retryNow();
  if (current) {
    current.unread = 0;
    current.mentioned = false;
  }
  askRooms();
  redraw();
});
addEventListener("pagehide", () => {
  keepDraft();
  session("ticket", ticket);
  drop();
  pauseSession();
});
addEventListener("pageshow", ({ persisted }) => {
  if (!persisted) return;
  session("ticket", null);
  retryNow();
});
