package io.github.jnpu.samples.chat;

import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.exception.LangChain4jException;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import io.github.jnpu.langchain4j.NpuStreamingChatModel;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** A chat in the terminal; the argument names a model or a GGUF file, {@code demo} if there is none. */
public final class Chat {
    private Chat() {}

    public static void main(String[] arguments) throws IOException {
        try (BufferedReader questions = new BufferedReader(new InputStreamReader(System.in))) {
            chat(arguments.length == 0 ? "demo" : arguments[0], questions, System.out);
        } catch (LangChain4jException e) {
            System.err.println("Error: " + e.getMessage());
            System.exit(1);
        }
    }

    static void chat(String modelName, BufferedReader questions, PrintStream out) throws IOException {
        try (NpuStreamingChatModel model = NpuStreamingChatModel.builder().modelName(modelName).build()) {
            List<ChatMessage> conversation = new ArrayList<>();
            out.printf("This is %s. Ask something; an empty line ends the chat.%n> ", modelName);
            for (String line = questions.readLine(); line != null && !line.isBlank(); line = questions.readLine()) {
                conversation.add(UserMessage.from(line));
                Answer answer = new Answer(out);
                model.chat(conversation, answer);
                try {
                    conversation.add(answer.complete.join().aiMessage());
                } catch (CompletionException e) {
                    out.printf("%n(%s; let us start again)", e.getCause().getMessage());
                    conversation.clear();
                }
                out.print("\n> ");
            }
        }
    }

    /** Prints the answer while it comes. */
    private static final class Answer implements StreamingChatResponseHandler {
        private final CompletableFuture<ChatResponse> complete = new CompletableFuture<>();
        private final PrintStream out;

        Answer(PrintStream out) {
            this.out = out;
        }

        @Override
        public void onPartialResponse(String text) {
            out.print(text);
            out.flush();
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            complete.complete(response);
        }

        @Override
        public void onError(Throwable error) {
            complete.completeExceptionally(error);
        }
    }
}
