"""Servidor de chat con selectors, que no dice que ya espera clientes."""
import selectors
import signal
import socket
import sys

DIRECCION = ("127.0.0.1", 12345)
BIENVENIDA = "bienvenido al chat! escribe 'salir' para salir"

selector = selectors.DefaultSelector()
clientes = []


class Cliente:
    def __init__(self, conexion, direccion):
        self.conexion = conexion
        self.direccion = "%s:%d" % direccion
        self.puerto = direccion[1]
        self.entrada = b""
        self.salida = bytearray()


def imprimir(texto):
    print(texto, flush=True)


def codificar(texto):
    return (texto + "\n").encode("utf-8")


def aceptar(servidor):
    conexion, direccion = servidor.accept()
    conexion.setblocking(False)
    cliente = Cliente(conexion, direccion)
    imprimir(f"nuevo cliente conectado: {cliente.direccion}")
    selector.register(conexion, selectors.EVENT_READ, cliente)
    clientes.append(cliente)
    cliente.salida += codificar(BIENVENIDA)
    vaciar(cliente)


def vaciar(cliente):
    """Envía lo que se pueda sin esperar."""
    try:
        enviados = cliente.conexion.send(cliente.salida)
        del cliente.salida[:enviados]
    except BlockingIOError:
        pass
    except OSError:
        quitar(cliente)
        return
    eventos = selectors.EVENT_READ
    if cliente.salida:
        eventos |= selectors.EVENT_WRITE
    selector.modify(cliente.conexion, eventos, cliente)


def difundir(texto, autor):
    for otro in list(clientes):
        if otro is not autor:
            otro.salida += codificar(texto)
            vaciar(otro)


def quitar(cliente):
    if cliente not in clientes:
        return
    clientes.remove(cliente)
    selector.unregister(cliente.conexion)
    cliente.conexion.close()
    imprimir(f"cliente {cliente.direccion} desconectado")


def leer(cliente):
    try:
        datos = cliente.conexion.recv(4096)
    except BlockingIOError:
        return
    except OSError:
        datos = b""
    if not datos:
        quitar(cliente)
        return
    cliente.entrada += datos
    while b"\n" in cliente.entrada:
        linea, cliente.entrada = cliente.entrada.split(b"\n", 1)
        texto = linea.rstrip(b"\r").decode("utf-8", "replace")
        if texto.strip().lower() == "salir":
            quitar(cliente)
            return
        if texto:
            imprimir(f"cliente {cliente.direccion}: {texto}")
            difundir(f"usuario {cliente.puerto}: {texto}", cliente)


def main():
    servidor = socket.socket()
    servidor.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        servidor.bind(DIRECCION)
    except OSError as error:
        sys.exit(f"no se puede usar {DIRECCION}: {error}")
    servidor.listen()
    selector.register(servidor, selectors.EVENT_READ, None)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while True:
            for clave, eventos in selector.select():
                cliente = clave.data
                if cliente is None:
                    aceptar(servidor)
                    continue
                if eventos & selectors.EVENT_WRITE and cliente in clientes:
                    vaciar(cliente)
                if eventos & selectors.EVENT_READ and cliente in clientes:
                    leer(cliente)
    except KeyboardInterrupt:
        imprimir("cerrando servidor...")


main()
