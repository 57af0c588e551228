# chat-check: --profile basico
"""Como con cabecera, y quien habla va en un mensaje propio delante del texto; el primero es su nombre."""
import queue
import signal
import socket
import sys
import threading

DIRECCION = ("127.0.0.1", 12345)

CABECERA = 10

clientes = {}  # socket -> cola de lo que falta enviarle
candado = threading.Lock()


def imprimir(texto):
    print(texto, flush=True)


def codificar(texto):
    datos = texto.encode("utf-8")
    return f"{len(datos):<{CABECERA}}".encode() + datos


def recibir(cliente, cuantos):
    datos = b""
    while len(datos) < cuantos:
        trozo = cliente.recv(min(cuantos - len(datos), 4096))
        if not trozo:
            return None
        datos += trozo
    return datos


def lineas(cliente):
    """Los mensajes que envía un cliente, hasta que se va."""
    while cabecera := recibir(cliente, CABECERA):
        datos = recibir(cliente, int(cabecera))
        if datos is None:
            return
        yield datos.decode("utf-8", "replace")


def enviar(cliente, cola):
    """Envía lo que hay en la cola, hasta que viene None."""
    try:
        for mensaje in iter(cola.get, None):
            cliente.sendall(mensaje)
    except OSError:
        pass
    cliente.close()


def difundir(nombre, texto, autor):
    mensaje = codificar(nombre) + codificar(texto)
    with candado:
        for otro, cola in clientes.items():
            if otro is not autor:
                cola.put(mensaje)


def quitar(cliente, direccion):
    with candado:
        cola = clientes.pop(cliente)
    cola.put(None)
    try:
        cliente.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    imprimir(f"cliente {direccion} desconectado")


def atender(cliente, ip, puerto):
    direccion = f"{ip}:{puerto}"
    imprimir(f"nuevo cliente conectado: {direccion}")
    cola = queue.Queue()
    with candado:
        clientes[cliente] = cola
    threading.Thread(target=enviar, args=(cliente, cola), daemon=True).start()
    try:
        recibidas = lineas(cliente)
        nombre = next(recibidas, "")
        for texto in recibidas:
            if texto.strip().lower() == "salir":
                break
            if texto:
                imprimir(f"cliente {direccion}: {texto}")
                difundir(nombre, texto, cliente)
    except (OSError, ValueError):
        pass
    finally:
        quitar(cliente, direccion)


def main():
    servidor = socket.socket()
    servidor.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        servidor.bind(DIRECCION)
    except OSError as error:
        sys.exit(f"no se puede usar {DIRECCION}: {error}")
    servidor.listen()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    imprimir("servidor de chat iniciado en %s:%d" % DIRECCION)
    imprimir("esperando clientes...")
    try:
        while True:
            cliente, (ip, puerto) = servidor.accept()
            threading.Thread(target=atender, args=(cliente, ip, puerto), daemon=True).start()
    except KeyboardInterrupt:
        imprimir("cerrando servidor...")


main()
