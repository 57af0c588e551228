// What the page itself says, in each language.
const WORDS = {
  es: {
    other: "English", leave: "Salir", rooms: "Salas", privates: "Privados", people: "Personas",
    conversations: "Conversaciones", message: "Mensaje", send: "Enviar", go: "Ir", newRoom: "Otra sala",
    noPrivates: "Elige a una persona para hablar en privado.",
    question: "¿Cómo te llamas?", name: "Tu nombre en el chat", enter: "Entrar",
    unfit: "Un nombre sin espacios, de 32 caracteres como mucho.",
    you: "tú", me: (name) => `Eres ${name}`, now: "ahora",
    log: (title) => `Mensajes: ${title}`, privateWith: (name) => `Privado con ${name}`,
    unread: (n) => (n === 1 ? "1 sin leer" : `${n} sin leer`),
    inRoom: (n) => (n === 1 ? "1 persona" : `${n} personas`),
    below: (n) => (n === 1 ? "1 mensaje nuevo" : `${n} mensajes nuevos`), toEnd: "Ir al final",
    joined: (names, n) => `${names} se ${n === 1 ? "ha" : "han"} unido`,
    left: (names, n) => `${names} ${n === 1 ? "ha" : "han"} salido`,
    changed: (names, n) => `${names} ${n === 1 ? "ha" : "han"} cambiado de nombre`,
    goes: (name, room) => `${name} pasa a la sala ${room}`,
    comes: (name, room) => `${name} viene de la sala ${room}`,
    renamed: (old, name) => `${old} ahora es ${name}`,
    named: (name) => `Ahora te llamas ${name}`,
    here: (room) => `Estás en la sala ${room}`,
    more: (n) => `y ${n} más`, and: " y ",
    connecting: "Conectando…", waiting: "Esperando turno: el servidor atiende a otra persona…",
    lost: "Sin conexión. Lo que escribas se conserva; volviendo a conectar…",
    barred: "Sin conexión. Quizá el servidor no admite páginas de esta dirección (--web-origin); volviendo a conectar…",
    taken: "Tu nombre sigue ocupado por la conexión anterior; probando otra vez…",
    pending: "pendiente", uncertain: "quizá no ha llegado",
    missing: "Quizá falten mensajes que se han dicho mientras tanto.",
    unstored: (n) => (n === 1 ? "1 mensaje de antes no se guardó" : `${n} mensajes de antes no se guardaron`),
    found: (n) => (n === 0 ? "No falta ninguno de los últimos mensajes" : n === 1 ? "1 mensaje de antes, puesto en su sitio" : `${n} mensajes de antes, puestos en su sitio`),
    back: "De nuevo en línea", retry: "Probar ahora", again: "Volver a entrar",
    gone: "Has salido del chat.", removed: "El operador ha cerrado tu conexión.",
    idle: "Conexión cerrada por inactividad.", tooLong: (most) => `Mensaje demasiado largo (máximo ${most} bytes)`,
  },
  en: {
    other: "Español", leave: "Leave", rooms: "Rooms", privates: "Private", people: "People",
    conversations: "Conversations", message: "Message", send: "Send", go: "Go", newRoom: "Another room",
    noPrivates: "Choose a person to talk in private.",
    question: "What is your name?", name: "Your name in the chat", enter: "Join",
    unfit: "A name without blanks, of at most 32 characters.",
    you: "you", me: (name) => `You are ${name}`, now: "now",
    log: (title) => `Messages: ${title}`, privateWith: (name) => `Private with ${name}`,
    unread: (n) => `${n} unread`,
    inRoom: (n) => (n === 1 ? "1 person" : `${n} people`),
    below: (n) => (n === 1 ? "1 new message" : `${n} new messages`), toEnd: "Go to the end",
    joined: (names, n) => `${names} ${n === 1 ? "has" : "have"} joined`,
    left: (names, n) => `${names} ${n === 1 ? "has" : "have"} left`,
    changed: (names, n) => `${names} ${n === 1 ? "has another name" : "have other names"}`,
    goes: (name, room) => `${name} goes to the room ${room}`,
    comes: (name, room) => `${name} comes from the room ${room}`,
    renamed: (old, name) => `${old} is now ${name}`,
    named: (name) => `You are now called ${name}`,
    here: (room) => `You are in the room ${room}`,
    more: (n) => `and ${n} more`, and: " and ",
    connecting: "Connecting…", waiting: "Waiting for your turn: the server talks with another person…",
    lost: "No connection. What you write is kept; connecting again…",
    barred: "No connection. Perhaps the server does not admit pages from this address (--web-origin); connecting again…",
    taken: "Your name is still held by the connection before; trying again…",
    pending: "pending", uncertain: "perhaps not delivered",
    missing: "Messages that were said meanwhile may be missing.",
    unstored: (n) => (n === 1 ? "1 message from before was not stored" : `${n} messages from before were not stored`),
    found: (n) => (n === 0 ? "None of the last messages is missing" : n === 1 ? "1 message from before, put in its place" : `${n} messages from before, put in their places`),
    back: "Online again", retry: "Try now", again: "Join again",
    gone: "You have left the chat.", removed: "The operator has closed your connection.",
    idle: "Closed because of inactivity.", tooLong: (most) => `The message is too long (at most ${most} bytes)`,
  },
};

const $ = (id) => document.getElementById(id);

// The storage may be forbidden.
function stored(storage, key, value) {
  try {
    if (value === undefined) return JSON.parse(storage().getItem(`chat.${key}`));
    storage().setItem(`chat.${key}`, JSON.stringify(value));
  } catch { /* then nothing is kept over a reload */ }
  return null;
}
const session = (key, value) => stored(() => sessionStorage, key, value);
const local = (key, value) => stored(() => localStorage, key, value);

let language = local("language") ?? (/^(es|ca|gl|eu)\b/i.test(navigator.language) ? "es" : "en");
if (!(language in WORDS)) language = "en";

function word(key, ...values) {
  const said = WORDS[language][key];
  return typeof said === "function" ? said(...values) : said;
}

// Puts the words of the language into the document.
function translate() {
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
  for (const element of document.querySelectorAll("[data-label]")) {
    element.setAttribute("aria-label", word(element.dataset.label));
    if (element.tagName === "BUTTON") element.title = word(element.dataset.label);
  }
  for (const element of document.querySelectorAll("[data-hint]")) element.placeholder = word(element.dataset.hint);
  $("lang").textContent = word("other");
  $("lang").lang = language === "es" ? "en" : "es";
}
