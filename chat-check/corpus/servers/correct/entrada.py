# chat-check: --profile sala --dialect entrada.toml
"""Sala con selectors: se entra con JOIN y el nombre, y se habla con MSG."""
import selectors
import signal
import socket
import sys

HOST, PUERTO = "127.0.0.1", 12345
DEMASIADO = 1 << 20

elige = selectors.DefaultSelector()
clientes = {}


class Cliente:
    def __init__(self, conexion, direccion):
        self.conexion = conexion
        self.direccion = direccion
        self.nombre = None
        self.llega = b""
        self.sale = b""
        self.cierra = False


def mostrar(texto):
    print(texto, flush=True)


def vigilar(cliente):
    hechos = 0 if cliente.cierra else selectors.EVENT_READ
    if cliente.sale:
        hechos |= selectors.EVENT_WRITE
    if hechos:
        elige.modify(cliente.conexion, hechos, cliente)
    else:
        quitar(cliente)


def enviar(cliente, texto):
    cliente.sale += texto.encode() + b"\n"
    if len(cliente.sale) > DEMASIADO:
        cliente.sale = b""
        cliente.cierra = True
    if cliente.conexion in clientes:
        vigilar(cliente)


def difundir(texto, autor):
    for otro in list(clientes.values()):
        if otro.nombre and not otro.cierra and otro is not autor:
            enviar(otro, texto)


def quitar(cliente):
    if clientes.pop(cliente.conexion, None):
        elige.unregister(cliente.conexion)
        cliente.conexion.close()
        mostrar(f"cliente {cliente.direccion} desconectado")
        despedir(cliente)


def despedir(cliente):
    nombre, cliente.nombre = cliente.nombre, None
    if nombre:
        difundir(f"{nombre} salió de la sala", cliente)


def limpiar(linea):
    texto = linea.decode("utf-8", "replace").rstrip("\r")
    return "".join(c if c == "\t" or c >= " " and not "\x7f" <= c < "\xa0" else "\ufffd" for c in texto)


def se_puede(nombre):
    usados = [otro.nombre.casefold() for otro in clientes.values() if otro.nombre]
    return nombre.isalnum() and len(nombre) <= 20 and nombre.casefold() not in usados


def recibir(cliente, linea):
    texto = limpiar(linea).strip()
    if texto.lower() == "salir":
        cliente.cierra = True
        despedir(cliente)
    elif not texto:
        return
    elif cliente.nombre:
        comando, _, texto = texto.partition(" ")
        if comando != "MSG":
            enviar(cliente, "se habla con MSG y el texto")
        elif texto:
            mostrar(f"{cliente.nombre}: {texto}")
            difundir(f"{cliente.nombre}: {texto}", cliente)
    elif not texto.startswith("JOIN "):
        enviar(cliente, "se entra con JOIN y el nombre")
    elif se_puede(texto[5:].strip()):
        cliente.nombre = texto[5:].strip()
        difundir(f"{cliente.nombre} entró en la sala", cliente)
    else:
        enviar(cliente, "ese nombre no se puede usar, prueba con otro")


def leer(cliente):
    try:
        datos = cliente.conexion.recv(4096)
    except BlockingIOError:
        return
    except OSError:
        quitar(cliente)
        return
    *lineas, cliente.llega = (cliente.llega + datos).split(b"\n")
    if not datos and cliente.llega:
        lineas.append(cliente.llega)
    for linea in lineas:
        if not cliente.cierra:
            recibir(cliente, linea)
    if not datos:
        cliente.cierra = True
        despedir(cliente)
    vigilar(cliente)


def escribir(cliente):
    try:
        enviados = cliente.conexion.send(cliente.sale)
    except BlockingIOError:
        return
    except OSError:
        quitar(cliente)
        return
    cliente.sale = cliente.sale[enviados:]
    vigilar(cliente)


def aceptar(servidor):
    conexion, direccion = servidor.accept()
    conexion.setblocking(False)
    cliente = Cliente(conexion, "%s:%d" % direccion)
    clientes[conexion] = cliente
    elige.register(conexion, selectors.EVENT_READ, cliente)
    mostrar(f"nuevo cliente conectado: {cliente.direccion}")


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
    elige.register(servidor, selectors.EVENT_READ)
    mostrar(f"servidor de chat iniciado en {HOST}:{PUERTO}")
    mostrar("esperando clientes...")
    try:
        while True:
            for llave, hechos in elige.select():
                if llave.data is None:
                    aceptar(servidor)
                    continue
                if hechos & selectors.EVENT_READ and llave.fileobj in clientes:
                    leer(llave.data)
                if hechos & selectors.EVENT_WRITE and llave.fileobj in clientes:
                    escribir(llave.data)
    except KeyboardInterrupt:
        mostrar("cerrando servidor...")


if __name__ == "__main__":
    main()
