package io.github.jnpu.langchain4j;

import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import io.github.jnpu.engine.chat.Thinking;
import io.github.jnpu.engine.grammar.Grammar;

import java.util.Objects;

/** LangChain4j's parameters of a request, and those that only jnpu knows. Immutable. */
public final class NpuChatRequestParameters extends DefaultChatRequestParameters {
    private final Long seed;
    private final Double minP;
    private final Double repeatPenalty;
    private final Integer numCtx;
    private final Thinking think;
    private final Grammar grammar;
    private final String place;

    private NpuChatRequestParameters(Builder builder) {
        super(builder);
        this.seed = builder.seed;
        this.minP = builder.minP;
        this.repeatPenalty = builder.repeatPenalty;
        this.numCtx = builder.numCtx;
        this.think = builder.think;
        this.grammar = builder.grammar;
        this.place = builder.place;
    }

    /** The same seed gives the same text; null for a random one. */
    public Long seed() {
        return seed;
    }

    /** Tokens less likely than this share of the likeliest are not drawn; null for the engine's default. */
    public Double minP() {
        return minP;
    }

    /** What the logits of recent tokens are divided by; 1 for none, null for the engine's default. */
    public Double repeatPenalty() {
        return repeatPenalty;
    }

    /** How many tokens prompt and answer can have together, as {@link NpuModelBuilder#contextLength} takes it; null for the model object's. */
    public Integer numCtx() {
        return numCtx;
    }

    /** Whether, or how hard, the model thinks before it answers; null for its own default. */
    public Thinking think() {
        return think;
    }

    /** What the answer's text must belong to; null for free text. */
    public Grammar grammar() {
        return grammar;
    }

    /** What runs the model, as {@link NpuModelBuilder#place} takes it; null for the model object's. */
    public String place() {
        return place;
    }

    public static Builder builder() {
        return new Builder();
    }

    @Override
    public NpuChatRequestParameters overrideWith(ChatRequestParameters that) {
        return builder().overrideWith(this).overrideWith(that).build();
    }

    @Override
    public NpuChatRequestParameters defaultedBy(ChatRequestParameters that) {
        return builder().overrideWith(that).overrideWith(this).build();
    }

    @Override
    public boolean equals(Object other) {
        return super.equals(other) && other instanceof NpuChatRequestParameters that && Objects.equals(seed, that.seed)
                && Objects.equals(minP, that.minP) && Objects.equals(repeatPenalty, that.repeatPenalty)
                && Objects.equals(numCtx, that.numCtx) && think == that.think && Objects.equals(grammar, that.grammar)
                && Objects.equals(place, that.place);
    }

    @Override
    public int hashCode() {
        return Objects.hash(super.hashCode(), seed, minP, repeatPenalty, numCtx, think, grammar, place);
    }

    @Override
    public String toString() {
        return "%s, seed=%s, minP=%s, repeatPenalty=%s, think=%s, grammar=%s, place=%s".formatted(super.toString(),
                seed, minP, repeatPenalty, numCtx, think, grammar, place);
    }

    /** Builds parameters; what is not set stays null. */
    public static final class Builder extends DefaultChatRequestParameters.Builder<Builder> {
        private Long seed;
        private Double minP;
        private Double repeatPenalty;
        private Integer numCtx;
        private Thinking think;
        private Grammar grammar;
        private String place;

        @Override
        public Builder overrideWith(ChatRequestParameters parameters) {
            super.overrideWith(parameters);
            if (parameters instanceof NpuChatRequestParameters that) {
                seed = that.seed == null ? seed : that.seed;
                minP = that.minP == null ? minP : that.minP;
                repeatPenalty = that.repeatPenalty == null ? repeatPenalty : that.repeatPenalty;
                numCtx = that.numCtx == null ? numCtx : that.numCtx;
                think = that.think == null ? think : that.think;
                grammar = that.grammar == null ? grammar : that.grammar;
                place = that.place == null ? place : that.place;
            }
            return this;
        }

        public Builder seed(Long value) {
            this.seed = value;
            return this;
        }

        public Builder minP(Double value) {
            this.minP = value;
            return this;
        }

        public Builder repeatPenalty(Double value) {
            this.repeatPenalty = value;
            return this;
        }

        /**
         * How many tokens prompt and answer can have together. A number other than the model object's loads the model once more, and it stays
         * loaded until the object is closed.
         */
        public Builder numCtx(Integer value) {
            this.numCtx = value;
            return this;
        }

        /** Whether the model thinks. */
        public Builder think(boolean value) {
            this.think = Thinking.of(value);
            return this;
        }

        /** Whether, or how hard, the model thinks. */
        public Builder think(Thinking value) {
            this.think = value;
            return this;
        }

        /** What the answer's text must belong to, such as {@code Grammar.ofGbnf(...)}; thoughts before it are free. */
        public Builder grammar(Grammar value) {
            this.grammar = value;
            return this;
        }

        /**
         * What runs the model. A place other than the model object's loads the model once more, and it stays loaded until the object is
         * closed.
         */
        public Builder place(String value) {
            this.place = value;
            return this;
        }

        @Override
        public NpuChatRequestParameters build() {
            return new NpuChatRequestParameters(this);
        }
    }
}
