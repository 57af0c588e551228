"""Servidor de chat con asyncio, que anota dos veces a cada cliente."""
import asyncio
import signal
import sys

IP, PUERTO = "127.0.0.1", 12345
LARGO_MAXIMO = 1 << 20

escritores = []


def imprimir(texto):
    print(texto, flush=True)


def difundir(texto, autor):
    # Sin drain(): lo que no cabe en el socket de uno lo guarda asyncio, y nadie espera por él.
    for otro in escritores:
        if otro is not autor:
            otro.write(texto.encode("utf-8") + b"\n")


async def conversar(lector, escritor, direccion, puerto):
    while True:
        linea = await lector.readline()
        if not linea:
            return
        texto = linea.decode("utf-8", "replace").rstrip("\r\n")
        if texto.strip().lower() == "salir":
            return
        if texto:
            imprimir(f"cliente {direccion}: {texto}")
            difundir(f"usuario {puerto}: {texto}", escritor)


async def atender(lector, escritor):
    ip, puerto = escritor.get_extra_info("peername")
    direccion = f"{ip}:{puerto}"
    imprimir(f"nuevo cliente conectado: {direccion}")
    escritor.write(b"bienvenido al chat! escribe 'salir' para salir\n")
    escritores.append(escritor)
    escritores.append(escritor)
    try:
        await conversar(lector, escritor, direccion, puerto)
    except (OSError, ValueError):
        pass
    finally:
        escritores.remove(escritor)
        escritores.remove(escritor)
        escritor.close()
        imprimir(f"cliente {direccion} desconectado")


async def main():
    fin = asyncio.Event()
    for senal in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(senal, fin.set)
    try:
        servidor = await asyncio.start_server(atender, IP, PUERTO, limit=LARGO_MAXIMO)
    except OSError as error:
        sys.exit(f"no se puede usar {IP}:{PUERTO}: {error}")
    imprimir(f"servidor de chat iniciado en {IP}:{PUERTO}")
    imprimir("esperando clientes...")
    await fin.wait()
    imprimir("cerrando servidor...")
    servidor.close()


asyncio.run(main())
