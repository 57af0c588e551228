# chat-check: --idle 6s
"""Sin nombres, con selectors; una conexión en silencio se cierra."""
import selectors
import signal
import socket
import sys
import time

HOST, PUERTO = "127.0.0.1", 12345
INACTIVIDAD = float(sys.argv[1]) if len(sys.argv) > 1 else 6.0
DEMASIADO = 1 << 20

elige = selectors.DefaultSelector()
clientes = {}


class Cliente:
    def __init__(self, conexion, direccion):
        self.conexion = conexion
        self.direccion = direccion
        self.ultimo = time.monotonic()
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
    vigilar(cliente)


def difundir(texto, autor):
    for otro in list(clientes.values()):
        if otro is not autor and not otro.cierra:
            enviar(otro, texto)


def quitar(cliente):
    if clientes.pop(cliente.conexion, None):
        elige.unregister(cliente.conexion)
        cliente.conexion.close()
        mostrar(f"cliente {cliente.direccion} desconectado")


def limpiar(linea):
    texto = linea.decode("utf-8", "replace").rstrip("\r")
    return "".join(c if c == "\t" or c >= " " and not "\x7f" <= c < "\xa0" else "\ufffd" for c in texto)


def recibir(cliente, linea):
    texto = limpiar(linea)
    if texto.strip().lower() == "salir":
        cliente.cierra = True
    elif texto.strip():
        mostrar(f"cliente {cliente.direccion}: {texto}")
        difundir(f"usuario {cliente.direccion.split(':')[1]}: {texto}", cliente)


def leer(cliente):
    try:
        datos = cliente.conexion.recv(4096)
    except BlockingIOError:
        return
    except OSError:
        quitar(cliente)
        return
    cliente.ultimo = time.monotonic()
    *lineas, cliente.llega = (cliente.llega + datos).split(b"\n")
    if not datos and cliente.llega:
        lineas.append(cliente.llega)
    for linea in lineas:
        if not cliente.cierra:
            recibir(cliente, linea)
    cliente.cierra = cliente.cierra or not datos
    vigilar(cliente)


def escribir(cliente):
    try:
        enviados = cliente.conexion.send(cliente.sale)
    except BlockingIOError:
        return
    except OSError:
        quitar(cliente)
        return
    cliente.ultimo = time.monotonic()
    cliente.sale = cliente.sale[enviados:]
    vigilar(cliente)


def aceptar(servidor):
    conexion, direccion = servidor.accept()
    conexion.setblocking(False)
    cliente = Cliente(conexion, "%s:%d" % direccion)
    clientes[conexion] = cliente
    elige.register(conexion, selectors.EVENT_READ, cliente)
    mostrar(f"nuevo cliente conectado: {cliente.direccion}")
    enviar(cliente, "bienvenido al chat! escribe 'salir' para salir")


def espera():
    """Hasta que la próxima conexión esté inactiva; sin conexiones, sin límite."""
    vencen = [cliente.ultimo + INACTIVIDAD for cliente in clientes.values()]
    return max(0, min(vencen) - time.monotonic()) if vencen else None


def cerrar_inactivos():
    for cliente in list(clientes.values()):
        if time.monotonic() - cliente.ultimo < INACTIVIDAD:
            continue
        if cliente.cierra:
            quitar(cliente)
            continue
        mostrar(f"cliente {cliente.direccion} inactivo")
        cliente.cierra = True
        cliente.ultimo = time.monotonic()
        enviar(cliente, "* conexión cerrada por inactividad")


def atender(servidor):
    for llave, hechos in elige.select(espera()):
        if llave.data is None:
            aceptar(servidor)
            continue
        if hechos & selectors.EVENT_READ and llave.fileobj in clientes:
            leer(llave.data)
        if hechos & selectors.EVENT_WRITE and llave.fileobj in clientes:
            escribir(llave.data)
    cerrar_inactivos()


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
            atender(servidor)
    except KeyboardInterrupt:
        mostrar("cerrando servidor...")


if __name__ == "__main__":
    main()
