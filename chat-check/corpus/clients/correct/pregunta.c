// Pregunta el nombre después de conectarse, con printf y sin fflush; select sobre teclado y socket.
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/select.h>
#include <unistd.h>

static int s;

static void interrumpir(int senal) { (void)senal; _exit(0); }

// Envía todo, o termina el programa.
static void enviar(const char *datos, size_t cuantos) {
    while (cuantos > 0) {
        ssize_t n = write(s, datos, cuantos);
        if (n <= 0) { fprintf(stderr, "el servidor cerró la conexión\n"); exit(1); }
        datos += n;
        cuantos -= (size_t)n;
    }
}

// Muestra lo que llega, sin caracteres que manejen la terminal.
static void mostrar(char *datos, ssize_t cuantos) {
    for (ssize_t i = 0; i < cuantos; i++)
        if ((unsigned char)datos[i] < 32 && datos[i] != '\n') datos[i] = '?';
    fwrite(datos, 1, (size_t)cuantos, stdout);
    fflush(stdout);
}

int main(void) {
    signal(SIGINT, interrumpir);
    signal(SIGPIPE, SIG_IGN);
    struct sockaddr_in donde = { .sin_family = AF_INET, .sin_port = htons(12345) };
    donde.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(s, (void *)&donde, sizeof donde) != 0) {
        fprintf(stderr, "no se puede conectar: %s\n", strerror(errno));
        return 1;
    }
    printf("conectado al servidor\n");
    char linea[70000];
    printf("Nombre: ");
    if (!fgets(linea, sizeof linea, stdin)) return 0;
    enviar(linea, strlen(linea));
    for (;;) {
        fd_set listos;
        FD_ZERO(&listos);
        FD_SET(0, &listos);
        FD_SET(s, &listos);
        if (select(s + 1, &listos, NULL, NULL, NULL) < 0) continue;
        if (FD_ISSET(s, &listos)) {
            ssize_t n = read(s, linea, sizeof linea);
            if (n <= 0) { fprintf(stderr, "el servidor cerró la conexión\n"); return 1; }
            mostrar(linea, n);
        }
        if (FD_ISSET(0, &listos)) {
            ssize_t n = read(0, linea, sizeof linea - 1);
            if (n <= 0) break;
            linea[n] = 0;
            enviar(linea, (size_t)n);
            char *palabra = strtok(linea, " \r\n");
            if (palabra && strcasecmp(palabra, "salir") == 0 && !strtok(NULL, " \r\n")) break;
        }
    }
    shutdown(s, SHUT_RDWR);
    return 0;
}
