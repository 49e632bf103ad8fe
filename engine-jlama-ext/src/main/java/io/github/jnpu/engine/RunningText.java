package io.github.jnpu.engine;

import io.github.jnpu.engine.grammar.GrammarCache;
import io.github.jnpu.engine.grammar.GrammarCursor;
import io.github.jnpu.engine.sampling.Sampler;
import io.github.jnpu.engine.tokenizer.StreamingDetokenizer;
import io.github.jnpu.engine.tokenizer.Tokenizer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A text that is being written, one step after another: the prompt in batches, its last token, then token after token. For the model's
 * thread.
 */
final class RunningText {
    /** How long a text may become whose context is shifted and whose request has no limit, in contexts; as in Ollama. */
    private static final int MAX_CONTEXTS = 10;

    private final Tokenizer tokenizer;
    private final GenerationRequest request;
    private final GenerationListener listener;
    private final Generation generation;
    private final TextSlot slot;
    private final int[] prompt;
    private final int limit;
    private final int reused;
    private final float[] logits;
    private final int[] next = new int[1];
    private final Sampler sampler;
    private final Optional<GrammarCursor> grammar;
    private final StreamingDetokenizer detokenizer;
    private final StopSequences stops;
    private final AnswerText text;
    private final List<Integer> tokens = new ArrayList<>();
    private final long start = System.nanoTime();
    private long promptEnd;
    /** What goes in next by batches, and how much of it has gone: the prompt without its last token, or what a shift keeps. */
    private int[] input;
    private int inputEnd;
    private int inputAt;
    /** Whether the logits are those behind the last token. */
    private boolean hasLogits;

    /**
     * @param use
     *            counts the texts of the model
     */
    RunningText(GenerationRequest request, GenerationListener listener, Generation generation, TextSlot slot, long use,
            Tokenizer tokenizer, GrammarCache grammars, int vocabularySize, int contextLength) {
        this.tokenizer = tokenizer;
        this.request = request;
        this.listener = listener;
        this.generation = generation;
        this.slot = slot;
        this.prompt = request.prompt();
        int room = request.shiftKeep().isPresent() ? MAX_CONTEXTS * contextLength : contextLength - prompt.length;
        this.limit = request.maxTokens() >= 0 ? Math.min(room, request.maxTokens()) : room;
        this.reused = slot.begin(prompt, use);
        this.input = prompt;
        this.inputAt = reused;
        this.inputEnd = prompt.length - 1;
        this.logits = new float[vocabularySize];
        this.sampler = new Sampler(request.sampling(), vocabularySize, prompt);
        this.grammar = request.grammar().map(one -> grammars.get(one).newCursor());
        this.detokenizer = tokenizer.newDetokenizer(request.spelledTokens());
        this.stops = new StopSequences(request.stop());
        this.text = new AnswerText(request, vocabularySize, detokenizer, listener);
        this.next[0] = prompt[prompt.length - 1];
    }

    TextSlot slot() {
        return slot;
    }

    GenerationListener listener() {
        return listener;
    }

    Generation generation() {
        return generation;
    }

    /** Whether there is more of the prompt than its last token, which goes alone, on decode's kernels: the same request gives the same text. */
    boolean inPrompt() {
        return inputAt < inputEnd;
    }

    /**
     * Runs some of the prompt.
     *
     * @param most
     *            tokens
     * @return how many they were
     */
    int prefill(int most) {
        int count = Math.min(most, inputEnd - inputAt);
        slot.forward(input, inputAt, count, null);
        inputAt += count;
        return count;
    }

    /** Whether {@link #advance} is due, rather than {@link #nextToken}. */
    boolean hasLogits() {
        return hasLogits;
    }

    /** The token that goes into the network next. */
    int nextToken() {
        return next[0];
    }

    /** Where its logits go. */
    float[] logits() {
        return logits;
    }

    /** Runs {@link #nextToken} alone. */
    void decode() {
        slot.sequence().forward(next, 0, 1, logits);
        decoded();
    }

    /** {@link #nextToken} has gone through the network. */
    void decoded() {
        slot.remember(next, 0, 1);
        hasLogits = true;
        if (promptEnd == 0) {
            promptEnd = System.nanoTime();
            if (!generation.isCancelled()) {
                listener.onPromptProcessed();
            }
        }
    }

    /**
     * Draws a token and says what can be said.
     *
     * @return the result, if the text is at its end
     */
    Optional<GenerationResult> advance() {
        if (tokens.size() >= limit) {
            return Optional.of(end(FinishReason.LENGTH));
        }
        text.score(logits);
        int token = sampler.sample(logits, grammar);
        hasLogits = false;
        if (tokenizer.isEndOfGeneration(token)) {
            return Optional.of(end(FinishReason.STOP));
        }
        tokens.add(token);
        text.drawn(token);
        text.emit(stops.accept(detokenizer.accept(token)));
        // Where only the end could follow, the model need not be asked for it.
        if (stops.found() || grammar.isPresent() && grammar.get().mustEnd()) {
            return Optional.of(end(FinishReason.STOP));
        }
        if (tokens.size() >= limit) {
            return Optional.of(end(FinishReason.LENGTH));
        }
        next[0] = token;
        if (request.shiftKeep().isPresent() && slot.isFull()) {
            input = slot.shift(request.shiftKeep().getAsInt());
            inputAt = 0;
            inputEnd = input.length;
        }
        return Optional.empty();
    }

    /** Ends the text here, and says what was held back because it could have been the begin of something. */
    GenerationResult end(FinishReason atLast) {
        FinishReason reason = generation.isCancelled() ? FinishReason.CANCELLED : atLast;
        if (!stops.found()) {
            text.emit(stops.accept(detokenizer.finish()));
            if (stops.found()) {
                reason = FinishReason.STOP;
            }
            text.emit(stops.finish());
            if (!stops.found()) {
                text.emitTokens();
            }
        }
        long end = System.nanoTime();
        long begun = promptEnd == 0 ? end : promptEnd;
        return new GenerationResult(text.toString(), tokens, reason, stops.match(), prompt.length, reused,
                Duration.ofNanos(begun - start), Duration.ofNanos(end - begun));
    }
}
