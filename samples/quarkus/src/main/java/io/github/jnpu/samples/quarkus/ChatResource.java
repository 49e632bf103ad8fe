package io.github.jnpu.samples.quarkus;

import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.PartialResponse;
import dev.langchain4j.model.chat.response.PartialResponseContext;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.subscription.MultiEmitter;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.jboss.resteasy.reactive.RestQuery;
import org.jboss.resteasy.reactive.RestStreamElementType;
import org.jboss.resteasy.reactive.server.ServerExceptionMapper;

@Path("/")
public class ChatResource {
    private final ChatModel chat;
    private final StreamingChatModel streaming;

    ChatResource(ChatModel chat, StreamingChatModel streaming) {
        this.chat = chat;
        this.streaming = streaming;
    }

    @GET
    @Path("chat")
    @Produces(MediaType.TEXT_PLAIN)
    public String chat(@RestQuery String q) {
        return chat.chat(q);
    }

    /** An event for each piece; as JSON, because readers of events drop a space that a text begins with. */
    public record Piece(String text) {}

    @GET
    @Path("stream")
    @RestStreamElementType(MediaType.APPLICATION_JSON)
    public Multi<Piece> stream(@RestQuery String q) {
        return Multi.createFrom().emitter(emitter -> streaming.chat(q, new Pieces(emitter)));
    }

    /** Hands on what the model writes. */
    private record Pieces(MultiEmitter<? super Piece> reader) implements StreamingChatResponseHandler {
        @Override
        public void onPartialResponse(PartialResponse piece, PartialResponseContext context) {
            if (reader.isCancelled()) {
                context.streamingHandle().cancel();
            }
            reader.emit(new Piece(piece.text()));
        }

        @Override
        public void onCompleteResponse(ChatResponse response) {
            reader.complete();
        }

        @Override
        public void onError(Throwable error) {
            reader.fail(error);
        }
    }

    /** Such as a question that is longer than the context. */
    @ServerExceptionMapper
    public Response badQuestion(InvalidRequestException e) {
        return Response.status(Response.Status.BAD_REQUEST).type(MediaType.TEXT_PLAIN).entity(e.getMessage()).build();
    }
}
