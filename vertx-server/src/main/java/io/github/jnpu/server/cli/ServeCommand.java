package io.github.jnpu.server.cli;

import io.github.jnpu.server.JnpuServer;
import io.github.jnpu.server.ServerOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;

/** Runs the server until it is told to end. */
@Command(name = "serve", aliases = "start", mixinStandardHelpOptions = true, description = {
        "Serve the Ollama API. Any Ollama client works with it; models in Ollama's store appear by themselves.",
        "Ctrl-C or SIGTERM ends it: answers that are being written may go on for JNPU_SHUTDOWN_GRACE (10s)."}, footer = {
                "",
                "Environment, as for Ollama:",
                "  OLLAMA_HOST               where to listen (default 127.0.0.1:11434)",
                "  OLLAMA_MODELS             the model store (default ~/.ollama/models)",
                "  OLLAMA_KEEP_ALIVE         how long an idle model stays in memory (default 5m)",
                "  OLLAMA_MAX_LOADED_MODELS  models in memory at once (default 3)",
                "  OLLAMA_NUM_PARALLEL       answers of a model at the same time (default 1)",
                "  OLLAMA_MAX_QUEUE          requests that may wait for a model to load (default 512)",
                "  OLLAMA_ORIGINS            origins that browsers may call from",
                "  OLLAMA_CONTEXT_LENGTH     context length where a request does not say",
                "  OLLAMA_KV_CACHE_TYPE      number format of the KV cache (default f16)",
                "  JNPU_REPACK               0: weights stay in the file's layout, slower and shared by processes",
                "  JNPU_WEIGHT_CACHE         1: weights are kept on disk as they are laid out; later loads are fast",
                "  JNPU_PLACE, JNPU_STRICT   what runs the models, as --place and --strict",
                "  JNPU_API_KEY              clients must send it as bearer or x-api-key (default: none)",
                "  JNPU_MAX_MEMORY           for all models, such as 12g; 0: no check (default: what is there)",
                "  JNPU_MAX_CONNECTIONS      open at the same time (default 1024)",
                "  JNPU_LOG                  debug, info, warn, error or off (default info)",
                "", "Examples:",
                "  jnpu serve",
                "  OLLAMA_HOST=0.0.0.0 jnpu serve",
                "  jnpu serve --host 127.0.0.1 --port 0      any free port; the log says which"})
final class ServeCommand implements Callable<Integer> {

    @Option(names = "--host", paramLabel = "HOST", description = "The address to listen on (default: as OLLAMA_HOST says).")
    private String host;

    @Option(names = "--port", paramLabel = "PORT", description = "The port to listen on; 0 for any free one (default: as OLLAMA_HOST says).")
    private Integer port;

    @Mixin
    private PlacementOptions placement;

    @Override
    public Integer call() throws InterruptedException {
        System.setProperty(LogbackConfiguration.LEVEL, "info");
        ServerOptions options = ServerOptions.of(System.getenv()).withPlace(placement.wish(Optional.empty()));
        if (host != null || port != null) {
            options = options.withAddress(host == null ? options.host() : host, port == null ? options.port() : port);
        }
        // The shutdown hook ends it.
        JnpuServer.start(options).closeOnShutdown();
        new CountDownLatch(1).await();
        return 0;
    }
}
