"""Con hilos: quita de la lista a quien no recibe, mientras la recorre."""
import signal
import socket
import sys
import threading

DIRECCION = ("127.0.0.1", 12345)

clientes = []


def imprimir(texto):
    print(texto, flush=True)


def quitar(cliente):
    if cliente in clientes:
        clientes.remove(cliente)


def difundir(texto, autor):
    mensaje = (texto + "\n").encode("utf-8")
    for otro in clientes:
        if otro is not autor:
            try:
                otro.sendall(mensaje)
            except OSError:
                quitar(otro)


def conversar(cliente, direccion, puerto):
    with cliente.makefile("rb") as lineas:
        for linea in lineas:
            texto = linea.decode("utf-8", errors="replace").strip()
            if texto.lower() == "salir":
                return
            if texto:
                imprimir(f"cliente {direccion}: {texto}")
                difundir(f"usuario {puerto}: {texto}", cliente)


def atender(cliente, ip, puerto):
    try:
        conversar(cliente, f"{ip}:{puerto}", puerto)
    except OSError:
        pass
    finally:
        quitar(cliente)
        try:
            cliente.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        cliente.close()
        imprimir(f"cliente {ip}:{puerto} desconectado")


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
            cliente.settimeout(None)
            imprimir(f"nuevo cliente conectado: {ip}:{puerto}")
            cliente.sendall(b"bienvenido al chat! escribe 'salir' para salir\n")
            clientes.append(cliente)
            threading.Thread(target=atender, args=(cliente, ip, puerto), daemon=True).start()
    except KeyboardInterrupt:
        imprimir("cerrando servidor...")


main()
