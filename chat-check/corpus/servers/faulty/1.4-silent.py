"""Servidor de chat: lee el primer mensaje antes de crear el hilo."""
import signal
import socket
import sys
import threading

DIRECCION = ("127.0.0.1", 12345)
PLAZO = 0.5  # segundos

clientes = []
candado = threading.Lock()  # de la lista
turno = threading.Lock()  # para enviar: así todos ven el mismo orden


def imprimir(texto):
    print(texto, flush=True)


def recibir(cliente):
    while True:
        try:
            return cliente.recv(4096)
        except socket.timeout:
            continue


def difundir(texto, autor):
    mensaje = (texto + "\n").encode("utf-8")
    with candado:
        copia = list(clientes)
    with turno:
        for otro in copia:
            if otro is autor:
                continue
            try:
                otro.sendall(mensaje)
            except OSError:
                quitar(otro)


def quitar(cliente):
    with candado:
        if cliente in clientes:
            clientes.remove(cliente)
    try:
        cliente.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


def conversar(cliente, direccion, puerto, datos):
    bufer = b""
    while datos:
        bufer += datos
        *completas, bufer = bufer.split(b"\n")
        for linea in completas:
            texto = linea.decode("utf-8", errors="replace").strip()
            if texto.lower() == "salir":
                return
            if texto:
                imprimir(f"cliente {direccion}: {texto}")
                difundir(f"usuario {puerto}: {texto}", cliente)
        datos = recibir(cliente)


def atender(cliente, ip, puerto, primero):
    try:
        conversar(cliente, f"{ip}:{puerto}", puerto, primero)
    except OSError:
        pass
    finally:
        quitar(cliente)
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
            cliente.settimeout(PLAZO)
            imprimir(f"nuevo cliente conectado: {ip}:{puerto}")
            with candado:
                clientes.append(cliente)
            try:
                cliente.sendall(b"bienvenido al chat! escribe 'salir' para salir\n")
                primero = recibir(cliente)
            except OSError:
                primero = b""
            threading.Thread(target=atender, args=(cliente, ip, puerto, primero), daemon=True).start()
    except KeyboardInterrupt:
        imprimir("cerrando servidor...")


main()
