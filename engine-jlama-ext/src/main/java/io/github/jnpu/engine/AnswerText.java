package io.github.jnpu.engine;

import io.github.jnpu.engine.sampling.LogProbabilities;
import io.github.jnpu.engine.tokenizer.StreamingDetokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The text of one generation on its way to the listener, with the probabilities of its tokens where they are asked for. For one thread. */
final class AnswerText {
    private final GenerationListener listener;
    private final StreamingDetokenizer detokenizer;
    private final StringBuilder text = new StringBuilder();
    /** Null where nobody asks for probabilities. */
    private final LogProbabilities probabilities;
    private final int alternatives;
    /** Tokens whose text has not come yet: a part of a character, or of what may become a stop string. */
    private List<SampledToken> waiting = new ArrayList<>();

    AnswerText(GenerationRequest request, int vocabularySize, StreamingDetokenizer detokenizer,
            GenerationListener listener) {
        this.listener = listener;
        this.detokenizer = detokenizer;
        this.probabilities = request.logprobs().isPresent() ? new LogProbabilities(vocabularySize) : null;
        this.alternatives = request.logprobs().orElse(0);
    }

    /** Looks at the logits of the next token, before a sampler changes them. */
    void score(float[] logits) {
        if (probabilities != null) {
            probabilities.set(logits);
        }
    }

    /** Notes what was drawn with the logits of the last {@link #score}. */
    void drawn(int token) {
        if (probabilities != null) {
            waiting.add(new SampledToken(probability(token), Arrays.stream(probabilities.likeliest(alternatives))
                    .mapToObj(this::probability).toList()));
        }
    }

    private TokenProbability probability(int token) {
        return new TokenProbability(token, detokenizer.text(token), probabilities.of(token));
    }

    void emit(String piece) {
        if (!piece.isEmpty()) {
            emitTokens();
            text.append(piece);
            listener.onText(piece);
        }
    }

    /** Hands over the tokens that wait for their text. */
    void emitTokens() {
        if (!waiting.isEmpty()) {
            List<SampledToken> tokens = waiting;
            waiting = new ArrayList<>();
            listener.onTokens(tokens);
        }
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
