"""Servidor de chat: un hilo por cliente, que también envía a los demás."""
import signal
import socket
import sys
import threading

DIRECCION = ("127.0.0.1", 12345)
BIENVENIDA = "bienvenido al chat! escribe 'salir' para salir"

clientes = []
candado = threading.Lock()  # de la lista
turno = threading.Lock()  # para enviar: así todos ven el mismo orden


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


def difundir(texto, autor):
    mensaje = codificar(texto)
    with candado:
        copia = list(clientes)
    with turno:
        for otro in copia:
            if otro is not autor:
                try:
                    otro.sendall(mensaje)
                except OSError:
                    pass  # su propio hilo lo quita


def quitar(cliente, direccion):
    with candado:
        clientes.remove(cliente)
    cliente.close()
    imprimir(f"cliente {direccion} desconectado")


def atender(cliente, ip, puerto):
    direccion = f"{ip}:{puerto}"
    imprimir(f"nuevo cliente conectado: {direccion}")
    try:
        cliente.sendall(codificar(BIENVENIDA))
    except OSError:
        pass
    with candado:
        clientes.append(cliente)
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
            threading.Thread(target=atender, args=(cliente, ip, puerto), daemon=True).start()
    except KeyboardInterrupt:
        imprimir("cerrando servidor...")


main()
