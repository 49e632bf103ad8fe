package io.github.jnpu.samples.spring;

import dev.langchain4j.exception.InvalidRequestException;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.ProblemDetail;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

import java.io.IOException;

@RestController
class ChatController {
    private static final long NO_TIMEOUT = 0;

    private final Assistant assistant;

    ChatController(Assistant assistant) {
        this.assistant = assistant;
    }

    @GetMapping("/chat")
    String chat(@RequestParam String q) {
        return assistant.answer(q);
    }

    /** An event for each piece; as JSON, because readers of events drop a space that a text begins with. */
    record Piece(String text) {}

    @GetMapping("/stream")
    SseEmitter stream(@RequestParam String q) {
        SseEmitter events = new SseEmitter(NO_TIMEOUT);
        assistant.stream(q).onPartialResponseWithContext((piece, context) -> {
            try {
                events.send(new Piece(piece.text()), MediaType.APPLICATION_JSON);
            } catch (IOException e) {
                // The reader has left: nothing more need be generated.
                context.streamingHandle().cancel();
            }
        }).onCompleteResponse(_ -> events.complete()).onError(events::completeWithError).start();
        return events;
    }

    /** Such as a question that is longer than the context. */
    @ExceptionHandler
    ProblemDetail badQuestion(InvalidRequestException e) {
        return ProblemDetail.forStatusAndDetail(HttpStatus.BAD_REQUEST, e.getMessage());
    }
}
