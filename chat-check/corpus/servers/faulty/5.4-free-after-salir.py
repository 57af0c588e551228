# chat-check: --profile sala
"""Falta: el nombre de quien dijo salir sigue ocupado."""
import queue
import re
import signal
import socket
import sys
import threading

HOST, PUERTO = "127.0.0.1", 12345
INTENTOS = 3

candado = threading.Lock()
clientes = []
nombres = []
ocupados = []


class Cliente:
    def __init__(self, conexion, direccion):
        self.conexion = conexion
        self.direccion = "%s:%d" % direccion
        self.pendiente = b""
        self.cola = queue.Queue(1000)
        self.escritor = threading.Thread(target=self.escribir, daemon=True)
        self.escritor.start()

    def enviar(self, texto):
        """No espera nunca: quien no lee pierde su conexión."""
        try:
            self.cola.put_nowait((texto + "\n").encode())
        except queue.Full:
            self.cortar()

    def escribir(self):
        while True:
            datos = self.cola.get()
            if datos is None:
                return
            try:
                self.conexion.sendall(datos)
            except OSError:
                return

    def lineas(self):
        """Las líneas que llegan; al final, también una que quedó sin terminar."""
        while True:
            while b"\n" in self.pendiente:
                linea, self.pendiente = self.pendiente.split(b"\n", 1)
                yield limpiar(linea)
            try:
                datos = self.conexion.recv(4096)
            except OSError:
                return
            if not datos:
                break
            self.pendiente += datos
        if self.pendiente:
            yield limpiar(self.pendiente)

    def cortar(self):
        try:
            self.conexion.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def despedir(self):
        """Envía lo que queda en la cola y cierra."""
        try:
            self.cola.put_nowait(None)
            self.escritor.join(1)
        except queue.Full:
            pass
        self.cortar()
        self.escritor.join()
        self.conexion.close()


def limpiar(linea):
    texto = linea.decode("utf-8", "replace").rstrip("\r")
    return "".join(c if c == "\t" or c >= " " and not "\x7f" <= c < "\xa0" else "\ufffd" for c in texto)


def mostrar(texto):
    print(texto, flush=True)


def difundir(texto, autor):
    for otro in clientes:
        if otro is not autor:
            otro.enviar(texto)


def es_valido(nombre):
    return re.fullmatch(r"[\w.-]{1,32}", nombre) and nombre.casefold() != "salir"


def entrar(cliente, nombre):
    """Da el nombre, si es posible, y anuncia a quien entra."""
    with candado:
        if not es_valido(nombre):
            return False
        if nombre.casefold() in [otro.casefold() for otro in nombres + ocupados]:
            return False
        clientes.append(cliente)
        nombres.append(nombre)
        difundir(f"* {nombre} se ha unido", cliente)
        return True


def salir(cliente, nombre, dijo_salir):
    with candado:
        posicion = clientes.index(cliente)
        del clientes[posicion]
        del nombres[posicion]
        if dijo_salir:
            ocupados.append(nombre)
        difundir(f"* {nombre} ha salido", cliente)


def conversar(cliente, lineas):
    for linea in lineas:
        if linea.strip().lower() == "salir":
            return True
        if linea.strip():
            with candado:
                nombre = nombres[clientes.index(cliente)]
                difundir(f"{nombre} > {linea}", cliente)
            mostrar(f"{nombre} > {linea}")


def pedir_nombre(cliente, lineas):
    for _ in range(INTENTOS):
        cliente.enviar("nombre del cliente")
        for nombre in lineas:
            nombre = nombre.strip()
            if nombre.lower() == "salir":
                return None
            if entrar(cliente, nombre):
                return nombre
            cliente.enviar("! ese nombre no se puede usar")
            break
        else:
            return None
    return None


def atender(conexion, direccion):
    cliente = Cliente(conexion, direccion)
    mostrar(f"nuevo cliente conectado: {cliente.direccion}")
    cliente.enviar("bienvenido al chat! escribe 'salir' para salir")
    lineas = cliente.lineas()
    nombre = pedir_nombre(cliente, lineas)
    if nombre:
        salir(cliente, nombre, conversar(cliente, lineas) is True)
    cliente.despedir()
    mostrar(f"cliente {cliente.direccion} desconectado")


def terminar(*_):
    raise KeyboardInterrupt


def main():
    signal.signal(signal.SIGTERM, terminar)
    servidor = socket.socket()
    servidor.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        servidor.bind((HOST, PUERTO))
    except OSError as error:
        sys.exit(f"no se puede escuchar en {HOST}:{PUERTO}: {error.strerror}")
    servidor.listen(100)
    mostrar(f"servidor de chat iniciado en {HOST}:{PUERTO}")
    mostrar("esperando clientes...")
    try:
        while True:
            conexion, direccion = servidor.accept()
            threading.Thread(target=atender, args=(conexion, direccion), daemon=True).start()
    except KeyboardInterrupt:
        mostrar("cerrando servidor...")
    with candado:
        quedan = list(clientes)
    for cliente in quedan:
        cliente.despedir()


if __name__ == "__main__":
    main()
