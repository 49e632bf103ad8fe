package io.github.jnpu.samples.ollama;

import dev.langchain4j.data.embedding.Embedding;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.langchain4j.model.ollama.OllamaChatModel;
import dev.langchain4j.model.ollama.OllamaEmbeddingModel;
import dev.langchain4j.model.ollama.OllamaModels;
import dev.langchain4j.model.ollama.OllamaStreamingChatModel;
import dev.langchain4j.store.embedding.CosineSimilarity;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** A program as one writes it for Ollama; it does not know what answers at its address. */
record OllamaProgram(String url, String chatModel, String embeddingModel, String question, PrintWriter out) {
    private static final Duration TIMEOUT = Duration.ofMinutes(5);

    void run() {
        OllamaModels models = OllamaModels.builder().baseUrl(url).maxRetries(0).build();
        out.println("Models at " + url);
        models.availableModels().content().forEach(model -> out.printf("  %s%n", model.getName()));

        OllamaChatModel chat = OllamaChatModel.builder().baseUrl(url).modelName(chatModel).temperature(0.0).timeout(
                TIMEOUT).maxRetries(0).build();
        out.printf("%n%s, whole%n  > %s%n  ", chatModel, question);
        out.println(chat.chat(question));
        out.flush();

        OllamaStreamingChatModel streaming = OllamaStreamingChatModel.builder().baseUrl(url).modelName(chatModel)
                .temperature(0.0).timeout(TIMEOUT).build();
        out.printf("%n%s, streamed%n  > %s%n  ", chatModel, question);
        int pieces = stream(streaming);
        out.printf("%n  (%d pieces)%n", pieces);
        out.flush();

        OllamaEmbeddingModel embedding = OllamaEmbeddingModel.builder().baseUrl(url).modelName(embeddingModel).timeout(
                TIMEOUT).maxRetries(0).build();
        Embedding asked = embedding.embed("How do I get home?").content();
        out.printf("%n%s, %d numbers; cosine with \"How do I get home?\"%n", embeddingModel, asked.dimension());
        for (String text : new String[]{"Which way leads to my house?", "The soup needs salt."}) {
            out.printf(Locale.ROOT, "  %.2f %s%n", CosineSimilarity.between(asked, embedding.embed(text).content()),
                    text);
        }
        out.flush();
    }

    /** Prints the answer while it comes and returns the number of its pieces. */
    private int stream(OllamaStreamingChatModel model) {
        CompletableFuture<Integer> end = new CompletableFuture<>();
        model.chat(question, new StreamingChatResponseHandler() {
            private int pieces;

            @Override
            public void onPartialResponse(String piece) {
                out.print(piece);
                out.flush();
                pieces++;
            }

            @Override
            public void onCompleteResponse(ChatResponse response) {
                end.complete(pieces);
            }

            @Override
            public void onError(Throwable error) {
                end.completeExceptionally(error);
            }
        });
        try {
            return end.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException known ? known : e;
        }
    }
}
