# chat-check: --idle 6s
"""Falta: una conexión en silencio no se cierra nunca."""
import queue
import select
import signal
import socket
import sys
import threading
import time

HOST, PUERTO = "127.0.0.1", 12345
INACTIVIDAD = float(sys.argv[1]) if len(sys.argv) > 1 else 6.0

candado = threading.Lock()
clientes = []


class Cliente:
    def __init__(self, conexion, direccion):
        self.conexion = conexion
        self.direccion = "%s:%d" % direccion
        self.ultimo = time.monotonic()
        self.cola = queue.Queue(1000)
        self.escritor = threading.Thread(target=self.escribir, daemon=True)
        self.escritor.start()

    def enviar(self, texto):
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
            self.ultimo = time.monotonic()

    def leer(self):
        """Lo siguiente que llega: nada al final, None después de demasiado silencio."""
        while True:
            try:
                datos = self.conexion.recv(4096)
            except OSError:
                return b""
            self.ultimo = time.monotonic()
            return datos

    def cortar(self):
        try:
            self.conexion.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def despedir(self):
        try:
            self.cola.put_nowait(None)
            self.escritor.join(1)
        except queue.Full:
            pass
        self.cortar()
        self.escritor.join()
        self.conexion.close()


def mostrar(texto):
    print(texto, flush=True)


def limpiar(linea):
    texto = linea.decode("utf-8", "replace").rstrip("\r")
    return "".join(c if c == "\t" or c >= " " and not "\x7f" <= c < "\xa0" else "\ufffd" for c in texto)


def difundir(texto, autor):
    with candado:
        for otro in clientes:
            if otro is not autor:
                otro.enviar(texto)


def conversar(cliente):
    pendiente = b""
    while True:
        datos = cliente.leer()
        if datos is None:
            mostrar(f"cliente {cliente.direccion} inactivo")
            cliente.enviar("* conexión cerrada por inactividad")
            return
        *lineas, pendiente = (pendiente + datos).split(b"\n")
        if not datos and pendiente:
            lineas.append(pendiente)
        for linea in lineas:
            texto = limpiar(linea)
            if texto.strip().lower() == "salir":
                return
            if texto.strip():
                mostrar(f"cliente {cliente.direccion}: {texto}")
                difundir(f"usuario {cliente.direccion.split(':')[1]}: {texto}", cliente)
        if not datos:
            return


def atender(conexion, direccion):
    cliente = Cliente(conexion, direccion)
    mostrar(f"nuevo cliente conectado: {cliente.direccion}")
    cliente.enviar("bienvenido al chat! escribe 'salir' para salir")
    with candado:
        clientes.append(cliente)
    conversar(cliente)
    with candado:
        clientes.remove(cliente)
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
