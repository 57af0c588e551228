# chat-check: --profile sala
"""Sala con nombres, sin fin de línea: un mensaje es lo que devuelve un recv."""
import codecs
import queue
import signal
import socket
import sys
import threading

HOST, PUERTO = "127.0.0.1", 12345

candado = threading.Lock()
clientes = {}


class Cliente:
    def __init__(self, conexion):
        self.conexion = conexion
        self.decodificador = codecs.getincrementaldecoder("utf-8")("replace")
        self.cola = queue.Queue(1000)
        self.escritor = threading.Thread(target=self.escribir, daemon=True)
        self.escritor.start()

    def enviar(self, texto):
        try:
            self.cola.put_nowait(texto.encode())
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

    def recibir(self):
        """El mensaje siguiente; None al final."""
        while True:
            try:
                datos = self.conexion.recv(65536)
            except OSError:
                return None
            texto = self.decodificador.decode(datos, final=not datos).rstrip("\r\n")
            if texto:
                return limpiar(texto)
            if not datos:
                return None

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


def limpiar(texto):
    return "".join(c if c in "\t\n" or c >= " " and not "\x7f" <= c < "\xa0" else "\ufffd" for c in texto)


def mostrar(texto):
    print(texto, flush=True)


def difundir(texto, autor):
    for otro in clientes:
        if otro is not autor:
            otro.enviar(texto)


def entrar(cliente, nombre):
    with candado:
        usados = [usado.casefold() for usado in clientes.values()]
        if not nombre.isalnum() or len(nombre) > 20 or nombre.casefold() in usados:
            return False
        difundir(f"*** {nombre} entró", cliente)
        clientes[cliente] = nombre
        return True


def salir(cliente):
    with candado:
        nombre = clientes.pop(cliente)
        difundir(f"*** {nombre} salió", cliente)


def conversar(cliente, nombre):
    while True:
        texto = cliente.recibir()
        if texto is None or texto.strip().lower() == "salir":
            return
        if texto.strip():
            with candado:
                difundir(f"{nombre}: {texto}", cliente)
            mostrar(f"{nombre}: {texto}")


def atender(conexion, direccion):
    direccion = "%s:%d" % direccion
    mostrar(f"nuevo cliente conectado: {direccion}")
    cliente = Cliente(conexion)
    for _ in range(3):
        cliente.enviar("Tu nombre: ")
        nombre = cliente.recibir()
        if nombre is None or nombre.strip().lower() == "salir":
            break
        if entrar(cliente, nombre.strip()):
            try:
                conversar(cliente, nombre.strip())
            finally:
                salir(cliente)
            break
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
    try:
        while True:
            threading.Thread(target=atender, args=servidor.accept(), daemon=True).start()
    except KeyboardInterrupt:
        mostrar("cerrando servidor...")
    with candado:
        quedan = list(clientes)
    for cliente in quedan:
        cliente.despedir()


if __name__ == "__main__":
    main()
