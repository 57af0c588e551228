"""Sala de chat: lo primero que dice cada uno es su nombre, y se espera en el bucle que acepta."""
import queue
import re
import signal
import socket
import sys
import threading

DIRECCION = ("127.0.0.1", 12345)
INTENTOS = 3
PLAZO = 20  # segundos para decir el nombre
NOMBRE = re.compile(r"[\w.-]{1,32}")
RESERVADOS = {"salir", "servidor", "server", "operador", "sistema", "admin", "general"}

clientes = {}  # nombre en minúsculas -> (nombre, cola de lo que falta enviarle)
candado = threading.RLock()


def imprimir(texto):
    print(texto, flush=True)


def codificar(texto):
    return (texto + "\n").encode("utf-8")


def lineas(cliente):
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
    try:
        for mensaje in iter(cola.get, None):
            cliente.sendall(mensaje)
    except OSError:
        pass
    cliente.close()


def difundir(texto, autor):
    with candado:
        for clave, (_, cola) in clientes.items():
            if clave != autor:
                cola.put(codificar(texto))


def pedir_nombre(recibidas, cola):
    """El nombre de quien entra, ya anotado en la sala; o None si no da uno bueno."""
    for _ in range(INTENTOS):
        nombre = next(recibidas, "salir").strip()
        if nombre.lower() == "salir":
            return None
        with candado:
            if not NOMBRE.fullmatch(nombre) or nombre.lower() in RESERVADOS:
                cola.put(codificar("! nombre inválido"))
            elif nombre.lower() in clientes:
                cola.put(codificar("! ese nombre ya está en uso"))
            else:
                clientes[nombre.lower()] = (nombre, cola)
                difundir(f"* {nombre} se ha unido", nombre.lower())
                return nombre
    return None


def presentar(recibidas, cliente, cola):
    cliente.settimeout(PLAZO)
    try:
        return pedir_nombre(recibidas, cola)
    except OSError:
        return None


def conversar(nombre, recibidas):
    try:
        for texto in recibidas:
            if texto.strip().lower() == "salir":
                break
            if texto:
                imprimir(f"{nombre} > {texto}")
                difundir(f"{nombre} > {texto}", nombre.lower())
    finally:
        with candado:
            del clientes[nombre.lower()]
            difundir(f"* {nombre} ha salido", nombre.lower())


def atender(cliente, ip, puerto, cola, nombre, recibidas):
    try:
        if nombre is not None:
            cliente.settimeout(None)
            conversar(nombre, recibidas)
    except OSError:
        pass
    finally:
        cola.put(None)
        try:
            cliente.shutdown(socket.SHUT_RD)
        except OSError:
            pass
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
            imprimir(f"nuevo cliente conectado: {ip}:{puerto}")
            cola = queue.Queue()
            threading.Thread(target=enviar, args=(cliente, cola), daemon=True).start()
            recibidas = lineas(cliente)
            nombre = presentar(recibidas, cliente, cola)
            partes = (cliente, ip, puerto, cola, nombre, recibidas)
            threading.Thread(target=atender, args=partes, daemon=True).start()
    except KeyboardInterrupt:
        imprimir("cerrando servidor...")


main()
