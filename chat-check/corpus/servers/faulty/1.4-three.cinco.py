"""Servidor de chat para cinco."""
import queue
import signal
import socket
import sys
import threading

DIRECCION = ("127.0.0.1", 12345)
BIENVENIDA = "bienvenido al chat! escribe 'salir' para salir"

MAXIMO = 5

clientes = {}  # socket -> cola de lo que falta enviarle
candado = threading.Lock()


def imprimir(texto):
    print(texto, flush=True)


def codificar(texto):
    return (texto + "\n").encode("utf-8")


def lineas(cliente):
    """Las líneas que envía un cliente, hasta que se va."""
    bufer = b""
    while True:
        datos = cliente.recv(4096)
        if not datos:
            return
        bufer += datos
        while b"\n" in bufer:
            linea, bufer = bufer.split(b"\n", 1)
            yield linea.rstrip(b"\r").decode("utf-8", "replace")


def enviar(cliente, cola):
    """Envía lo que hay en la cola, hasta que viene None."""
    try:
        for mensaje in iter(cola.get, None):
            cliente.sendall(mensaje)
    except OSError:
        pass
    cliente.close()


def difundir(texto, autor):
    mensaje = codificar(texto)
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
    cola.put(codificar(BIENVENIDA))
    with candado:
        clientes[cliente] = cola
    threading.Thread(target=enviar, args=(cliente, cola), daemon=True).start()
    try:
        for texto in lineas(cliente):
            if texto.strip().lower() == "salir":
                break
            if texto:
                imprimir(f"cliente {direccion}: {texto}")
                difundir(f"usuario {puerto}: {texto}", cliente)
    except OSError:
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
            if len(clientes) >= MAXIMO:
                cliente.sendall(codificar("el chat está lleno"))
                cliente.close()
                continue
            threading.Thread(target=atender, args=(cliente, ip, puerto), daemon=True).start()
    except KeyboardInterrupt:
        imprimir("cerrando servidor...")


main()
