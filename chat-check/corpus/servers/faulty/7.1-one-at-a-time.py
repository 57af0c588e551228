# chat-check: --profile practico --idle 4s
"""Falta: atiende a todos a la vez."""
import queue
import select
import signal
import socket
import sys
import threading
import time

HOST, PUERTO = "127.0.0.1", 12345
NOMBRE = "Servidor"
INACTIVIDAD = float(sys.argv[1]) if len(sys.argv) > 1 else 4.0

candado = threading.Lock()
actual = None


class Cliente:
    def __init__(self, conexion):
        self.conexion = conexion
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
            resta = self.ultimo + INACTIVIDAD - time.monotonic()
            if resta <= 0:
                return None
            listo, _, _ = select.select([self.conexion], [], [], resta)
            if listo:
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


def teclado():
    """Un solo hilo lee el teclado, y envía a quien esté conectado."""
    for linea in sys.stdin:
        with candado:
            if actual:
                actual.enviar(f"{NOMBRE} > {linea.rstrip()}")


def limpiar(linea):
    texto = linea.decode("utf-8", "replace").rstrip("\r")
    return "".join(c if c == "\t" or c >= " " and not "\x7f" <= c < "\xa0" else "\ufffd" for c in texto)


def es_despedida(linea):
    return limpiar(linea).split(" > ")[-1].strip().lower() == "salir"


def conversar(cliente, direccion):
    pendiente = b""
    while True:
        datos = cliente.leer()
        if datos is None:
            mostrar(f"cliente {direccion} inactivo")
            cliente.enviar("* conexión cerrada por inactividad")
            return
        *lineas, pendiente = (pendiente + datos).split(b"\n")
        if not datos and pendiente:
            lineas.append(pendiente)
        for linea in lineas:
            if es_despedida(linea):
                return
            if linea.strip():
                mostrar(limpiar(linea))
        if not datos:
            return


def atender(conexion, direccion):
    global actual
    direccion = "%s:%d" % direccion
    mostrar(f"nuevo cliente conectado: {direccion}")
    cliente = Cliente(conexion)
    cliente.enviar("bienvenido al chat! escribe 'salir' para salir")
    with candado:
        actual = cliente
    conversar(cliente, direccion)
    with candado:
        if actual is cliente:
            actual = None
    cliente.despedir()
    mostrar(f"cliente {direccion} desconectado")


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
    threading.Thread(target=teclado, daemon=True).start()
    try:
        while True:
            conexion, direccion = servidor.accept()
            threading.Thread(target=atender, args=(conexion, direccion), daemon=True).start()
    except KeyboardInterrupt:
        mostrar("cerrando servidor...")
    if actual:
        actual.despedir()


if __name__ == "__main__":
    main()
