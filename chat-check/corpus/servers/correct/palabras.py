# chat-check: --profile grupal --dialect palabras.toml
"""Salas y mensajes privados, con otros comandos que los de siempre."""
import asyncio
import re
import signal
import sys

HOST, PUERTO = "127.0.0.1", 12345
DEMASIADO = 1 << 20
AYUDA = {
    "privado": "/susurra NOMBRE TEXTO",
    "sala": "/ir SALA",
    "quien": "/quienes",
    "salas": "/cuartos",
    "nombre": "/soy NUEVO",
    "responder": "/contesta TEXTO",
    "ayuda": "/comandos",
    "salir": "/fin",
}
PALABRAS = {
    "susurra": "privado",
    "ir": "sala",
    "quienes": "quien",
    "cuartos": "salas",
    "soy": "nombre",
    "contesta": "responder",
    "comandos": "ayuda",
    "fin": "salir",
}

usuarios = {}


def mostrar(texto):
    print(texto, flush=True)


def buscar(nombre):
    return usuarios.get(nombre.casefold())


def en_sala(sala):
    return [usuario for usuario in usuarios.values() if usuario.sala == sala]


class Usuario:
    def __init__(self, entrada, salida):
        self.entrada = entrada
        self.salida = salida
        self.nombre = None
        self.sala = "general"
        self.ultimo = None

    def decir(self, texto):
        """Quien no lee y deja demasiado por enviar pierde su conexión."""
        if self.salida.transport.get_write_buffer_size() > DEMASIADO:
            self.salida.transport.abort()
        else:
            self.salida.write((texto + "\n").encode())

    def a_la_sala(self, texto):
        for otro in en_sala(self.sala):
            if otro is not self:
                otro.decir(texto)

    async def leer(self):
        try:
            linea = await self.entrada.readline()
        except (ConnectionError, ValueError):
            return None
        if not linea:
            return None
        texto = linea.decode("utf-8", "replace").rstrip("\r\n")
        return "".join(
            c if c == "\t" or c >= " " and not "\x7f" <= c < "\xa0" else "\ufffd" for c in texto
        )

    def llamarse(self, nombre):
        """Toma el nombre, si es posible."""
        if not re.fullmatch(r"[\w.-]{1,32}", nombre) or nombre.casefold() == "salir":
            self.decir("! ese nombre no es válido")
            return False
        if buscar(nombre) not in (None, self):
            self.decir("! ese nombre está en uso")
            return False
        if self.nombre:
            del usuarios[self.nombre.casefold()]
        usuarios[nombre.casefold()] = self
        self.nombre = nombre
        return True

    def irse(self):
        if self.nombre:
            del usuarios[self.nombre.casefold()]
            self.a_la_sala(f"* {self.nombre} ha salido")

    def hablar(self, texto):
        mostrar(f"{self.nombre} > {texto}")
        self.a_la_sala(f"{self.nombre} > {texto}")

    def obedecer(self, linea):
        """Devuelve si la conversación sigue."""
        palabra, _, resto = linea[1:].partition(" ")
        comando = PALABRAS.get(palabra)
        resto = resto.strip()
        if comando not in AYUDA:
            self.decir(f"! no existe /{palabra}: /comandos muestra los comandos")
        elif comando == "salir":
            return False
        elif not self.hacer(comando)(resto):
            self.decir(f"! se escribe {AYUDA[comando]}")
        return True

    def hacer(self, comando):
        return {
            "privado": self.privado,
            "sala": self.mudarse,
            "quien": self.quien,
            "salas": self.salas,
            "nombre": self.cambiar,
            "responder": self.responder,
            "ayuda": self.ayuda,
        }[comando]

    def privado(self, resto):
        nombre, _, texto = resto.partition(" ")
        if not texto:
            return False
        otro = buscar(nombre)
        if otro is None:
            self.decir(f"* no existe {nombre}")
            return True
        otro.ultimo = self.nombre
        otro.decir(f"[privado] {self.nombre} > {texto}")
        self.decir(f"[privado a {otro.nombre}] {texto}")
        return True

    def responder(self, resto):
        if not resto:
            return False
        if self.ultimo is None:
            self.decir("* nadie te ha escrito en privado")
            return True
        return self.privado(f"{self.ultimo} {resto}")

    def mudarse(self, sala):
        if not sala:
            return False
        self.a_la_sala(f"* {self.nombre} ha salido")
        self.sala = sala
        self.a_la_sala(f"* {self.nombre} se ha unido")
        self.decir(f"* estás en {sala}")
        return True

    def quien(self, _):
        self.decir("* en " + self.sala + ": " + ", ".join(u.nombre for u in en_sala(self.sala)))
        return True

    def salas(self, _):
        nombres = sorted({usuario.sala for usuario in usuarios.values()} | {"general"})
        self.decir("* salas: " + ", ".join(f"{sala} ({len(en_sala(sala))})" for sala in nombres))
        return True

    def cambiar(self, nuevo):
        viejo = self.nombre
        if nuevo and self.llamarse(nuevo):
            self.a_la_sala(f"* {viejo} ahora es {nuevo}")
            self.decir(f"* ahora eres {nuevo}")
        return bool(nuevo)

    def ayuda(self, _):
        self.decir("* comandos: " + ", ".join(AYUDA.values()))
        return True


async def presentarse(usuario):
    for _ in range(3):
        usuario.decir("nombre del cliente")
        nombre = await usuario.leer()
        if nombre is None or nombre.strip().lower() == "salir":
            return False
        if usuario.llamarse(nombre.strip()):
            usuario.a_la_sala(f"* {usuario.nombre} se ha unido")
            return True
    return False


async def conversar(usuario):
    while True:
        linea = await usuario.leer()
        if linea is None or linea.strip().lower() == "salir":
            return
        if linea.startswith("//"):
            usuario.hablar(linea[1:])
        elif linea.startswith("/"):
            if not usuario.obedecer(linea):
                return
        elif linea.strip():
            usuario.hablar(linea)


async def atender(entrada, salida):
    direccion = "%s:%d" % salida.get_extra_info("peername")
    mostrar(f"nuevo cliente conectado: {direccion}")
    usuario = Usuario(entrada, salida)
    usuario.decir("bienvenido al chat! escribe 'salir' para salir")
    try:
        if await presentarse(usuario):
            await conversar(usuario)
    finally:
        usuario.irse()
        salida.close()
        mostrar(f"cliente {direccion} desconectado")


async def main():
    fin = asyncio.Event()
    bucle = asyncio.get_running_loop()
    for aviso in (signal.SIGINT, signal.SIGTERM):
        bucle.add_signal_handler(aviso, fin.set)
    try:
        servidor = await asyncio.start_server(atender, HOST, PUERTO, limit=DEMASIADO)
    except OSError as error:
        sys.exit(f"no se puede escuchar en {HOST}:{PUERTO}: {error.strerror}")
    mostrar(f"servidor de chat iniciado en {HOST}:{PUERTO}")
    mostrar("esperando clientes...")
    await fin.wait()
    mostrar("cerrando servidor...")
    servidor.close()
    for usuario in list(usuarios.values()):
        usuario.salida.close()
    await asyncio.sleep(0.1)


asyncio.run(main())
