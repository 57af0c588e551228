// Se sale con «/chao», que dice el saludo; un hilo que lee y otro que escribe por cada cliente.
import java.io.*;
import java.net.*;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.*;

public class Chao {
    static final Map<Socket, BlockingQueue<String>> clientes = new LinkedHashMap<>();

    static void escribir(Socket s, BlockingQueue<String> cola) {
        try {
            OutputStream salida = s.getOutputStream();
            for (String texto; !(texto = cola.take()).isEmpty(); ) {
                salida.write((texto + "\n").getBytes(StandardCharsets.UTF_8));
            }
            s.shutdownOutput();
        } catch (IOException | InterruptedException e) {
            // Se fue.
        }
        try { s.close(); } catch (IOException e) { /* Ya está cerrado. */ }
    }

    static void difundir(String texto, Socket autor) {
        synchronized (clientes) {
            clientes.forEach((otro, cola) -> { if (otro != autor) cola.add(texto); });
        }
    }

    static void leer(Socket s) {
        String quien = s.getInetAddress().getHostAddress() + ":" + s.getPort();
        System.out.println("nuevo cliente conectado: " + quien);
        BlockingQueue<String> cola = new LinkedBlockingQueue<>();
        cola.add("Bienvenida, bienvenido: escribe «/chao» para salir");
        synchronized (clientes) { clientes.put(s, cola); }
        Thread escritor = new Thread(() -> escribir(s, cola));
        escritor.setDaemon(true);
        escritor.start();
        try {
            BufferedReader entrada = new BufferedReader(
                new InputStreamReader(s.getInputStream(), StandardCharsets.UTF_8));
            for (String linea; (linea = entrada.readLine()) != null; ) {
                if (linea.trim().equalsIgnoreCase("/chao")) break;
                if (linea.isBlank()) continue;
                System.out.println("cliente " + quien + ": " + linea);
                difundir("usuario " + s.getPort() + ": " + linea, s);
            }
        } catch (IOException e) {
            // Se fue.
        }
        synchronized (clientes) { clientes.remove(s); }
        cola.add("");
        try { s.shutdownInput(); escritor.join(200); s.close(); }
        catch (IOException | InterruptedException e) { /* Ya está cerrado. */ }
        System.out.println("cliente " + quien + " desconectado");
    }

    public static void main(String[] args) throws IOException {
        ServerSocket servidor = new ServerSocket();
        servidor.setReuseAddress(true);
        try {
            servidor.bind(new InetSocketAddress("127.0.0.1", 12345));
        } catch (IOException e) {
            System.err.println("no se puede escuchar: " + e.getMessage());
            System.exit(1);
        }
        System.out.println("servidor iniciado en 127.0.0.1:12345, esperando clientes...");
        while (true) {
            Socket s = servidor.accept();
            Thread hilo = new Thread(() -> leer(s));
            hilo.setDaemon(true);
            hilo.start();
        }
    }
}
